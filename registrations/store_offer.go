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
	"masterclass/registrations/seats"
)

// rests is events' ListRests by the locked record of a place.
func rests(s seats.State, now time.Time) bool {
	return now.UnixMilli() >= events.OffersEnd(s.StartsAt, s.ClosesAt)
}

// pass gives up to n seats of a locked place, which nobody has or holds, to those who have waited longest: as offers, or at once where
// the event says so. After registration has closed nobody is offered anything.
func (r *Registrar) pass(ctx context.Context, tx *sql.Tx, e *events.Event, place events.Place, state *seats.State, n int64) error {
	now := r.now()
	until := now.Add(r.offer)
	if last := time.UnixMilli(state.StartsAt).Add(-events.OfferEnds); until.After(last) {
		until = last
	}
	if state.EventStatus != string(events.Published) || rests(*state, now) {
		return nil
	}
	for ; n > 0 && state.Waiting > 0 && state.Room(); n-- {
		g, err := r.store.longestWaiting(ctx, tx, place.ID)
		if err != nil {
			return err
		}
		if err := r.passTo(ctx, tx, g, e, place, state, until); err != nil {
			return err
		}
	}
	return nil
}

// passTo gives a seat to one waiting person. Whoever has a seat elsewhere at the event is always asked first: accepting gives that one up.
func (r *Registrar) passTo(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, place events.Place, state *seats.State, until time.Time) error {
	to, kind := Offered, kindOffer
	if state.ConfirmsWaiting {
		other, err := r.store.otherSeat(ctx, tx, g)
		if err != nil {
			return err
		}
		if other == nil {
			to = afterAcceptance(*state)
			kind, until = kindFor(to), time.Time{}
		}
	}
	state.Waiting--
	state.Taken++
	return r.turn(ctx, tx, g, to, until, e, place, state, turning{by: System, mail: kind})
}

// afterAcceptance is the status of a seat that was accepted.
func afterAcceptance(s seats.State) Status {
	if s.Approval {
		return Pending
	}
	return Confirmed
}

// turning is who changes a status and what the person is told.
type turning struct {
	by        Actor
	who       string // in the audit trail, "" for the actor itself
	action    string // in the audit trail, "" for the new status
	mail      string // "" for none
	requestID string
	address   string // where an organiser's request came from
}

// turn changes the status of a registration whose place is locked, with its audit entry and message.
func (r *Registrar) turn(ctx context.Context, tx *sql.Tx, g *Registration, to Status, until time.Time, e *events.Event, place events.Place, state *seats.State, how turning) error {
	if !Allows(g.Status, to, how.by) {
		return ErrOver
	}
	g.Version, g.UpdatedAt = state.Next(), r.now()
	if err := r.store.change(ctx, tx, g, to, until); err != nil {
		return err
	}
	g.Status, g.OfferedUntil = to, until
	if err := r.trail.Write(ctx, tx, access.Entry{
		At: g.UpdatedAt, Actor: cmp.Or(how.who, string(how.by)), Action: cmp.Or(how.action, "registration."+string(to)), EventID: g.EventID, Subject: g.ID,
		RequestID: how.requestID, Address: how.address,
	}); err != nil {
		return err
	}
	if how.mail == "" {
		return nil
	}
	m := message(how.mail, e, place, g)
	m.Public = false
	_, err := r.outbox.Enqueue(ctx, tx, m)
	return err
}

// Accept takes an offer up. A seat that the person has elsewhere at the event is given up in the same transaction. Accepting again
// changes nothing. Errors for people: ErrLapsed, ErrNoDate, ErrOver.
func (r *Registrar) Accept(ctx context.Context, g *Registration, e *events.Event, requestID string) error {
	var refs []seats.Ref
	err := r.inTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		refs, err = r.acceptIn(ctx, tx, g, e, requestID)
		return err
	})
	if err != nil {
		return err
	}
	r.applied(ctx, refs...)
	r.outbox.Wake()
	return nil
}

func (r *Registrar) acceptIn(ctx context.Context, btx bun.Tx, seen *Registration, e *events.Event, requestID string) ([]seats.Ref, error) {
	tx := btx.Tx
	states, err := r.lockAll(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	g, err := r.store.byIDIn(ctx, tx, seen.ID)
	if err != nil {
		return nil, err
	}
	state := states[g.PlaceID]
	if e, err = r.present(ctx, btx, e, *state); err != nil {
		return nil, err
	}
	place, _ := e.Place(g.PlaceID)
	switch {
	case g.Generation != seen.Generation:
		return nil, ErrPassedOn
	case g.Status == Confirmed || g.Status == Pending:
		return nil, nil // accepted before
	case g.Status == Offered && state.EventStatus == string(events.Postponed):
		return nil, ErrNoDate
	case g.Status != Offered || state.EventStatus != string(events.Published):
		return nil, ErrOver
	case !r.now().Before(g.OfferedUntil):
		return nil, ErrLapsed
	}
	why := ending{by: Attendee, requestID: requestID}
	if state.Approval {
		why.mail = kindCancellation
	}
	if err := r.giveUpOther(ctx, tx, g, e, states, why); err != nil {
		return nil, err
	}
	to := afterAcceptance(*state)
	if err := r.turn(ctx, tx, g, to, time.Time{}, e, place, state, turning{by: Attendee, mail: kindFor(to), requestID: requestID}); err != nil {
		return nil, err
	}
	return r.writeAll(ctx, tx, e, states)
}

// giveUpOther ends the seat that the person has elsewhere at the event. The confirmation that follows says where they are now, under the
// same entry of their calendar; only where approval comes first is the entry taken back, by the mail of why.
func (r *Registrar) giveUpOther(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, states map[string]*seats.State, why ending) error {
	other, err := r.store.otherSeat(ctx, tx, g)
	if err != nil || other == nil {
		return err
	}
	place, _ := e.Place(other.PlaceID)
	return r.endIn(ctx, tx, other, e, place, states[other.PlaceID], why)
}

// lockAll locks every place of an event, in the order of their ids.
func (r *Registrar) lockAll(ctx context.Context, tx *sql.Tx, e *events.Event) (map[string]*seats.State, error) {
	states := map[string]*seats.State{}
	for _, id := range sortedPlaces(e) {
		s, err := r.ledger.Lock(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		states[id] = &s
	}
	return states, nil
}

// writeAll stores the places that changed, and names them.
func (r *Registrar) writeAll(ctx context.Context, tx *sql.Tx, e *events.Event, states map[string]*seats.State) ([]seats.Ref, error) {
	var refs []seats.Ref
	for _, id := range sortedPlaces(e) {
		if !states[id].Changed() {
			continue
		}
		if err := r.ledger.Write(ctx, tx, *states[id]); err != nil {
			return nil, err
		}
		refs = append(refs, seats.Ref{EventID: e.ID, PlaceID: id})
	}
	return refs, nil
}

// longestWaiting is the head of a locked place's waiting list.
func (s *Store) longestWaiting(ctx context.Context, tx *sql.Tx, placeID string) (*Registration, error) {
	return scan(tx.StmtContext(ctx, s.head).QueryRowContext(ctx, placeID))
}

// otherSeat is the seat that the person of a registration has elsewhere at the event, or nil.
func (s *Store) otherSeat(ctx context.Context, tx *sql.Tx, g *Registration) (*Registration, error) {
	other, err := scan(tx.StmtContext(ctx, s.elsewhere).QueryRowContext(ctx, g.EventID, g.Mailbox, g.ID))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return other, err
}

// lapsed lists offers whose deadline has passed, the oldest first. Those of a postponed event stand: nobody can accept them, and they get a
// new deadline when it has a new date.
func (s *Store) lapsed(ctx context.Context, now time.Time, limit int) ([]*Registration, error) {
	rows, err := s.db.Read.QueryContext(ctx, "select "+columns+` from registrations where status = 'offered' and offered_until <= ?
		and event_id in (select id from events where status = 'published') order by offered_until limit ?`, now.UnixMilli(), limit)
	if err != nil {
		return nil, fmt.Errorf("list offers that lapsed: %w", err)
	}
	defer rows.Close()
	return scanAll(rows)
}
