package registrations

import (
	"context"
	"errors"
	"slices"
	"time"

	"masterclass/events"
	"masterclass/registrations/seats"
)

const (
	tendEvery = time.Second
	tendLease = 10 * time.Second // how long the others wait for an instance that died
	lapsesMax = 100              // offers a round
)

// Tend looks after seats until the context ends: each second it brings Redis in step with the record, lets offers lapse, and gives the
// seats that lapsed holds left to those who wait. Of several instances one does the work at a time.
func (r *Registrar) Tend(ctx context.Context) error {
	holder := seats.NewClaim("").ID
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		if err := r.tendIfMine(ctx, holder); err != nil && ctx.Err() == nil {
			r.log.Error("seats could not be tended", "error", err)
		}
		select {
		case <-ctx.Done():
			r.untend(context.WithoutCancel(ctx), holder)
			return nil
		case <-tick.C:
		}
	}
}

// CatchUp brings Redis in step with the record before the first request, lease or not: this process, or the one before it, may have died
// between a commit and its apply, and whoever is promised a seat by numbers from before then would lose it. Redis may be away: then the
// record decides alone, as ever.
func (r *Registrar) CatchUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, catchUpTime)
	defer cancel()
	if _, err := r.seats.Reconcile(ctx, r.now()); err != nil {
		r.log.Warn("Redis is brought in step a little later", "error", err)
	}
}

// catchUpTime is how long the start waits for Redis.
const catchUpTime = 2 * time.Second

// untend leaves the work to the others at once: who waits for a seat need not wait for the end of the lease too.
func (r *Registrar) untend(ctx context.Context, holder string) {
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	if err := r.db.Unlease(ctx, "tend", holder); err != nil {
		r.log.Warn("the others tend the seats a few seconds later", "error", err)
	}
}

func (r *Registrar) tendIfMine(ctx context.Context, holder string) error {
	mine, err := r.db.Lease(ctx, "tend", holder, r.now(), tendLease)
	if err != nil || !mine {
		return err
	}
	return r.TendOnce(ctx)
}

// TendOnce makes one round. What fails at one place or offer keeps no other from its turn.
func (r *Registrar) TendOnce(ctx context.Context) error {
	errs := []error{r.lapse(ctx)}
	stock, err := r.seats.Reconcile(ctx, r.now())
	errs = append(errs, err)
	for _, s := range stock {
		if s.Waiting > 0 && s.Capacity-s.Taken-s.Live > 0 {
			errs = append(errs, r.promote(ctx, s))
		}
	}
	return errors.Join(errs...)
}

// lapse ends offers whose deadline has passed; each seat goes to the next person at once.
func (r *Registrar) lapse(ctx context.Context) error {
	now := r.now()
	list, err := r.store.lapsed(ctx, now, lapsesMax)
	if err != nil {
		return err
	}
	var errs []error
	for _, g := range list {
		e, err := r.events.ByID(ctx, g.EventID)
		if err == nil {
			err = r.end(ctx, g, e, ending{by: System, mail: kindLapsed, lapsedBy: now})
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func sortedPlaces(e *events.Event) []string {
	ids := make([]string, 0, len(e.Places))
	for _, p := range e.Places {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids
}
