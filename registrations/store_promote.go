package registrations

import (
	"context"

	"github.com/uptrace/bun"

	"masterclass/registrations/seats"
)

// promote gives the seats of a place that are neither taken nor held to those who wait. While anybody waits Redis gives no new hold, so the
// live ones can only get fewer between the look and the lock.
func (r *Registrar) promote(ctx context.Context, s seats.Stock) error {
	e, err := r.events.ByID(ctx, s.EventID)
	if err != nil {
		return err
	}
	place, ok := e.Place(s.PlaceID)
	if !ok {
		return nil // gone since the look
	}
	changed := false
	err = r.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		state, err := r.ledger.Lock(ctx, tx.Tx, s.PlaceID)
		if err != nil {
			return err
		}
		now, err := r.present(ctx, tx, e, state)
		if err != nil {
			return err
		}
		if err := r.pass(ctx, tx.Tx, now, place, &state, state.Capacity-state.Taken-s.Live); err != nil {
			return err
		}
		if changed = state.Changed(); !changed {
			return nil
		}
		return r.ledger.Write(ctx, tx.Tx, state)
	})
	if err != nil || !changed {
		return err
	}
	r.applied(ctx, s.Ref)
	r.outbox.Wake()
	return nil
}
