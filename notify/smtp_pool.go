package notify

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	connections = 4                // open at once: what mail servers take from one client without complaint
	keptFor     = 20 * time.Second // idle: less than servers wait for a client, which is a minute and more
	keptUnasked = time.Second      // idle, after which a connection is asked whether it still works
	perConn     = 100              // messages: some servers close connections that are never let go
)

// pool keeps connections between messages. Signing in costs a server, and the way to it, more than a message does.
type pool struct {
	slots   chan struct{} // one for each connection that is in use
	keptFor time.Duration
	perConn int

	mu     sync.Mutex
	idle   []*client // the last used at the end
	closed bool
}

func newPool() pool {
	return pool{slots: make(chan struct{}, connections), keptFor: keptFor, perConn: perConn}
}

// enter waits for one of the connections that may be in use.
func (p *pool) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) leave() { <-p.slots }

// take gives an idle connection, or nil.
func (p *pool) take() *client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	last := len(p.idle) - 1
	c := p.idle[last]
	p.idle = p.idle[:last]
	c.expiry.Stop() // if it is too late, discard finds that the connection is not idle any more
	return c
}

// put keeps a connection that is ready for the next message, unless it has had enough.
func (p *pool) put(c *client) {
	p.mu.Lock()
	full := p.closed || c.messages >= p.perConn
	if !full {
		c.idleSince = time.Now()
		c.expiry = time.AfterFunc(p.keptFor, func() { p.discard(c) })
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if full {
		c.quit()
	}
}

// discard ends a connection that nobody needed, unless it has been used since its time ran out.
func (p *pool) discard(c *client) {
	p.mu.Lock()
	i := slices.Index(p.idle, c)
	expired := i >= 0 && time.Since(c.idleSince) >= p.keptFor
	if expired {
		p.idle = slices.Delete(p.idle, i, i+1)
	}
	p.mu.Unlock()
	if expired {
		c.quit()
	}
}

// Close ends the connections that are kept. Messages under way go on, and nothing is kept after them.
func (s *SMTP) Close() error {
	s.pool.mu.Lock()
	idle := s.pool.idle
	s.pool.idle, s.pool.closed = nil, true
	s.pool.mu.Unlock()
	for _, c := range idle {
		c.expiry.Stop()
		c.quit()
	}
	return nil
}
