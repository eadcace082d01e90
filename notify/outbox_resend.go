package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"masterclass/internal/fault"
)

var errNoMessage = fault.New(fault.NotFound, "There is no message to send again.")

// Resend sends the newest message of the kinds (KindConfirmation and KindWaiting if none are named) that was queued
// for a registration to this mailbox again, in the caller's transaction: a fresh row with the same bytes and so the same Message-ID,
// which counts as caused by a public form. What went to another mailbox, which the registration had before, stays there. A message that is still queued is made due now instead, so nobody gets it
// twice. One that had failed is tried again. If its bytes were purged they are composed again under the same
// Message-ID and sequence. With no such message the error is a fault.NotFound.
func (o *Outbox) Resend(ctx context.Context, tx *sql.Tx, registrationID, mailbox string, kinds ...string) error {
	if len(kinds) == 0 {
		kinds = []string{KindConfirmation, KindWaiting}
	}
	id, state, messageID, err := o.newest(ctx, tx, registrationID, mailbox, kinds)
	if errors.Is(err, sql.ErrNoRows) {
		return errNoMessage
	}
	if err != nil {
		return fmt.Errorf("find the message to send again: %w", err)
	}
	return o.again(ctx, tx, id, state, messageID, true)
}

// ResendOne is Resend of the one message with the id, which an organiser asked for: it does not count towards what public
// forms cause. A message that was superseded is a fault.Conflict.
func (o *Outbox) ResendOne(ctx context.Context, tx *sql.Tx, id string) error {
	var state, messageID string
	var erased int64
	err := tx.QueryRowContext(ctx, o.db.Rebind("select state, message_id, erased_at from outbox where id = ?"), id).Scan(&state, &messageID, &erased)
	if errors.Is(err, sql.ErrNoRows) {
		return errNoMessage
	}
	if err != nil {
		return fmt.Errorf("find the message to send again: %w", err)
	}
	if erased != 0 {
		return ErrErased
	}
	if state == StateSuperseded {
		return fault.New(fault.Conflict, "A newer message went in the place of this one, so it is not sent.")
	}
	return o.again(ctx, tx, id, state, messageID, false)
}

// RetryFailed queues the messages of the filter that were given up again, for the 48 hours that a new message has, and
// says how many: the same rows with the same bytes. What was sent again by itself or dealt with stays as it is, an update or reminder if there is newer word on
// its topic, and what a mailbox was to be told of a registration that has gone from it since, as a later message says: it is somebody else's by now.
func (o *Outbox) RetryFailed(ctx context.Context, tx *sql.Tx, f Filter) (int64, error) {
	f.State, f.After, f.Before = StateFailed, "", ""
	where, args := f.where()
	res, err := tx.ExecContext(ctx, o.db.Rebind(`update outbox set state = 'queued', attempts = 0, problem = '', due_at = ?, lease = '', leased_until = 0
		where `+where+` and erased_at = 0 and settled_at = 0 and not (`+againSQL+`) and not (topic <> '' and kind in ('updated', 'reminder') and exists (select 1 from outbox n
		where n.mailbox = outbox.mailbox and n.topic = outbox.topic and n.id > outbox.id and (outbox.kind = 'reminder' or n.kind <> 'reminder')))
		and not (registration_id <> '' and exists (select 1 from outbox n where n.registration_id = outbox.registration_id and n.mailbox = outbox.mailbox
		and n.id > outbox.id and n.kind in ('moved', 'substituted')))`), append([]any{o.now().UnixMilli()}, args...)...)
	if err != nil {
		return 0, fmt.Errorf("queue failed messages again: %w", err)
	}
	return res.RowsAffected()
}

func (o *Outbox) again(ctx context.Context, tx *sql.Tx, id, state, messageID string, public bool) (err error) {
	now := o.now().UnixMilli()
	if state == StateQueued {
		_, err = tx.ExecContext(ctx, o.db.Rebind("update outbox set due_at = ? where id = ? and state = 'queued'"), now, id)
	} else {
		err = o.repeat(ctx, tx, id, messageID, now, public)
	}
	if err != nil {
		return fmt.Errorf("send a message again: %w", err)
	}
	return nil
}

func (o *Outbox) newest(ctx context.Context, tx *sql.Tx, registrationID, mailbox string, kinds []string) (id, state, messageID string, err error) {
	args := []any{registrationID, mailbox}
	for _, k := range kinds {
		args = append(args, k)
	}
	query := `select id, state, message_id from outbox where registration_id = ? and mailbox = ? and state <> 'superseded' and erased_at = 0
		and kind in (?` + strings.Repeat(", ?", len(kinds)-1) + `) order by id desc limit 1`
	err = tx.QueryRowContext(ctx, o.db.Rebind(query), args...).Scan(&id, &state, &messageID)
	return id, state, messageID, err
}

func (o *Outbox) repeat(ctx context.Context, tx *sql.Tx, id, messageID string, now int64, public bool) error {
	fresh, err := newID()
	if err != nil {
		return err
	}
	if _, err = tx.ExecContext(ctx, o.db.Rebind("insert into message_bytes (id, raw) select cast(? as text), raw from message_bytes where id = ?"), fresh, id); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, o.db.Rebind(`insert into outbox (id, kind, recipient, mailbox, message_id, event_id, registration_id, uid,
		sequence, snapshot, state, public, due_at, created_at, topic, sought)
		select cast(? as text), kind, recipient, mailbox, cast(? as text), event_id, registration_id, uid,
		sequence, snapshot, 'queued', cast(? as boolean), cast(? as bigint), cast(? as bigint), topic, sought from outbox where id = ?`),
		fresh, originalID(messageID)+" "+fresh, public, now, now, id)
	return err
}
