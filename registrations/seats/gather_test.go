package seats

import (
	"context"
	"testing"
	"time"
)

// together asks for holds in one call, as those who come at one moment do.
func (b bench) together(ids ...string) []Outcome {
	var asks []*asking
	for _, id := range ids {
		asks = append(asks, &asking{id: id, promise: true})
	}
	b.answer(context.Background(), b.ref, asks)
	var outcomes []Outcome
	for _, a := range asks {
		outcomes = append(outcomes, a.Outcome)
	}
	return outcomes
}

func same(got []Outcome, want ...Outcome) bool {
	for i := range want {
		if got[i] != want[i] {
			return false
		}
	}
	return len(got) == len(want)
}

func TestThoseWhoAskTogetherAreServedInTheirOrder(t *testing.T) {
	each(t, 3, func(t *testing.T, b bench) {
		first, twice := newID(), newID()
		if o := b.hold(first); o != Held {
			t.Fatal(o)
		}
		got := b.together(twice, first, twice, newID(), newID())
		if !same(got, Held, Held, Held, Held, Full) {
			t.Errorf("one who held, one who clicked twice and two others: %v", got)
		}
		if left := b.left(t).Left; left != 0 {
			t.Errorf("%d are left", left)
		}
	})
}

func TestAHoldSurvivesThatRedisForgetsItsPlace(t *testing.T) {
	each(t, 2, func(t *testing.T, b bench) {
		mine := newID()
		if o := b.hold(mine); o != Held {
			t.Fatal(o)
		}
		if err := b.forget(context.Background(), b.ref); err != nil {
			t.Fatal(err)
		}
		if got := b.together(mine, newID(), newID()); !same(got, Held, Held, Full) {
			t.Errorf("the one with the hold and two others: %v", got)
		}
	})
}

func TestARefusalIsRememberedForNobodyWhoHolds(t *testing.T) {
	each(t, 1, func(t *testing.T, b bench) {
		mine := newID()
		if o := b.hold(mine); o != Held {
			t.Fatal(o)
		}
		if h := b.HoldForCommit(b.ref, newID(), true); h.Outcome != Full {
			t.Errorf("a second person got %v", h.Outcome)
		}
		b.full.remember(b.ref, b.full.moment(), []*asking{{Hold: Hold{Outcome: Full}}}) // again, if a change was told of meanwhile
		if h := b.HoldForCommit(b.ref, mine, false); h.Outcome != Held {
			t.Errorf("who holds the seat got %v", h.Outcome)
		}
		if h := b.HoldForCommit(b.ref, newID(), true); h.Outcome != Full {
			t.Errorf("from memory it is %v", h.Outcome)
		}
		if err := b.Release(context.Background(), b.ref, mine); err != nil {
			t.Fatal(err)
		}
		if h := b.HoldForCommit(b.ref, newID(), true); h.Outcome != Held {
			t.Errorf("after a seat came free it is %v", h.Outcome)
		}
	})
}

func TestAnAnswerFromBeforeASeatCameFreeIsNotRemembered(t *testing.T) {
	t.Parallel()
	var f fullness
	ref := Ref{"e", "p"}
	before := f.moment()
	f.forget(ref)
	f.remember(ref, before, []*asking{{Hold: Hold{Outcome: Full}}})
	if _, ok := f.recall(ref); ok {
		t.Error("it is")
	}
	f.remember(ref, f.moment(), []*asking{{Hold: Hold{Outcome: Held}}})
	if _, ok := f.recall(ref); ok {
		t.Error("that a place is free is remembered")
	}
	f.remember(ref, f.moment(), []*asking{{Hold: Hold{Outcome: Full}}})
	if _, ok := f.recall(ref); !ok {
		t.Error("nothing is ever remembered")
	}
	f.forgetEvent("other")
	if _, ok := f.recall(ref); !ok {
		t.Error("another event's change forgets it")
	}
	f.forgetEvent("e")
	if _, ok := f.recall(ref); ok {
		t.Error("its event's change does not forget it")
	}
}

func TestTheDriftOfAFlushedRedisIsCounted(t *testing.T) {
	each(t, 5, func(t *testing.T, b bench) {
		for range 2 {
			if _, err := b.Reconcile(context.Background(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if n := b.Counts().Drift; n != 0 {
			t.Errorf("%d drifts with nothing wrong", n)
		}
		if err := b.redis.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Reconcile(context.Background(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if n := b.Counts().Drift; n != 1 {
			t.Errorf("%d drifts after all was lost", n)
		}
	})
}

func TestAHoldOfWhoRegisteredAtAnotherPlaceEnds(t *testing.T) {
	each(t, 5, func(t *testing.T, b bench) {
		elsewhere := bench{Seats: b.Seats, ref: place(t, b.db, 5)}
		id := newID()
		elsewhere.sell(t, 1, 0, 40, id) // a version that this place is far from
		b.apply(t)
		b.holdUntil(t, id, time.Now().Add(time.Minute))
		if _, err := b.Reconcile(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if left := b.left(t).Left; left != 5 {
			t.Errorf("%d are left of 5", left)
		}
	})
}
