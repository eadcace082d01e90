package intake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/internal/fault"
	"masterclass/news"
)

type sourceRow struct {
	ID, Name, URL, Etag, Modified, Problem string
	CheckedAt                              int64
	Waiting                                int
}

const sourceColumns = `s.id, s.name, s.url, s.etag, s.modified, s.problem, s.checked_at,
	(select count(*) from source_items as i where i.source_id = s.id and i.state = 'new') as waiting`

func (r sourceRow) source() Source {
	s := Source{ID: r.ID, Name: r.Name, URL: r.URL, Problem: r.Problem, New: r.Waiting, etag: r.Etag, modified: r.Modified}
	if r.CheckedAt > 0 {
		s.CheckedAt = time.UnixMilli(r.CheckedAt).UTC()
	}
	return s
}

func (n *Intake) sources(ctx context.Context, rest string, args ...any) ([]Source, error) {
	var rows []sourceRow
	if err := n.db.Read.NewRaw("select "+sourceColumns+" from sources as s "+rest, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list the news sources: %w", err)
	}
	list := make([]Source, len(rows))
	for i, r := range rows {
		list[i] = r.source()
	}
	return list, nil
}

// Sources are all of them, by name.
func (n *Intake) Sources(ctx context.Context) ([]Source, error) {
	return n.sources(ctx, "order by lower(s.name), s.id")
}

func (n *Intake) dueSources(ctx context.Context) ([]Source, error) {
	return n.sources(ctx, "where s.due_at <= ? order by s.due_at limit ?", n.now().UnixMilli(), roundMax)
}

func (n *Intake) source(ctx context.Context, id string) (Source, error) {
	list, err := n.sources(ctx, "where s.id = ?", id)
	if err == nil && len(list) == 0 {
		err = ErrNoSource
	}
	if err != nil {
		return Source{}, err
	}
	return list[0], nil
}

func (n *Intake) insert(ctx context.Context, s Source, items []Item, by news.Editor) error {
	now := n.now()
	return n.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw(`insert into sources (id, name, url, etag, modified, checked_at, due_at, added_at) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (url) do nothing`,
			s.ID, s.Name, s.URL, s.etag, s.modified, now.UnixMilli(), n.due().UnixMilli(), now.UnixMilli()).Exec(ctx)
		if err != nil {
			return fmt.Errorf("add a news source: %w", err)
		}
		if added, err := res.RowsAffected(); err != nil || added == 0 {
			return errors.Join(err, fault.InvalidFields([]fault.Field{{Name: "url", Message: "This feed is among the sources already"}}))
		}
		if err := n.addItems(ctx, tx, s.ID, items, now); err != nil {
			return err
		}
		by.Title = s.Name
		return n.told(ctx, tx, by, "source.added", s.ID, now)
	})
}

func (n *Intake) told(ctx context.Context, tx bun.Tx, by news.Editor, action, subject string, now time.Time) error {
	e := by.Entry
	e.At, e.Action, e.Subject = now, action, subject
	return n.trail.Write(ctx, tx.Tx, e)
}

func (n *Intake) addItems(ctx context.Context, tx bun.Tx, sourceID string, items []Item, now time.Time) error {
	for _, i := range items {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an item's id: %w", err)
		}
		var published int64
		if !i.PublishedAt.IsZero() {
			published = i.PublishedAt.UnixMilli()
		}
		_, err = tx.NewRaw(`insert into source_items (id, source_id, guid, title, link, excerpt, published_at, found_at, state) values (?, ?, ?, ?, ?, ?, ?, ?, 'new')
			on conflict (source_id, guid) do nothing`, id.String(), sourceID, i.guid, i.Title, i.Link, i.Excerpt, published, now.UnixMilli()).Exec(ctx)
		if err != nil {
			return fmt.Errorf("keep an item of source %s: %w", sourceID, err)
		}
	}
	return nil
}

// note keeps what came of reading a source. One that was removed meanwhile stays so.
func (n *Intake) note(ctx context.Context, s Source, items []Item) error {
	now := n.now()
	return n.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw("update sources set etag = ?, modified = ?, problem = ?, checked_at = ?, due_at = ? where id = ?",
			s.etag, s.modified, s.Problem, now.UnixMilli(), n.due().UnixMilli(), s.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("note how source %s was read: %w", s.ID, err)
		}
		if found, err := res.RowsAffected(); err != nil || found == 0 {
			return err
		}
		return n.addItems(ctx, tx, s.ID, items, now)
	})
}

// Remove ends a subscription. What was published of it stays.
func (n *Intake) Remove(ctx context.Context, id string, by news.Editor) error {
	return n.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("delete from source_items where source_id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("remove the items of source %s: %w", id, err)
		}
		err := tx.NewRaw("delete from sources where id = ? returning name", id).Scan(ctx, &by.Title)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoSource
		}
		if err != nil {
			return fmt.Errorf("remove source %s: %w", id, err)
		}
		return n.told(ctx, tx, by, "source.removed", id, n.now())
	})
}

type itemRow struct {
	ID, SourceID, Name, Title, Link, Excerpt, State, ArticleID string
	PublishedAt, FoundAt                                       int64
}

const itemColumns = "i.id, i.source_id, s.name, i.title, i.link, i.excerpt, i.state, i.article_id, i.published_at, i.found_at"

func (r itemRow) item() Item {
	i := Item{ID: r.ID, SourceID: r.SourceID, SourceName: r.Name, Title: r.Title, Link: r.Link, Excerpt: r.Excerpt, State: r.State, ArticleID: r.ArticleID,
		FoundAt: time.UnixMilli(r.FoundAt).UTC()}
	if r.PublishedAt != 0 {
		i.PublishedAt = time.UnixMilli(r.PublishedAt).UTC()
	}
	return i
}

// waitingShown is how many items a page shows.
const waitingShown = 50

// Waiting are the items that wait for an editor, those that were found last first.
func (n *Intake) Waiting(ctx context.Context) ([]Item, error) {
	var rows []itemRow
	err := n.db.Read.NewRaw("select "+itemColumns+` from source_items as i join sources as s on s.id = i.source_id where i.state = 'new'
		order by i.found_at desc, i.published_at desc, i.id desc limit ?`, waitingShown).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list what waits of the news: %w", err)
	}
	list := make([]Item, len(rows))
	for i, r := range rows {
		list[i] = r.item()
	}
	return list, nil
}

// Item is one of them, also after it was settled. ErrNoItem if there is none.
func (n *Intake) Item(ctx context.Context, id string) (Item, error) {
	var r itemRow
	err := n.db.Read.NewRaw("select "+itemColumns+" from source_items as i join sources as s on s.id = i.source_id where i.id = ?", id).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return Item{}, ErrNoItem
	}
	if err != nil {
		return Item{}, fmt.Errorf("read item %s: %w", id, err)
	}
	return r.item(), nil
}

// settle says what became of an item that waits. ErrSettled if it no longer does.
func (n *Intake) settle(ctx context.Context, tx bun.Tx, id, state, articleID string) error {
	res, err := tx.NewRaw("update source_items set state = ?, article_id = ? where id = ? and state = 'new'", state, articleID, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("settle item %s: %w", id, err)
	}
	if found, err := res.RowsAffected(); err != nil || found == 0 {
		return errors.Join(err, ErrSettled)
	}
	return nil
}

// Dismiss leaves an item unpublished for good.
func (n *Intake) Dismiss(ctx context.Context, id string, by news.Editor) error {
	i, err := n.Item(ctx, id)
	if err != nil {
		return err
	}
	by.Title = i.Title
	return n.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := n.settle(ctx, tx, id, "dismissed", ""); err != nil {
			return err
		}
		return n.told(ctx, tx, by, "source.item-dismissed", id, n.now())
	})
}

// sameAddress is how many articles with one title have addresses of their own.
const sameAddress = 20

// Publish makes an article of an item, with a link to it. Errors for people: ErrNoItem, ErrSettled, and what is wrong with the piece.
func (n *Intake) Publish(ctx context.Context, id string, p Piece, by news.Editor) (made news.Article, err error) {
	i, err := n.Item(ctx, id)
	if err != nil {
		return made, err
	}
	a, err := p.article(i)
	if err != nil {
		return made, err
	}
	slug := a.Slug
	err = n.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for try := 1; ; try++ {
			if a.Slug = slug; try > 1 {
				a.Slug = fmt.Sprintf("%s-%d", slug, try)
			}
			if made, err = n.room.CreateIn(ctx, tx, a, by); err == nil {
				break
			}
			if !news.Taken(err) || try == sameAddress {
				return err
			}
		}
		return n.settle(ctx, tx, id, "published", made.ID)
	})
	n.room.Changed()
	return made, err
}
