package registrations

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/crash"
	"masterclass/internal/store"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

// Decline ends a registration that is offered a seat; the next person is offered it at once. Declining again changes nothing. What has been
// accepted meanwhile is not declined but ErrOver: it takes a cancellation to give it up.
func (r *Registrar) Decline(ctx context.Context, g *Registration, e *events.Event, requestID string) error {
	return r.end(ctx, g, e, ending{by: Attendee, only: Offered, mail: kindCancellation, requestID: requestID})
}

// Cancel ends a registration for its attendee and passes its seat on. Cancelling again changes nothing.
func (r *Registrar) Cancel(ctx context.Context, g *Registration, e *events.Event, requestID string) error {
	return r.end(ctx, g, e, ending{by: Attendee, mail: kindCancellation, requestID: requestID})
}

// ending is why a registration ends.
type ending struct {
	by        Actor
	who       string    // in the audit trail, "" for the actor itself
	action    string    // in the audit trail, "" for registration.cancelled
	only      Status    // the one status that it may end, "" for any
	mail      string    // the kind of message that tells of it
	reason    string    // of a refusal, for the message
	address   string    // where an organiser's request came from
	invited   bool      // the person's calendar has the event
	lapsedBy  time.Time // of an offer that was not accepted; zero for any other ending
	requestID string
}

func (r *Registrar) end(ctx context.Context, g *Registration, e *events.Event, why ending) error {
	return r.atItsPlace(ctx, g, func(placeID string) error { return r.endAt(ctx, g, e, placeID, why) })
}

func (r *Registrar) endAt(ctx context.Context, g *Registration, e *events.Event, placeID string, why ending) error {
	place, ok := e.Place(placeID)
	if !ok {
		return fmt.Errorf("end registration %s: its event does not have place %s", g.ID, placeID)
	}
	err := r.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		state, err := r.ledger.Lock(ctx, tx.Tx, place.ID)
		if err != nil {
			return err
		}
		now, err := r.store.atPlace(ctx, tx.Tx, g.ID, place.ID) // as it is under the lock
		if err != nil || why.passed(now) {
			return err
		}
		if why.by == Attendee && now.Generation != g.Generation {
			return ErrPassedOn
		}
		if why.by == Organiser && now.Generation != g.Generation && !now.Erased() {
			return errAnothers
		}
		if now.Status == Cancelled {
			return nil
		}
		e, err := r.present(ctx, tx, e, state)
		if err != nil {
			return err
		}
		if (why.only != "" && now.Status != why.only) || !Allows(now.Status, Cancelled, why.by) || (why.by == Attendee && e.Past(r.now())) {
			return ErrOver
		}
		if err := r.endIn(ctx, tx.Tx, now, e, place, &state, why); err != nil {
			return err
		}
		return r.ledger.Write(ctx, tx.Tx, state)
	})
	if err != nil {
		return err
	}
	r.applied(ctx, seats.Ref{EventID: g.EventID, PlaceID: place.ID})
	r.outbox.Wake()
	return nil
}

// inTx runs a transaction that may pass a seat on, and once more when the person it was passed to took one elsewhere in that very moment:
// the second time their other seat is seen.
func (r *Registrar) inTx(ctx context.Context, fn func(context.Context, bun.Tx) error) error {
	err := r.db.InTx(ctx, fn)
	if store.Duplicate(err) {
		err = r.db.InTx(ctx, fn)
	}
	if err == nil {
		crash.At(crash.AfterCommit)
	}
	return err
}

// passed says that an offer to lapse is none any more, or has another deadline.
func (w ending) passed(g *Registration) bool {
	return !w.lapsedBy.IsZero() && (g.Status != Offered || g.OfferedUntil.After(w.lapsedBy))
}

// endIn cancels a registration of a locked place and passes its seat on in the same transaction: a seat that comes free belongs to
// whoever has waited longest, and is never seen as free.
func (r *Registrar) endIn(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, place events.Place, state *seats.State, why ending) error {
	was := g.Status
	if was.TakesSeat() {
		state.Taken--
	} else {
		state.Waiting--
	}
	g.Version, g.UpdatedAt = state.Next(), r.now()
	if err := r.store.cancel(ctx, tx, g); err != nil {
		return err
	}
	if err := r.trail.Write(ctx, tx, access.Entry{
		At: g.UpdatedAt, Actor: cmp.Or(why.who, string(why.by)), Action: cmp.Or(why.action, "registration.cancelled"), EventID: g.EventID, Subject: g.ID,
		Detail: "was " + string(was), RequestID: why.requestID, Address: why.address,
	}); err != nil {
		return err
	}
	if err := r.dropReminders(ctx, tx, g); err != nil {
		return err
	}
	if err := r.outbox.SettleFor(ctx, tx, g.ID, g.Mailbox); err != nil {
		return err
	}
	if err := r.tellEnd(ctx, tx, g, e, place, why); err != nil {
		return err
	}
	if !was.TakesSeat() {
		return nil
	}
	return r.pass(ctx, tx, e, place, state, 1)
}

// tellEnd queues the message of an ending, if there is one; g still has the status it had.
func (r *Registrar) tellEnd(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, place events.Place, why ending) (err error) {
	if why.mail == "" {
		return nil
	}
	if why.invited, err = r.invited(ctx, tx, g, e); err != nil {
		return err
	}
	_, err = r.outbox.Enqueue(ctx, tx, why.message(e, place, g))
	return err
}

// invited says whether the event is in the person's calendar by this registration, so that its end takes it out: an invitation was sent, and
// never taken back. One that waits or is offered a seat put nothing there; what is there is another registration's.
func (r *Registrar) invited(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event) (bool, error) {
	if g.Status != Confirmed && g.Status != Pending {
		return false, nil
	}
	last, err := r.outbox.LastAbout(ctx, tx, g.Mailbox, e.UID)
	return invites(last), err
}

// message tells the person of the end; g still has the status it had.
func (w ending) message(e *events.Event, place events.Place, g *Registration) notify.Message {
	m := about(e, w.invited, message(w.mail, e, place, g))
	m.Public = m.Public && w.by == Attendee
	if w.reason != "" || w.by == Organiser {
		s := snapshotOf(e, place, g)
		s.Reason, s.ByOrganiser = w.reason, w.by == Organiser
		m.Snapshot = s
	}
	return m
}

// cancel writes the end of a registration whose place is locked, and deletes its health data: there is no more use for it. g still has
// the status it had.
func (s *Store) cancel(ctx context.Context, tx *sql.Tx, g *Registration) error {
	if err := s.change(ctx, tx, g, Cancelled, time.Time{}); err != nil {
		return err
	}
	if _, err := tx.StmtContext(ctx, s.dropNeeds).ExecContext(ctx, g.ID); err != nil {
		return fmt.Errorf("delete the health data of registration %s: %w", g.ID, err)
	}
	return nil
}

// errChanged means that a registration is not in the status that its change starts from.
var errChanged = errors.New("it has been changed meanwhile")

// change gives a registration, whose place is locked, another status; g still has the one it had, and its new version.
func (s *Store) change(ctx context.Context, tx *sql.Tx, g *Registration, to Status, offeredUntil time.Time) error {
	at, until, cancelled := g.UpdatedAt.UnixMilli(), int64(0), sql.NullInt64{}
	if !offeredUntil.IsZero() {
		until = offeredUntil.UnixMilli()
	}
	if to == Cancelled {
		cancelled = sql.NullInt64{Int64: at, Valid: true}
	}
	res, err := tx.StmtContext(ctx, s.setStatus).ExecContext(ctx, string(to), g.Version, at, cancelled, until, g.ID, string(g.Status))
	if err != nil {
		return fmt.Errorf("make registration %s %s: %w", g.ID, to, err)
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errChanged
	}
	if err != nil {
		return fmt.Errorf("make registration %s %s: %w", g.ID, to, err)
	}
	return nil
}
