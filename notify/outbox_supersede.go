package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Unsent chooses messages that wait to be sent, by their kinds and by at least one more thing that they have in common.
type Unsent struct {
	Kinds         []string
	EventID       string   // "" for any
	Mailbox       string   // "" for any
	Registrations []string // none for any
}

// Supersede takes messages back that are of no use any more, in the caller's transaction, and says how many. What a worker has in its
// hands at that moment is on its way and stays. Only for kinds that nobody has to have had, such as reminders.
func (o *Outbox) Supersede(ctx context.Context, tx *sql.Tx, u Unsent) (int64, error) {
	where, args := []string{o.db.Among("kind")}, []any{o.now().UnixMilli(), o.db.List(u.Kinds)}
	for _, c := range []struct{ column, value string }{{"event_id", u.EventID}, {"mailbox", u.Mailbox}} {
		if c.value != "" {
			where, args = append(where, c.column+" = ?"), append(args, c.value)
		}
	}
	if len(u.Registrations) > 0 {
		where, args = append(where, o.db.Among("registration_id")), append(args, o.db.List(u.Registrations))
	}
	if len(u.Kinds) == 0 || len(where) == 1 {
		return 0, errors.New("supersede messages: which ones is not said")
	}
	res, err := tx.ExecContext(ctx, o.db.Rebind(`update outbox set state = 'superseded' where state = 'queued' and leased_until < ? and `+strings.Join(where, " and ")), args...)
	if err != nil {
		return 0, fmt.Errorf("supersede messages: %w", err)
	}
	return res.RowsAffected()
}

// Waiting says which of the events have messages of these kinds that wait to be sent and that Supersede would take back.
func (o *Outbox) Waiting(ctx context.Context, kinds []string) (events []string, err error) {
	rows, err := o.db.Read.DB.QueryContext(ctx, o.db.Rebind(`select distinct event_id from outbox where state = 'queued' and leased_until < ? and `+o.db.Among("kind")),
		o.now().UnixMilli(), o.db.List(kinds))
	if err != nil {
		return nil, fmt.Errorf("look for messages that wait: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for messages that wait: %w", err)
		}
		events = append(events, id)
	}
	return events, rows.Err()
}

// UnsentOn gives what the newest message of a kind on a topic that waits to be sent shows, as JSON, for each of the mailboxes that have one:
// what follows on the topic supersedes it. In the caller's transaction.
func (o *Outbox) UnsentOn(ctx context.Context, tx *sql.Tx, topic, kind string, mailboxes []string) (map[string][]byte, error) {
	rows, err := tx.QueryContext(ctx, o.db.Rebind(`select mailbox, snapshot from outbox where state = 'queued' and topic = ? and kind = ? and `+o.db.Among("mailbox")+`
		order by id`), topic, kind, o.db.List(mailboxes))
	if err != nil {
		return nil, fmt.Errorf("look for unsent %s messages: %w", kind, err)
	}
	defer rows.Close()
	unsent := map[string][]byte{}
	for rows.Next() {
		var mailbox, snapshot string
		if err := rows.Scan(&mailbox, &snapshot); err != nil {
			return nil, fmt.Errorf("look for unsent %s messages: %w", kind, err)
		}
		unsent[mailbox] = []byte(snapshot)
	}
	return unsent, rows.Err()
}
