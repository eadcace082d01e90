package registrations

import (
	"context"
	"fmt"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
)

// errErased is for a registration that was erased, and so belongs to nobody.
var errErased = fault.Coded(fault.Conflict, "erased", "This registration has been erased already.")

// errGone answers the links that a person had before they were erased.
var errGone = fault.New(fault.Gone, "This registration is cancelled and its details are erased, so there is nothing to show here any more.")

const (
	erasedName   = "Erased"
	erasedDomain = "@erased.invalid" // mail to .invalid goes nowhere (RFC 2606)
)

// Erased says that a person has asked to be erased: what is left is that there was a registration.
func (g *Registration) Erased() bool { return g.Mailbox == g.ID+erasedDomain }

// unlinked is why a token that does not open a registration does not. The links that were good until the person was erased say that they were, so
// that nobody looks for what they did wrong; all others say nothing.
func (g *Registration) unlinked(k *secret.Keys, token string) error {
	if g.Erased() && (k.Valid(token, managePurpose, g.ID, g.Generation-1) ||
		k.Valid(token, calendarPurpose, g.ID, g.CalendarGeneration-1) || k.Valid(token, calendarsPurpose, g.ID, g.CalendarGeneration-1)) {
		return errGone
	}
	return ErrNotFound
}

// Erase deletes a person from a registration on their request. One that is not cancelled is cancelled first, without a message, and its seat passed
// on. Left is a number: placeholders for the person, no health data, no answers, no notes, nothing of the messages, nor
// of the files they were written to; what was not sent is not sent any more, and every link is revoked. The audit trail, which never held more than ids, says that it was done. Erasing again is errErased.
func (r *Registrar) Erase(ctx context.Context, id string, by access.Entry) error {
	_, err := r.judge(ctx, id, func(ctx context.Context, q request) error {
		if q.g.Erased() {
			return errErased
		}
		if q.g.Status != Cancelled {
			why := ending{by: Organiser, who: by.Actor, requestID: by.RequestID, address: by.Address}
			if err := r.endIn(ctx, q.tx, q.g, q.event, q.place, q.state, why); err != nil {
				return err
			}
		}
		return r.eraseIn(ctx, q, by)
	})
	r.outbox.Wipe()
	return err
}

// eraseIn deletes what is known of the person of a registration that is cancelled.
func (r *Registrar) eraseIn(ctx context.Context, q request, by access.Entry) error {
	if err := r.outbox.Erase(ctx, q.tx, q.g.ID, q.g.Mailbox); err != nil {
		return err
	}
	nobody := q.g.ID + erasedDomain
	for _, do := range []struct {
		query string
		args  []any
	}{
		{`update registrations set title = '', first_name = '', last_name = ?, email = ?, mailbox = ?, profession = '', job_role = '', employer = '',
			regulator_number = '', generation = generation + 1, calendar_generation = calendar_generation + 1, version = ?, updated_at = ? where id = ?`,
			[]any{erasedName, nobody, nobody, q.state.Next(), r.now().UnixMilli(), q.g.ID}},
		{"delete from health_needs where registration_id = ?", []any{q.g.ID}},
		{"delete from answers where registration_id = ?", []any{q.g.ID}},
		{"delete from attendee_notes where registration_id = ?", []any{q.g.ID}},
		{"delete from idempotency_keys where registration_id = ?", []any{q.g.ID}},
		{"delete from mail_stopped where mailbox = ? and not exists (select 1 from registrations r where r.mailbox = mail_stopped.mailbox)", []any{q.g.Mailbox}},
	} {
		if _, err := q.tx.ExecContext(ctx, r.db.Rebind(do.query), do.args...); err != nil {
			return fmt.Errorf("erase registration %s: %w", q.g.ID, err)
		}
	}
	by.At, by.Action, by.EventID, by.Subject = r.now(), "registration.erased", q.g.EventID, q.g.ID
	return r.trail.Write(ctx, q.tx, by)
}
