package store

import (
	"context"
	"fmt"
	"time"
)

// Lease takes or renews a named lease for a holder, and says whether they have it. Of several instances one does the work; when it dies,
// another takes over once the lease has ended.
func (db *DB) Lease(ctx context.Context, name, holder string, now time.Time, lasts time.Duration) (bool, error) {
	res, err := db.NewRaw(`insert into leases (name, holder, until) values (?, ?, ?) on conflict (name) do update
		set holder = excluded.holder, until = excluded.until where leases.holder = excluded.holder or leases.until < ?`,
		name, holder, now.Add(lasts).UnixMilli(), now.UnixMilli()).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("take the lease %s: %w", name, err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Unlease ends a lease that the holder has, so that another need not wait for its end.
func (db *DB) Unlease(ctx context.Context, name, holder string) error {
	if _, err := db.NewRaw("update leases set until = 0 where name = ? and holder = ?", name, holder).Exec(ctx); err != nil {
		return fmt.Errorf("end the lease %s: %w", name, err)
	}
	return nil
}
