package seats

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// bench is a place of an event with its seats.
type bench struct {
	*Seats
	ref Ref
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// place makes an event with one place in the database.
func place(t testing.TB, db *store.DB, capacity int64) Ref {
	t.Helper()
	ref := Ref{EventID: newID(), PlaceID: newID()}
	e := &events.Event{ID: ref.EventID, Slug: "e-" + ref.EventID[24:], UID: ref.EventID, Title: "Masterclass", TimeZone: "Europe/London", Status: events.Published,
		StartsLocal: "2027-03-11T09:30", EndsLocal: "2027-03-11T16:30", RegistrationClosesAt: time.Now().AddDate(1, 0, 0).UnixMilli(),
		Places: []events.Place{{ID: ref.PlaceID, EventID: ref.EventID, Name: "In person", Capacity: capacity}}}
	err := db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return events.NewStore(db).Insert(ctx, tx, e) })
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Adopt(context.Background(), "test"); err != nil {
		t.Fatal(err)
	}
	return ref
}

func newBench(t testing.TB, db *store.DB, r *store.Redis, capacity int64, limited bool) bench {
	t.Helper()
	s := New(db, r, Options{Hold: time.Minute, Limited: limited, Patience: time.Second, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	t.Cleanup(s.Close)
	return bench{Seats: s, ref: place(t, db, capacity)}
}

// each runs fn with both kinds of Redis over SQLite; SQL itself is tested on both databases elsewhere.
func each(t *testing.T, capacity int64, fn func(t *testing.T, b bench)) {
	t.Helper()
	storetest.EachRedis(t, func(t *testing.T, r *store.Redis) { fn(t, newBench(t, storetest.SQLite(t), r, capacity, false)) })
}

// sell writes into the record what a commit would have written.
func (b bench) sell(t testing.TB, taken, waiting, version int64, ids ...string) {
	t.Helper()
	_, err := b.db.NewRaw("update places set taken = ?, waiting = ?, version = ? where id = ?", taken, waiting, version, b.ref.PlaceID).Exec(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		_, err := b.db.NewRaw(`insert into registrations (id, event_id, place_id, reference, status, version, joined, title, first_name, last_name, email,
			mailbox, profession, job_role, employer, regulator_number, created_at, updated_at) values (?, ?, ?, '', 'confirmed', ?, ?, '', '', '', ?, ?, '', '', '', '', ?, ?)`,
			id, b.ref.EventID, b.ref.PlaceID, version, version, id, id, time.Now().UnixMilli(), time.Now().UnixMilli()).Exec(context.Background())
		if err != nil {
			t.Fatal(err)
		}
	}
}

// apply is Applied without its patience: on a busy machine it is done when it returns.
func (b bench) apply(t testing.TB) {
	t.Helper()
	if err := b.project(context.Background(), b.ref); err != nil {
		t.Fatal(err)
	}
}

func (b bench) hold(id string) Outcome {
	return b.HoldForCheck(context.Background(), b.ref, id, "192.0.2.1").Outcome
}

func (b bench) left(t testing.TB) events.Availability {
	t.Helper()
	p := events.Place{ID: b.ref.PlaceID, EventID: b.ref.EventID}
	err := b.db.NewRaw("select capacity, taken, waiting, version from places where id = ?", p.ID).Scan(context.Background(), &p.Capacity, &p.Taken, &p.Waiting, &p.Version)
	if err != nil {
		t.Fatal(err)
	}
	left, err := b.Available(context.Background(), []events.Place{p})
	if err != nil {
		t.Fatal(err)
	}
	return left[p.ID]
}

func TestNoMoreHoldsThanSeats(t *testing.T) {
	each(t, 20, func(t *testing.T, b bench) {
		b.sell(t, 5, 0, 5)
		var mu sync.Mutex
		outcomes := map[Outcome]int{}
		var wg sync.WaitGroup
		for range 60 {
			wg.Go(func() {
				o := b.hold(newID())
				mu.Lock()
				defer mu.Unlock()
				outcomes[o]++
			})
		}
		wg.Wait()
		if outcomes[Held] != 15 || outcomes[Full] != 45 {
			t.Errorf("60 people for 15 seats: %v", outcomes)
		}
		if left := b.left(t).Left; left != 0 {
			t.Errorf("%d are left while all are held", left)
		}
	})
}

func TestAHoldKeepsItsDeadlineHoweverOftenItIsAskedFor(t *testing.T) {
	each(t, 1, func(t *testing.T, b bench) {
		id := newID()
		first := b.HoldForCheck(context.Background(), b.ref, id, "")
		if first.Outcome != Held || time.Until(first.Deadline) > time.Minute || time.Until(first.Deadline) < 50*time.Second {
			t.Fatalf("the first hold is %+v", first)
		}
		for range 3 {
			if again := b.HoldForCommit(b.ref, id, false); again != first {
				t.Errorf("asked again it is %+v, was %+v", again, first)
			}
		}
	})
}

func TestAPlaceThatRedisDoesNotHaveIsLoadedAndNeverFree(t *testing.T) {
	each(t, 3, func(t *testing.T, b bench) {
		b.sell(t, 3, 0, 3)
		if o := b.hold(newID()); o != Full {
			t.Errorf("a full place unknown to Redis gave %v", o)
		}
		if err := b.redis.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
		if o := b.hold(newID()); o != Full {
			t.Errorf("after Redis lost everything it gave %v", o)
		}
	})
}

func TestNobodyPassesThoseWhoWait(t *testing.T) {
	each(t, 3, func(t *testing.T, b bench) {
		b.sell(t, 2, 1, 3)
		if o := b.hold(newID()); o != OthersWait {
			t.Errorf("with a seat free and somebody waiting it gave %v", o)
		}
		if left := b.left(t); left.Left != 0 || left.Waiting != 1 {
			t.Errorf("what is left is %+v", left)
		}
	})
}

func TestALapsedHoldFreesItsSeat(t *testing.T) {
	each(t, 1, func(t *testing.T, b bench) {
		gone := newID()
		if o := b.hold(gone); o != Held {
			t.Fatal(o)
		}
		if o := b.hold(newID()); o != Full {
			t.Fatalf("a second hold of the last seat gave %v", o)
		}
		if err := b.redis.ZAdd(context.Background(), b.ref.holds(), redis.Z{Score: 1, Member: gone}).Err(); err != nil { // long ago
			t.Fatal(err)
		}
		if left := b.left(t).Left; left != 1 {
			t.Errorf("%d are left after the hold lapsed", left)
		}
		if o := b.hold(newID()); o != Held {
			t.Errorf("the seat of a lapsed hold gave %v", o)
		}
	})
}

func TestAHoldWhosePromiseIsOverIsTakenAnewForANewCheck(t *testing.T) {
	each(t, 1, func(t *testing.T, b bench) {
		id := newID()
		if o := b.hold(id); o != Held {
			t.Fatal(o)
		}
		late := float64(time.Now().Add(grace - time.Second).UnixMilli()) // its promise ended a second ago
		if err := b.redis.ZAdd(context.Background(), b.ref.holds(), redis.Z{Score: late, Member: id}).Err(); err != nil {
			t.Fatal(err)
		}
		if h := b.HoldForCommit(b.ref, id, false); h.Outcome != Held || h.Deadline.After(time.Now()) {
			t.Errorf("whoever confirms a second late gets %+v", h)
		}
		if h := b.HoldForCheck(context.Background(), b.ref, id, ""); h.Outcome != Held || time.Until(h.Deadline) < 50*time.Second {
			t.Errorf("a new check gets %+v", h)
		}
	})
}

func TestOneAddressHoldsATenthOfAPlaceAtMost(t *testing.T) {
	storetest.EachRedis(t, func(t *testing.T, r *store.Redis) {
		b := newBench(t, storetest.SQLite(t), r, 80, true)
		ask := func(address string) Outcome {
			return b.HoldForCheck(context.Background(), b.ref, newID(), address).Outcome
		}
		for i := range 8 {
			if o := ask("192.0.2.1"); o != Held {
				t.Fatalf("hold %d gave %v", i, o)
			}
		}
		if o := ask("192.0.2.1"); o != TooMany {
			t.Errorf("the ninth hold of one address gave %v", o)
		}
		if o := ask("192.0.2.2"); o != Held {
			t.Errorf("another address got %v", o)
		}
		if h := b.HoldForCommit(b.ref, newID(), false); h.Outcome != Held {
			t.Errorf("a registration in one go got %v", h.Outcome)
		}
	})
}

func TestHoldsThatBecameRegistrationsCountForAnAddressNoMore(t *testing.T) {
	storetest.EachRedis(t, func(t *testing.T, r *store.Redis) {
		b := newBench(t, storetest.SQLite(t), r, 20, true)
		for version := range int64(12) {
			id := newID()
			if o := b.hold(id); o != Held {
				t.Fatalf("hold %d gave %v", version+1, o)
			}
			b.sell(t, version+1, 0, version+1, id)
			b.apply(t)
		}
	})
}

func TestWithoutRedisTheAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	r, err := store.OpenRedis("unix:///nowhere/redis.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := newBench(t, storetest.SQLite(t), r, 10, false)
	b.sell(t, 4, 0, 4)
	if o := b.hold(newID()); o != Unknown {
		t.Errorf("without Redis it gave %v", o)
	}
	if left := b.left(t).Left; left != 6 {
		t.Errorf("the record says 6 are left, the answer was %d", left)
	}
	began := time.Now()
	b.Applied(context.Background(), b.ref)
	if waited := time.Since(began); waited > 5*time.Second {
		t.Errorf("an acknowledgement waited %v for a Redis that is away", waited)
	}
}

func TestNoSeatIsCountedBothAsTakenAndAsHeld(t *testing.T) {
	each(t, 10, func(t *testing.T, b bench) {
		var ids []string
		for range 4 {
			ids = append(ids, newID())
			b.hold(ids[len(ids)-1])
		}
		b.sell(t, 3, 0, 3, ids[:3]...)
		b.apply(t)
		if at, err := b.runLook(context.Background(), b.ref); err != nil || at.taken != 3 || at.live != 1 || at.version != 3 {
			t.Errorf("Redis has %+v, %v; want 3 taken and 1 held", at, err)
		}
		if left := b.left(t).Left; left != 6 {
			t.Errorf("%d are left, want 6", left)
		}
	})
}

func TestARolledBackRedisIsBroughtInStep(t *testing.T) {
	each(t, 10, func(t *testing.T, b bench) {
		ctx := context.Background()
		id := newID()
		b.hold(id)
		old, err := b.redis.HGetAll(ctx, b.ref.counts()).Result()
		if err != nil {
			t.Fatal(err)
		}
		b.sell(t, 1, 0, 1, id)
		b.apply(t)
		if err := b.redis.HSet(ctx, b.ref.counts(), old).Err(); err != nil {
			t.Fatal(err)
		}
		lapse := float64(time.Now().Add(time.Minute).UnixMilli())
		if err := b.redis.ZAdd(ctx, b.ref.holds(), redis.Z{Score: lapse, Member: id}).Err(); err != nil {
			t.Fatal(err)
		}
		if left := b.left(t).Left; left != 9 {
			t.Errorf("%d are left, want 9: the registration's hold came back with the old state", left)
		}
	})
}

func TestAHoldOfARegistrationThatIsCountedEnds(t *testing.T) {
	each(t, 5, func(t *testing.T, b bench) {
		counted, later, free := newID(), newID(), newID()
		b.sell(t, 1, 0, 1, counted)
		b.apply(t)
		for _, id := range []string{counted, later, free} {
			b.holdUntil(t, id, time.Now().Add(time.Minute))
		}
		b.sell(t, 2, 0, 2, later) // committed as the round begins: its hold ends with its count
		at, err := b.runLook(t.Context(), b.ref)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := b.liveUncounted(t.Context(), b.ref, at); n != 2 || err != nil {
			t.Errorf("%d holds are left, %v", n, err)
		}
		b.apply(t)
		if left := b.left(t).Left; left != 2 {
			t.Errorf("%d are left of 5 after two registrations and a hold", left)
		}
		b.holdUntil(t, counted, time.Now().Add(time.Minute))
		stock, err := b.Reconcile(t.Context(), time.Now())
		if err != nil || len(stock) != 1 || stock[0].Live != 1 {
			t.Errorf("the stock is %+v, %v", stock, err)
		}
	})
}

func TestApplyIsFencedByEpochThenVersion(t *testing.T) {
	each(t, 10, func(t *testing.T, b bench) {
		ctx := context.Background()
		write := func(epoch, version, taken int64) {
			if _, ok, err := b.runApply(ctx, b.ref, snapshot{epoch: epoch, version: version, capacity: 10, taken: taken}, -1); err != nil || !ok {
				t.Fatalf("apply gave %v, %v", ok, err)
			}
		}
		for _, step := range []struct {
			why                   string
			epoch, version, taken int64
			want                  int64
		}{
			{"the first", 5, 7, 1, 1}, {"an older version", 5, 6, 2, 1}, {"the same version", 5, 7, 3, 1}, {"a newer version", 5, 8, 4, 4},
			{"an older epoch", 4, 99, 5, 4}, {"a newer epoch", 6, 1, 6, 6},
		} {
			write(step.epoch, step.version, step.taken)
			if at, err := b.runLook(ctx, b.ref); err != nil || at.taken != step.want {
				t.Errorf("after %s Redis has %d taken, %v; want %d", step.why, at.taken, err, step.want)
			}
		}
		if older, ok, err := b.runApply(ctx, b.ref, snapshot{epoch: 6, version: 9, capacity: 10}, 5); err != nil || ok || older != 1 {
			t.Errorf("changes since a version that Redis does not have were taken: %d, %v, %v", older, ok, err)
		}
	})
}

func TestTheGuardRefusesWhateverAnyoneBelieves(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		ref := place(t, db, 2)
		l, err := NewLedger(ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		sell := func(n int64) error {
			return db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
				s, err := l.Lock(ctx, tx.Tx, ref.PlaceID)
				if err != nil {
					return err
				}
				s.Taken += n
				s.Next()
				return l.Write(ctx, tx.Tx, s)
			})
		}
		if err := sell(2); err != nil {
			t.Fatal(err)
		}
		if err := sell(1); err != ErrFull {
			t.Errorf("a third of two seats gave %v", err)
		}
		if err := sell(-1); err != nil {
			t.Errorf("a seat that came free: %v", err)
		}
	})
}

func TestConcurrentTransactionsSellEachSeatOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		ref := place(t, db, 10)
		l, err := NewLedger(ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				_ = db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { // most are refused, and that is the point
					s, err := l.Lock(ctx, tx.Tx, ref.PlaceID)
					if err != nil {
						t.Error(err)
						return err
					}
					s.Taken++
					s.Next()
					return l.Write(ctx, tx.Tx, s)
				})
			})
		}
		wg.Wait()
		var taken, version int64
		if err := db.NewRaw("select taken, version from places where id = ?", ref.PlaceID).Scan(ctx, &taken, &version); err != nil || taken != 10 || version != 10 {
			t.Errorf("taken %d at version %d: %v", taken, version, err)
		}
	})
}

func TestReadGivesCountsAndChangesOfOneMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := bench{Seats: &Seats{db: db}, ref: place(t, db, 10)}
		one, two := newID(), newID()
		b.sell(t, 1, 0, 1, one)
		b.sell(t, 2, 0, 2, two)
		for since, want := range map[int64]int{-1: 2, 0: 2, 1: 1, 2: 0} {
			snap, err := read(context.Background(), db, b.ref.PlaceID, since, time.Now().Add(-time.Hour))
			if err != nil || snap.taken != 2 || snap.version != 2 || snap.capacity != 10 || len(snap.changed) != want {
				t.Errorf("since %d: %+v, %v; want %d changes", since, snap, err, want)
			}
		}
		if _, err := read(context.Background(), db, "nowhere", 0, time.Now()); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("a place that is not there: %v", err)
		}
	})
}
