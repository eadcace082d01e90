package registrations

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"masterclass/events"
)

// closeRegistration is its end a moment ago.
func (d *desk) closeRegistration() {
	d.t.Helper()
	d.exec("update events set registration_closes_at = ?, version = version + 1 where id = ?", d.clock.Now().UnixMilli()-1, d.event.ID)
	d.events.Changed()
	d.event = d.now()
}

func (d *desk) give(g *Registration) error {
	d.t.Helper()
	_, err := d.Give(context.Background(), g, kim)
	return err
}

func TestAPlaceThatIsLeftOnceTheListRestsIsGivenByHand(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		holder := d.register(d.ask(1))
		first, second := d.wait(2), d.wait(3)
		if err := d.give(second); !errors.Is(err, ErrListMoves) {
			t.Errorf("while the list moves: %v", err)
		}
		d.closeRegistration()
		if err := d.give(second); !errors.Is(err, ErrNoneLeft) {
			t.Errorf("of a full place: %v", err)
		}
		d.cancel(holder)
		d.want(first, Waiting, "nobody is offered a seat after registration closed")
		if left, err := d.LeftFor(t.Context(), d.event); err != nil || left[d.event.Places[0].ID] != (events.Availability{Left: 1, Waiting: 2}) {
			t.Errorf("left are %v, %v", left, err)
		}
		for range 2 { // twice is once
			must(t, d.give(second))
		}
		d.want(second, Confirmed, "whom the organiser chose")
		d.want(first, Waiting, "who was not chosen")
		if told := d.told(second); told != "waiting confirmation" {
			t.Errorf("they were told %s", told)
		}
		if audited := d.audited(second); audited != "organiser:kim registration.given r1" {
			t.Errorf("the audit trail says %s", audited)
		}
		if uid, _ := d.calendarOf(second, kindConfirmation); uid == "" {
			t.Error("they got no invitation")
		}
		if err := d.give(first); !errors.Is(err, ErrNoneLeft) {
			t.Errorf("of a full place again: %v", err)
		}
		d.cancel(first)
		if err := d.give(first); !errors.Is(err, ErrNotWaiting) {
			t.Errorf("to who has left the list: %v", err)
		}
		d.sound("after giving")
	})
}

func TestOrganisersPassAListThatRests(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		ctx := context.Background()
		gone := []*Registration{d.register(d.ask(1)), d.register(d.ask(2)), d.register(d.ask(3))}
		online := d.register(d.askAt(4, 1))
		waiting := d.wait(5)
		d.exec("update events set starts_at = ?, ends_at = ?, registration_closes_at = ?, version = version + 1 where id = ?", d.clock.Now().Add(30*time.Minute).UnixMilli(),
			d.clock.Now().Add(8*time.Hour).UnixMilli(), d.clock.Now().Add(30*time.Minute).UnixMilli(), d.event.ID)
		d.events.Changed()
		d.event = d.now() // in half an hour: the list rests, and the public form is open still
		for _, g := range gone {
			d.cancel(g)
		}
		if _, err := d.Register(ctx, d.ask(6)); !errors.Is(err, ErrFull) {
			t.Errorf("a newcomer passed those who wait: %v", err)
		}
		if g, err := d.AddFor(ctx, d.ask(7), true, kim); err != nil || g.Status != Confirmed {
			t.Errorf("who is added at the desk: %v, %v", g, err)
		}
		if g, err := d.Move(ctx, online, d.event.Places[0].ID, kim); err != nil || g.Status != Confirmed {
			t.Errorf("who is moved: %v, %v", g, err)
		}
		must(t, d.give(waiting))
		if _, err := d.AddFor(ctx, d.ask(8), true, kim); !errors.Is(err, ErrFull) {
			t.Errorf("past the last seat: %v", err)
		}
		if taken, waits := d.counts(); taken != 3 || waits != 0 {
			t.Errorf("taken %d, waiting %d", taken, waits)
		}
		d.sound("after giving")
	})
}

func TestWhoIsGivenAPlaceGivesUpTheirOther(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		holder, online := d.register(d.ask(1)), d.register(d.askAt(2, 1))
		a := d.ask(2)
		a.Wait = true
		waiting := d.register(a)
		d.closeRegistration()
		d.cancel(holder)
		must(t, d.give(waiting))
		d.want(waiting, Confirmed, "the place that was given")
		d.want(online, Cancelled, "the place they had")
		if taken, _, _ := d.numbers(1); taken != 0 {
			t.Errorf("%d seats are taken online", taken)
		}
		d.sound("after giving")
	})
}

// A seat that somebody holds while they check their answers is theirs, also when the list rests in the last hour.
func TestNoSeatIsGivenThatIsHeld(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		held := d.hold(d.ask(1))
		waiting := d.wait(2)
		d.exec("update events set starts_at = ?, ends_at = ?, registration_closes_at = ?, version = version + 1 where id = ?", d.clock.Now().Add(30*time.Minute).UnixMilli(),
			d.clock.Now().Add(8*time.Hour).UnixMilli(), d.clock.Now().Add(30*time.Minute).UnixMilli(), d.event.ID)
		d.events.Changed()
		d.event = d.now()
		if err := d.give(waiting); !errors.Is(err, ErrNoneLeft) {
			t.Errorf("the seat that is held was given: %v", err)
		}
		if _, err := d.AddFor(t.Context(), d.ask(3), true, kim); !errors.Is(err, ErrFull) {
			t.Errorf("the seat that is held was taken at the desk: %v", err)
		}
		held.Event = d.event
		d.want(d.register(held), Confirmed, "who held it")
		d.sound("after a refusal")
	})
}

// Gifts, walk-ins and cancellations at once keep every count.
func TestManyGiftsAtOnceOversellNothing(t *testing.T) {
	eachDesk(t, 4, func(t *testing.T, d *desk) {
		var have, want []*Registration
		for n := range 4 {
			have = append(have, d.register(d.ask(n)))
		}
		for n := range 8 {
			want = append(want, d.wait(10+n))
		}
		d.closeRegistration()
		for _, g := range have[:3] {
			d.cancel(g)
		}
		var wg sync.WaitGroup
		for n, g := range want {
			wg.Go(func() {
				if err := d.give(g); err != nil && !errors.Is(err, ErrNoneLeft) {
					t.Errorf("giving: %v", err)
				}
			})
			wg.Go(func() {
				if _, err := d.AddFor(context.Background(), d.ask(30+n), true, kim); err != nil && !errors.Is(err, ErrFull) {
					t.Errorf("adding: %v", err)
				}
			})
		}
		wg.Wait()
		if taken, _ := d.counts(); taken != 4 {
			t.Errorf("%d of 4 seats are taken", taken)
		}
		d.sound("after many gifts")
	})
}
