package registrations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/secret"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// desk is a registrar over fresh stores, with one open event of two places.
type desk struct {
	*Registrar
	t     testing.TB
	redis *store.Redis
	event *events.Event
	clock *storetest.Clock
	shut  func() // ends the registrar
}

func newDesk(t testing.TB, db *store.DB, redis *store.Redis, capacity int64) *desk {
	t.Helper()
	return newDeskAt(t, storetest.NewClock(time.Now().Truncate(time.Millisecond)), db, redis, capacity)
}

// newDeskAt is newDesk with a clock that Redis may follow too.
func newDeskAt(t testing.TB, c *storetest.Clock, db *store.DB, redis *store.Redis, capacity int64) *desk {
	t.Helper()
	d := &desk{t: t, redis: redis, clock: c}
	d.open(db)
	t.Cleanup(func() { d.shut() })
	d.event = d.addEvent(capacity)
	return d
}

// open starts a registrar, as a program does that starts.
func (d *desk) open(db *store.DB) {
	d.t.Helper()
	ctx := context.Background()
	keys, err := secret.New([]byte(strings.Repeat("k", 32)))
	must(d.t, err)
	must(d.t, db.Adopt(ctx, keys.Fingerprint()))
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s := seats.New(db, d.redis, seats.Options{Hold: 15 * time.Minute, Patience: 10 * time.Second, Now: d.clock.Now, Log: log})
	registered, err := NewStore(ctx, db)
	must(d.t, err)
	ledger, err := seats.NewLedger(ctx, db)
	must(d.t, err)
	outbox, err := notify.NewOutbox(ctx, db, "ukcp.example", d.clock.Now)
	must(d.t, err)
	trail, err := access.NewTrail(ctx, db)
	must(d.t, err)
	d.Registrar = NewRegistrar(Parts{DB: db, Store: registered, Events: events.NewStore(db), Seats: s, Ledger: ledger,
		Outbox: outbox, Trail: trail, Keys: keys, Offer: 48 * time.Hour, Now: d.clock.Now, Log: log})
	closing := d.Registrar
	d.shut = func() {
		closing.Close()
		s.Close()
		must(d.t, errors.Join(registered.Close(), ledger.Close(), outbox.Close(), trail.Close()))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newID() string { return seats.NewClaim("").ID }

func (d *desk) addEvent(capacity int64) *events.Event {
	d.t.Helper()
	id := newID()
	e := &events.Event{ID: id, Slug: "e-" + id[24:], UID: id + "@masterclass", Title: "Masterclass", TimeZone: "Europe/London", Status: events.Published,
		StartsLocal: "2099-03-12T09:30", EndsLocal: "2099-03-12T16:30", Venue: "Conference centre", CreatedAt: 1, UpdatedAt: 1,
		RegistrationClosesAt: d.clock.Now().AddDate(1, 0, 0).UnixMilli(),
		Places:               []events.Place{{ID: newID(), EventID: id, Name: "In person", Capacity: capacity}, {ID: newID(), EventID: id, Name: "Online", Position: 1, Capacity: capacity}}}
	must(d.t, d.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return d.events.Insert(ctx, tx, e) }))
	return e
}

// ask is what person n wants: the first place.
func (d *desk) ask(n int) Ask {
	address := fmt.Sprintf("person%d@example.com", n)
	return Ask{Event: d.event, Place: d.event.Places[0], Claim: seats.NewClaim(d.event.ID), Person: Person{FirstName: "Ada", LastName: fmt.Sprint("Example ", n),
		Email: address, Mailbox: address, Profession: "Nurse", Employer: "Example trust"}}
}

func (d *desk) register(a Ask) *Registration {
	d.t.Helper()
	g, err := d.Register(context.Background(), a)
	must(d.t, err)
	return g
}

// hold checks the form: the claim then promises a seat.
func (d *desk) hold(a Ask) Ask {
	d.t.Helper()
	var err error
	a.Claim, err = d.Hold(context.Background(), a, "192.0.2.1")
	must(d.t, err)
	a.Returning = true
	return a
}

// counts are the record's, checked against the registrations themselves.
func (d *desk) counts() (taken, waiting int) {
	d.t.Helper()
	for i, p := range d.event.Places {
		var t, w, capacity, really, reallyWaiting int
		must(d.t, d.db.NewRaw("select taken, waiting, capacity from places where id = ?", p.ID).Scan(context.Background(), &t, &w, &capacity))
		must(d.t, d.db.NewRaw(`select count(case when status in ('pending', 'confirmed', 'offered') then 1 end), count(case when status = 'waiting' then 1 end)
			from registrations where place_id = ?`, p.ID).Scan(context.Background(), &really, &reallyWaiting))
		if t != really || w != reallyWaiting || t > capacity {
			d.t.Errorf("place %d: taken %d of %d, really %d; waiting %d, really %d", i, t, capacity, really, w, reallyWaiting)
		}
		if i == 0 {
			taken, waiting = t, w
		}
	}
	return taken, waiting
}

func (d *desk) left() int64 {
	d.t.Helper()
	e, err := d.events.ByID(context.Background(), d.event.ID)
	must(d.t, err)
	left, err := d.seats.Available(context.Background(), e.Places)
	must(d.t, err)
	return left[d.event.Places[0].ID].Left
}

func (d *desk) messages() (kinds []string) {
	d.t.Helper()
	must(d.t, d.db.NewRaw("select kind from outbox order by id").Scan(context.Background(), &kinds))
	return kinds
}

// eachDesk runs fn on both pairs of stores.
func eachDesk(t *testing.T, capacity int64, fn func(t *testing.T, d *desk)) {
	t.Helper()
	t.Run("SQLite and embedded Redis", func(t *testing.T) {
		t.Parallel()
		fn(t, newDesk(t, storetest.SQLite(t), storetest.EmbeddedRedis(t), capacity))
	})
	t.Run("PostgreSQL and redis-server", func(t *testing.T) {
		t.Parallel()
		fn(t, newDesk(t, storetest.Postgres(t), storetest.RealRedis(t), capacity))
	})
}

func TestTheLastSeatGoesToOneOfTwo(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		var wg sync.WaitGroup
		errs := make(chan error, 2)
		for n := range 2 {
			wg.Go(func() {
				_, err := d.Register(context.Background(), d.ask(n))
				errs <- err
			})
		}
		wg.Wait()
		one, two := <-errs, <-errs
		if (one == nil) == (two == nil) || !errors.Is(errors.Join(one, two), ErrFull) {
			t.Errorf("the answers are %v and %v", one, two)
		}
		if taken, waiting := d.counts(); taken != 1 || waiting != 0 || d.left() != 0 {
			t.Errorf("taken %d, waiting %d, left %d", taken, waiting, d.left())
		}
	})
}

func TestAClaimMakesOneRegistrationHoweverOftenItIsConfirmed(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		a := d.hold(d.ask(1))
		if d.left() != 4 {
			t.Errorf("%d are left while one is held", d.left())
		}
		var wg sync.WaitGroup
		ids := make(chan string, 8)
		for range 8 {
			wg.Go(func() {
				g, err := d.Register(context.Background(), a)
				if err != nil {
					t.Error(err)
					return
				}
				ids <- g.ID
			})
		}
		wg.Wait()
		close(ids)
		for id := range ids {
			if id != a.Claim.ID {
				t.Errorf("the registration is %s, the claim's id %s", id, a.Claim.ID)
			}
		}
		if taken, _ := d.counts(); taken != 1 || len(d.messages()) != 1 || d.left() != 4 {
			t.Errorf("taken %d, messages %v, left %d", taken, d.messages(), d.left())
		}
	})
}

func TestSomebodyWhoHoldsASeatGetsItThoughThePlaceFillsUp(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		holder := d.hold(d.ask(1))
		d.register(d.ask(2))
		if _, err := d.Register(context.Background(), d.ask(3)); !errors.Is(err, ErrFull) {
			t.Fatalf("a third person got %v", err)
		}
		if g := d.register(holder); g.Status != Confirmed {
			t.Errorf("the holder is %s", g.Status)
		}
	})
}

func TestAStaleClaimTakesPartLikeANewcomer(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		a := d.hold(d.ask(1))
		must(t, d.redis.FlushAll(context.Background()).Err()) // its hold has lapsed
		d.clock.Add(16 * time.Minute)
		d.register(d.ask(2))
		if _, err := d.Register(context.Background(), a); !errors.Is(err, ErrFull) {
			t.Errorf("a claim 16 minutes old got %v", err)
		}
		if taken, waiting := d.counts(); taken != 1 || waiting != 0 {
			t.Errorf("taken %d, waiting %d", taken, waiting)
		}
	})
}

func TestAClaimForAnotherPlaceHoldsNothingHere(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		a := d.hold(d.ask(1))
		other := d.ask(2)
		other.Place = d.event.Places[1]
		d.register(other)
		a.Place = d.event.Places[1]
		if _, err := d.Register(context.Background(), a); !errors.Is(err, ErrFull) {
			t.Errorf("a claim for the other place got %v", err)
		}
	})
}

func TestChangingOnesMindAboutThePlaceFreesTheFirst(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		a := d.hold(d.ask(1))
		if d.left() != 2 {
			t.Fatalf("%d are left while one is held", d.left())
		}
		a.Place = d.event.Places[1]
		a = d.hold(a)
		if d.left() != 3 {
			t.Errorf("%d are left after the person chose the other place", d.left())
		}
		if g := d.register(a); g.PlaceID != d.event.Places[1].ID {
			t.Error("the registration is for the first place")
		}
	})
}

func TestAPromisedSeatLostToAFaultGoesToTheHeadOfTheList(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.hold(d.ask(1))
		must(t, d.redis.FlushAll(ctx).Err())
		d.register(d.ask(2)) // Redis forgot the hold, so this one got the seat
		waiting := d.ask(3)
		waiting.Wait = true
		first := d.register(waiting)
		g := d.register(a)
		if g.Status != Waiting || !g.Displaced {
			t.Fatalf("the person with the promise is %s, displaced %v", g.Status, g.Displaced)
		}
		ahead, err := d.store.Ahead(ctx, g)
		must(t, err)
		behind, err := d.store.Ahead(ctx, first)
		must(t, err)
		if ahead != 0 || behind != 1 {
			t.Errorf("%d are ahead of them and %d ahead of who joined before", ahead, behind)
		}
		d.counts()
	})
}

func TestTheQueueIsInOrderOfJoining(t *testing.T) {
	eachDesk(t, 0, func(t *testing.T, d *desk) {
		var list []*Registration
		for n := range 4 {
			a := d.ask(n)
			if _, err := d.Register(context.Background(), a); !errors.Is(err, ErrFull) {
				t.Fatalf("a place without seats gave %v", err)
			}
			a.Wait = true
			list = append(list, d.register(a))
		}
		for i, g := range list {
			ahead, err := d.store.Ahead(context.Background(), g)
			if err != nil || ahead != i || g.Status != Waiting {
				t.Errorf("person %d is %s with %d ahead, %v", i, g.Status, ahead, err)
			}
		}
		a := d.ask(0)
		a.Wait = true
		if _, err := d.Register(context.Background(), a); !errors.Is(err, ErrAlready) {
			t.Errorf("joining twice gave %v", err)
		}
		if _, waiting := d.counts(); waiting != 4 {
			t.Errorf("%d wait", waiting)
		}
	})
}

func TestOneMailboxRegistersOnce(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.register(d.ask(1))
		if _, err := d.Register(context.Background(), d.ask(1)); !errors.Is(err, ErrAlready) {
			t.Errorf("a second registration gave %v", err)
		}
		other := d.ask(1)
		other.Place = d.event.Places[1]
		if _, err := d.Register(context.Background(), other); !errors.Is(err, ErrAlready) {
			t.Errorf("the other place gave %v", err)
		}
		if _, err := d.Hold(context.Background(), d.ask(1), ""); !errors.Is(err, ErrAlready) {
			t.Errorf("checking the form gave %v", err)
		}
		if taken, _ := d.counts(); taken != 1 || d.left() != 4 {
			t.Errorf("taken %d, left %d: a refused registration keeps a seat", taken, d.left())
		}
	})
}

func TestAKeyGivesTheSameAnswerAgainAndNeverAnother(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Key = &key{hash: "k", body: "b"}
		first := d.register(a)
		again := a
		again.Claim = seats.NewClaim(d.event.ID)
		if g := d.register(again); g.ID != first.ID {
			t.Error("the same key made another registration")
		}
		other := d.ask(2)
		other.Key = &key{hash: "k", body: "other"}
		if _, err := d.Register(ctx, other); !errors.Is(err, ErrReused) {
			t.Errorf("the key with another body gave %v", err)
		}
		d.register(d.ask(3))
		d.register(d.ask(4))
		if g := d.register(again); g.ID != first.ID {
			t.Error("the key is not looked up before the place is found full")
		}
		d.clock.Add(25 * time.Hour)
		if _, err := d.Register(ctx, other); !errors.Is(err, ErrFull) {
			t.Errorf("a day later the key gave %v", err)
		}
		must(t, d.Purge(ctx))
		var n int
		must(t, d.db.NewRaw("select count(*) from idempotency_keys").Scan(ctx, &n))
		if n != 0 {
			t.Errorf("%d keys are kept after a day", n)
		}
	})
}

func TestManyAtOnceWithOneKeyMakeOneRegistration(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		for n := range 20 { // each time for the last seat
			d.event = d.addEvent(1)
			var wg sync.WaitGroup
			for range 12 {
				wg.Go(func() {
					a := d.ask(n)
					a.Key = &key{hash: "k", body: "b"}
					a.Claim.ID = keyedID(d.event.ID, "k", "b", "salt", d.clock.Now())
					if _, err := d.Register(context.Background(), a); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if taken, _ := d.counts(); taken != 1 || d.left() != 0 {
				t.Errorf("taken %d, left %d", taken, d.left())
			}
		}
	})
}

func TestCancellingFreesTheSeatOnce(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		g := d.register(d.ask(1))
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := d.Cancel(ctx, g, d.event, ""); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if taken, _ := d.counts(); taken != 0 || d.left() != 1 {
			t.Errorf("taken %d, left %d", taken, d.left())
		}
		if kinds := fmt.Sprint(d.messages()); kinds != "[confirmation cancellation]" {
			t.Errorf("the messages are %s", kinds)
		}
		d.register(d.ask(1))
	})
}

func TestAClosedEventTakesNobody(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		stale := *d.event // read before the organisers closed it
		for name, change := range map[string]string{
			"closed": "update events set registration_closes_at = 1", "not yet open": fmt.Sprintf("update events set registration_opens_at = %d", d.clock.Now().AddDate(0, 1, 0).UnixMilli()),
			"cancelled": "update events set status = 'cancelled'",
		} {
			d.event = d.addEvent(5)
			stale = *d.event
			_, err := d.db.NewRaw(change+" where id = ?", d.event.ID).Exec(ctx)
			must(t, err)
			a := d.ask(1)
			a.Event = &stale
			if _, err := d.Register(ctx, a); !errors.Is(err, ErrClosed) {
				t.Errorf("%s gave %v", name, err)
			}
			if d.left() != 5 {
				t.Errorf("%s: %d are left", name, d.left())
			}
		}
	})
}

func TestWithoutRedisTheRecordAloneRegisters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, err := store.OpenRedis("unix:///nowhere/redis.sock")
		must(t, err)
		t.Cleanup(func() { must(t, r.Close()) })
		d := newDesk(t, db, r, 3)
		claim, err := d.Hold(context.Background(), d.ask(9), "")
		if err != nil || !claim.Deadline.IsZero() {
			t.Errorf("a check without Redis promises %v, %v", claim.Deadline, err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		outcomes := map[string]int{}
		for n := range 9 {
			wg.Go(func() {
				_, err := d.Register(context.Background(), d.ask(n))
				mu.Lock()
				defer mu.Unlock()
				outcomes[fmt.Sprint(err)]++
			})
		}
		wg.Wait()
		if outcomes["<nil>"] != 3 || outcomes[fmt.Sprint(ErrFull)] != 6 {
			t.Errorf("nine people for three seats: %v", outcomes)
		}
		a := d.ask(20)
		a.Wait = true
		if g := d.register(a); g.Status != Waiting {
			t.Errorf("the next is %s", g.Status)
		}
		if _, err := d.Hold(context.Background(), d.ask(21), ""); !errors.Is(err, ErrFull) {
			// The desk's event was read before: the form reads it afresh.
			e, rerr := d.events.ByID(context.Background(), d.event.ID)
			must(t, rerr)
			b := d.ask(21)
			b.Place = e.Places[0]
			if _, err := d.Hold(context.Background(), b, ""); !errors.Is(err, ErrFull) {
				t.Errorf("checking the form of a full place gave %v", err)
			}
		}
		d.counts()
	})
}

func TestHealthDataIsSealedAndDeletedInTime(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Needs = Needs{Dietary: "No nuts", Access: "Hearing loop"}
		g := d.register(a)
		sealed, err := d.store.needsOf(ctx, g.ID)
		must(t, err)
		if strings.Contains(string(sealed), "nuts") {
			t.Error("the health data can be read")
		}
		if n, err := openNeeds(d.keys, g.ID, sealed); err != nil || n != a.Needs {
			t.Errorf("it opens as %+v, %v", n, err)
		}
		for _, table := range []string{"audit", "outbox"} {
			var n int
			column := map[string]string{"audit": "detail", "outbox": "snapshot"}[table]
			must(t, d.db.NewRaw("select count(*) from "+table+" where "+column+" like '%nuts%'").Scan(ctx, &n))
			if n > 0 {
				t.Errorf("it is in the %s", table)
			}
		}
		d.clock.Add(d.event.Ends().Add(29 * 24 * time.Hour).Sub(d.clock.Now()))
		must(t, d.Purge(ctx))
		if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || sealed == nil {
			t.Errorf("it is gone 29 days after the event: %v", err)
		}
		d.clock.Add(2 * 24 * time.Hour)
		must(t, d.Purge(ctx))
		if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || sealed != nil {
			t.Errorf("it is there 31 days after the event: %v", err)
		}
	})
}

func TestCancellingDeletesHealthData(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan"}
		g := d.register(a)
		must(t, d.Cancel(context.Background(), g, d.event, ""))
		if sealed, err := d.store.needsOf(context.Background(), g.ID); err != nil || sealed != nil {
			t.Errorf("there is health data of a cancelled registration: %v", err)
		}
	})
}

func TestOneMailboxGetsFiveMailsAnHourFromPublicForms(t *testing.T) {
	eachDesk(t, 50, func(t *testing.T, d *desk) {
		ctx := context.Background()
		for n := range hourlyMails {
			g := d.register(d.ask(1))
			must(t, d.Cancel(ctx, g, d.event, ""))
			if got := len(d.messages()); got != 2*(n+1) {
				t.Fatalf("after round %d there are %d messages: a cancellation was held back", n, got)
			}
		}
		if _, err := d.Register(ctx, d.ask(1)); !errors.Is(err, ErrTooMuchMail) {
			t.Errorf("the sixth gave %v", err)
		}
		if taken, _ := d.counts(); taken != 0 || d.left() != 50 {
			t.Errorf("taken %d, left %d", taken, d.left())
		}
		d.clock.Add(time.Hour + time.Second)
		d.register(d.ask(1))
	})
}

func TestWhatIsRefusedLeavesNothingBehind(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.register(d.ask(1))
		for _, table := range []string{"outbox", "audit", "registrations"} {
			if _, err := d.Register(context.Background(), d.ask(1)); err == nil {
				t.Fatal("a second registration was taken")
			}
			var n int
			must(t, d.db.NewRaw("select count(*) from "+table).Scan(context.Background(), &n))
			if n != 1 {
				t.Errorf("%d rows are in %s", n, table)
			}
		}
	})
}

func TestDetailsCanBeChangedAndConsentTakenBack(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan"}
		g := d.register(a)
		p := g.Person
		p.JobRole, p.Employer = "Ward manager", "Another trust"
		must(t, d.Change(ctx, g, d.event, p, Needs{}, ""))
		got, err := d.store.ByID(ctx, g.ID)
		must(t, err)
		if got.JobRole != "Ward manager" || got.Employer != "Another trust" || got.Mailbox != g.Mailbox || got.Status != Confirmed {
			t.Errorf("it is %+v", got)
		}
		if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || sealed != nil {
			t.Errorf("the health data is still there: %v", err)
		}
	})
}

func TestNobodyIsTwiceAtOnePlaceInWhateverWay(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		holder := d.register(d.ask(1))
		again := d.ask(1)
		again.Wait = true
		if _, err := d.Register(context.Background(), again); !errors.Is(err, ErrAlready) {
			t.Errorf("an attendee who joins the queue of their own place gets %v", err)
		}
		first := d.wait(2)
		d.cancel(holder)
		d.want(first, Offered, "the offer")
		must(t, d.resize(d.event.ID, d.event.Places[0].ID, 5))
		if _, err := d.Register(context.Background(), d.ask(2)); !errors.Is(err, ErrAlready) {
			t.Errorf("who is offered a seat and registers for another gets %v", err)
		}
		if taken, waiting := d.counts(); taken != 1 || waiting != 0 || d.left() != 4 {
			t.Errorf("taken %d, waiting %d, left %d", taken, waiting, d.left())
		}
	})
}

func TestAPromiseEndsWhenItsHoldIsGivenUp(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		old := d.hold(d.ask(1))
		moved := old
		moved.Place = d.event.Places[1]
		d.hold(moved) // the seat of the first place is free for others
		d.register(d.ask(2))
		honest := d.wait(3)
		if _, err := d.Register(context.Background(), old); !errors.Is(err, ErrFull) {
			t.Errorf("the page of a hold that was given up gave %v", err)
		}
		d.want(honest, Waiting, "who waits in good faith")
		if ahead, err := d.store.Ahead(context.Background(), honest); err != nil || ahead != 0 {
			t.Errorf("%d are ahead of them, %v", ahead, err)
		}
	})
}

func TestAHoldGivenUpDoesNotTakeTheSeatThatSomebodyHolds(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		old := d.hold(d.ask(1))
		moved := old
		moved.Place = d.event.Places[1]
		d.hold(moved)
		holder := d.hold(d.ask(2))
		if _, err := d.Register(context.Background(), old); !errors.Is(err, ErrFull) {
			t.Errorf("the old page gave %v", err)
		}
		if g := d.register(holder); g.Status != Confirmed {
			t.Errorf("the holder is %s", g.Status)
		}
	})
}

func TestComingBackToAPlaceHoldsItAgain(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		a := d.hold(d.ask(1))
		for _, i := range []int{1, 0} {
			a.Place = d.event.Places[i]
			a = d.hold(a)
		}
		must(t, d.redis.Del(context.Background(), "{"+d.event.ID+"}:holds:"+d.event.Places[0].ID).Err()) // the hold is lost, the promise is not
		if g := d.register(a); g.Status != Confirmed {
			t.Errorf("it is %s", g.Status)
		}
	})
}

func TestTheSecondClickGetsTheSameAnswerThoughRedisIsAwayAndThePlaceFull(t *testing.T) {
	t.Parallel()
	r, err := store.OpenRedis("unix:///nowhere/redis.sock")
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	d := newDesk(t, storetest.SQLite(t), r, 1)
	a := d.ask(1)
	a.Returning = true
	ids := make(chan string, 6)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			g, err := d.Register(context.Background(), a)
			if err != nil {
				t.Error(err)
				return
			}
			ids <- g.ID
		})
	}
	wg.Wait()
	if taken, _ := d.counts(); taken != 1 || len(ids) != 6 {
		t.Errorf("taken %d, %d answers", taken, len(ids))
	}
}

func TestWhatIsSentAgainTellsWhereARegistrationStands(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		holder := d.register(d.ask(1))
		first := d.wait(2)
		d.cancel(holder)
		if err := d.Resend(ctx, &Registration{ID: holder.ID, Status: Cancelled, Person: holder.Person}, ""); !errors.Is(err, ErrOver) {
			t.Errorf("a cancelled registration: %v", err)
		}
		offered, err := d.store.ByID(ctx, first.ID)
		must(t, err)
		must(t, d.Resend(ctx, offered, "")) // it is still queued, so it is not doubled
		kinds := d.messages()
		if kinds[len(kinds)-1] != kindOffer {
			t.Errorf("the messages are %v", kinds)
		}
	})
}

func TestChangingWhatIsCancelledKeepsNoHealthData(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		g := d.register(d.ask(1))
		d.cancel(g)
		if err := d.Change(ctx, g, d.event, g.Person, Needs{Dietary: "Vegan"}, ""); !errors.Is(err, ErrOver) {
			t.Errorf("changing it gave %v", err)
		}
		if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || sealed != nil {
			t.Errorf("there is health data: %v", err)
		}
	})
}

func TestATicketRefusedBeforeCanStillBeGiven(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		tk := &ticket{order: order{Ask: d.ask(1), adm: admission{held: true, at: time.Now()}, began: d.clock.Now()}, err: ErrFull}
		d.commit(context.Background(), d.event.ID, []*ticket{tk})
		if tk.err != nil || tk.g == nil || tk.g.Status != Confirmed {
			t.Errorf("it is %+v, %v", tk.g, tk.err)
		}
	})
}

// A program that was stopped between asking Redis and locking the place goes on with a hold that is somebody else's by now.
func TestAHoldOfLongAgoIsWorthNothing(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		old := time.Now().Add(-time.Hour)
		tk := &ticket{order: order{Ask: d.ask(1), adm: admission{held: true, promised: true, at: old}, began: d.clock.Now()}}
		d.commit(context.Background(), d.event.ID, []*ticket{tk})
		if !errors.Is(tk.err, errTooLate) || tk.g != nil {
			t.Errorf("it is %+v, %v", tk.g, tk.err)
		}
		if taken, waiting := d.counts(); taken != 0 || waiting != 0 {
			t.Errorf("%d taken, %d waiting", taken, waiting)
		}
	})
}

func TestAStalledEventHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.Postgres(t), storetest.EmbeddedRedis(t), 5)
	stalled := d.event
	tx, err := d.db.BeginTx(context.Background(), nil)
	must(t, err)
	_, err = tx.Exec("update places set name = name where id = ?", stalled.Places[0].ID)
	must(t, err)
	waits := make(chan error, 1)
	a := d.ask(1)
	go func() {
		_, err := d.Register(context.Background(), a)
		waits <- err
	}()
	d.event = d.addEvent(5)
	d.register(d.ask(2)) // would wait for ever behind the other
	select {
	case err := <-waits:
		t.Errorf("the stalled event answered %v", err)
	default:
	}
	must(t, tx.Rollback())
	must(t, <-waits)
}

func TestOneThatCannotBeWrittenHarmsNobodyElse(t *testing.T) {
	eachDesk(t, 10, func(t *testing.T, d *desk) {
		var tickets []*ticket
		for n := range 5 {
			a := d.ask(n)
			if n == 2 {
				nowhere := *d.event
				nowhere.ID = "nowhere" // a foreign key refuses its row, and with it the transaction
				a.Event = &nowhere
			}
			tickets = append(tickets, &ticket{order: order{Ask: a, adm: admission{held: true, at: time.Now()}, began: d.clock.Now()}})
		}
		d.commit(context.Background(), d.event.ID, tickets)
		for n, tk := range tickets {
			if (tk.err != nil) != (n == 2) || (tk.err == nil && (!tk.fresh || tk.g.Status != Confirmed)) {
				t.Errorf("number %d: %+v, %v", n, tk.g, tk.err)
			}
		}
		if taken, _ := d.counts(); taken != 4 || len(d.messages()) != 4 {
			t.Errorf("%d are taken, %d messages", taken, len(d.messages()))
		}
	})
}
