package seats

import (
	"errors"
	"sync/atomic"
	"time"
)

// rest is how long a Redis that failed is left alone, so that one that is away or stalled costs a request nothing.
const rest = time.Second

var errResting = errors.New("left alone for a moment after Redis failed")

// breaker lets calls through while Redis answers. After a failure one call each rest tries again, and the first that succeeds opens the
// way for all. The zero value lets calls through.
type breaker struct{ until atomic.Int64 } // Unix nanoseconds; 0 while Redis answers

func (b *breaker) do(call func() error) error {
	until := b.until.Load()
	if now := time.Now(); until != 0 && (now.UnixNano() < until || !b.until.CompareAndSwap(until, now.Add(rest).UnixNano())) {
		return errResting
	}
	err := call()
	if err != nil {
		b.until.Store(time.Now().Add(rest).UnixNano())
	} else if until != 0 {
		b.until.Store(0)
	}
	return err
}
