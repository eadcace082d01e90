package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/crash"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/registrations/seats"
)

// order is an Ask with all that its transaction needs.
type order struct {
	Ask
	adm    admission
	began  time.Time // when the person's hold began
	sealed []byte    // health data, nil for none
}

// commit is the registering transaction of everyone who came at the same moment: the registrations, the numbers of their places, the audit
// trail and the messages, or nothing. One whose rows cannot be written harms nobody else: then each is tried alone.
func (r *Registrar) commit(ctx context.Context, tickets []*ticket) {
	err := r.commitTogether(ctx, tickets)
	if err == nil {
		crash.At(crash.AfterCommit)
		return
	}
	for _, t := range tickets {
		switch {
		case len(tickets) == 1 || store.Unreachable(err):
			t.g, t.fresh, t.err = nil, false, err
		default:
			r.commit(ctx, []*ticket{t})
		}
	}
}

func (r *Registrar) commitTogether(ctx context.Context, tickets []*ticket) error {
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		states, err := r.lockFor(ctx, tx.Tx, tickets)
		if err != nil {
			return err
		}
		for _, t := range tickets {
			if err := r.commitOne(ctx, tx.Tx, t, states[t.Place.ID]); err != nil {
				return err
			}
		}
		for _, s := range states {
			if !s.Changed() {
				continue
			}
			if err := r.ledger.Write(ctx, tx.Tx, *s); err != nil {
				return err
			}
		}
		return nil
	})
}

// lockFor locks the tickets' places, in the order of their ids, so that two transactions never wait for one another.
func (r *Registrar) lockFor(ctx context.Context, tx *sql.Tx, tickets []*ticket) (map[string]*seats.State, error) {
	states := map[string]*seats.State{}
	for _, t := range tickets {
		states[t.Place.ID] = nil
	}
	for _, id := range slices.Sorted(maps.Keys(states)) {
		s, err := r.ledger.Lock(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		states[id] = &s
	}
	return states, nil
}

// commitOne settles one ticket on its locked place. A refusal writes nothing and is the ticket's own; an error is the transaction's.
func (r *Registrar) commitOne(ctx context.Context, tx *sql.Tx, t *ticket, state *seats.State) error {
	before := *state
	t.err = nil // of an earlier transaction that failed
	var err error
	t.g, t.fresh, err = r.commitIn(ctx, tx, t.order, state)
	if _, refused := fault.Of(err); refused && !t.fresh {
		*state = before
		t.g, t.err = nil, err
		return nil
	}
	return err
}

// commitIn gives the registration of an order. fresh says that its rows are written, as opposed to those of an earlier request with the
// same claim or key.
func (r *Registrar) commitIn(ctx context.Context, tx *sql.Tx, o order, state *seats.State) (g *Registration, fresh bool, err error) {
	if o.Key != nil { // under the lock: another request with this key may just have committed
		if g, err := r.store.byKeyIn(ctx, tx, o.Event.ID, *o.Key, r.now()); !errors.Is(err, errNoKey) {
			return g, false, err
		}
	}
	if o.Key != nil || o.Returning { // registered already by another request: the same answer, before any refusal
		if g, err := r.store.byIDIn(ctx, tx, o.Claim.ID); !errors.Is(err, ErrNotFound) {
			return g, false, err
		}
	}
	before := *state
	if g, err = r.settle(ctx, tx, o, state); err != nil {
		return nil, false, err
	}
	if fresh, err = r.store.add(ctx, tx, g); err != nil {
		return nil, false, err
	}
	if !fresh {
		*state = before
		g, err = r.standing(ctx, tx, g.ID)
		return g, false, err
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
		g.Displaced, g.Generation, int64(0), g.Title, g.FirstName, g.LastName, g.Email, g.Mailbox, g.Profession, g.JobRole, g.Employer, g.RegulatorNumber,
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
