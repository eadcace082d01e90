package storetest

import (
	"sync"
	"time"
)

// Clock is a time that only the test moves. Safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	t      time.Time
	follow []func(time.Time)
}

// NewClock stands still at t.
func NewClock(t time.Time) *Clock { return &Clock{t: t} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
	for _, f := range c.follow {
		f(c.t)
	}
}

// keep has another clock set to this one, now and whenever it moves.
func (c *Clock) keep(set func(time.Time)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.follow = append(c.follow, set)
	set(c.t)
}
