package seats

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// back and gone are what a probe finds.
func back(context.Context) error { return nil }
func gone(context.Context) error { return errors.New("still away") }

// settles waits until what the breaker thinks of Redis is so.
func (b *breaker) settles(t *testing.T, away bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); (b.until.Load() != 0) != away; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("Redis is not known to be away: %v", away)
		}
	}
}

func TestAFailedRedisIsLeftAloneAndTriedAgain(t *testing.T) {
	t.Parallel()
	var b breaker
	calls := 0
	boom := errors.New("boom")
	fail := func() error { calls++; return boom }
	work := func() error { calls++; return nil }
	if err := b.do(context.Background(), fail, back); !errors.Is(err, boom) {
		t.Fatalf("the first failure is %v", err)
	}
	for range 5 {
		if err := b.do(context.Background(), work, back); !errors.Is(err, errResting) {
			t.Fatalf("right after a failure: %v", err)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls reached a resting Redis", calls-1)
	}
	b.until.Store(time.Now().Add(-time.Millisecond).UnixNano()) // the rest is over
	if err := b.do(context.Background(), work, back); !errors.Is(err, errResting) {
		t.Errorf("after the rest: %v", err)
	}
	b.settles(t, false)
	if err := b.do(context.Background(), work, gone); err != nil || calls != 2 || b.away() != 0 {
		t.Errorf("once it answers again: %v after %d calls, away %v", err, calls, b.away())
	}
}

// TestNobodyWaitsForARedisThatStalls has a Redis that takes the one call that tries it, and says nothing.
func TestNobodyWaitsForARedisThatStalls(t *testing.T) {
	t.Parallel()
	var b breaker
	b.heard(errors.New("boom"))
	b.until.Store(time.Now().Add(-time.Millisecond).UnixNano())
	tried, answer := make(chan struct{}, 10), make(chan error)
	stalls := func(context.Context) error { tried <- struct{}{}; return <-answer }
	reached := func() error { t.Error("a call reached it"); return nil }
	for range 10 { // they would wait here for ever
		if err := b.do(context.Background(), reached, stalls); !errors.Is(err, errResting) {
			t.Fatalf("while it is tried: %v", err)
		}
	}
	<-tried
	answer <- errors.New("timed out")
	b.settles(t, true)
	if len(tried) > 0 || b.away() == 0 {
		t.Errorf("it was tried %d times more, away %v", len(tried), b.away())
	}
}

// A process that was stopped for a while finds that all its calls have run out of time.
func TestACallThatRanOutOfTimeIsMadeOnceMore(t *testing.T) {
	t.Parallel()
	late := &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	for name, c := range map[string]struct {
		errs  []error
		calls int
		away  bool
	}{
		"this process stood still": {[]error{late, nil}, 2, false},
		"Redis stalls":             {[]error{late, late}, 2, true},
		"Redis is not there":       {[]error{errors.New("connection refused")}, 1, true},
	} {
		var b breaker
		calls := 0
		err := b.do(context.Background(), func() error { calls++; return c.errs[calls-1] }, gone)
		if (err != nil) != c.away || calls != c.calls || (b.away() > 0) != c.away {
			t.Errorf("%s: %v after %d calls, away %v", name, err, calls, b.away())
		}
	}
}

func TestACallerWhoHasGoneSaysNothingAboutRedis(t *testing.T) {
	t.Parallel()
	var b breaker
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.do(ctx, func() error { return ctx.Err() }, gone); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := b.do(context.Background(), func() error { return nil }, gone); err != nil || b.away() != 0 {
		t.Errorf("the next call: %v, away %v", err, b.away())
	}
}

func TestOnceRedisHasBeenAwayForLongerThanAHoldTheRecordIsEnough(t *testing.T) {
	t.Parallel()
	r, err := store.OpenRedis("unix:///nowhere/redis.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := newBench(t, storetest.SQLite(t), r, 3, false)
	b.sell(t, 1, 2, 3)
	for away, want := range map[time.Duration]int{time.Second: 0, b.Seats.hold + grace + time.Second: 1} {
		only := b.Seats.breakers.of("")
		only.since.Store(time.Now().Add(-away).UnixNano())
		only.until.Store(time.Now().Add(time.Hour).UnixNano())
		stock, err := b.Reconcile(context.Background(), time.Now())
		if err != nil || len(stock) != want {
			t.Errorf("after %v it gives %v, %v", away, stock, err)
		}
		if want == 1 && (stock[0].Taken != 1 || stock[0].Waiting != 2 || stock[0].Live != 0) {
			t.Errorf("the stock is %+v", stock[0])
		}
	}
}
