package registrations

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestWhatComesTogetherIsCommittedTogether(t *testing.T) {
	t.Parallel()
	var transactions atomic.Int64
	release := make(chan struct{})
	g := newGroup(func(_ context.Context, tickets []*ticket) {
		transactions.Add(1)
		if len(tickets) > groupMax {
			t.Errorf("%d registrations share a transaction", len(tickets))
		}
		<-release
	})
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if done := g.do(order{}); done.err != nil {
				t.Error(done.err)
			}
		})
	}
	close(release)
	wg.Wait()
	if n := transactions.Load(); n > 100 || n < 2 {
		t.Errorf("a hundred registrations made %d transactions", n)
	}
	g.close()
}

func TestWhoComesWhileTheProgramStopsIsToldAndNotKept(t *testing.T) {
	t.Parallel()
	g := newGroup(func(context.Context, []*ticket) {})
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if done := g.do(order{}); done.err != nil && !errors.Is(done.err, errClosing) {
				t.Error(done.err)
			}
		})
	}
	g.close()
	wg.Wait()
	if done := g.do(order{}); !errors.Is(done.err, errClosing) {
		t.Errorf("after the end: %v", done.err)
	}
}

func TestOneThatCannotBeWrittenHarmsNobodyElse(t *testing.T) {
	eachDesk(t, 10, func(t *testing.T, d *desk) {
		var tickets []*ticket
		for n := range 5 {
			a := d.ask(n)
			if n == 2 {
				nowhere := *d.event
				nowhere.ID = "nowhere" // a foreign key refuses its row, and with it the transaction
				a.Event = &nowhere
			}
			tickets = append(tickets, &ticket{order: order{Ask: a, adm: admission{held: true}, began: d.clock.Now()}})
		}
		d.commit(context.Background(), tickets)
		for n, tk := range tickets {
			if (tk.err != nil) != (n == 2) || (tk.err == nil && (!tk.fresh || tk.g.Status != Confirmed)) {
				t.Errorf("number %d: %+v, %v", n, tk.g, tk.err)
			}
		}
		if taken, _ := d.counts(); taken != 4 || len(d.messages()) != 4 {
			t.Errorf("%d are taken, %d messages", taken, len(d.messages()))
		}
	})
}
