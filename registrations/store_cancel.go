package registrations

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/registrations/seats"
)

// Cancel ends a registration for its attendee and frees its seat. Cancelling again changes nothing.
func (r *Registrar) Cancel(ctx context.Context, g *Registration, e *events.Event, requestID string) error {
	place, ok := e.Place(g.PlaceID)
	if !ok {
		return fmt.Errorf("cancel registration %s: its event does not have place %s", g.ID, g.PlaceID)
	}
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return r.cancelIn(ctx, tx.Tx, g.ID, e, place, requestID)
	})
	if err != nil {
		return err
	}
	r.seats.Applied(ctx, seats.Ref{EventID: g.EventID, PlaceID: g.PlaceID})
	r.outbox.Wake()
	return nil
}

func (r *Registrar) cancelIn(ctx context.Context, tx *sql.Tx, id string, e *events.Event, place events.Place, requestID string) error {
	state, err := r.ledger.Lock(ctx, tx, place.ID)
	if err != nil {
		return err
	}
	g, err := r.store.byIDIn(ctx, tx, id) // as it is under the lock
	if err != nil || g.Status == Cancelled {
		return err
	}
	if !Allows(g.Status, Cancelled, Attendee) || e.Past(r.now()) {
		return ErrOver
	}
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
	if err := r.ledger.Write(ctx, tx, state); err != nil {
		return err
	}
	if err := r.trail.Write(ctx, tx, access.Entry{
		At: g.UpdatedAt, Actor: string(Attendee), Action: "registration.cancelled", EventID: g.EventID, Subject: g.ID, Detail: "was " + string(was), RequestID: requestID,
	}); err != nil {
		return err
	}
	_, err = r.outbox.Enqueue(ctx, tx, message(kindCancellation, e, place, g))
	return err
}

// cancel writes the end of a registration whose place is locked, and deletes its health data: there is no more use for it. g still has
// the status it had.
func (s *Store) cancel(ctx context.Context, tx *sql.Tx, g *Registration) error {
	at := g.UpdatedAt.UnixMilli()
	res, err := tx.StmtContext(ctx, s.setStatus).ExecContext(ctx, string(Cancelled), g.Version, at, at, g.ID, string(g.Status))
	if err != nil {
		return fmt.Errorf("cancel registration %s: %w", g.ID, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("cancel registration %s: %w", g.ID, err)
	}
	if n != 1 {
		return fmt.Errorf("cancel registration %s: it is not %s any more", g.ID, g.Status)
	}
	if _, err := tx.StmtContext(ctx, s.dropNeeds).ExecContext(ctx, g.ID); err != nil {
		return fmt.Errorf("delete the health data of registration %s: %w", g.ID, err)
	}
	return nil
}
