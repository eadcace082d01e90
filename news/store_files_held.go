package news

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/news/files"
)

// Hold keeps a file for what is no article and is known by holder, in place of what that had, and gives the path where it is served.
func (s *Store) Hold(ctx context.Context, tx bun.Tx, holder string, f files.File, now time.Time) (path string, err error) {
	hash, err := keepFile(ctx, tx, f, now)
	if err != nil {
		return "", err
	}
	_, err = tx.NewRaw(`insert into file_holders (holder, hash, name) values (?, ?, ?)
		on conflict (holder) do update set hash = excluded.hash, name = excluded.name`, holder, hash, f.Name).Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("keep a file for %s: %w", holder, err)
	}
	return filePath(hash, f.Name), nil
}

// Release gives up the file that holder has, if any. It is purged once nobody has it.
func (s *Store) Release(ctx context.Context, tx bun.Tx, holder string) error {
	if _, err := tx.NewRaw("delete from file_holders where holder = ?", holder).Exec(ctx); err != nil {
		return fmt.Errorf("give up the file of %s: %w", holder, err)
	}
	return nil
}

// Held is as Stored, of a file that something other than an article has. Who may see it is for that to say.
func (s *Store) Held(ctx context.Context, hash, name string) (mime string, size int64, err error) {
	err = s.db.Read.QueryRowContext(ctx, `select f.type, length(f.body) from files as f
		where f.hash = ? and exists (select 1 from file_holders as o where o.hash = f.hash and o.name = ?)`, hash, name).Scan(&mime, &size)
	if errors.Is(err, sql.ErrNoRows) {
		return "", 0, ErrNoFile
	}
	if err != nil {
		return "", 0, fmt.Errorf("find file %s: %w", hash, err)
	}
	return mime, size, nil
}
