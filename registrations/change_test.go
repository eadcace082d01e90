package registrations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// now is the desk's event as it is in the record, for a test to change.
func (d *desk) now() *events.Event {
	d.t.Helper()
	e, err := d.events.ByID(context.Background(), d.event.ID)
	must(d.t, err)
	return e
}

// resize gives a place of the event another capacity.
func (d *desk) resize(eventID, placeID string, capacity int64) error {
	e, err := d.events.ByID(context.Background(), eventID)
	must(d.t, err)
	seen, _ := e.Place(placeID)
	changed := seen
	changed.Capacity = capacity
	_, err = d.ChangePlace(context.Background(), seen, changed, access.Entry{Actor: "organiser:x"})
	return err
}

// takePartOnline makes the second place one that people take part in from afar.
func (d *desk) takePartOnline() {
	d.t.Helper()
	d.exec("update places set online = ? where position = 1", true)
	d.event = d.now()
}

// alterEvent changes the desk's event by the organisers' hand, and lets the desk see it.
func (d *desk) alterEvent(change func(*events.Event)) Change {
	d.t.Helper()
	e := d.now()
	change(e)
	c, err := d.ChangeEvent(context.Background(), e, e.Version, kim)
	must(d.t, err)
	d.event = d.now()
	return c
}

// to puts the event on another day.
func to(day string) func(*events.Event) {
	return func(e *events.Event) { e.StartsLocal, e.EndsLocal = day+"T10:00", day+"T15:00" }
}

// toldLast is the last message to a registration.
func (d *desk) toldLast(g *Registration) (kind, uid string, sequence int64, s snapshot) {
	d.t.Helper()
	var text string
	must(d.t, d.db.NewRaw("select kind, uid, sequence, snapshot from outbox where registration_id = ? order by id desc limit 1", g.ID).
		Scan(context.Background(), &kind, &uid, &sequence, &text))
	must(d.t, json.Unmarshal([]byte(text), &s))
	return kind, uid, sequence, s
}

func TestAMovedEventIsToldToEverybodyWhoIsRegistered(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		d.takePartOnline()
		holder := d.register(d.ask(1))
		offered, waiting := d.wait(2), d.wait(3)
		d.cancel(holder) // the first of those who wait is offered the seat
		online := d.ask(4)
		online.Place = d.event.Places[1]
		confirmed := d.register(online)
		before := d.now()

		moved := d.now()
		to("2099-06-01")(moved)
		preview, err := d.PreviewChange(context.Background(), moved.ID, moved)
		must(t, err)
		c := d.alterEvent(to("2099-06-01"))
		if fmt.Sprint(c) != fmt.Sprint(preview) || c.Recipients != 3 || !c.Material {
			t.Errorf("the change is %+v, the preview was %+v", c, preview)
		}
		if want := "When: Monday 1 June 2099, 10am to 3pm UK time (BST) (was: Thursday 12 March 2099, 9:30am to 4:30pm UK time (GMT))"; len(c.What) != 1 || c.What[0] != want {
			t.Errorf("in words it is %q", c.What)
		}
		if d.event.Sequence != before.Sequence+1 || d.event.Version != before.Version+1 || d.event.UpdatedAt <= before.UpdatedAt {
			t.Errorf("sequence %d, version %d, updated %d", d.event.Sequence, d.event.Version, d.event.UpdatedAt)
		}
		kind, uid, sequence, s := d.toldLast(confirmed)
		if _, first := d.calendarOf(confirmed, kindConfirmation); kind != kindUpdated || uid != d.event.UID || sequence <= first || s.Event.StartsLocal != "2099-06-01T10:00" || s.Where != "Online" {
			t.Errorf("an attendee is told %s of %q with %d, at %s, %s", kind, uid, sequence, s.Event.StartsLocal, s.Where)
		}
		for _, g := range []*Registration{offered, waiting} {
			if kind, uid, _, s := d.toldLast(g); kind != kindUpdated || uid != "" || len(s.Changes) != 1 {
				t.Errorf("who has no place is told %s of %q: %v", kind, uid, s.Changes)
			}
		}
		if told := d.told(holder); strings.Contains(told, kindUpdated) {
			t.Errorf("who has left is told %s", told)
		}
		var audited string
		must(t, d.db.NewRaw("select actor || ' ' || action || ' ' || detail from audit where subject = ?", d.event.ID).Scan(context.Background(), &audited))
		if audited != "organiser:kim event.changed first day, starts at, last day, ends at" {
			t.Errorf("the audit trail says %s", audited)
		}
	})
}

func TestWhatIsNotMaterialIsToldToNobodyAndWhatConcernsSomeToThose(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.takePartOnline()
		here := d.register(d.ask(1))
		a := d.ask(2)
		a.Place = d.event.Places[1]
		online := d.register(a)
		waits := d.ask(3)
		waits.Place = d.event.Places[1]
		d.exec("update places set capacity = 1 where id = ?", waits.Place.ID)
		must(t, d.redis.FlushAll(context.Background()).Err())
		waiting := d.register(waits.waiting())
		for what, c := range map[string]struct {
			change   func(*events.Event)
			material bool
			told     []*Registration
		}{
			"summary":  {func(e *events.Event) { e.Summary, e.Description, e.Slug = "New words", "More", "new-"+e.Slug }, false, nil},
			"approval": {func(e *events.Event) { e.ConfirmsWaiting = !e.ConfirmsWaiting; e.RegistrationClosesAt++ }, false, nil},
			"venue":    {func(e *events.Event) { e.Venue += " B" }, true, []*Registration{here}},
			"address":  {func(e *events.Event) { e.Address += "Street" }, true, []*Registration{here}},
			"join":     {func(e *events.Event) { e.JoinURL += "https://example.org/j" }, true, []*Registration{online}},
			"title":    {func(e *events.Event) { e.Title += "!" }, true, []*Registration{here, online, waiting}},
			"zone": {func(e *events.Event) {
				e.TimeZone = map[bool]string{true: "Europe/London", false: "Europe/Belfast"}[e.TimeZone == "Europe/Belfast"]
			}, true, []*Registration{here, online, waiting}},
		} {
			before := d.event.Sequence
			d.exec("update outbox set state = 'sent'")
			count := len(d.messages())
			got := d.alterEvent(c.change)
			if got.Material != c.material || got.Recipients != len(c.told) || len(d.messages())-count != len(c.told) || (d.event.Sequence > before) != c.material {
				t.Errorf("%s: %+v, sequence from %d to %d", what, got, before, d.event.Sequence)
			}
			for _, g := range c.told {
				if kind, _, _, s := d.toldLast(g); kind != kindUpdated || len(s.Changes) != 1 {
					t.Errorf("%s: told %s, %v", what, kind, s.Changes)
				}
			}
		}
	})
}

func TestOfTwoWhoChangeAnEventAtTheSameMomentOneIsToldSo(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.register(d.ask(1))
		seen := d.now()
		var wg sync.WaitGroup
		errs := make(chan error, 4)
		for n := range cap(errs) {
			wg.Go(func() {
				e := *seen
				to(fmt.Sprintf("2099-07-%02d", n+1))(&e)
				_, err := d.ChangeEvent(context.Background(), &e, seen.Version, kim)
				errs <- err
			})
		}
		wg.Wait()
		close(errs)
		lost := 0
		for err := range errs {
			if errors.Is(err, events.ErrChanged) {
				lost++
			} else if err != nil {
				t.Error(err)
			}
		}
		if kinds := fmt.Sprint(d.messages()); lost != 3 || kinds != "[confirmation updated]" {
			t.Errorf("%d lost the race; the messages are %s", lost, kinds)
		}
	})
}

func TestWhatCannotBeAChangeIsRefused(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.register(d.ask(1))
		for what, c := range map[string]struct {
			change func(*events.Event)
			want   error
		}{
			"cancelled":        {func(e *events.Event) { e.Status = events.Cancelled }, ErrCancelApart},
			"draft":            {func(e *events.Event) { e.Status = events.Draft }, ErrHasPeople},
			"ends first":       {func(e *events.Event) { e.EndsLocal = "2099-03-12T08:00" }, events.ErrDetails},
			"no such event":    {func(e *events.Event) { e.ID = newID() }, events.ErrNotFound},
			"reserved address": {func(e *events.Event) { e.Slug = "new" }, events.ErrDetails},
		} {
			e := d.now()
			c.change(e)
			_, err := d.ChangeEvent(ctx, e, e.Version, kim)
			if f, ok := fault.Of(err); !ok || f.Message != c.want.(*fault.Error).Message {
				t.Errorf("%s gave %v", what, err)
			}
		}
		e := d.now()
		if _, err := d.ChangeEvent(ctx, e, e.Version-1, kim); !errors.Is(err, events.ErrChanged) {
			t.Errorf("an old version gave %v", err)
		}
		if e.Version != d.event.Version || len(d.messages()) != 1 {
			t.Errorf("something was changed or told")
		}
	})
}

func TestWhoRegistersWhileAnEventMovesHasTheNewTime(t *testing.T) {
	eachDesk(t, 60, func(t *testing.T, d *desk) {
		ctx := context.Background()
		stale := *d.event
		var wg sync.WaitGroup
		made := make(chan *Registration, 60)
		for n := range cap(made) {
			wg.Go(func() {
				a := d.ask(n)
				a.Event = &stale // read before the event moved
				g, err := d.Register(ctx, a)
				if err != nil {
					t.Error(err)
					return
				}
				made <- g
			})
		}
		for n := range 5 {
			e := d.now()
			to(fmt.Sprintf("2099-08-%02d", n+1))(e)
			_, err := d.ChangeEvent(ctx, e, e.Version, kim)
			must(t, err)
		}
		wg.Wait()
		close(made)
		for g := range made {
			var text string
			must(t, d.db.NewRaw("select snapshot from outbox where mailbox = ? and uid = ? order by sequence desc limit 1", g.Mailbox, d.event.UID).Scan(ctx, &text))
			var s snapshot
			must(t, json.Unmarshal([]byte(text), &s))
			if s.Event.StartsLocal != "2099-08-05T10:00" {
				t.Errorf("%s was told %s last", g.Mailbox, s.Event.StartsLocal)
			}
		}
	})
}

// waits says that a transaction waits for a lock of PostgreSQL.
func (d *desk) waits() bool {
	d.t.Helper()
	var n int
	must(d.t, d.db.NewRaw("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").Scan(context.Background(), &n))
	return n > 0
}

func TestWhatWaitsForAChangeOfTheEventSeesIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.Postgres(t), storetest.EmbeddedRedis(t), 5)
	ctx := context.Background()
	d.requireApproval()
	pending, other := d.pending(1), d.pending(2)
	d.exec("update events set approval = ?", false)
	d.event = d.now()
	for what, wait := range map[string]func() error{
		"registering": func() error { _, err := d.Register(ctx, d.ask(9)); return err },
		"approving":   func() error { _, err := d.Approve(ctx, pending, kim); return err },
		"moving to another mailbox": func() error {
			_, err := d.CorrectAddress(ctx, other, "right@example.com", kim)
			return err
		},
	} {
		day := fmt.Sprintf("2099-09-%02d", d.now().Version+1)
		done := make(chan error, 1)
		err := d.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			old, _, err := d.Registrar.hold(ctx, tx, d.event.ID)
			must(t, err)
			e := *old
			to(day)(&e)
			must(t, d.events.Update(ctx, tx, old, &e, d.clock.Now()))
			go func() { done <- wait() }()
			for !d.waits() {
				time.Sleep(time.Millisecond)
			}
			return nil
		})
		must(t, errors.Join(err, <-done))
		var text string
		must(t, d.db.NewRaw("select snapshot from outbox order by id desc limit 1").Scan(ctx, &text))
		if !strings.Contains(text, day) {
			t.Errorf("%s: the person was not told of %s: %.400s", what, day, text)
		}
	}
}

func TestHealthDataAndOffersFollowTheEvent(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan"}
		holder := d.register(a)
		first := d.wait(2)
		d.alterEvent(to("2099-11-20"))
		var purge int64
		must(t, d.db.NewRaw("select purge_at from health_needs").Scan(ctx, &purge))
		if purge != d.event.EndsAt+healthKept.Milliseconds() {
			t.Errorf("health data is kept until %v", time.UnixMilli(purge))
		}
		d.cancel(holder)
		d.want(first, Offered, "who has waited")
		tomorrow := d.clock.Now().AddDate(0, 0, 1)
		d.alterEvent(func(e *events.Event) {
			e.StartsLocal, e.EndsLocal = tomorrow.Format("2006-01-02")+"T12:00", tomorrow.Format("2006-01-02")+"T13:00"
		})
		now, err := d.store.ByID(ctx, first.ID)
		must(t, err)
		if last := d.event.Starts().Add(-time.Hour); !now.OfferedUntil.Equal(last) {
			t.Errorf("the offer of an event that begins at %v ends at %v", d.event.Starts(), now.OfferedUntil)
		}
		if kind, _, _, s := d.toldLast(first); kind != kindUpdated || s.Until != now.OfferedUntil.UnixMilli() {
			t.Errorf("the person is told %s, until %v", kind, time.UnixMilli(s.Until))
		}
		d.cancel(now)
	})
}

func TestThousandsAreToldInOneTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const people = 2000
		d := newDesk(t, db, storetest.EmbeddedRedis(t), people)
		ctx := context.Background()
		var many []Person
		for n := range people {
			many = append(many, d.ask(n).Person)
		}
		must(t, d.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			return d.AddQuietly(ctx, tx.Tx, d.event, d.event.Places[0], many, false)
		}))
		if c := d.alterEvent(to("2099-06-01")); c.Recipients != people {
			t.Errorf("%d were told", c.Recipients)
		}
		c, err := d.CancelEvent(ctx, d.event.ID, d.event.Version, "", kim)
		must(t, err)
		if c.Recipients != people {
			t.Errorf("%d were told that it is cancelled", c.Recipients)
		}
		var updated, cancelled, mailboxes, entries int
		must(t, d.db.NewRaw(`select count(case when kind = 'updated' and uid <> '' then 1 end), count(case when kind = 'event-cancelled' and uid <> '' then 1 end), count(distinct mailbox)
			from outbox`).Scan(ctx, &updated, &cancelled, &mailboxes))
		must(t, d.db.NewRaw("select count(*) from audit where action = 'registration.cancelled'").Scan(ctx, &entries))
		if updated != people || cancelled != people || mailboxes != people || entries != people {
			t.Errorf("%d new invitations and %d taken back, to %d mailboxes; %d audit entries", updated, cancelled, mailboxes, entries)
		}
		d.counts()
	})
}

func TestDetailsThatChangedSinceTheyWereReadAreNotWrittenOver(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx := t.Context()
		read := d.register(d.ask(1))
		p := read.Person
		p.Employer = "Their trust"
		must(t, d.Change(ctx, read, d.event, p, Needs{}, ""))
		p.Employer = "My trust"
		if err := d.changeDetails(ctx, read, d.event, details{person: p, asSeen: true}); !errors.Is(err, errMeanwhile) {
			t.Errorf("it gave %v", err)
		}
		now, err := d.store.ByID(ctx, read.ID)
		if must(t, err); now.Employer != "Their trust" {
			t.Errorf("the employer is %s", now.Employer)
		}
		must(t, d.changeDetails(ctx, now, d.event, details{person: p, asSeen: true}))
	})
}
