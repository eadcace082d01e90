package registrations

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"masterclass/events"
)

// move moves a registration to the event's place of that number.
func (d *desk) move(g *Registration, place int) *Registration {
	d.t.Helper()
	now, err := d.Move(context.Background(), g, d.event.Places[place].ID, kim)
	must(d.t, err)
	return now
}

// refusesMove says why somebody cannot be moved to the second place.
func (d *desk) refusesMove(g *Registration) error {
	_, err := d.Move(context.Background(), g, d.event.Places[1].ID, kim)
	return err
}

// askAt is ask for the event's place of that number.
func (d *desk) askAt(n, place int) Ask {
	a := d.ask(n)
	a.Place = d.event.Places[place]
	return a
}

// numbers are a place's taken, waiting and version.
func (d *desk) numbers(place int) (taken, waiting, version int64) {
	d.t.Helper()
	must(d.t, d.db.NewRaw("select taken, waiting, version from places where id = ?", d.event.Places[place].ID).Scan(context.Background(), &taken, &waiting, &version))
	return taken, waiting, version
}

func (d *desk) sound(when string) {
	d.t.Helper()
	d.counts()
	for _, p := range d.check().Problems {
		d.t.Errorf("%s: %s", when, p)
	}
}

func TestWhoIsMovedHasTheNewSeatAndTheOldOneGoesToWhoWaits(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		d.takePartOnline()
		g := d.register(d.ask(1))
		waiting := d.wait(2)
		_, _, here := d.numbers(0)
		_, _, there := d.numbers(1)
		for range 2 { // twice is once
			if now := d.move(g, 1); now.PlaceID != d.event.Places[1].ID || now.Status != Confirmed || now.ID != g.ID {
				t.Errorf("the answer is %+v", now)
			}
		}
		d.want(waiting, Offered, "when a seat was left")
		taken, waits, version := d.numbers(0)
		if taken != 1 || waits != 0 || version != here+2 {
			t.Errorf("the place that was left has %d taken, %d waiting and version %d after %d", taken, waits, version, here)
		}
		if taken, _, version = d.numbers(1); taken != 1 || version != there+1 {
			t.Errorf("the new place has %d taken and version %d after %d", taken, version, there)
		}
		if told := d.told(g); told != "confirmation updated" {
			t.Errorf("the person was told %s", told)
		}
		if uid, sequence := d.calendarOf(g, kindUpdated); uid != d.event.UID || sequence != 1 {
			t.Errorf("the update is about %q in version %d", uid, sequence)
		}
		if audited := d.audited(g); audited != "organiser:kim registration.moved r1" {
			t.Errorf("the audit trail says %s", audited)
		}
		d.sound("after a move")
	})
}

func TestNobodyIsMovedToAPlaceWithoutASeatForThem(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		g := d.register(d.ask(1))
		held := d.hold(d.askAt(2, 1))
		if err := d.refusesMove(g); !errors.Is(err, ErrMoveFull) {
			t.Errorf("to a place whose one seat is held: %v", err)
		}
		d.register(held)
		if err := d.refusesMove(g); !errors.Is(err, ErrMoveFull) {
			t.Errorf("to a full place: %v", err)
		}
		d.want(g, Confirmed, "who could not be moved")
		if _, err := d.Move(context.Background(), g, newID(), kim); !errors.Is(err, errNoPlace) {
			t.Errorf("to a place of another event: %v", err)
		}
		d.cancel(g)
		if err := d.refusesMove(g); err == nil {
			t.Error("a cancelled registration was moved")
		}
		d.sound("after refusals")
	})
}

func TestWhoWaitsIsConfirmedAtThePlaceTheyAreMovedTo(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		d.register(d.ask(1))
		waiting := d.wait(2)
		d.move(waiting, 1)
		d.want(waiting, Confirmed, "who waited and was moved")
		if told := d.told(waiting); told != "waiting confirmation" {
			t.Errorf("they were told %s", told)
		}
		if taken, waits := d.counts(); taken != 1 || waits != 0 {
			t.Errorf("taken %d, waiting %d", taken, waits)
		}
		d.sound("after the move")
	})
}

func TestWhoIsRegisteredElsewhereAtTheEventIsNotMovedOntoThemselves(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		d.register(d.ask(1))
		online := d.register(d.askAt(2, 1))
		a := d.ask(2)
		a.Wait = true
		waiting := d.register(a)
		if _, err := d.Move(context.Background(), online, d.event.Places[0].ID, kim); err == nil {
			t.Error("they were moved to where they wait")
		}
		must(t, d.resize(d.event.ID, d.event.Places[1].ID, 2))
		if err := d.refusesMove(waiting); !errors.Is(err, ErrMoveAlready) {
			t.Errorf("from the list to where they have a seat: %v", err)
		}
		d.sound("after refusals")
	})
}

// Moves in both directions, registrations and cancellations at once: every lock is taken in one order, and no seat is lost or made.
func TestManyWhoMoveRegisterAndCancelAtOnceKeepEveryCount(t *testing.T) {
	eachDesk(t, 6, func(t *testing.T, d *desk) {
		var gs []*Registration
		for n := range 8 {
			gs = append(gs, d.register(d.askAt(n, n%2)))
		}
		var wg sync.WaitGroup
		for n, g := range gs {
			wg.Go(func() {
				for try := range 4 {
					if _, err := d.Move(context.Background(), g, d.event.Places[(n+try+1)%2].ID, kim); err != nil && !errors.Is(err, ErrMoveFull) && !errors.Is(err, ErrMoveOver) {
						t.Errorf("move %d: %v", n, err)
					}
				}
			})
			wg.Go(func() {
				if n%3 == 0 {
					if err := d.CancelFor(context.Background(), g, d.event, "", kim); err != nil {
						t.Errorf("cancel %d: %v", n, err)
					}
					return
				}
				p := g.Person
				p.Employer = fmt.Sprint("Another trust ", n)
				if err := d.ChangeFor(context.Background(), g, d.event, p, nil, kim); err != nil && !errors.Is(err, ErrOver) {
					t.Errorf("change %d: %v", n, err)
				}
			})
			wg.Go(func() {
				a := d.askAt(20+n, n%2)
				a.Wait = true
				if _, err := d.Register(context.Background(), a); err != nil {
					t.Errorf("register %d: %v", n, err)
				}
			})
		}
		wg.Wait()
		d.tend()
		d.sound("after all of it")
	})
}

func TestAnEventThatIsOverMovesNobody(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		g := d.register(d.ask(1))
		d.exec("update events set status = ?, version = version + 1 where id = ?", string(events.Postponed), d.event.ID)
		if err := d.refusesMove(g); !errors.Is(err, ErrMoveOver) {
			t.Errorf("at a postponed event: %v", err)
		}
	})
}
