package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"masterclass/internal/crash"
)

// appKilled kills the program at moments of nobody's choice.
func appKilled(ctx context.Context, r *rig, rng *rand.Rand) error {
	return every(ctx, rng, 150*time.Millisecond, 450*time.Millisecond, r.times(6), func() error {
		r.strikes()
		i := r.any(rng)
		i.end(syscall.SIGKILL)
		return i.start()
	})
}

// within is among how many passes of a point the one is at which the program dies.
const within = 15

// killed tells a program to kill itself at one of the next passes of a point.
func killed(at crash.Point, rng *rand.Rand) string {
	return fmt.Sprintf("MASTERCLASS_CRASH=%s:%d", at, 1+rng.IntN(within))
}

// appDies starts the instance that kills itself again each time, and at last one that does not.
func appDies(ctx context.Context, r *rig, rng *rand.Rand) error {
	i := r.instances[0]
	if r.smtp {
		mailing, sent := context.WithCancel(context.WithoutCancel(ctx))
		defer sent()
		go r.awaitMail(ctx, mailing, sent)
		ctx = mailing
	}
	for range r.times(6) {
		select {
		case <-i.done():
			r.strikes()
			i.end(syscall.SIGKILL)
		case <-ctx.Done():
			i.end(syscall.SIGKILL)
			return i.start()
		}
		if err := i.start(killed(r.dies, rng)); err != nil && !errors.Is(err, errEnded) { // it may have something to do before it serves
			return err
		}
	}
	i.end(syscall.SIGKILL)
	return i.start()
}

// awaitMail waits, once the crowd has gone, until all mail is sent: the program sends it at its own pace.
func (r *rig) awaitMail(crowd, mailing context.Context, sent func()) {
	<-crowd.Done()
	for queued := 1; queued > 0 && mailing.Err() == nil; rest(mailing, 100*time.Millisecond) {
		if err := r.look(mailing, "select count(*) from outbox where state = 'queued'", &queued); err != nil {
			queued = 1
		}
	}
	sent()
}

// appStopped stops the program until the seats that it keeps for others are theirs no more, and lets it go on with what it believed.
func appStopped(ctx context.Context, r *rig, rng *rand.Rand) error {
	return every(ctx, rng, 300*time.Millisecond, 600*time.Millisecond, r.times(1), func() error {
		r.strikes()
		i := r.any(rng)
		if err := i.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		rest(ctx, r.hold+grace+time.Duration(rng.Int64N(int64(500*time.Millisecond))))
		return i.signal(syscall.SIGCONT)
	})
}

// grace is how much longer than promised Redis keeps a hold under torture (package seats).
const grace = 3 * time.Second
