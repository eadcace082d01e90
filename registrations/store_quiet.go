package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/registrations/seats"
)

// AddQuietly registers people in the transaction without mail, under the same guard as everyone: for samples and lists from elsewhere.
func (r *Registrar) AddQuietly(ctx context.Context, tx *sql.Tx, e *events.Event, p events.Place, people []Person, wait bool) error {
	state, err := r.ledger.Lock(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, person := range people {
		if err := r.addQuietly(ctx, tx, e, p, person, wait, &state); err != nil {
			return err
		}
	}
	if len(people) == 0 {
		return nil
	}
	return r.ledger.Write(ctx, tx, state)
}

func (r *Registrar) addQuietly(ctx context.Context, tx *sql.Tx, e *events.Event, p events.Place, person Person, wait bool, state *seats.State) error {
	id, now, status := seats.NewClaim(e.ID).ID, r.now(), Confirmed
	if wait {
		status = Waiting
		state.Waiting++
	} else {
		state.Taken++
	}
	version := state.Next()
	err := r.store.add(ctx, tx, &Registration{ID: id, EventID: e.ID, PlaceID: p.ID, Reference: Reference(id), Status: status,
		Version: version, Joined: version, Person: person, CreatedAt: now, UpdatedAt: now})
	if errors.Is(err, errClash) {
		err = ErrAlready
	}
	if err != nil {
		return fmt.Errorf("add a person to event %s: %w", e.Slug, err)
	}
	return r.trail.Write(ctx, tx, access.Entry{At: now, Actor: string(System), Action: "registration." + string(status), EventID: e.ID, Subject: id})
}
