package notify

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// The bytes of many rows are kept by one statement on PostgreSQL, where each costs the way there and back, and by one a row on SQLite. Bytes
// are kept once: of two workers that made some for one row, the second keeps, and so sends, none. The row is locked meanwhile: one that is erased
// at that moment keeps none either.
const (
	keepSQL = `insert into message_bytes (id, raw) select id, ? from outbox where id = ? and lease = ? and state = 'queued' on conflict do nothing`

	keepAllSQL = `insert into message_bytes (id, raw) select o.id, new.raw
from unnest(cast(? as bytea[]), cast(? as text[]), cast(? as text[])) as new(raw, id, lease)
join outbox o on o.id = new.id and o.lease = new.lease and o.state = 'queued' for update of o on conflict do nothing returning id`
)

// store keeps freshly made bytes, and gives back the rows that are still this worker's.
func (o *Outbox) store(ctx context.Context, made []*leased) (ours []*leased, err error) {
	err = o.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		stmt := tx.StmtContext(ctx, o.keep)
		if o.db.Kind() == "PostgreSQL" {
			ours, err = keepAll(ctx, stmt, made)
			return err
		}
		ours, err = keepEach(ctx, stmt, made)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("keep the bytes of messages: %w", err)
	}
	return ours, nil
}

func keepEach(ctx context.Context, stmt *sql.Stmt, made []*leased) (ours []*leased, err error) {
	for _, l := range made {
		res, err := stmt.ExecContext(ctx, l.raw, l.ID, l.lease)
		if err != nil {
			return nil, err
		}
		if n, err := res.RowsAffected(); err != nil {
			return nil, err
		} else if n == 1 {
			ours = append(ours, l)
		}
	}
	return ours, nil
}

func keepAll(ctx context.Context, stmt *sql.Stmt, made []*leased) (ours []*leased, err error) {
	raws, ids, leases := make([][]byte, len(made)), make([]string, len(made)), make([]string, len(made))
	byID := make(map[string]*leased, len(made))
	for i, l := range made {
		raws[i], ids[i], leases[i] = l.raw, l.ID, l.lease
		byID[l.ID] = l
	}
	rows, err := stmt.QueryContext(ctx, raws, ids, leases)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ours = append(ours, byID[id])
	}
	slices.SortFunc(ours, func(a, b *leased) int { return strings.Compare(a.ID, b.ID) }) // the oldest first, as they were leased
	return ours, rows.Err()
}
