package seats

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// rest is how long a Redis that failed is left alone, so that one that is away or stalled costs a request nothing.
const rest = time.Second

var errResting = errors.New("left alone for a moment after Redis failed")

// breakers has one for each server that calls go to, since one node of a Redis Cluster may be away while the others answer. The zero value
// lets calls through.
type breakers struct {
	nodes  breaker  // of finding out who serves what
	byNode sync.Map // address to *breaker; a Cluster has few
}

// of is the breaker of a node.
func (b *breakers) of(node string) *breaker {
	if known, ok := b.byNode.Load(node); ok {
		return known.(*breaker)
	}
	known, _ := b.byNode.LoadOrStore(node, new(breaker))
	return known.(*breaker)
}

// left is how long nothing is asked of a node that has left the Cluster, as after a failover: it counts no more.
const left = time.Minute

// awaySince is since when a server that calls go to has not answered, the one that is away longest; zero while all answer.
func (b *breakers) awaySince() time.Time {
	since := b.nodes.since.Load()
	b.byNode.Range(func(node, known any) bool {
		one := known.(*breaker)
		asked := node == "" || time.Since(time.Unix(0, one.until.Load())) < left
		if at := one.since.Load(); asked && at != 0 && (since == 0 || at < since) {
			since = at
		}
		return true
	})
	if since == 0 {
		return time.Time{}
	}
	return time.Unix(0, since)
}

// breaker lets calls through while Redis answers. After a failure nobody waits for it: once a rest it is tried beside the requests, and the
// first time that it answers opens the way for all. The zero value lets calls through.
type breaker struct {
	until atomic.Int64 // Unix nanoseconds; 0 while Redis answers
	since atomic.Int64 // when it failed first, Unix nanoseconds; 0 while it answers
}

// away is how long Redis has not answered.
func (b *breaker) away() time.Duration {
	since := b.since.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

// timedOut says that no answer came in time.
func timedOut(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

// do makes the call, unless Redis rests; probe is a call of no consequence, to find out whether it is back. Every call may be repeated. That
// the caller has gone or run out of time says nothing about Redis.
func (b *breaker) do(ctx context.Context, call func() error, probe func(context.Context) error) error {
	if until := b.until.Load(); until != 0 {
		if now := time.Now(); now.UnixNano() >= until && b.until.CompareAndSwap(until, now.Add(rest).UnixNano()) {
			go b.try(probe)
		}
		return errResting
	}
	err := call()
	if timedOut(err) && ctx.Err() == nil {
		err = call() // it may have been this process that stood still, and not Redis: a promised seat is not given up for that
	}
	if err == nil || ctx.Err() == nil {
		b.heard(err)
	}
	return err
}

// try finds out whether Redis is back, at most for a rest: a Redis that stalls, or is not to be reached, lets nobody but this wait.
func (b *breaker) try(probe func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), rest)
	defer cancel()
	b.heard(probe(ctx))
}

// heard draws the conclusion from what Redis answered, or did not.
func (b *breaker) heard(err error) {
	if err == nil {
		b.until.Store(0)
		b.since.Store(0)
		return
	}
	b.since.CompareAndSwap(0, time.Now().UnixNano())
	b.until.Store(time.Now().Add(rest).UnixNano())
}
