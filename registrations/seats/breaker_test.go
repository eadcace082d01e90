package seats

import (
	"errors"
	"testing"
	"time"
)

func TestAFailedRedisIsLeftAloneAndTriedAgain(t *testing.T) {
	t.Parallel()
	var b breaker
	calls := 0
	boom := errors.New("boom")
	fail := func() error { calls++; return boom }
	work := func() error { calls++; return nil }
	if err := b.do(fail); !errors.Is(err, boom) {
		t.Fatalf("the first failure is %v", err)
	}
	for range 5 {
		if err := b.do(work); !errors.Is(err, errResting) {
			t.Fatalf("right after a failure: %v", err)
		}
	}
	if calls != 1 {
		t.Errorf("%d calls reached a resting Redis", calls-1)
	}
	b.until.Store(time.Now().Add(-time.Millisecond).UnixNano()) // the rest is over
	if err := b.do(work); err != nil || b.until.Load() != 0 {
		t.Errorf("after the rest: %v", err)
	}
	if err := b.do(work); err != nil || calls != 3 {
		t.Errorf("once it answers again: %v after %d calls", err, calls)
	}
}

func TestOneCallAtATimeTriesAFailedRedis(t *testing.T) {
	t.Parallel()
	var b breaker
	b.until.Store(time.Now().Add(-time.Millisecond).UnixNano())
	inside := 0
	err := b.do(func() error {
		inside++
		return b.do(func() error { inside++; return nil }) // another request while the first still tries
	})
	if inside != 1 || !errors.Is(err, errResting) {
		t.Errorf("%d calls went through at once: %v", inside, err)
	}
}
