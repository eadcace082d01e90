package torture

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// every does something again and again, after a pause that lies between two, until the context ends or it was done so many times.
func every(ctx context.Context, rng *rand.Rand, least, most time.Duration, times int, do func() error) error {
	for range times {
		rest(ctx, least+time.Duration(rng.Int64N(int64(most-least))))
		if ctx.Err() != nil {
			return nil
		}
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// always is for a fault that costs so little that it does not keep the crowd from being served.
const always = math.MaxInt

// times is how often a fault happens that costs so much that, without an end, it would be all that goes on.
func (r *rig) times(short int) int {
	if r.long {
		return 8 * short
	}
	return short
}

// often is how often Redis loses what it knows: several times while one person registers.
func often(ctx context.Context, r *rig, rng *rand.Rand, times int, do func() error) error {
	return every(ctx, rng, 60*time.Millisecond, 180*time.Millisecond, times, func() error {
		r.strikes()
		return do()
	})
}

func redisFlushed(ctx context.Context, r *rig, rng *rand.Rand) error {
	return often(ctx, r, rng, always, func() error { return r.redis.FlushAll(context.WithoutCancel(ctx)).Err() })
}

func redisKilled(ctx context.Context, r *rig, rng *rand.Rand) error {
	return often(ctx, r, rng, r.times(20), func() error {
		r.mortal.End(syscall.SIGKILL)
		return r.mortal.Start()
	})
}

// redisFailover lets the replica fall behind, kills the primary, and waits until the Sentinels have made the replica the primary. It happens
// once a trial: who is promoted has no replica of its own.
func redisFailover(ctx context.Context, r *rig, rng *rand.Rand) error {
	rest(ctx, time.Duration(200+rng.IntN(600))*time.Millisecond)
	if err := r.sentinel.Cut(); err != nil {
		return err
	}
	rest(ctx, time.Duration(rng.IntN(600))*time.Millisecond)
	r.strikes()
	r.sentinel.Kill()
	for deadline := time.Now().Add(patience); !r.sentinel.Promoted(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("the Sentinels have not promoted the replica")
		}
	}
	return nil
}

// redisDown has Redis away for longer than anybody waits.
func redisDown(ctx context.Context, r *rig, rng *rand.Rand) error {
	away := 2 * time.Second
	if r.long {
		away = 30 * time.Second
	}
	rest(ctx, time.Duration(rng.Int64N(int64(time.Second))))
	r.strikes()
	r.mortal.End(syscall.SIGKILL)
	rest(ctx, away)
	return r.mortal.Start()
}

// dump is all that Redis knew at one moment, by key.
type dump map[string]string

func (r *rig) dumpRedis(ctx context.Context) (dump, error) {
	keys, err := r.redis.Keys(ctx, "*").Result()
	if err != nil {
		return nil, err
	}
	d := dump{}
	got, err := r.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range keys {
			p.Dump(ctx, key)
		}
		return nil
	})
	if err != nil && err != redis.Nil { // a key that has gone meanwhile
		return nil, err
	}
	for n, key := range keys {
		if value, ok := got[n].(*redis.StringCmd); ok && value.Err() == nil {
			d[key] = value.Val()
		}
	}
	return d, nil
}

func (r *rig) restoreRedis(ctx context.Context, d dump) error {
	_, err := r.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.FlushAll(ctx)
		for key, value := range d {
			p.Restore(ctx, key, 0, value)
		}
		return nil
	})
	return err
}

// redisRolledBack gives Redis an earlier state back, as a replica does that takes over behind the times.
func redisRolledBack(ctx context.Context, r *rig, rng *rand.Rand) error {
	var past []dump
	return every(ctx, rng, 60*time.Millisecond, 180*time.Millisecond, always, func() error {
		ctx := context.WithoutCancel(ctx)
		if len(past) == 0 || rng.IntN(2) == 0 {
			d, err := r.dumpRedis(ctx)
			past = append(past, d)
			return err
		}
		r.strikes()
		return r.restoreRedis(ctx, past[rng.IntN(len(past))])
	})
}

// redisSlow stalls Redis for a moment that the program waits out, or for one that it does not.
func redisSlow(ctx context.Context, r *rig, rng *rand.Rand) error {
	return every(ctx, rng, 100*time.Millisecond, 300*time.Millisecond, r.times(10), func() error {
		r.strikes()
		pause := time.Duration(20+rng.IntN(900)) * time.Millisecond
		if err := r.redis.ClientPause(context.WithoutCancel(ctx), pause).Err(); err != nil {
			return err
		}
		rest(ctx, pause)
		return nil
	})
}

// spells turns something on and off for moments, and leaves it off.
func spells(ctx context.Context, r *rig, rng *rand.Rand, on, off func(context.Context) error) error {
	whole := context.WithoutCancel(ctx)
	return every(ctx, rng, 50*time.Millisecond, 250*time.Millisecond, r.times(10), func() error {
		r.strikes()
		if err := on(whole); err != nil {
			return err
		}
		rest(ctx, time.Duration(50+rng.IntN(400))*time.Millisecond)
		return off(whole)
	})
}

// redisReadOnly makes Redis a replica of nobody.
func redisReadOnly(ctx context.Context, r *rig, rng *rand.Rand) error {
	return spells(ctx, r, rng,
		func(ctx context.Context) error { return r.redis.Do(ctx, "REPLICAOF", "127.0.0.1", "1").Err() },
		func(ctx context.Context) error { return r.redis.Do(ctx, "REPLICAOF", "NO", "ONE").Err() })
}

func redisOutOfMemory(ctx context.Context, r *rig, rng *rand.Rand) error {
	set := func(limit string) func(context.Context) error {
		return func(ctx context.Context) error { return r.redis.ConfigSet(ctx, "maxmemory", limit).Err() }
	}
	return spells(ctx, r, rng, set("1"), set("0"))
}
