package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"masterclass/internal/fault"
)

// Resend sends the newest message of the kinds (KindConfirmation and KindWaiting if none are named) that was queued
// for a registration again, in the caller's transaction: a fresh row with the same bytes and so the same Message-ID,
// which counts as caused by a public form. A message that is still queued is made due now instead, so nobody gets it
// twice. One that had failed is tried again. If its bytes were purged they are composed again under the same
// Message-ID and sequence. With no such message the error is a fault.NotFound.
func (o *Outbox) Resend(ctx context.Context, tx *sql.Tx, registrationID string, kinds ...string) error {
	if len(kinds) == 0 {
		kinds = []string{KindConfirmation, KindWaiting}
	}
	id, state, messageID, err := o.newest(ctx, tx, registrationID, kinds)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "There is no message to send again.")
	}
	if err != nil {
		return fmt.Errorf("find the message to send again: %w", err)
	}
	now := o.now().UnixMilli()
	if state == "queued" {
		_, err = tx.ExecContext(ctx, o.db.Rebind("update outbox set due_at = ? where id = ? and state = 'queued'"), now, id)
	} else {
		err = o.repeat(ctx, tx, id, messageID, now)
	}
	if err != nil {
		return fmt.Errorf("send a message again: %w", err)
	}
	return nil
}

func (o *Outbox) newest(ctx context.Context, tx *sql.Tx, registrationID string, kinds []string) (id, state, messageID string, err error) {
	args := []any{registrationID}
	for _, k := range kinds {
		args = append(args, k)
	}
	query := `select id, state, message_id from outbox where registration_id = ? and state <> 'superseded'
		and kind in (?` + strings.Repeat(", ?", len(kinds)-1) + `) order by id desc limit 1`
	err = tx.QueryRowContext(ctx, o.db.Rebind(query), args...).Scan(&id, &state, &messageID)
	return id, state, messageID, err
}

func (o *Outbox) repeat(ctx context.Context, tx *sql.Tx, id, messageID string, now int64) error {
	fresh, err := newID()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, o.db.Rebind(`insert into outbox (id, kind, recipient, mailbox, message_id, event_id, registration_id, uid,
		sequence, snapshot, raw, state, public, due_at, created_at)
		select cast(? as text), kind, recipient, mailbox, cast(? as text), event_id, registration_id, uid,
		sequence, snapshot, raw, 'queued', true, cast(? as bigint), cast(? as bigint) from outbox where id = ?`),
		fresh, originalID(messageID)+" "+fresh, now, now, id)
	return err
}
