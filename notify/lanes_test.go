package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// inHand are messages to the domains, in this order.
func inHand(domains ...string) *lanes {
	q := newLanes()
	for i, domain := range domains {
		mailbox := fmt.Sprintf("person%d@%s", i, domain)
		q.waiting = append(q.waiting, &leased{Queued: Queued{ID: mailbox, Mailbox: mailbox}, leasedAt: time.Unix(0, 0)})
	}
	return q
}

// begin takes all that can go at the time.
func (q *lanes) begin(now time.Time) (begun []*leased) {
	for l := q.next(now); l != nil; l = q.next(now) {
		begun = append(begun, l)
	}
	return begun
}

func TestNoDomainHasAllTheLanes(t *testing.T) {
	t.Parallel()
	q, now := inHand("a", "a", "a", "a", "b"), time.Unix(0, 0)
	begun := q.begin(now)
	if len(begun) != wide+1 || domainOf(begun[wide].Mailbox) != "b" || len(q.waiting) != 1 {
		t.Errorf("%d were begun", len(begun))
	}
	q.ended(begun[0], true, now)
	if len(q.begin(now)) != 1 {
		t.Error("the lane that came free is not used")
	}
}

func TestASlowDomainHasOneLane(t *testing.T) {
	t.Parallel()
	start := time.Unix(0, 0)
	for name, c := range map[string]struct {
		well  bool
		after time.Duration
		slow  bool
	}{
		"well and quickly":      {true, time.Second, false},
		"put off":               {false, time.Second, true},
		"taken after some time": {true, patience + 1, true},
	} {
		q := inHand("a", "a", "a", "a", "a")
		first := q.next(start)
		now := start.Add(c.after)
		q.ended(first, c.well, now)
		want := map[bool]int{true: 1, false: wide}[c.slow]
		if got := q.begin(now); len(got) != want {
			t.Errorf("%s: %d lanes, want %d", name, len(got), want)
		}
		if parked := q.parked(now); slices.Contains(parked, "a") != c.slow {
			t.Errorf("%s: parked are %v", name, parked)
		}
		if ready := q.ready(10, now); (ready == 0) != c.slow {
			t.Errorf("%s: %d are ready", name, ready)
		}
	}
}

func TestADomainIsSlowWhileAMessageTakesLong(t *testing.T) {
	t.Parallel()
	q, now := inHand("a", "a", "b"), time.Unix(0, 0)
	first := q.next(now)
	now = now.Add(patience + 1)
	if l := q.next(now); l == nil || domainOf(l.Mailbox) != "b" {
		t.Errorf("next is %v, want b's", l)
	}
	q.ended(first, true, now)
	if l := q.next(now); l == nil {
		t.Error("one at a time does not go")
	} else {
		q.ended(l, true, now)
	}
	if q.domains["a"].slow(now) {
		t.Error("a quick answer does not end it")
	}
}

func TestASlowDomainIsForgotten(t *testing.T) {
	t.Parallel()
	q, now := inHand("a"), time.Unix(0, 0)
	q.ended(q.next(now), false, now)
	if q.sweep(now); len(q.domains) != 1 {
		t.Error("it is forgotten at once")
	}
	if q.sweep(now.Add(slowAfter)); len(q.domains) != 0 {
		t.Error("it is remembered for ever")
	}
}

func TestMessagesThatWaitedForTooLongAreGivenBack(t *testing.T) {
	t.Parallel()
	q := inHand("a", "b")
	q.waiting[1].leasedAt = time.Unix(60, 0)
	late := q.sweep(time.Unix(60, 0))
	if len(late) != 1 || domainOf(late[0].Mailbox) != "a" || len(q.waiting) != 1 {
		t.Errorf("given back are %v", late)
	}
}
