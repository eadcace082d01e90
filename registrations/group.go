package registrations

import (
	"context"
	"sync"
	"time"

	"masterclass/internal/fault"
)

const (
	groupMax     = 64               // registrations in one transaction
	groupTimeout = 10 * time.Second // for one transaction
	closeTime    = time.Second      // for the transaction on its way when the program stops
)

// errClosing is for whoever comes while the program stops.
var errClosing = fault.New(fault.Unavailable, "The service is restarting. Nothing was registered; please try again in a moment.").After(5 * time.Second)

// ticket is a registration on its way into a transaction, and what came of it.
type ticket struct {
	order
	g     *Registration
	fresh bool
	err   error
	done  chan struct{}
}

// groups has a group for each event that people register for: one that stalls on a lock holds up no other.
type groups struct {
	commit func(context.Context, []*ticket)

	mu      sync.Mutex
	byEvent map[string]*group
	closed  bool
}

// do waits for the transaction that the order becomes part of.
func (gs *groups) do(o order) *ticket {
	g := gs.of(o.Event.ID)
	if g == nil {
		return &ticket{err: errClosing}
	}
	return g.do(o)
}

func (gs *groups) of(eventID string) *group {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if gs.closed {
		return nil
	}
	if gs.byEvent == nil {
		gs.byEvent = map[string]*group{}
	}
	if gs.byEvent[eventID] == nil {
		gs.byEvent[eventID] = newGroup(gs.commit)
	}
	return gs.byEvent[eventID]
}

// close ends all groups side by side.
func (gs *groups) close() {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	gs.closed = true
	var all sync.WaitGroup
	for _, g := range gs.byEvent {
		all.Go(g.close)
	}
	all.Wait()
}

// group commits what comes at the same moment together: while one transaction is on its way to the disk, the next one fills up.
type group struct {
	commit func(context.Context, []*ticket)
	in     chan *ticket
	quit   chan struct{} // closed to end
	ended  chan struct{} // closed at the end
	ctx    context.Context
	cancel context.CancelFunc // of the transaction on its way
}

func newGroup(commit func(context.Context, []*ticket)) *group {
	g := &group{commit: commit, in: make(chan *ticket, groupMax), quit: make(chan struct{}), ended: make(chan struct{})}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	go g.run()
	return g
}

// close gives the transaction on its way a moment to end. What waits behind it is not committed, and told so.
func (g *group) close() {
	close(g.quit)
	select {
	case <-g.ended:
	case <-time.After(closeTime):
	}
	g.cancel()
	<-g.ended
}

// do waits for the transaction that the order becomes part of. It does not give up with its request: what is committed is
// acknowledged to whoever still listens, and the same answer again to whoever asks again.
func (g *group) do(o order) *ticket {
	t := &ticket{order: o, done: make(chan struct{})}
	select {
	case g.in <- t:
	case <-g.ended:
	}
	select {
	case <-t.done:
	case <-g.ended:
		t.unlessDone(errClosing)
	}
	return t
}

// unlessDone answers a ticket that no transaction has taken along.
func (t *ticket) unlessDone(err error) {
	select {
	case <-t.done:
	default:
		t.err = err
	}
}

func (g *group) run() {
	defer close(g.ended)
	for {
		select {
		case <-g.quit:
			return
		case t := <-g.in:
			g.batch(t)
		}
	}
}

func (g *group) batch(first *ticket) {
	tickets := []*ticket{first}
	for len(tickets) < groupMax && len(g.in) > 0 { // nobody else takes from it
		tickets = append(tickets, <-g.in)
	}
	g.commit(g.ctx, tickets)
	for _, t := range tickets {
		close(t.done)
	}
}
