package registrations

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/registrations/seats"
)

// tooSmall says that a capacity is below what is taken.
func tooSmall(taken, capacity int64) error {
	words := fmt.Sprintf("%d places are", taken)
	if taken == 1 {
		words = "1 place is"
	}
	return fault.InvalidFields([]fault.Field{{Name: "capacity", Message: fmt.Sprintf("%s taken, so the capacity cannot be %d. Cancel or move people first.", words, capacity)}})
}

// ChangePlace gives a place its new name and capacity, and whether it is online: all of it or nothing, and only while it is as it was seen. More
// seats go to those who wait, beside the live holds; given is how many of them got one. Errors for people: events.ErrNoPlace,
// events.ErrPlaceChanged with nothing done, and invalid fields, such as a capacity below what is taken.
func (r *Registrar) ChangePlace(ctx context.Context, seen, changed events.Place, by access.Entry) (given int64, err error) {
	ref := seats.Ref{EventID: seen.EventID, PlaceID: seen.ID}
	live, known := r.seats.Live(ctx, ref)
	err = r.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		given = 0
		e, states, err := r.hold(ctx, tx, seen.EventID)
		if err != nil {
			return err
		}
		now, ok := e.Place(seen.ID)
		if !ok {
			return events.ErrNoPlace
		}
		if !now.Same(seen) {
			return events.ErrPlaceChanged
		}
		if wrong := e.WrongPlace(now, changed); len(wrong) > 0 {
			return fault.InvalidFields(wrong)
		}
		if now, e, err = r.rename(ctx, tx, e, now, changed, by); err != nil || now.Capacity == changed.Capacity {
			return err
		}
		free := int64(0)
		if known {
			free = changed.Capacity - states[seen.ID].Taken - live
		}
		given, err = r.resize(ctx, tx, e, now, states[seen.ID], changed.Capacity, free, by)
		return err
	})
	if err != nil {
		return 0, err
	}
	r.events.Changed()
	r.applied(ctx, ref)
	r.outbox.Wake()
	return given, nil
}

// rename stores what a locked place is called and whether it is online, and gives the place and its event as they are then.
func (r *Registrar) rename(ctx context.Context, tx bun.Tx, e *events.Event, p, changed events.Place, by access.Entry) (events.Place, *events.Event, error) {
	if p.Name == changed.Name && p.Online == changed.Online {
		return p, e, nil
	}
	old := p
	p.Name, p.Online = changed.Name, changed.Online
	if err := r.events.RenamePlace(ctx, tx, p, r.now()); err != nil {
		return p, nil, err
	}
	by.At, by.Action, by.EventID, by.Subject, by.Title, by.Detail = r.now(), "place.changed", e.ID, p.ID, p.Name, events.ChangedPlace(old, p)
	if err := r.trail.Write(ctx, tx.Tx, by); err != nil {
		return p, nil, err
	}
	e, err := r.events.ByIDIn(ctx, tx, e.ID)
	return p, e, err
}

// resize stores the capacity of a locked place and gives the seats that are free to those who wait. It says how many of them got one.
func (r *Registrar) resize(ctx context.Context, tx bun.Tx, e *events.Event, p events.Place, state *seats.State, capacity, free int64, by access.Entry) (int64, error) {
	if capacity < state.Taken {
		return 0, tooSmall(state.Taken, capacity)
	}
	waited := state.Waiting
	state.Capacity = capacity
	state.Next()
	if err := r.ledger.Resize(ctx, tx.Tx, *state); err != nil {
		return 0, err
	}
	if err := r.pass(ctx, tx.Tx, e, p, state, free); err != nil {
		return 0, err
	}
	by.At, by.Action, by.EventID, by.Subject, by.Title, by.Detail = r.now(), "place.capacity", e.ID, p.ID, p.Name, fmt.Sprint(capacity)
	if err := r.trail.Write(ctx, tx.Tx, by); err != nil {
		return 0, err
	}
	return waited - state.Waiting, r.ledger.Write(ctx, tx.Tx, *state)
}
