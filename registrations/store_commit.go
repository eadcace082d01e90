package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/crash"
	"masterclass/internal/store"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

const (
	groupMax     = 64               // registrations in one transaction
	groupTimeout = 10 * time.Second // for one transaction
	clashes      = 3                // how often one is tried that another transaction comes before
)

// order is an Ask with all that its transaction needs.
type order struct {
	Ask
	adm    admission
	began  time.Time // when the person's hold began
	sealed []byte    // health data, nil for none
}

// ticket is a registration on its way into a transaction, and what came of it.
type ticket struct {
	order
	g     *Registration
	fresh bool
	err   error
}

// errClash means that another transaction wrote, between our look and our insert, what ours may not write as well.
var errClash = errors.New("another registration of the same person or request came between")

// commit is the registering transaction of everyone who came to an event at the same moment: the registrations, the numbers of their
// places, the audit trail and the messages, or nothing. One whose rows cannot be written harms nobody else: then each is tried alone.
func (r *Registrar) commit(ctx context.Context, _ string, tickets []*ticket) {
	r.commitOr(ctx, tickets, false)
}

// commitOr is commit; again says that the tickets were tried before, so that their rows may be there though no answer came.
func (r *Registrar) commitOr(ctx context.Context, tickets []*ticket, again bool) {
	err := r.commitTogether(ctx, tickets, again)
	for try := 1; errors.Is(err, errClash) && len(tickets) == 1 && try < clashes; try++ {
		err = r.commitTogether(ctx, tickets, true) // this time the other is seen
	}
	if err == nil {
		r.counts.committed(tickets)
		crash.At(crash.AfterCommit)
		return
	}
	for _, t := range tickets {
		switch {
		case len(tickets) == 1 || store.Unreachable(err):
			t.g, t.fresh, t.err = nil, false, err
			r.counts.failed.Add(1)
		default:
			r.commitOr(ctx, []*ticket{t}, true)
		}
	}
}

func (r *Registrar) commitTogether(ctx context.Context, tickets []*ticket, again bool) error {
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		b := &batch{Registrar: r, tx: tx, now: r.now()}
		if err := b.look(ctx, tickets, again); err != nil {
			return err
		}
		for _, t := range tickets {
			t.g, t.fresh, t.err = b.settle(t.order)
			if t.fresh {
				b.add(t)
			}
		}
		return b.write(ctx)
	})
}

// batch is a registering transaction: what is so while its places are locked, and what it will write.
type batch struct {
	*Registrar
	tx     bun.Tx
	now    time.Time
	states map[string]*seats.State // by place
	queue  map[string]time.Time    // by place: since when somebody waits

	// What earlier requests made, and earlier tickets of the batch.
	byID  map[string]*Registration
	byKey map[string]usedKey // by hash
	has   map[standing]bool
	mails map[string]int64 // by mailbox: caused by public forms in the last hour

	fresh []*ticket
}

// standing is what a mailbox can have only once: a seat at the event (no place named), or any registration at one place.
type standing struct{ mailbox, placeID string }

// look locks the tickets' places and reads all that their registrations depend on, for all of them at once.
func (b *batch) look(ctx context.Context, tickets []*ticket, again bool) (err error) {
	if err := b.lock(ctx, tickets); err != nil {
		return err
	}
	var ids, mailboxes, hashes []string
	for _, t := range tickets {
		mailboxes = append(mailboxes, t.Person.Mailbox)
		if again || t.Returning || t.Key != nil { // else its id was minted for this very request
			ids = append(ids, t.Claim.ID)
		}
		if t.Key != nil {
			hashes = append(hashes, t.Key.hash)
		}
	}
	eventID := tickets[0].Event.ID
	if b.byKey, err = b.store.keysIn(ctx, b.tx.Tx, eventID, hashes, b.now); err != nil {
		return err
	}
	for _, k := range b.byKey {
		ids = append(ids, k.registrationID)
	}
	if b.byID, err = b.store.byIDsIn(ctx, b.tx.Tx, ids); err != nil {
		return err
	}
	if b.has, err = b.store.standingsIn(ctx, b.tx.Tx, eventID, mailboxes); err != nil {
		return err
	}
	b.mails, err = b.outbox.PublicCounts(ctx, b.tx.Tx, mailboxes, b.now.Add(-time.Hour))
	return err
}

// lock locks the tickets' places, in the order of their ids, so that two transactions never wait for one another. An event that was changed
// since a ticket read it is read again: its messages tell what is so now.
func (b *batch) lock(ctx context.Context, tickets []*ticket) error {
	b.states, b.queue = map[string]*seats.State{}, map[string]time.Time{}
	for _, t := range tickets {
		b.states[t.Place.ID] = nil
	}
	for _, id := range slices.Sorted(maps.Keys(b.states)) {
		s, err := b.ledger.Lock(ctx, b.tx.Tx, id)
		if err != nil {
			return err
		}
		b.states[id] = &s
		if s.Waiting > 0 {
			if b.queue[id], err = b.ledger.WaitsSince(ctx, b.tx.Tx, id); err != nil {
				return err
			}
		}
	}
	var now *events.Event
	for _, t := range tickets {
		if t.Event.Version == b.states[t.Place.ID].EventVersion {
			continue
		}
		if now == nil {
			var err error
			if now, err = b.events.ByIDIn(ctx, b.tx, t.Event.ID); err != nil {
				return err
			}
		}
		if p, ok := now.Place(t.Place.ID); ok {
			t.Event, t.Place = now, p
		}
	}
	return nil
}

// settle gives the registration of an order, made on the locked numbers, or that of an earlier request with the same claim or key; fresh
// tells which. Its errors are refusals, and for people.
func (b *batch) settle(o order) (g *Registration, fresh bool, err error) {
	if o.Key != nil {
		if used, ok := b.byKey[o.Key.hash]; ok {
			if used.body != o.Key.body {
				return nil, false, ErrReused
			}
			g, err = again(b.byID[used.registrationID], nil)
			return g, false, err
		}
	}
	if g := b.byID[o.Claim.ID]; g != nil { // the same answer, before any refusal
		g, err = again(g, nil)
		return g, false, err
	}
	state := b.states[o.Place.ID]
	if ms := b.now.UnixMilli(); state.EventStatus != string(events.Published) || (!o.desk() && (ms < state.OpensAt || ms >= state.ClosesAt)) {
		return nil, false, ErrClosed
	}
	if b.mails[o.Person.Mailbox] >= hourlyMails && !o.desk() {
		return nil, false, ErrTooMuchMail
	}
	since, queued := b.queue[o.Place.ID]
	status, displaced, err := decide(*state, o.adm, queued && since.Before(o.began), o.Wait)
	if err != nil {
		return nil, false, err
	}
	if status == Confirmed && state.Approval {
		status = Pending
	}
	if b.has[standing{o.Person.Mailbox, o.Place.ID}] || (status.TakesSeat() && b.has[standing{mailbox: o.Person.Mailbox}]) {
		return nil, false, ErrAlready
	}
	if status.TakesSeat() {
		state.Taken++
	} else {
		state.Waiting++
	}
	version := state.Next()
	return &Registration{
		ID: o.Claim.ID, EventID: o.Event.ID, PlaceID: o.Place.ID, Reference: Reference(o.Claim.ID), Status: status,
		Version: version, Joined: version, Displaced: displaced, Person: o.Person, CreatedAt: b.now, UpdatedAt: b.now,
	}, true, nil
}

// add counts a fresh registration among what the next tickets see.
func (b *batch) add(t *ticket) {
	b.fresh = append(b.fresh, t)
	b.byID[t.g.ID] = t.g
	b.has[standing{t.g.Mailbox, t.g.PlaceID}] = true
	if t.g.Status.TakesSeat() {
		b.has[standing{mailbox: t.g.Mailbox}] = true
	}
	b.mails[t.g.Mailbox]++
	if t.Key != nil {
		b.byKey[t.Key.hash] = usedKey{body: t.Key.body, registrationID: t.g.ID}
	}
}

// write writes the fresh registrations and what belongs to them, each table at once, and the places' new numbers.
func (b *batch) write(ctx context.Context) error {
	// By mailbox: two transactions that insert the same mailboxes in one order never wait for one another.
	slices.SortFunc(b.fresh, func(x, y *ticket) int { return strings.Compare(x.g.Mailbox, y.g.Mailbox) })
	var made []*Registration
	var entries []access.Entry
	var messages []notify.Message
	for _, t := range b.fresh {
		made = append(made, t.g)
		entry := t.entry()
		entry.At, entry.Action, entry.EventID, entry.Subject = b.now, "registration."+string(t.g.Status), t.g.EventID, t.g.ID
		entries = append(entries, entry)
		m := message(kindFor(t.g.Status), t.Event, t.Place, t.g)
		m.Public = !t.desk()
		messages = append(messages, m)
	}
	if err := b.store.add(ctx, b.tx.Tx, made...); err != nil {
		return err
	}
	if err := b.store.addParts(ctx, b.tx.Tx, b.fresh); err != nil {
		return err
	}
	if err := b.trail.Write(ctx, b.tx.Tx, entries...); err != nil {
		return err
	}
	if _, err := b.outbox.EnqueueAll(ctx, b.tx.Tx, messages); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(b.states)) {
		if s := b.states[id]; s.Changed() {
			if err := b.ledger.Write(ctx, b.tx.Tx, *s); err != nil {
				return err
			}
		}
	}
	return nil
}

// addParts writes the health data and the keys of fresh registrations.
func (s *Store) addParts(ctx context.Context, tx *sql.Tx, fresh []*ticket) error {
	var needs, keys [][]any
	for _, t := range fresh {
		at := t.g.CreatedAt.UnixMilli()
		if t.sealed != nil {
			needs = append(needs, []any{t.g.ID, t.sealed, at, t.Event.EndsAt + healthKept.Milliseconds()})
		}
		if t.Key != nil {
			keys = append(keys, []any{t.g.EventID, t.Key.hash, t.Key.body, t.g.ID, at})
		}
	}
	if _, err := s.insertNeeds.Insert(ctx, tx, needs); err != nil {
		return fmt.Errorf("insert health data: %w", err)
	}
	if len(keys) == 0 {
		return nil
	}
	n, err := s.insertKey.Insert(ctx, tx, keys, fresh[0].g.CreatedAt.Add(-keep).UnixMilli())
	if err != nil {
		return fmt.Errorf("insert keys: %w", err)
	}
	if n != int64(len(keys)) {
		return errClash // used with another place, whose lock we do not hold, a moment ago
	}
	return nil
}
