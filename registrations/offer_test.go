package registrations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"masterclass/internal/fault"
)

// wait puts person n on the waiting list.
func (d *desk) wait(n int) *Registration {
	d.t.Helper()
	a := d.ask(n)
	a.Wait = true
	g := d.register(a)
	if g.Status != Waiting {
		d.t.Fatalf("person %d is %s and should wait", n, g.Status)
	}
	return g
}

func (d *desk) cancel(g *Registration) {
	d.t.Helper()
	must(d.t, d.Cancel(context.Background(), g, d.event, ""))
}

func (d *desk) status(g *Registration) Status {
	d.t.Helper()
	now, err := d.store.ByID(context.Background(), g.ID)
	must(d.t, err)
	return now.Status
}

func (d *desk) want(g *Registration, status Status, why string) {
	d.t.Helper()
	if got := d.status(g); got != status {
		d.t.Errorf("%s: it is %s, want %s", why, got, status)
	}
}

func (d *desk) tend() {
	d.t.Helper()
	must(d.t, d.TendOnce(context.Background()))
}

func TestAFreedSeatIsOfferedToWhoeverHasWaitedLongest(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		holder := d.register(d.ask(1))
		first, second := d.wait(2), d.wait(3)
		d.cancel(holder)
		d.want(first, Offered, "the first in the queue")
		d.want(second, Waiting, "the second in the queue")
		if taken, waiting := d.counts(); taken != 1 || waiting != 1 || d.left() != 0 {
			t.Errorf("taken %d, waiting %d, left %d: an offered seat must not look free", taken, waiting, d.left())
		}
		if _, err := d.Register(context.Background(), d.ask(4)); !errors.Is(err, ErrFull) {
			t.Errorf("a newcomer got %v", err)
		}
		must(t, d.Accept(context.Background(), first, d.event, ""))
		must(t, d.Accept(context.Background(), first, d.event, "")) // twice is once
		d.want(first, Confirmed, "after accepting")
		if kinds := fmt.Sprint(d.messages()); kinds != "[confirmation waiting waiting cancellation offer confirmation]" {
			t.Errorf("the messages are %s", kinds)
		}
		d.counts()
	})
}

func TestADeclinedOfferGoesToTheNext(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		holder := d.register(d.ask(1))
		first, second := d.wait(2), d.wait(3)
		d.cancel(holder)
		for range 2 {
			must(t, d.Decline(context.Background(), first, d.event, ""))
		}
		d.want(first, Cancelled, "after declining")
		d.want(second, Offered, "the next")
		must(t, d.Decline(context.Background(), second, d.event, ""))
		if taken, waiting := d.counts(); taken != 0 || waiting != 0 || d.left() != 1 {
			t.Errorf("taken %d, waiting %d, left %d after all declined", taken, waiting, d.left())
		}
	})
}

func TestAnOfferLapsesAtItsDeadlineAndGoesToTheNext(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		holder := d.register(d.ask(1))
		first, second := d.wait(2), d.wait(3)
		d.cancel(holder)
		d.clock.Add(48*time.Hour - time.Millisecond)
		d.tend()
		d.want(first, Offered, "before the deadline")
		d.clock.Add(time.Millisecond)
		if err := d.Accept(context.Background(), first, d.event, ""); !errors.Is(err, ErrLapsed) {
			t.Errorf("accepting at the deadline gave %v", err)
		}
		d.tend()
		d.tend()
		d.want(first, Cancelled, "after the deadline")
		d.want(second, Offered, "the next")
		if err := d.Accept(context.Background(), first, d.event, ""); !errors.Is(err, ErrOver) {
			t.Errorf("accepting later gave %v", err)
		}
		d.counts()
	})
}

func TestNoOfferAfterRegistrationClosesAndNonePastAnHourBeforeTheEvent(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		holder, waiting := d.register(d.ask(1)), d.wait(2)
		d.clock.Add(d.event.Starts().Add(-3 * time.Hour).Sub(d.clock.Now()))
		_, err := d.db.NewRaw("update events set registration_closes_at = starts_at").Exec(context.Background())
		must(t, err)
		d.cancel(holder)
		g, err := d.store.ByID(context.Background(), waiting.ID)
		must(t, err)
		if want := d.event.Starts().Add(-time.Hour); g.Status != Offered || !g.OfferedUntil.Equal(want) {
			t.Errorf("three hours before the event it is %s until %v, want %v", g.Status, g.OfferedUntil, want)
		}
		_, err = d.db.NewRaw("update events set registration_closes_at = 1").Exec(context.Background())
		must(t, err)
		next := &Registration{}
		*next = *g
		d.cancel(next)
		if taken, _ := d.counts(); taken != 0 {
			t.Errorf("%d are taken", taken)
		}
	})
}

func TestAnEventCanGiveFreedSeatsAtOnce(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		_, err := d.db.NewRaw("update events set confirms_waiting = ?", true).Exec(context.Background())
		must(t, err)
		holder := d.register(d.ask(1))
		first := d.wait(2)
		d.cancel(holder)
		d.want(first, Confirmed, "the first in the queue")
		if kinds := d.messages(); kinds[len(kinds)-1] != "confirmation" {
			t.Errorf("the messages are %v", kinds)
		}
	})
}

func TestAnEventWithApprovalCanGiveFreedSeatsAtOnce(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		_, err := d.db.NewRaw("update events set confirms_waiting = ?, approval = ?", true, true).Exec(context.Background())
		must(t, err)
		holder := d.register(d.ask(1))
		first := d.wait(2)
		d.cancel(holder)
		d.want(first, Pending, "the first in the queue")
		d.tend()
		d.counts()
	})
}

func TestOneBrokenPlaceKeepsNoOtherFromItsTurn(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		broken := d.wait0()
		d.event = d.addEvent(1)
		healthy := d.wait0()
		_, err := d.db.NewRaw("update events set time_zone = 'Nowhere/At-all', starts_local = 'x' where id = ?", broken.EventID).Exec(ctx)
		must(t, err)
		_, err = d.db.NewRaw("update registrations set status = 'offered', offered_until = 1, event_id = ? where id = ?", d.event.ID, broken.ID).Exec(ctx)
		must(t, err) // an offer whose event does not have its place
		if err := d.TendOnce(ctx); err == nil {
			t.Error("what is broken is not reported")
		}
		d.want(healthy, Offered, "the other event")
	})
}

func TestAcceptingGivesUpTheSeatHeldElsewhere(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		online := d.ask(2)
		online.Place = d.event.Places[1]
		elsewhere := d.register(online)
		waitsOnline := d.ask(3)
		waitsOnline.Place, waitsOnline.Wait = d.event.Places[1], true
		third := d.register(waitsOnline)
		holder := d.register(d.ask(1))
		first := d.wait(2) // the same person, in the queue for the other place
		d.cancel(holder)
		d.want(first, Offered, "the offer")
		d.want(elsewhere, Confirmed, "the seat elsewhere, until they accept")
		must(t, d.Accept(ctx, first, d.event, ""))
		d.want(first, Confirmed, "after accepting")
		d.want(elsewhere, Cancelled, "the seat elsewhere, after they accept")
		d.want(third, Offered, "who waited for the seat that was given up")
		d.counts()
	})
}

func TestAnAcceptedOfferOfAnEventWithApprovalAwaitsIt(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		_, err := d.db.NewRaw("update events set approval = ?", true).Exec(context.Background())
		must(t, err)
		holder, first := d.register(d.ask(1)), d.wait(2)
		d.cancel(holder)
		must(t, d.Accept(context.Background(), first, d.event, ""))
		d.want(first, Pending, "after accepting")
		d.counts()
	})
}

func TestCapacityGoesToThoseWhoWaitAndNeverBelowWhatIsTaken(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		d.register(d.ask(1))
		held := d.hold(d.ask(2))
		first, second, third := d.wait(3), d.wait(4), d.wait(5)
		place := d.event.Places[0].ID
		set := func(n int64) error {
			return d.resize(d.event.ID, place, n)
		}
		if err := set(0); !fault.Is(err, fault.Invalid) {
			t.Errorf("a capacity below what is taken gave %v", err)
		}
		must(t, set(4)) // one taken, one held: two are free
		d.want(first, Offered, "the first")
		d.want(second, Offered, "the second")
		d.want(third, Waiting, "the third, beside a held seat")
		if g := d.register(held); g.Status != Confirmed {
			t.Errorf("the holder is %s", g.Status)
		}
		if taken, waiting := d.counts(); taken != 4 || waiting != 1 {
			t.Errorf("taken %d, waiting %d", taken, waiting)
		}
		if err := set(3); !fault.Is(err, fault.Invalid) {
			t.Errorf("a capacity below what is taken gave %v", err)
		}
		must(t, set(5))
		d.want(third, Offered, "the third, once there is a seat")
	})
}

func TestASeatThatALapsedHoldLeavesIsGivenToWhoWaits(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		d.hold(d.ask(1))
		waiting := d.wait(2)
		d.tend()
		d.want(waiting, Waiting, "while the seat is held")
		must(t, d.redis.FlushAll(context.Background()).Err()) // the hold is gone
		d.tend()
		d.want(waiting, Offered, "once the hold is gone")
		d.counts()
	})
}

func TestReconcileMendsWhateverRedisHas(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.register(d.ask(1))
		keys, err := d.redis.Keys(ctx, "*:place:*").Result()
		must(t, err)
		for name, spoil := range map[string]func() error{
			"lost":            func() error { return d.redis.FlushAll(ctx).Err() },
			"rolled back":     func() error { return d.redis.HSet(ctx, keys[0], "version", 0, "taken", 0).Err() },
			"ahead":           func() error { return d.redis.HSet(ctx, keys[0], "version", 99, "taken", 5).Err() },
			"spoilt":          func() error { return d.redis.HSet(ctx, keys[0], "taken", 4).Err() },
			"of another time": func() error { return d.redis.HSet(ctx, keys[0], "epoch", 1<<50, "taken", 5).Err() },
		} {
			must(t, spoil())
			d.tend()
			for _, key := range keys {
				taken, err := d.redis.HGet(ctx, key, "taken").Int()
				if want := map[bool]int{true: 1, false: 0}[key == "{"+d.event.ID+"}:place:"+d.event.Places[0].ID]; err != nil || taken != want {
					t.Errorf("after Redis was %s it has %d taken of %s, %v; want %d", name, taken, key, err, want)
				}
			}
		}
		d.register(d.ask(2))
	})
}

func TestManyAtOnceTendAndCancelAndNobodyIsOfferedTwice(t *testing.T) {
	eachDesk(t, 4, func(t *testing.T, d *desk) {
		var seated, queue []*Registration
		for n := range 4 {
			seated = append(seated, d.register(d.ask(n)))
		}
		for n := range 6 {
			queue = append(queue, d.wait(10+n))
		}
		var wg sync.WaitGroup
		for _, g := range seated {
			wg.Go(func() {
				if err := d.Cancel(context.Background(), g, d.event, ""); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if err := d.TendOnce(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for i, g := range queue {
			want := Waiting
			if i < 4 {
				want = Offered
			}
			d.want(g, want, fmt.Sprint("number ", i))
		}
		offers := 0
		for _, kind := range d.messages() {
			if kind == kindOffer {
				offers++
			}
		}
		if taken, waiting := d.counts(); taken != 4 || waiting != 2 || offers != 4 {
			t.Errorf("taken %d, waiting %d, %d offers sent", taken, waiting, offers)
		}
	})
}

// wait0 leaves one person waiting beside a seat that a lost hold has left.
func (d *desk) wait0() *Registration {
	d.t.Helper()
	d.hold(d.ask(90))
	g := d.wait(91)
	must(d.t, d.redis.FlushAll(context.Background()).Err())
	return g
}

func TestWhoStopsInPeaceLeavesTheTendingToTheOthersAtOnce(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		must(t, d.tendIfMine(t.Context(), "one"))
		take := func() bool {
			mine, err := d.db.Lease(t.Context(), "tend", "another", d.Registrar.now(), time.Minute)
			must(t, err)
			return mine
		}
		if take() {
			t.Error("two tend at a time")
		}
		d.untend(t.Context(), "one")
		if !take() {
			t.Error("nobody may tend")
		}
	})
}

func TestWhoJoinsTheWaitingListIsToldTheirPosition(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		told := func(g *Registration) (position int64) {
			t.Helper()
			var text string
			must(t, d.db.NewRaw("select snapshot from outbox where registration_id = ? and kind = 'waiting'", g.ID).Scan(context.Background(), &text))
			var s snapshot
			must(t, json.Unmarshal([]byte(text), &s))
			return s.Position
		}
		d.register(d.ask(1))
		first, second := d.wait(2), d.wait(3)
		var orders []Ask
		for n := 4; n < 8; n++ { // at the same moment: they share a transaction
			a := d.ask(n)
			a.Wait = true
			orders = append(orders, a)
		}
		list := make([]*Registration, len(orders))
		var wg sync.WaitGroup
		for i, a := range orders {
			wg.Go(func() {
				g, err := d.Register(context.Background(), a)
				if err != nil {
					t.Error(err)
					return
				}
				list[i] = g
			})
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		for _, g := range append(list, first, second) {
			ahead, err := d.store.Ahead(context.Background(), g)
			must(t, err)
			if want := int64(ahead) + 1; g.Position != want || told(g) != want {
				t.Errorf("number %d is answered %d and told %d", want, g.Position, told(g))
			}
		}
		d.cancel(first)
		d.cancel(second)
		if last := d.wait(9); last.Position != 5 || told(last) != 5 {
			t.Errorf("after two have left, the last is answered %d and told %d", last.Position, told(last))
		}
		other := d.ask(10)
		other.Place = d.event.Places[1]
		if g := d.register(other); g.Position != 0 {
			t.Errorf("who has a place has the position %d", g.Position)
		}
	})
}
