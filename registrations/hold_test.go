package registrations

import (
	"context"
	"errors"
	"testing"
	"time"

	"masterclass/internal/store/storetest"
)

func TestAPromiseStandsAgainstWhoWasWrittenDownAsItWasGiven(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		holder := d.hold(d.ask(1))
		d.clock.Add(-time.Second) // their transaction had begun, and commits now
		other := d.wait(2)
		d.clock.Add(time.Second)
		if g := d.register(holder); g.Status != Confirmed {
			t.Errorf("the person with the promise is %s", g.Status)
		}
		d.want(other, Waiting, "who came at the same moment")
		d.counts()
	})
}

func TestAPromiseOutlivesACheckThatTheRecordDidNotAnswer(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		holder := d.hold(a)
		whole := d.store
		d.store = awayStore(t)
		if _, err := d.Hold(ctx, a, "192.0.2.1"); err == nil { // sent before the answer was there, and served after
			t.Error("a check without the record promises a seat")
		}
		d.store = whole
		if _, err := d.Register(ctx, d.ask(2)); !errors.Is(err, ErrFull) {
			t.Errorf("another person got %v", err)
		}
		if g := d.register(holder); g.Status != Confirmed {
			t.Errorf("the person with the promise is %s", g.Status)
		}
	})
}

// awayStore is one whose database cannot be reached any more.
func awayStore(t *testing.T) *Store {
	t.Helper()
	db := storetest.SQLite(t)
	s, err := NewStore(context.Background(), db)
	must(t, err)
	must(t, errors.Join(s.Close(), db.Close()))
	return s
}

func TestNoSeatIsPromisedPastSomebodyWhoWaits(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.register(d.ask(1))
		d.wait(2)
		place := d.event.Places[0].ID
		must(t, d.redis.HSet(ctx, "{"+d.event.ID+"}:place:"+place, "taken", 0, "waiting", 0).Err()) // Redis has gone back in time
		if _, err := d.Hold(ctx, d.ask(3), "192.0.2.1"); !errors.Is(err, ErrFull) {
			t.Errorf("the check of a newcomer gave %v", err)
		}
		if n := d.redis.ZCard(ctx, "{"+d.event.ID+"}:holds:"+place).Val(); n != 0 {
			t.Errorf("%d holds are left", n)
		}
	})
}
