package registrations

import (
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

// order is an Ask with all that its transaction needs.
type order struct {
	Ask
	adm    admission
	began  time.Time // when the person's hold began
	sealed []byte    // health data, nil for none
}

// commit is the registering transaction: the registration, the numbers of the place, the audit trail and the message, or nothing. fresh
// is false where another request with the same claim or key had made the registration already.
func (r *Registrar) commit(ctx context.Context, o order) (g *Registration, fresh bool, err error) {
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		g, fresh, err = r.commitIn(ctx, tx.Tx, o)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return g, fresh, nil
}

func (r *Registrar) commitIn(ctx context.Context, tx *sql.Tx, o order) (g *Registration, fresh bool, err error) {
	state, err := r.ledger.Lock(ctx, tx, o.Place.ID)
	if err != nil {
		return nil, false, err
	}
	if o.Key != nil { // under the lock: another request with this key may just have committed
		if g, err := r.store.byKeyIn(ctx, tx, o.Event.ID, *o.Key, r.now()); !errors.Is(err, errNoKey) {
			return g, false, err
		}
	}
	if g, err = r.settle(ctx, tx, o, &state); err != nil {
		return nil, false, err
	}
	if fresh, err = r.store.add(ctx, tx, g); err != nil {
		return nil, false, err
	}
	if !fresh {
		g, err = r.standing(ctx, tx, g.ID)
		return g, false, err
	}
	if err := r.ledger.Write(ctx, tx, state); err != nil {
		if errors.Is(err, seats.ErrFull) {
			err = ErrFull
		}
		return nil, false, err
	}
	return g, true, r.attach(ctx, tx, o, g)
}

// settle decides on the locked numbers and makes the registration, counted in the state.
func (r *Registrar) settle(ctx context.Context, tx *sql.Tx, o order, state *seats.State) (*Registration, error) {
	now := r.now()
	if ms := now.UnixMilli(); state.EventStatus != string(events.Published) || ms < state.OpensAt || ms >= state.ClosesAt {
		return nil, ErrClosed
	}
	passed := false
	if state.Waiting > 0 {
		var err error
		if passed, err = r.ledger.WaitedBefore(ctx, tx, o.Place.ID, o.began); err != nil {
			return nil, err
		}
	}
	status, displaced, err := decide(*state, o.adm, passed, o.Wait)
	if err != nil {
		return nil, err
	}
	if status == Confirmed && o.Event.Approval {
		status = Pending
	}
	if status.TakesSeat() {
		state.Taken++
	} else {
		state.Waiting++
	}
	version := state.Next()
	return &Registration{
		ID: o.Claim.ID, EventID: o.Event.ID, PlaceID: o.Place.ID, Reference: Reference(o.Claim.ID), Status: status,
		Version: version, Joined: version, Displaced: displaced, Person: o.Person, CreatedAt: now, UpdatedAt: now,
	}, nil
}

// standing tells why a registration could not be added: its id is registered already, which is the same answer again, or its mailbox.
func (r *Registrar) standing(ctx context.Context, tx *sql.Tx, id string) (*Registration, error) {
	g, err := r.store.byIDIn(ctx, tx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrAlready
	}
	return g, err
}

// attach writes what belongs to a new registration.
func (r *Registrar) attach(ctx context.Context, tx *sql.Tx, o order, g *Registration) error {
	if o.sealed != nil {
		if err := r.store.addNeeds(ctx, tx, g.ID, o.sealed, g.CreatedAt, o.Event.EndsAt+healthKept.Milliseconds()); err != nil {
			return err
		}
	}
	if o.Key != nil {
		if err := r.store.addKey(ctx, tx, *o.Key, g); err != nil {
			return err
		}
	}
	if err := r.trail.Write(ctx, tx, access.Entry{
		At: g.CreatedAt, Actor: string(Attendee), Action: "registration." + string(g.Status), EventID: g.EventID, Subject: g.ID, RequestID: o.RequestID,
	}); err != nil {
		return err
	}
	_, err := r.outbox.Enqueue(ctx, tx, message(kindFor(g.Status), o.Event, o.Place, g))
	return err
}

// add inserts a registration; false means that the id, or the mailbox at this event, is there already.
func (s *Store) add(ctx context.Context, tx *sql.Tx, g *Registration) (bool, error) {
	res, err := tx.StmtContext(ctx, s.insert).ExecContext(ctx, g.ID, g.EventID, g.PlaceID, g.Reference, string(g.Status), g.Version, g.Joined,
		g.Displaced, g.Generation, g.Title, g.FirstName, g.LastName, g.Email, g.Mailbox, g.Profession, g.JobRole, g.Employer, g.RegulatorNumber,
		g.CreatedAt.UnixMilli(), g.UpdatedAt.UnixMilli())
	if err != nil {
		return false, fmt.Errorf("insert a registration: %w", err)
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func (s *Store) addNeeds(ctx context.Context, tx *sql.Tx, id string, sealed []byte, consented time.Time, purgeAt int64) error {
	if _, err := tx.StmtContext(ctx, s.insertNeeds).ExecContext(ctx, id, sealed, consented.UnixMilli(), purgeAt); err != nil {
		return fmt.Errorf("insert health data: %w", err)
	}
	return nil
}

func (s *Store) addKey(ctx context.Context, tx *sql.Tx, k key, g *Registration) error {
	res, err := tx.StmtContext(ctx, s.insertKey).ExecContext(ctx, g.EventID, k.hash, k.body, g.ID, g.CreatedAt.UnixMilli(), g.CreatedAt.Add(-keep).UnixMilli())
	if err != nil {
		return fmt.Errorf("insert a key: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("insert a key: %w", err)
	}
	if n == 0 {
		return ErrReused // used with another place, whose lock we do not hold, a moment ago
	}
	return nil
}
