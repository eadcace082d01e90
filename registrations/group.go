package registrations

import (
	"context"
	"time"

	"masterclass/internal/fault"
)

const (
	groupMax     = 64               // registrations in one transaction
	groupTimeout = 10 * time.Second // for one transaction
)

// ticket is a registration on its way into a transaction, and what came of it.
type ticket struct {
	order
	g     *Registration
	fresh bool
	err   error
	done  chan struct{}
}

// group commits what comes at the same moment together: while one transaction is on its way to the disk, the next one fills up.
type group struct {
	commit func(context.Context, []*ticket)
	in     chan *ticket
	quit   chan struct{} // closed to end
	ended  chan struct{} // closed at the end
}

// errClosing is for whoever comes while the program stops.
var errClosing = fault.New(fault.Unavailable, "The service is restarting. Nothing was registered; please try again in a moment.").After(5 * time.Second)

func newGroup(commit func(context.Context, []*ticket)) *group {
	g := &group{commit: commit, in: make(chan *ticket, groupMax), quit: make(chan struct{}), ended: make(chan struct{})}
	go g.run()
	return g
}

// close commits what is on its way and ends.
func (g *group) close() {
	close(g.quit)
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
		t.ended()
	}
	return t
}

// ended answers a ticket that the last transaction may not have taken along.
func (t *ticket) ended() {
	select {
	case <-t.done:
	default:
		t.err = errClosing
	}
}

func (g *group) run() {
	defer close(g.ended)
	for {
		select {
		case t := <-g.in:
			g.batch(t)
		case <-g.quit:
			for {
				select {
				case t := <-g.in:
					g.batch(t)
				default:
					return
				}
			}
		}
	}
}

func (g *group) batch(first *ticket) {
	tickets := []*ticket{first}
	for len(tickets) < groupMax {
		select {
		case t := <-g.in:
			tickets = append(tickets, t)
			continue
		default:
		}
		break
	}
	ctx, cancel := context.WithTimeout(context.Background(), groupTimeout)
	defer cancel()
	g.commit(ctx, tickets)
	for _, t := range tickets {
		close(t.done)
	}
}
