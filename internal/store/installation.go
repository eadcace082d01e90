package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrOtherSecret means that the database was used with another secret: its links, claims and health data
// could not be read with this one.
var ErrOtherSecret = errors.New("the database belongs to another secret; start with the MASTERCLASS_SECRET (or the DATA_DIR/secret file) it was made with")

// Adopt writes the installation's row at the first start and compares the secret's fingerprint at every later one.
func (db *DB) Adopt(ctx context.Context, fingerprint string) error {
	_, err := db.NewRaw("insert into installation (id, epoch, secret_fingerprint) values (1, ?, ?) on conflict (id) do nothing",
		time.Now().UnixMilli(), fingerprint).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write the installation's row: %w", err)
	}
	var kept string
	if err := db.NewRaw("select secret_fingerprint from installation where id = 1").Scan(ctx, &kept); err != nil {
		return fmt.Errorf("read the installation's row: %w", err)
	}
	if kept != fingerprint {
		return ErrOtherSecret
	}
	return nil
}
