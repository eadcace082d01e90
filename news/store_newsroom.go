package news

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/fault"
	"masterclass/internal/store"
)

// Create adds an article, and its first version. Errors for people: those of Check, and an address that is taken.
func (n *Newsroom) Create(ctx context.Context, a Article, by Editor) (made Article, err error) {
	err = n.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		made, err = n.CreateIn(ctx, tx, a, by)
		return err
	})
	return made, err
}

// inTx is a transaction after which pages that show articles are made anew.
func (n *Newsroom) inTx(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	err := n.store.db.InTx(ctx, fn)
	n.store.Changed() // after a failure too: a commit may have arrived all the same
	return err
}

// CreateIn is Create as a part of a transaction. Call Changed after its commit.
func (n *Newsroom) CreateIn(ctx context.Context, tx bun.Tx, a Article, by Editor) (Article, error) {
	now := n.now()
	a.Version = 1
	a = publishing(a, Article{}, now)
	r, err := newRow(a, now)
	if err != nil {
		return Article{}, err
	}
	a.ID = r.ID
	if err := n.store.Insert(ctx, tx, a, now); err != nil {
		return Article{}, takenField(err)
	}
	by.Action = "article.created"
	return a, n.settle(ctx, tx, a, by, "created", now)
}

// Save changes the article from what it was in a.Version. Errors for people: ErrNoArticle, ErrChanged with nothing done, those of
// Check, and an address that is taken. An address that is given up leads to the new one.
func (n *Newsroom) Save(ctx context.Context, a Article, by Editor) (Article, error) {
	return n.save(ctx, a, by, "saved")
}

func (n *Newsroom) save(ctx context.Context, a Article, by Editor, change string) (saved Article, err error) {
	err = n.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := n.now()
		before, err := n.lock(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if before.Version != a.Version {
			return ErrChanged
		}
		if (a.Kind == Page) != (before.Kind == Page) {
			return errFixedKind
		}
		saved = publishing(a, before, now)
		saved.Version++
		if err := saved.Check(); err != nil {
			return err
		}
		if err := n.write(ctx, tx, before, saved, now); err != nil {
			return err
		}
		if by.Action = deed(before, saved, now); change != "saved" {
			by.Action = "article.restored"
		}
		return n.settle(ctx, tx, saved, by, change, now)
	})
	return saved, err
}

// NoteIn gives the article another note as a part of a transaction, where its note is from, in whatever letters: a version like one that
// an editor saves, so that a form that was opened before clashes with it instead of bringing the old note back. change says in the history
// what has happened. Call Changed after the commit. Error for people: ErrNoArticle.
func (n *Newsroom) NoteIn(ctx context.Context, tx bun.Tx, id, from, to, change string, by Editor) error {
	before, err := n.lock(ctx, tx, id)
	if err != nil || !strings.EqualFold(before.Note, from) {
		return err
	}
	now := n.now()
	if least := before.UpdatedAt.Add(time.Millisecond); now.Before(least) { // what is made from articles goes by when they changed
		now = least
	}
	a := before
	a.Note, a.Version = to, before.Version+1
	if err := n.write(ctx, tx, before, a, now); err != nil {
		return err
	}
	by.Action = "article.saved"
	return n.settle(ctx, tx, a, by, change, now)
}

// lock reads the article as it is, and keeps others from changing it.
func (n *Newsroom) lock(ctx context.Context, tx bun.Tx, id string) (Article, error) {
	var r row
	err := tx.NewRaw("select "+listed+", body from articles as a where id = ?"+n.store.db.ForUpdate("a"), id).Scan(ctx, &r)
	return found(r, err, id)
}

func found(r row, err error, id string) (Article, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return Article{}, ErrNoArticle
	}
	if err != nil {
		return Article{}, fmt.Errorf("read article %s: %w", id, err)
	}
	return r.article(), nil
}

// write changes the row; what it was before becomes a version too, if no version tells of it yet.
func (n *Newsroom) write(ctx context.Context, tx bun.Tx, before, a Article, now time.Time) error {
	if err := n.keep(ctx, tx, Version{Article: before, Number: before.Version, SavedAt: before.UpdatedAt, Change: "as it was before"}); err != nil {
		return err
	}
	r, err := newRow(a, now)
	if err != nil {
		return err
	}
	_, err = tx.NewUpdate().Model(&r).ExcludeColumn("id", "created_at").Where("id = ?", a.ID).Exec(ctx)
	if store.Duplicate(err) {
		return takenField(errTaken(a))
	}
	if err != nil {
		return fmt.Errorf("save article %s: %w", a.ID, err)
	}
	if before.Path() == a.Path() {
		return nil
	}
	_, err = tx.NewRaw(`insert into article_addresses (kind, slug, article_id) values (?, ?, ?)
		on conflict (kind, slug) do update set article_id = excluded.article_id`, before.Kind, before.Slug, a.ID).Exec(ctx)
	return err
}

// settle keeps the version, frees the address of what used to lead elsewhere, and tells the audit trail.
func (n *Newsroom) settle(ctx context.Context, tx bun.Tx, a Article, by Editor, change string, now time.Time) error {
	a.UpdatedAt = now
	if err := n.keep(ctx, tx, Version{Article: a, Number: a.Version, SavedAt: now, SavedBy: by.Name, Change: change}); err != nil {
		return err
	}
	if _, err := tx.NewRaw("delete from article_addresses where kind = ? and slug = ?", a.Kind, a.Slug).Exec(ctx); err != nil {
		return fmt.Errorf("free the address %s: %w", a.Path(), err)
	}
	by.At, by.Subject, by.Title, by.Detail = now, a.ID, a.Title, fmt.Sprintf("version %d", a.Version)
	return n.trail.Write(ctx, tx.Tx, by.Entry)
}

func (n *Newsroom) keep(ctx context.Context, tx bun.Tx, v Version) error {
	content, err := json.Marshal(v.Article)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw(`insert into article_versions (article_id, version, saved_at, saved_by, change, content) values (?, ?, ?, ?, ?, ?)
		on conflict (article_id, version) do nothing`, v.ID, v.Number, v.SavedAt.UnixMilli(), v.SavedBy, v.Change, string(content)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep version %d of article %s: %w", v.Number, v.ID, err)
	}
	return nil
}

// takenField says at its field that an address is taken.
func takenField(err error) error {
	if f, ok := fault.Of(err); ok && f.Code == "slug_taken" {
		return fault.InvalidFields([]fault.Field{{Name: "slug", Message: errTakenField}}).Because(err)
	}
	return err
}

// Find is the article, whatever its state. ErrNoArticle if there is none.
func (n *Newsroom) Find(ctx context.Context, id string) (Article, error) {
	var r row
	err := n.store.db.Read.NewRaw("select "+listed+", body from articles where id = ?", id).Scan(ctx, &r)
	return found(r, err, id)
}

// Filter says which articles a list has; what is empty does not matter.
type Filter struct {
	Kind  Kind
	State State
	Text  string // in the title or the summary
	Page  int    // from 1
}

// List is a page of the articles that the filter is for, those that were changed last first and without bodies, and how many there are.
func (n *Newsroom) List(ctx context.Context, f Filter) ([]Article, int, error) {
	where, args := f.condition(n.now())
	var total int
	if err := n.store.db.Read.NewRaw("select count(*) from articles where "+where, args...).Scan(ctx, &total); err != nil {
		return nil, 0, fmt.Errorf("count articles: %w", err)
	}
	list, err := n.store.list(ctx, "select "+listed+" from articles where "+where+" order by updated_at desc, id desc limit ? offset ?",
		append(args, PageSize, (f.Page-1)*PageSize)...)
	return list, total, err
}

func (f Filter) condition(now time.Time) (string, []any) {
	parts, args := []string{"1 = 1"}, []any{}
	add := func(part string, values ...any) { parts, args = append(parts, part), append(args, values...) }
	if f.Kind != "" {
		add("kind = ?", f.Kind)
	}
	switch f.State {
	case "":
	case Scheduled:
		add("status = ? and published_at > ?", Published, now.UnixMilli())
	case State(Published):
		add("status = ? and published_at <= ?", Published, now.UnixMilli())
	default:
		add("status = ?", string(f.State))
	}
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(f.Text)) + "%"
		add(`(lower(title) like ? escape '\' or lower(summary) like ? escape '\')`, like, like)
	}
	return strings.Join(parts, " and "), args
}

// Counts says how many articles there are of each kind.
func (n *Newsroom) Counts(ctx context.Context) (map[Kind]int, error) {
	var rows []struct {
		Kind Kind
		N    int
	}
	if err := n.store.db.Read.NewRaw("select kind, count(*) as n from articles group by kind").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count articles by kind: %w", err)
	}
	counts := map[Kind]int{}
	for _, r := range rows {
		counts[r.Kind] = r.N
	}
	return counts, nil
}
