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

func TestAFailedRedisIsLeftAloneAndTriedAgain(t *testing.T) {
	t.Parallel()
	var b breaker
	calls := 0
	boom := errors.New("boom")
	fail := func() error { calls++; return boom }
	work := func() error { calls++; return nil }
	if err := b.do(context.Background(), fail); !errors.Is(err, boom) {
		t.Fatalf("the first failure is %v", err)
	}
	for range 5 {
		if err := b.do(context.Background(), work); !errors.Is(err, errResting) {
			t.Fatalf("right after a failure: %v", err)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls reached a resting Redis", calls-1)
	}
	b.until.Store(time.Now().Add(-time.Millisecond).UnixNano()) // the rest is over
	if err := b.do(context.Background(), work); err != nil || b.until.Load() != 0 {
		t.Errorf("after the rest: %v", err)
	}
	if err := b.do(context.Background(), work); err != nil || calls != 3 {
		t.Errorf("once it answers again: %v after %d calls", err, calls)
	}
}

func TestOneCallAtATimeTriesAFailedRedis(t *testing.T) {
	t.Parallel()
	var b breaker
	b.until.Store(time.Now().Add(-time.Millisecond).UnixNano())
	inside := 0
	err := b.do(context.Background(), func() error {
		inside++
		return b.do(context.Background(), func() error { inside++; return nil }) // another request while the first still tries
	})
	if inside != 1 || !errors.Is(err, errResting) {
		t.Errorf("%d calls went through at once: %v", inside, err)
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
		err := b.do(context.Background(), func() error { calls++; return c.errs[calls-1] })
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
	if err := b.do(ctx, func() error { return ctx.Err() }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := b.do(context.Background(), func() error { return nil }); err != nil || b.away() != 0 {
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
