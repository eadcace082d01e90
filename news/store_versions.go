package news

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

type versionRow struct {
	Version int64
	SavedAt int64
	SavedBy string
	Change  string
	Content string
}

func (r versionRow) version() (Version, error) {
	v := Version{Number: r.Version, SavedAt: time.UnixMilli(r.SavedAt).UTC(), SavedBy: r.SavedBy, Change: r.Change}
	if r.Content == "" {
		return v, nil
	}
	if err := json.Unmarshal([]byte(r.Content), &v.Article); err != nil {
		return Version{}, fmt.Errorf("read version %d: %w", r.Version, err)
	}
	return v, nil
}

// versionsShown is how many versions the history of an article shows.
const versionsShown = 100

// Versions are the versions of an article, the newest first, without what they say.
func (n *Newsroom) Versions(ctx context.Context, id string) ([]Version, error) {
	var rows []versionRow
	err := n.store.db.Read.NewRaw("select version, saved_at, saved_by, change from article_versions where article_id = ? order by version desc limit ?",
		id, versionsShown).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the versions of article %s: %w", id, err)
	}
	list := make([]Version, len(rows))
	for i, r := range rows {
		if list[i], err = r.version(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Version is one of them, whole. ErrNoVersion if there is none of that number.
func (n *Newsroom) Version(ctx context.Context, id string, number int64) (Version, error) {
	var r versionRow
	err := n.store.db.Read.NewRaw("select version, saved_at, saved_by, change, content from article_versions where article_id = ? and version = ?",
		id, number).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return Version{}, ErrNoVersion
	}
	if err != nil {
		return Version{}, fmt.Errorf("read version %d of article %s: %w", number, id, err)
	}
	return r.version()
}

// Restore saves what an earlier version says as a new version; whether the article can be seen, and since when, stays as it is. current
// is the version that was looked at: ErrChanged if it is no longer the last.
func (n *Newsroom) Restore(ctx context.Context, id string, number, current int64, by Editor) (Article, error) {
	v, err := n.Version(ctx, id, number)
	if err != nil {
		return Article{}, err
	}
	now, err := n.Find(ctx, id)
	if err != nil {
		return Article{}, err
	}
	a := v.Article
	a.ID, a.Version, a.Status, a.PublishedAt = id, current, now.Status, now.PublishedAt
	return n.save(ctx, a, by, fmt.Sprintf("restored from version %d", number))
}

// Moved is where the article is that used to be at an address, or "" if none was or it cannot be seen.
func (s *Store) Moved(ctx context.Context, kind Kind, slug string, now time.Time) (string, error) {
	if !validSlug(slug) {
		return "", nil
	}
	var r row
	err := s.db.Read.NewRaw(`select a.kind, a.slug from article_addresses as o join articles as a on a.id = o.article_id
		where o.kind = ? and o.slug = ? and a.status = ? and a.published_at <= ?`, kind, slug, Published, now.UnixMilli()).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look where %s/%s went: %w", kind, slug, err)
	}
	return Article{Kind: r.Kind, Slug: r.Slug}.Path(), nil
}

// Archived says whether the article was archived that has an address, or had it once, after it could be seen.
func (s *Store) Archived(ctx context.Context, kind Kind, slug string, now time.Time) (bool, error) {
	if !validSlug(slug) {
		return false, nil
	}
	var n int
	err := s.db.Read.NewRaw(`select count(*) from articles where kind = ? and status = ? and published_at <= ? and
		(slug = ? or id in (select article_id from article_addresses where kind = ? and slug = ?))`,
		kind, Archived, now.UnixMilli(), slug, kind, slug).Scan(ctx, &n)
	if err != nil {
		return false, fmt.Errorf("look whether %s/%s was archived: %w", kind, slug, err)
	}
	return n > 0, nil
}
