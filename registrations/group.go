package registrations

import (
	"context"
	"sync"
	"time"
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
	quit   chan struct{}
	ended  sync.WaitGroup
}

func newGroup(commit func(context.Context, []*ticket)) *group {
	g := &group{commit: commit, in: make(chan *ticket, groupMax), quit: make(chan struct{})}
	g.ended.Go(g.run)
	return g
}

// close commits what is on its way and ends. Nothing may come after it.
func (g *group) close() {
	close(g.quit)
	g.ended.Wait()
}

// do waits for the transaction that the order becomes part of. It does not give up with its request: what is committed is
// acknowledged to whoever still listens, and the same answer again to whoever asks again.
func (g *group) do(o order) *ticket {
	t := &ticket{order: o, done: make(chan struct{})}
	g.in <- t
	<-t.done
	return t
}

func (g *group) run() {
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
