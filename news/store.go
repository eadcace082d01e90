package news

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/internal/store"
)

// PageSize is how many articles a page of a list holds.
const PageSize = 20

// Store keeps articles. Its reads see only what is published and whose time has come.
type Store struct {
	db      *store.DB
	changes atomic.Int64 // how often articles were changed here
}

// NewStore keeps articles in db.
func NewStore(db *store.DB) *Store { return &Store{db: db} }

// row is an article as the table has it.
type row struct {
	bun.BaseModel `bun:"table:articles"`

	ID          string `bun:"id,pk"`
	Kind        Kind   `bun:"kind"`
	Slug        string `bun:"slug"`
	Title       string `bun:"title"`
	Summary     string `bun:"summary"`
	Body        string `bun:"body"`
	Topics      string `bun:"topics"` // separated by commas
	Note        string `bun:"note"`
	Source      string `bun:"source"`
	Link        string `bun:"link"`
	Position    int    `bun:"position"`
	Status      Status `bun:"status"`
	PublishedAt int64  `bun:"published_at"` // these three: Unix milliseconds
	CreatedAt   int64  `bun:"created_at"`
	UpdatedAt   int64  `bun:"updated_at"`
	Author      string `bun:"author"`
	Pinned      bool   `bun:"pinned"`
	Version     int64  `bun:"version"`
}

// listed are the columns of lists, which show no body.
const listed = "id, kind, slug, title, summary, topics, note, source, link, position, status, published_at, author, pinned, version, updated_at"

// visible is the condition of every public read; its arguments are kind, Published and now in Unix milliseconds.
const visible = "kind = ? and status = ? and published_at <= ?"

// Insert adds the article in the transaction. An article without ID gets one. One that breaks a rule is a fault of
// kind Invalid; one whose address is taken is a Conflict, and the transaction can go on.
func (s *Store) Insert(ctx context.Context, tx bun.Tx, a Article, now time.Time) error {
	if err := a.Check(); err != nil {
		return err
	}
	r, err := newRow(a, now)
	if err != nil {
		return err
	}
	result, err := tx.NewInsert().Model(&r).On("conflict (kind, slug) do nothing").Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert article %s: %w", a.Path(), err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errTaken(a)
}

// BySlug is one article with its body, or a NotFound fault with the kind's sentence.
func (s *Store) BySlug(ctx context.Context, kind Kind, slug string, now time.Time) (Article, error) {
	if !validSlug(slug) {
		return Article{}, errMissing(kind) // whatever an address may hold, the database is not asked for it
	}
	var r row
	err := s.db.Read.NewRaw("select "+listed+", body from articles where slug = ? and "+visible,
		slug, kind, Published, now.UnixMilli()).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return Article{}, errMissing(kind)
	}
	if err != nil {
		return Article{}, fmt.Errorf("read article %s/%s: %w", kind, slug, err)
	}
	return r.article(), nil
}

// ByKind is a page, from 1, of the kind's list in its order, without bodies, and how many articles the whole list
// has. A page past the end is empty.
func (s *Store) ByKind(ctx context.Context, kind Kind, page int, now time.Time) ([]Article, int, error) {
	var total int
	err := s.db.Read.NewRaw("select count(*) from articles where "+visible, kind, Published, now.UnixMilli()).Scan(ctx, &total)
	if err != nil {
		return nil, 0, fmt.Errorf("count articles of kind %s: %w", kind, err)
	}
	articles, err := s.list(ctx, "select "+listed+" from articles where "+visible+" order by "+order(kind)+" limit ? offset ?",
		kind, Published, now.UnixMilli(), PageSize, (page-1)*PageSize)
	return articles, total, err
}

// Latest are the first n articles of the kind's list, without bodies; those that are pinned go before.
func (s *Store) Latest(ctx context.Context, kind Kind, n int, now time.Time) ([]Article, error) {
	return s.list(ctx, "select "+listed+" from articles where "+visible+" order by pinned desc, "+order(kind)+" limit ?",
		kind, Published, now.UnixMilli(), n)
}

// More are up to n other articles of a's kind, without bodies: the newest, or in kinds that are ordered those that
// follow a, then those from the start.
func (s *Store) More(ctx context.Context, a Article, n int, now time.Time) ([]Article, error) {
	following := ""
	if sectionOf(a.Kind).ordered {
		following = fmt.Sprintf("case when position > %d then 0 else 1 end, ", a.Position)
	}
	return s.list(ctx, "select "+listed+" from articles where "+visible+" and id <> ? order by "+following+order(a.Kind)+" limit ?",
		a.Kind, Published, now.UnixMilli(), a.ID, n)
}

// order is fixed text, never a visitor's.
func order(kind Kind) string {
	if sectionOf(kind).ordered {
		return "position, title, id"
	}
	return "published_at desc, id desc"
}

func (s *Store) list(ctx context.Context, query string, args ...any) ([]Article, error) {
	var rows []row
	if err := s.db.Read.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list articles: %w", err)
	}
	articles := make([]Article, len(rows))
	for i, r := range rows {
		articles[i] = r.article()
	}
	return articles, nil
}

func newRow(a Article, now time.Time) (row, error) {
	if a.ID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return row{}, fmt.Errorf("make an article's id: %w", err)
		}
		a.ID = id.String()
	}
	return row{
		ID: a.ID, Kind: a.Kind, Slug: a.Slug, Title: a.Title, Summary: a.Summary, Body: a.Body,
		Topics: strings.Join(a.Topics, ", "), Note: a.Note, Source: a.Source, Link: a.Link, Position: a.Position,
		Status: a.Status, PublishedAt: a.PublishedAt.UnixMilli(), CreatedAt: now.UnixMilli(), UpdatedAt: now.UnixMilli(),
		Author: a.Author, Pinned: a.Pinned, Version: max(1, a.Version),
	}, nil
}

func (r row) article() Article {
	return Article{
		ID: r.ID, Kind: r.Kind, Slug: r.Slug, Title: r.Title, Summary: r.Summary, Body: r.Body,
		Topics: ParseTopics(r.Topics), Note: r.Note, Source: r.Source, Link: r.Link, Position: r.Position,
		Status: r.Status, PublishedAt: time.UnixMilli(r.PublishedAt).UTC(), Author: r.Author, Pinned: r.Pinned, Version: r.Version,
		UpdatedAt: time.UnixMilli(r.UpdatedAt).UTC(),
	}
}

// ForFeed are the articles of the kind that were published last, with their bodies, and when the feed changed last: also when an article
// was taken from it.
func (s *Store) ForFeed(ctx context.Context, kind Kind, now time.Time) ([]Article, time.Time, error) {
	articles, err := s.list(ctx, "select "+listed+", body from articles where "+visible+" order by published_at desc, id desc limit ?",
		kind, Published, now.UnixMilli(), feedItems)
	if err != nil {
		return nil, time.Time{}, err
	}
	var saved, seen int64
	err = s.db.Read.NewRaw(`select coalesce(max(updated_at), 0), coalesce(max(case when published_at <= ? then published_at else 0 end), 0)
		from articles where kind = ?`, now.UnixMilli(), kind).Scan(ctx, &saved, &seen)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("date the feed of kind %s: %w", kind, err)
	}
	return articles, time.UnixMilli(max(saved, seen)).UTC(), nil
}
