package registrations

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/registrations/seats"
)

// CancelEvent ends an event and every registration for it, and tells everybody: the event leaves the calendars that it was put into, and
// stays in feeds as cancelled. No seat is offered to anybody, and health data is deleted. reason is plain text of at most 500 characters, and
// kept nowhere but in the messages. Cancelling again changes nothing. Errors for people: an invalid reason, events.ErrNotFound,
// events.ErrChanged, ErrEventOver.
func (r *Registrar) CancelEvent(ctx context.Context, id string, version int64, reason string, by access.Entry) (c Change, err error) {
	reason = lines(reason)
	if wrong := checkReason(reason); len(wrong) > 0 {
		return c, fault.InvalidFields(wrong)
	}
	var refs []seats.Ref
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		c, refs = Change{}, nil
		old, states, err := r.hold(ctx, tx, id)
		if err != nil {
			return err
		}
		n, err := r.cancelEvent(ctx, tx, old, version, named(by, "event.cancelled"))
		if err != nil {
			return err
		}
		n.reason = reason
		c = n.change()
		if c.Recipients, err = r.cancelAll(ctx, tx.Tx, n, states, by); err != nil {
			return err
		}
		refs, err = r.writeAll(ctx, tx.Tx, n.event, states)
		return err
	})
	if err != nil {
		return c, err
	}
	r.events.Changed()
	r.applied(ctx, refs...)
	r.outbox.Wake()
	return c, nil
}

// cancelEvent gives the event its last status, unless it has it already.
func (r *Registrar) cancelEvent(ctx context.Context, tx bun.Tx, old *events.Event, version int64, by access.Entry) (news, error) {
	n := news{kind: kindEventCancelled, event: old}
	switch {
	case old.Status == events.Cancelled:
		return n, nil
	case old.Status == events.Published && old.Past(r.now()): // a postponed event has no day that can be over
		return n, ErrEventOver
	case old.Version != version:
		return n, events.ErrChanged
	}
	n = newsOfCancelling(old)
	if err := r.events.Update(ctx, tx, old, n.event, r.now()); err != nil {
		return n, err
	}
	return n, r.noteChange(ctx, tx.Tx, old, n.event, by)
}

// cancelAll ends every registration of an event whose places are locked, and says how many.
func (r *Registrar) cancelAll(ctx context.Context, tx *sql.Tx, n news, states map[string]*seats.State, by access.Entry) (ended int, err error) {
	now := r.now()
	if err := r.dropAllReminders(ctx, tx, n.event.ID); err != nil {
		return 0, err
	}
	for _, placeID := range sortedPlaces(n.event) {
		before := ended
		err := r.each(ctx, tx, placeID, func(some []*Registration) error {
			ended += len(some)
			if err := r.trail.Write(ctx, tx, ends(some, now, by)...); err != nil {
				return err
			}
			_, err := r.enqueueNews(ctx, tx, n, some)
			return err
		})
		if err != nil {
			return ended, err
		}
		if ended == before {
			continue
		}
		state := states[placeID]
		state.Taken, state.Waiting = 0, 0
		state.Version += int64(ended - before)
		if err := r.store.cancelPlace(ctx, tx, placeID, state.Version, now); err != nil {
			return ended, err
		}
	}
	return ended, nil
}

// ends are the audit entries of registrations that end with their event.
func ends(some []*Registration, now time.Time, by access.Entry) []access.Entry {
	entries := make([]access.Entry, 0, len(some))
	for _, g := range some {
		entries = append(entries, access.Entry{At: now, Actor: by.Actor, Action: "registration.cancelled", EventID: g.EventID, Subject: g.ID,
			Detail: "was " + string(g.Status) + ", with the event", RequestID: by.RequestID, Address: by.Address})
	}
	return entries
}

// cancelPlace ends every registration of a locked place at once, and deletes their health data.
func (s *Store) cancelPlace(ctx context.Context, tx *sql.Tx, placeID string, version int64, now time.Time) error {
	_, err := tx.ExecContext(ctx, s.db.Rebind(`update registrations set status = 'cancelled', version = ?, updated_at = ?, cancelled_at = ?, offered_until = 0
		where place_id = ? and status <> 'cancelled'`), version, now.UnixMilli(), now.UnixMilli(), placeID)
	if err != nil {
		return fmt.Errorf("cancel the registrations of place %s: %w", placeID, err)
	}
	_, err = tx.ExecContext(ctx, s.db.Rebind(`delete from health_needs where registration_id in (select id from registrations where place_id = ? and status = 'cancelled')`), placeID)
	if err != nil {
		return fmt.Errorf("delete the health data of place %s: %w", placeID, err)
	}
	return nil
}
