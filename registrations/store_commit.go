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
	g      *Registration
	fresh  bool
	err    error
	rounds *seats.Rounds // nil when the transaction failed
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
		r.apply(tickets)
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

// apply brings Redis in step for all tickets of a transaction at once: were each to ask by itself, whoever is a little later than the
// first would need another round.
func (r *Registrar) apply(tickets []*ticket) {
	r.Changed()
	var refs []seats.Ref
	for _, t := range tickets {
		if ref := t.ref(); t.err == nil && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return
	}
	rounds := r.seats.Apply(refs...)
	for _, t := range tickets {
		t.rounds = &rounds
	}
}

func (r *Registrar) commitTogether(ctx context.Context, tickets []*ticket, again bool) error {
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	return r.db.InSteps(ctx, func(ctx context.Context, tx store.Tx) error {
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
	tx     store.Tx
	now    time.Time
	states map[string]*seats.State // by place
	queue  map[string]time.Time    // by place: since when somebody waits

	// What earlier requests made, and earlier tickets of the batch.
	byID  map[string]*Registration
	byKey map[string]usedKey // by hash
	has   map[standing]bool
	mails map[string]notify.History // by mailbox, of this event and the last hour

	fresh []*ticket
}

// standing is what a mailbox can have only once: a seat at the event (no place named), or any registration at one place.
type standing struct{ mailbox, placeID string }

// look locks the tickets' places and reads all that their registrations depend on, for all of them at once.
func (b *batch) look(ctx context.Context, tickets []*ticket, again bool) (err error) {
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
	e := tickets[0].Event
	b.has, b.mails = map[standing]bool{}, map[string]notify.History{}
	steps := append(b.locks(tickets), b.store.standingsStep(b.has, e.ID, mailboxes), b.outbox.Histories(b.mails, mailboxes, e.UID, b.now.Add(-time.Hour)))
	if err := b.tx.Run(ctx, steps...); err != nil {
		return err
	}
	if err := b.renew(ctx, tickets); err != nil {
		return err
	}
	if b.byKey, err = b.store.keysIn(ctx, b.tx.Tx.Tx, e.ID, hashes, b.now); err != nil {
		return err
	}
	for _, k := range b.byKey {
		ids = append(ids, k.registrationID)
	}
	b.byID, err = b.store.byIDsIn(ctx, b.tx.Tx.Tx, ids)
	return err
}

// locks are the steps that lock the tickets' places, in the order of their ids, so that two transactions never wait for one another.
func (b *batch) locks(tickets []*ticket) (steps []store.Step) {
	b.states = map[string]*seats.State{}
	for _, t := range tickets {
		b.states[t.Place.ID] = &seats.State{}
	}
	for _, id := range slices.Sorted(maps.Keys(b.states)) {
		steps = append(steps, b.ledger.LockStep(id, b.states[id]))
	}
	return steps
}

// renew reads since when somebody waits for the locked places. An event that was changed since a ticket read it is read again: its messages
// tell what is so now.
func (b *batch) renew(ctx context.Context, tickets []*ticket) (err error) {
	b.queue = map[string]time.Time{}
	for id, s := range b.states {
		switch {
		case s.PlaceID == "":
			return fmt.Errorf("lock place %s: %w", id, sql.ErrNoRows)
		case s.Waiting > 0:
			if b.queue[id], err = b.ledger.WaitsSince(ctx, b.tx.Tx.Tx, id); err != nil {
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
			if now, err = b.events.ByIDIn(ctx, b.tx.Tx, t.Event.ID); err != nil {
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
	past := o.Event.Past(b.now)
	if ms := b.now.UnixMilli(); (past && !o.desk()) || state.EventStatus != string(events.Published) || (!o.desk() && (ms < state.OpensAt || ms >= state.ClosesAt)) {
		return nil, false, ErrClosed
	}
	if b.mails[o.Person.Mailbox].Public >= hourlyMails && !o.desk() {
		return nil, false, ErrTooMuchMail
	}
	if seats.Stale(time.Since(o.adm.at)) { // now that the lock is ours
		return nil, false, errTooLate
	}
	status, displaced, err := b.seat(o, *state, past)
	if err != nil {
		return nil, false, err
	}
	if status == Confirmed && state.Approval && !o.Confirm && !past {
		status = Pending
	}
	if b.has[standing{o.Person.Mailbox, o.Place.ID}] || (status.TakesSeat() && b.has[standing{mailbox: o.Person.Mailbox}]) {
		return nil, false, ErrAlready
	}
	return b.made(o, state, status, displaced), true, nil
}

// seat decides whether an order has a seat. Of what is over nobody waits for one: whoever came takes what is left. Where the waiting list rests,
// an organiser passes it.
func (b *batch) seat(o order, state seats.State, past bool) (Status, bool, error) {
	if past {
		if !state.Room() {
			return "", false, ErrFull
		}
		return Confirmed, false, nil
	}
	since, queued := b.queue[o.Place.ID]
	if o.desk() && rests(state, b.now) {
		state.Waiting, queued = 0, false
	}
	return decide(state, o.adm, queued && since.Before(o.began), o.Wait)
}

// made gives an order its registration, and counts it at its place.
func (b *batch) made(o order, state *seats.State, status Status, displaced bool) *Registration {
	g := &Registration{
		ID: o.Claim.ID, EventID: o.Event.ID, PlaceID: o.Place.ID, Reference: Reference(o.Claim.ID), Status: status, Displaced: displaced, Person: o.Person,
		CreatedAt: b.now, UpdatedAt: b.now,
	}
	if status.TakesSeat() {
		state.Taken++
	} else if state.Waiting++; !displaced { // the last of all who wait: the count under the lock is their position
		g.Position = state.Waiting
	}
	g.Version = state.Next()
	g.Joined = g.Version
	return g
}

// add counts a fresh registration among what the next tickets see.
func (b *batch) add(t *ticket) {
	b.fresh = append(b.fresh, t)
	b.byID[t.g.ID] = t.g
	b.has[standing{t.g.Mailbox, t.g.PlaceID}] = true
	if t.g.Status.TakesSeat() {
		b.has[standing{mailbox: t.g.Mailbox}] = true
	}
	mails := b.mails[t.g.Mailbox]
	mails.Public++
	b.mails[t.g.Mailbox] = mails
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
		if t.Event.Past(b.now) {
			continue // who was there needs no invitation
		}
		m := message(kindFor(t.g.Status), t.Event, t.Place, t.g)
		m.Public = !t.desk()
		if m.UID != "" {
			m.Sequence = max(m.Sequence, b.mails[t.g.Mailbox].Next)
		}
		messages = append(messages, m)
	}
	registrations, err1 := b.store.addStep(made)
	parts, err2 := b.store.partSteps(b.fresh)
	trail, err3 := b.trail.Step(entries...)
	mails, err4 := b.outbox.EnqueueStep(messages)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	steps := append(append([]store.Step{registrations}, parts...), trail, mails)
	for _, id := range slices.Sorted(maps.Keys(b.states)) {
		if s := b.states[id]; s.Changed() {
			steps = append(steps, b.ledger.WriteStep(*s))
		}
	}
	return b.tx.Run(ctx, steps...)
}

// partSteps are the steps that write the health data, the answers and the keys of fresh registrations.
func (s *Store) partSteps(fresh []*ticket) ([]store.Step, error) {
	var needs, keys [][]any
	for _, t := range fresh {
		at := t.g.CreatedAt.UnixMilli()
		if t.sealed != nil {
			needs = append(needs, []any{t.g.ID, t.sealed, at, purgeAt(t.Event)})
		}
		if t.Key != nil {
			keys = append(keys, []any{t.g.EventID, t.Key.hash, t.Key.body, t.g.ID, at})
		}
	}
	health, err := s.insertNeeds.Step(func(_ int64, err error) error {
		if err != nil {
			return fmt.Errorf("insert health data: %w", err)
		}
		return nil
	}, needs)
	answers, err2 := s.answersStep(fresh)
	if err = errors.Join(err, err2); err != nil || len(keys) == 0 {
		return []store.Step{health, answers}, err
	}
	used, err := s.insertKey.Step(func(n int64, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("insert keys: %w", err)
		case n != int64(len(keys)):
			return errClash // used with another place, whose lock we do not hold, a moment ago
		}
		return nil
	}, keys, fresh[0].g.CreatedAt.Add(-keep).UnixMilli())
	return []store.Step{health, answers, used}, err
}
