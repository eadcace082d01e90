package notify

import (
	"context"
	"database/sql"
	"fmt"
	"sort"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

const dueSQL = `select count(*) from (select 1 from outbox where state = 'queued' and due_at <= ? and leased_until < ? limit 1) as waiting`

// A row is eligible if it is its mailbox's oldest queued row and none of that mailbox is out with a worker. The outer
// conditions are checked again under the row's lock, so of two instances one gets the row; materialized, since PostgreSQL
// may otherwise pick more than once.
const leaseSQL = `with picked as materialized (
  select o.id from outbox o
  where o.state = 'queued' and o.due_at <= ? and o.leased_until < ?
  and not exists (select 1 from outbox p where p.mailbox = o.mailbox and p.state = 'queued' and (p.id < o.id or p.leased_until >= ?))
  and not (%s)
  order by o.due_at, o.id limit ?%s)
update outbox set lease = ?, leased_until = ?
where state = 'queued' and leased_until < ? and id in (select id from picked)
returning id, kind, recipient, mailbox, message_id, event_id, registration_id, uid, sequence, snapshot,
(select raw from message_bytes b where b.id = outbox.id), attempts, created_at, stale`

const (
	// Whoever holds the lease by now: what is sent is not sent again, nor called superseded.
	sentSQL = `update outbox set state = 'sent', sent_at = ?, problem = ?, attempts = attempts + 1, lease = '', leased_until = 0
where state in ('queued', 'superseded') and `

	// A row that became stale in the worker's hands has had its last attempt.
	retrySQL = `update outbox set state = case when stale then 'superseded' else state end, problem = case when stale then problem else ? end,
due_at = ?, attempts = attempts + 1, lease = '', leased_until = 0
where id = ? and lease = ? and state = 'queued'`

	failedSQL = `update outbox set state = 'failed', problem = ?, attempts = attempts + 1, lease = '', leased_until = 0
where id = ? and lease = ? and state = 'queued'`

	giveBackSQL = `update outbox set state = case when stale then 'superseded' else state end, lease = '', leased_until = 0
where id = ? and lease = ? and state = 'queued'`
)

// leased is a row in a worker's hands.
type leased struct {
	Queued
	recipient string
	raw       []byte
	attempts  int // before this one
	lease     string
	leasedAt  time.Time // by this machine's clock
	stale     bool      // a newer message took its place while a worker had it, which then died: it is given back
}

// late says whether too little of the lease is left to begin in.
func (l *leased) late(now time.Time) bool { return now.Sub(l.leasedAt) > leaseFor/2-margin }

// take leases up to limit due rows, of different mailboxes, for so long, and none to the domains without.
func (o *Outbox) take(ctx context.Context, limit int, lasts time.Duration, without ...string) ([]*leased, error) {
	now, began := o.now(), time.Now()
	ms := now.UnixMilli()
	var waiting int
	if err := o.db.Read.NewRaw(dueSQL, ms, ms).Scan(ctx, &waiting); err != nil {
		return nil, fmt.Errorf("look for due messages: %w", err)
	}
	if waiting == 0 {
		return nil, nil // an idle worker keeps out of the writers' way
	}
	token := uuid.NewString()
	rows, err := o.lease.QueryContext(ctx, ms, ms, ms, o.db.List(append([]string{}, without...)), limit, token, now.Add(lasts).UnixMilli(), ms)
	if err != nil {
		return nil, fmt.Errorf("lease messages: %w", err)
	}
	defer rows.Close()
	var out []*leased
	for rows.Next() {
		l, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read a leased message: %w", err)
		}
		l.lease, l.leasedAt, l.MadeAt = token, began, now
		out = append(out, l)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out, rows.Err()
}

func scan(rows *sql.Rows) (*leased, error) {
	l := &leased{}
	var snapshot string
	var created int64
	err := rows.Scan(&l.ID, &l.Kind, &l.recipient, &l.Mailbox, &l.MessageID, &l.EventID, &l.RegistrationID, &l.UID, &l.Sequence,
		&snapshot, &l.raw, &l.attempts, &created, &l.stale)
	l.MessageID, l.Snapshot, l.CreatedAt = originalID(l.MessageID), []byte(snapshot), time.UnixMilli(created).UTC()
	return l, err
}

// outcome is what became of a leased row.
type outcome struct {
	*leased
	state   string    // sent, failed, queued to try again, or "" if it was not tried
	due     time.Time // when to try again
	problem string
}

// settle writes down what became of rows, in one transaction.
func (o *Outbox) settle(ctx context.Context, outcomes []outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	err := o.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		sent := map[string][]string{} // by problem: most have none, and are written down at once
		for _, c := range outcomes {
			if c.state == StateSent {
				sent[c.problem] = append(sent[c.problem], c.ID)
			} else if err := o.settleOne(ctx, tx, c); err != nil {
				return err
			}
		}
		for problem, ids := range sent {
			if _, err := tx.StmtContext(ctx, o.sent).ExecContext(ctx, o.now().UnixMilli(), problem, o.db.List(ids)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write down what became of messages: %w", err)
	}
	return nil
}

func (o *Outbox) settleOne(ctx context.Context, tx bun.Tx, c outcome) (err error) {
	switch c.state {
	case StateFailed:
		_, err = tx.StmtContext(ctx, o.failed).ExecContext(ctx, c.problem, c.ID, c.lease)
	case StateQueued:
		_, err = tx.StmtContext(ctx, o.retry).ExecContext(ctx, c.problem, c.due.UnixMilli(), c.ID, c.lease)
	default:
		_, err = tx.StmtContext(ctx, o.giveBack).ExecContext(ctx, c.ID, c.lease)
	}
	return err
}

// Reclaim ends every lease: for a process that knows to be the only one at work, after one that was killed with messages in hand. They
// then go out at once instead of when their leases end.
func (o *Outbox) Reclaim(ctx context.Context) error {
	_, err := o.db.NewRaw("update outbox set lease = '', leased_until = 0 where state = 'queued' and leased_until > 0").Exec(ctx)
	if err != nil {
		return fmt.Errorf("reclaim messages: %w", err)
	}
	return nil
}
