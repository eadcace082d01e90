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

// killedAt has the program kill itself at one of the next passes of a point, and starts it again each time. One instance of several does.
func killedAt(point crash.Point, within int) func(context.Context, *rig, *rand.Rand) error {
	return func(ctx context.Context, r *rig, rng *rand.Rand) error {
		i := r.instances[0]
		i.end(syscall.SIGKILL)
		for int(r.struck.Load()) < r.times(6) && ctx.Err() == nil {
			err := i.start(fmt.Sprintf("MASTERCLASS_CRASH=%s:%d", point, 1+rng.IntN(within)))
			if errors.Is(err, errEnded) {
				r.strikes() // it had something to do before it served
				continue
			}
			if err != nil {
				return err
			}
			select {
			case <-i.done():
				r.strikes()
				i.end(syscall.SIGKILL)
			case <-ctx.Done():
			}
		}
		i.end(syscall.SIGKILL)
		return i.start()
	}
}

// appStopped stops the program for longer than it promised seats, has the promises that are over lapse meanwhile, and lets it go on with
// what it believed.
func appStopped(ctx context.Context, r *rig, rng *rand.Rand) error {
	return every(ctx, rng, 300*time.Millisecond, 600*time.Millisecond, r.times(3), func() error {
		r.strikes()
		i := r.any(rng)
		if err := i.signal(syscall.SIGSTOP); err != nil {
			return err
		}
		rest(ctx, r.hold+time.Duration(rng.Int64N(int64(500*time.Millisecond))))
		err := r.lapse(context.WithoutCancel(ctx))
		return errors.Join(err, i.signal(syscall.SIGCONT))
	})
}

// grace is how much longer than promised Redis keeps a hold (package seats).
const grace = 30 * time.Second

// lapse ends the holds whose promise is over, as the grace would have in half a minute.
func (r *rig) lapse(ctx context.Context) error {
	now, err := r.redis.Time(ctx).Result()
	for _, p := range r.event.Places {
		if err == nil {
			err = r.redis.ZRemRangeByScore(ctx, r.key("holds", p.ID), "-inf", fmt.Sprint(now.Add(grace).UnixMilli())).Err()
		}
	}
	return err
}
