package notify

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"
)

// The bytes of many rows are kept by one statement on PostgreSQL, where each costs the way there and back, and by one a row on SQLite.
const (
	keepSQL = `update outbox set raw = ? where id = ? and lease = ? and state = 'queued' and raw is null returning id`

	keepAllSQL = `update outbox set raw = new.raw from unnest(cast(? as bytea[]), cast(? as text[]), cast(? as text[])) as new(raw, id, lease)
where outbox.id = new.id and outbox.lease = new.lease and outbox.state = 'queued' and outbox.raw is null returning outbox.id`
)

// store keeps freshly made bytes, and gives back the rows that are still this worker's.
func (o *Outbox) store(ctx context.Context, made []*leased) ([]*leased, error) {
	var kept map[string]bool
	err := o.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		kept = map[string]bool{}
		stmt := tx.StmtContext(ctx, o.keep)
		if o.db.Kind() == "PostgreSQL" {
			raws, ids, leases := make([][]byte, len(made)), make([]string, len(made)), make([]string, len(made))
			for i, l := range made {
				raws[i], ids[i], leases[i] = l.raw, l.ID, l.lease
			}
			return addIDs(kept)(stmt.QueryContext(ctx, raws, ids, leases))
		}
		for _, l := range made {
			if err := addIDs(kept)(stmt.QueryContext(ctx, l.raw, l.ID, l.lease)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep the bytes of messages: %w", err)
	}
	var ours []*leased
	for _, l := range made {
		if kept[l.ID] {
			ours = append(ours, l)
		}
	}
	return ours, nil
}

// addIDs adds the ids that a query gives.
func addIDs(ids map[string]bool) func(*sql.Rows, error) error {
	return func(rows *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids[id] = true
		}
		return rows.Err()
	}
}
