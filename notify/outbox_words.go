package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"masterclass/internal/fault"
)

// Words are what a message says to who reads no HTML.
type Words struct {
	Subject, Text string
	Kept          bool // they are those of the bytes that were sent, or are about to be; else they are made anew and may differ
}

// ErrErased is for a message whose words were deleted, as its recipient had asked for.
var ErrErased = fault.New(fault.Gone, "The words of this message were deleted.")

// Words reads a message: from its bytes where they are kept, else as the composer of its kind makes them today. They hold secret links of the
// recipient's. The error is a fault.NotFound without such a message, and ErrErased.
func (o *Outbox) Words(ctx context.Context, id string, composers map[string]Composer) (Words, error) {
	q, raw, err := o.written(ctx, id)
	if err != nil {
		return Words{}, err
	}
	if len(raw) > 0 {
		w, err := readWords(raw)
		w.Kept = true
		return w, err
	}
	if string(q.Snapshot) == "{}" {
		return Words{}, ErrErased
	}
	compose := composers[q.Kind]
	if compose == nil {
		return Words{}, fmt.Errorf("nothing composes messages of the kind %s", q.Kind)
	}
	m, err := compose(q)
	return Words{Subject: m.Subject, Text: m.Text}, err
}

// written reads a row as its composer sees it, and its bytes.
func (o *Outbox) written(ctx context.Context, id string) (q Queued, raw []byte, err error) {
	var to, snapshot string
	var created int64
	err = o.db.Read.QueryRowContext(ctx, `select id, kind, recipient, mailbox, message_id, event_id, registration_id, uid, sequence, snapshot,
		(select raw from message_bytes b where b.id = outbox.id), created_at from outbox where id = ?`, id).Scan(&q.ID, &q.Kind, &to, &q.Mailbox, &q.MessageID, &q.EventID, &q.RegistrationID, &q.UID, &q.Sequence, &snapshot, &raw, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return q, nil, fault.New(fault.NotFound, "We could not find that message.")
	}
	if err != nil {
		return q, nil, fmt.Errorf("read a message: %w", err)
	}
	if a, err := recipient(to); err == nil { // else nothing could be sent to it
		q.To = a
	}
	q.MessageID, q.Snapshot, q.CreatedAt, q.MadeAt = originalID(q.MessageID), []byte(snapshot), time.UnixMilli(created).UTC(), o.now()
	return q, raw, nil
}
