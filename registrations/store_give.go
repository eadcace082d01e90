package registrations

import (
	"context"
	"database/sql"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/registrations/seats"
)

// What an organiser can be told who gives a waiting person a seat.
var (
	ErrNotWaiting = fault.Coded(fault.Conflict, "not_waiting", "This person is not on the waiting list, or the event is not published, so there is no place to give them.")
	ErrListMoves  = fault.Coded(fault.Conflict, "list_moves",
		"A place that comes free is still offered to whoever has waited longest. Once registration has closed, places that are left can be given by hand.")
	ErrNoneLeft = fault.Coded(fault.Conflict, "full", "No place is left to give. Raise the capacity of the place first.")
)

// LeftFor says what an organiser can still give of each place of an event: once its waiting list rests, also what is left beside those who wait.
func (r *Registrar) LeftFor(ctx context.Context, e *events.Event) (map[string]events.Availability, error) {
	if e.ListRests(r.now()) {
		return r.seats.Free(ctx, e.Places), nil
	}
	return r.seats.Available(ctx, e.Places)
}

// holdFor keeps a seat for a commit that an organiser asks for, who passes a waiting list that rests.
func (r *Registrar) holdFor(ref seats.Ref, id string, e *events.Event) seats.Hold {
	if e.ListRests(r.now()) {
		return r.seats.HoldPastList(ref, id)
	}
	return r.seats.HoldForCommit(ref, id, false)
}

// Give gives a seat that is left to somebody who waits for it, once nobody is offered one any more. Who has a seat elsewhere at the event gives
// that one up in the same transaction. They are told, unless the event is over. Giving again changes nothing. Errors for people: ErrNotFound,
// ErrNotWaiting, ErrListMoves, ErrNoneLeft.
func (r *Registrar) Give(ctx context.Context, seen *Registration, by access.Entry) (*Registration, error) {
	now, err := r.store.ByID(ctx, seen.ID)
	if err != nil {
		return nil, err
	}
	e, err := r.events.ByID(ctx, now.EventID)
	switch {
	case err != nil:
		return nil, err
	case now.Status == Confirmed:
		return now, nil
	case now.Status != Waiting:
		return nil, ErrNotWaiting
	case !e.ListRests(r.now()):
		return nil, ErrListMoves
	}
	at := seats.Ref{EventID: e.ID, PlaceID: now.PlaceID}
	return r.takeSeat(ctx, at, seen, r.seats.HoldPastList(at, seen.ID), ErrNoneLeft, func(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, states map[string]*seats.State) error {
		if g.Status == Confirmed {
			return nil // another request was quicker
		}
		return r.giveIn(ctx, tx, g, e, states, by)
	})
}

func (r *Registrar) giveIn(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, states map[string]*seats.State, by access.Entry) error {
	state := states[g.PlaceID]
	switch {
	case g.Status != Waiting || e.Status != events.Published:
		return ErrNotWaiting
	case !rests(*state, r.now()):
		return ErrListMoves
	case !state.Room():
		return ErrNoneLeft
	}
	if err := r.giveUpOther(ctx, tx, g, e, states, ending{by: Organiser, who: by.Actor, requestID: by.RequestID, address: by.Address}); err != nil {
		return err
	}
	state.Waiting--
	state.Taken++
	how := turning{by: Organiser, who: by.Actor, action: "registration.given", mail: kindConfirmation, requestID: by.RequestID, address: by.Address}
	if e.Past(r.now()) {
		how.mail = "" // who was there needs no invitation
	}
	place, _ := e.Place(g.PlaceID)
	return r.turn(ctx, tx, g, Confirmed, time.Time{}, e, place, state, how)
}
