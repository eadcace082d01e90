package organisers

import (
	"fmt"
	"testing"
	"time"

	"masterclass/internal/fault"
)

func TestGuessingIsStoppedWhereItComesFrom(t *testing.T) {
	c := newClock()
	l := newLimits(c.Now)
	for range 10 {
		if _, err := l.begin(source{mailbox: "ada", address: "192.0.2.1"}); err != nil {
			t.Fatal(err)
		}
	}
	c.Add(5 * time.Minute)
	_, err := l.begin(source{mailbox: "ada", address: "192.0.2.1"})
	if f, ok := fault.Of(err); !ok || f.Kind != fault.TooMany || f.RetryAfter != 10*time.Minute {
		t.Errorf("the eleventh: %v", err)
	}
	for name, who := range map[string][2]string{"the account elsewhere": {"ada", "192.0.2.2"}, "another account": {"bob", "192.0.2.1"}} {
		if a, err := l.begin(source{mailbox: who[0], address: who[1]}); err != nil || a.delay != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	c.Add(10 * time.Minute)
	if _, err := l.begin(source{mailbox: "ada", address: "192.0.2.1"}); err != nil {
		t.Errorf("after the quarter of an hour: %v", err)
	}
}

func TestAnAddressThatTriesManyAccountsIsStopped(t *testing.T) {
	l := newLimits(newClock().Now)
	for i := range 100 { // an IPv6 subscriber has a whole /64
		if _, err := l.begin(source{mailbox: fmt.Sprint(i), address: fmt.Sprintf("2001:db8:0:1::%x", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.begin(source{mailbox: "another", address: "2001:db8:0:1:ffff::"}); !fault.Is(err, fault.TooMany) {
		t.Errorf("the hundred and first: %v", err)
	}
	if _, err := l.begin(source{mailbox: "another", address: "2001:db8:0:2::"}); err != nil {
		t.Errorf("the neighbour: %v", err)
	}
}

func TestAnAccountUnderAttackIsSlowAndNeverShut(t *testing.T) {
	c := newClock()
	l := newLimits(c.Now)
	for i := range 200 {
		a, err := l.begin(source{mailbox: "ada", address: fmt.Sprintf("198.51.100.%d", i)})
		if err != nil || (a.delay > 0) != (i >= 50) {
			t.Fatalf("attempt %d: %+v, %v", i+1, a, err)
		}
	}
	c.Add(time.Hour)
	if a, err := l.begin(source{mailbox: "ada", address: "192.0.2.1"}); err != nil || a.delay != 0 {
		t.Errorf("an hour later: %+v, %v", a, err)
	}
}

func TestABrowserThatHasSignedInBeforeIsCountedByItself(t *testing.T) {
	l := newLimits(newClock().Now)
	for i := range 200 { // strangers on the same network, at this account and at others
		_, _ = l.begin(source{mailbox: "ada", address: "192.0.2.1"})
		_, _ = l.beginCode(source{mailbox: "ada", address: "192.0.2.1"})
		_, _ = l.begin(source{mailbox: fmt.Sprint(i), address: "192.0.2.1"})
	}
	known := source{mailbox: "ada", address: "192.0.2.1", device: "one"}
	for n, begin := range []func(source) (*attempt, error){l.begin, l.beginCode} {
		for i := range 5 {
			if a, err := begin(known); err != nil || a.delay != 0 {
				t.Fatalf("attempt %d of her own browser: %+v, %v", 5*n+i+1, a, err)
			}
		}
	}
	for _, begin := range []func(source) (*attempt, error){l.begin, l.beginCode} {
		if _, err := begin(known); !fault.Is(err, fault.TooMany) {
			t.Errorf("the eleventh of that browser: %v", err)
		}
	}
	known.device = "two"
	if _, err := l.begin(known); err != nil {
		t.Errorf("her other browser: %v", err)
	}
}

func TestSuccessesDoNotCount(t *testing.T) {
	l := newLimits(newClock().Now)
	for range 200 {
		a, err := l.begin(source{mailbox: "ada", address: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		a.undo()
	}
	if n := len(l.pair.keys) + len(l.address.keys) + len(l.account.keys); n != 0 {
		t.Errorf("%d tallies are left", n)
	}
}

func TestAFloodOfKeysTakesBoundedMemoryAndFreesNobody(t *testing.T) {
	c := newClock()
	counter := &newLimits(c.Now).pair
	for range 10 {
		counter.add("blocked", c.Now())
	}
	for i := range 3 * maxTallies {
		counter.add(fmt.Sprint(i), c.Now())
	}
	if len(counter.keys) > maxTallies || counter.wait(counter.keys["blocked"], c.Now()) == 0 {
		t.Errorf("%d keys are kept; blocked for %v", len(counter.keys), counter.wait(counter.keys["blocked"], c.Now()))
	}
}
