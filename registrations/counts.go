package registrations

import (
	"sync/atomic"
	"time"
)

// BatchBounds are the upper bounds of Counts.Batches: transactions of one registration, of two, of up to four, and so on.
var BatchBounds = [...]int{1, 2, 4, 8, 16, 32, groupMax}

// Counts are what a Registrar has done since it began.
type Counts struct {
	Registered, Failed int64                   // registrations written, and those that no transaction could write
	Tickets            int64                   // registrations asked for, also those refused or written already
	Batches            [len(BatchBounds)]int64 // transactions by how many registrations asked for each
}

// counts are safe for concurrent use.
type counts struct {
	registered, failed atomic.Int64
	tickets            atomic.Int64
	batches            [len(BatchBounds)]atomic.Int64
	crowd              atomic.Int64 // when many shared a transaction last, Unix nanoseconds
}

func (c *counts) committed(tickets []*ticket) {
	fresh := int64(0)
	for _, t := range tickets {
		if t.fresh {
			fresh++
		}
	}
	c.registered.Add(fresh)
	c.tickets.Add(int64(len(tickets)))
	if len(tickets) >= crowd {
		c.crowd.Store(time.Now().UnixNano())
	}
	for i, most := range BatchBounds {
		if len(tickets) <= most {
			c.batches[i].Add(1)
			return
		}
	}
}

// Counts tells what was done since the program began.
func (r *Registrar) Counts() Counts {
	c := Counts{Registered: r.counts.registered.Load(), Failed: r.counts.failed.Load(), Tickets: r.counts.tickets.Load()}
	for i := range c.Batches {
		c.Batches[i] = r.counts.batches[i].Load()
	}
	return c
}

// A crowd is so many in one transaction, not longer ago than this.
const (
	crowd     = 8
	crowdTime = 200 * time.Millisecond
)

// Crowded says whether many people register at this very moment: what can wait should then keep out of their way.
func (r *Registrar) Crowded() bool {
	return time.Since(time.Unix(0, r.counts.crowd.Load())) < crowdTime
}
