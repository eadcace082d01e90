package news

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"
)

// Stamp differs whenever an article may have changed, come, gone, or come into its time. It is cheap enough to be asked every few seconds.
func (s *Store) Stamp(ctx context.Context, now time.Time) (string, error) {
	var all, seen, changed int64
	err := s.db.Read.NewRaw(`select count(*), coalesce(sum(case when status = ? and published_at <= ? then 1 else 0 end), 0),
		cast(coalesce(sum(updated_at), 0) as bigint) from articles`, Published, now.UnixMilli()).Scan(ctx, &all, &seen, &changed)
	if err != nil {
		return "", fmt.Errorf("look whether articles have changed: %w", err)
	}
	return fmt.Sprint(all, seen, changed), nil
}

// Visible are the versions of all articles that can be seen, by their ids.
func (s *Store) Visible(ctx context.Context, now time.Time) (map[string]string, error) {
	var rows []struct {
		ID        string
		UpdatedAt int64
	}
	err := s.db.Read.NewRaw("select id, updated_at from articles where status = ? and published_at <= ?", Published, now.UnixMilli()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the articles that can be seen: %w", err)
	}
	versions := make(map[string]string, len(rows))
	for _, r := range rows {
		versions[r.ID] = strconv.FormatInt(r.UpdatedAt, 10)
	}
	return versions, nil
}

// Versioned is an article with its version, as Visible gives it.
type Versioned struct {
	Article
	Version string
}

// VisibleByID are those of the articles, with their bodies, that can be seen.
func (s *Store) VisibleByID(ctx context.Context, ids []string, now time.Time) ([]Versioned, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []row
	err := s.db.Read.NewRaw("select "+listed+", body, updated_at from articles where id in ? and status = ? and published_at <= ?",
		bun.Tuple(ids), Published, now.UnixMilli()).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read articles: %w", err)
	}
	list := make([]Versioned, len(rows))
	for i, r := range rows {
		list[i] = Versioned{r.article(), strconv.FormatInt(r.UpdatedAt, 10)}
	}
	return list, nil
}
