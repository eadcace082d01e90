package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

// errMoved means that a registration is at another place than the one that was locked for its sake.
var errMoved = errors.New("the registration was moved to another place at this very moment")

// atItsPlace runs fn for the place that a registration is at, and again when it was moved meanwhile.
func (r *Registrar) atItsPlace(ctx context.Context, g *Registration, fn func(placeID string) error) error {
	placeID := g.PlaceID
	for try := 1; ; try++ {
		err := fn(placeID)
		if !errors.Is(err, errMoved) || try == clashes {
			return err
		}
		now, err := r.store.ByID(ctx, g.ID)
		if err != nil {
			return err
		}
		placeID = now.PlaceID
	}
}

// atPlace reads a registration whose place is locked, or gives errMoved when its place is another.
func (s *Store) atPlace(ctx context.Context, tx *sql.Tx, id, placeID string) (*Registration, error) {
	g, err := s.byIDIn(ctx, tx, id)
	if err == nil && g.PlaceID != placeID {
		return nil, errMoved
	}
	return g, err
}

// What an organiser can be told who moves somebody.
var (
	ErrMoveFull    = fault.Coded(fault.Conflict, "full", "That place is full, or kept for those who wait for it, so nobody can be moved to it.")
	ErrMoveOver    = fault.Coded(fault.Conflict, "closed", "This registration is cancelled, or the event is over or not published, so it cannot be moved.")
	ErrMoveAlready = fault.Coded(fault.Conflict, "already_registered", "This person has another registration at this event that stands in the way. Cancel that one first.")
	errNoPlace     = fault.New(fault.NotFound, "This event does not have that place.")
)

// Move gives a registration a seat at another place of its event: who is confirmed stays confirmed, and who waits or has an offer is
// confirmed, or awaits approval where the event asks for it. The seat that is left goes to whoever waits for it. Everything happens at once or
// not at all. A seat that is held for somebody who fills in the form counts as taken. Moving again to the same place changes nothing. Errors
// for people: ErrNotFound, ErrMoveFull, ErrMoveOver, ErrMoveAlready.
func (r *Registrar) Move(ctx context.Context, seen *Registration, placeID string, by access.Entry) (*Registration, error) {
	now, err := r.store.ByID(ctx, seen.ID)
	if err != nil {
		return nil, err
	}
	e, err := r.events.ByID(ctx, now.EventID)
	if err != nil {
		return nil, err
	}
	if _, ok := e.Place(placeID); !ok {
		return nil, errNoPlace
	}
	if now.PlaceID == placeID {
		return now, nil
	}
	to := seats.Ref{EventID: e.ID, PlaceID: placeID}
	return r.takeSeat(ctx, to, seen, r.holdFor(to, seen.ID, e), ErrMoveFull, func(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, states map[string]*seats.State) error {
		if g.PlaceID == placeID {
			return nil // another request was quicker
		}
		return r.moveIn(ctx, tx, g, e, states, placeID, by)
	})
}

// takeSeat runs what gives a registration, as it was seen, the seat that is held, with every place of its event locked. Where Redis has no seat it is
// full; what Redis cannot say, the record decides. A seat that was not taken after all is released.
func (r *Registrar) takeSeat(ctx context.Context, to seats.Ref, seen *Registration, held seats.Hold, full error,
	take func(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, states map[string]*seats.State) error) (g *Registration, err error) {
	if held.Outcome != seats.Held && held.Outcome != seats.Unknown {
		return nil, full
	}
	var refs []seats.Ref
	err = r.inTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		refs = nil
		e, states, err := r.hold(ctx, tx, to.EventID)
		if err != nil {
			return err
		}
		if g, err = r.store.byIDIn(ctx, tx.Tx, seen.ID); err != nil {
			return err
		}
		if g.Generation != seen.Generation {
			return errAnothers
		}
		if err := take(ctx, tx.Tx, g, e, states); err != nil {
			return err
		}
		refs, err = r.writeAll(ctx, tx.Tx, e, states)
		return err
	})
	if held.Outcome == seats.Held && len(refs) == 0 {
		r.release(context.WithoutCancel(ctx), to, seen.ID)
	}
	if store.Duplicate(err) {
		err = ErrMoveAlready
	}
	if err != nil {
		return nil, err
	}
	r.applied(ctx, refs...)
	r.outbox.Wake()
	return g, nil
}

func (r *Registrar) moveIn(ctx context.Context, tx *sql.Tx, g *Registration, e *events.Event, states map[string]*seats.State, placeID string, by access.Entry) error {
	from, to := states[g.PlaceID], states[placeID]
	old := *g
	switch {
	case to == nil:
		return errNoPlace
	case g.Status == Cancelled || e.Status != events.Published || e.Past(r.now()):
		return ErrMoveOver
	case !to.Room() || (to.Waiting > 0 && !rests(*to, r.now())):
		return ErrMoveFull
	}
	if !old.Status.TakesSeat() || old.Status == Offered {
		g.Status = afterAcceptance(*to)
	}
	g.PlaceID, g.UpdatedAt, g.Displaced = placeID, r.now(), false
	from.Next()
	to.Taken++
	g.Version = to.Next()
	g.Joined = g.Version
	if err := r.store.move(ctx, tx, g, &old); err != nil {
		return err
	}
	by.At, by.Action, by.EventID, by.Subject, by.Detail = g.UpdatedAt, "registration.moved", e.ID, g.ID, "from "+nameOf(e, old.PlaceID)+" to "+nameOf(e, placeID)
	if err := r.trail.Write(ctx, tx, by); err != nil {
		return err
	}
	if err := r.dropReminders(ctx, tx, g); err != nil {
		return err
	}
	if err := r.tellMove(ctx, tx, &old, g, e); err != nil {
		return err
	}
	if !old.Status.TakesSeat() {
		from.Waiting--
		return nil
	}
	from.Taken--
	left, _ := e.Place(old.PlaceID)
	return r.pass(ctx, tx, e, left, from, 1)
}

// nameOf is what a place of an event is called.
func nameOf(e *events.Event, placeID string) string {
	p, _ := e.Place(placeID)
	return p.Name
}

// tellMove queues the message of a move.
func (r *Registrar) tellMove(ctx context.Context, tx *sql.Tx, old, g *Registration, e *events.Event) error {
	_, err := r.outbox.Enqueue(ctx, tx, moveMessage(old, g, e))
	return err
}

// moveMessage is a new version of the invitation for who was confirmed, and for who was not what they would have been sent had they registered
// for the place.
func moveMessage(old, g *Registration, e *events.Event) notify.Message {
	was, _ := e.Place(old.PlaceID)
	place, _ := e.Place(g.PlaceID)
	m := message(kindFor(g.Status), e, place, g)
	m.Public = false
	if old.Status != g.Status {
		return m
	}
	s := snapshotOf(e, place, g)
	s.Calendar, s.Moved = g.Status == Confirmed, true
	s.Changes = []events.Difference{{What: "Place", Was: was.Name, Now: place.Name}}
	if where := e.WhereFor(place); where != e.WhereFor(was) {
		s.Changes = append(s.Changes, events.Difference{What: "Where", Was: e.WhereFor(was), Now: where})
	}
	m.Kind, m.Snapshot = kindUpdated, s
	return m
}

// move writes the new place of a registration; both places are locked.
func (s *Store) move(ctx context.Context, tx *sql.Tx, g, old *Registration) error {
	res, err := tx.ExecContext(ctx, s.db.Rebind(`update registrations set place_id = ?, status = ?, version = ?, joined = ?, displaced = ?, offered_until = 0,
		updated_at = ? where id = ? and place_id = ? and status = ?`), g.PlaceID, string(g.Status), g.Version, g.Joined, g.Displaced, g.UpdatedAt.UnixMilli(),
		g.ID, old.PlaceID, string(old.Status))
	if err != nil {
		return fmt.Errorf("move registration %s: %w", g.ID, err)
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errChanged
	}
	if err != nil {
		return fmt.Errorf("move registration %s: %w", g.ID, err)
	}
	return nil
}
