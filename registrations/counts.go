package registrations

import "sync/atomic"

// BatchBounds are the upper bounds of Counts.Batches: transactions of one registration, of two, of up to four, and so on.
var BatchBounds = [...]int{1, 2, 4, 8, 16, 32, groupMax}

// Counts are what a Registrar has done since it began.
type Counts struct {
	Registered, Failed int64                   // registrations written, and those that no transaction could write
	Batches            [len(BatchBounds)]int64 // transactions by how many registrations asked for each
}

// counts are safe for concurrent use.
type counts struct {
	registered, failed atomic.Int64
	batches            [len(BatchBounds)]atomic.Int64
}

func (c *counts) committed(tickets []*ticket) {
	fresh := int64(0)
	for _, t := range tickets {
		if t.fresh {
			fresh++
		}
	}
	c.registered.Add(fresh)
	for i, most := range BatchBounds {
		if len(tickets) <= most {
			c.batches[i].Add(1)
			return
		}
	}
}

// Counts tells what was done since the program began.
func (r *Registrar) Counts() Counts {
	c := Counts{Registered: r.counts.registered.Load(), Failed: r.counts.failed.Load()}
	for i := range c.Batches {
		c.Batches[i] = r.counts.batches[i].Load()
	}
	return c
}
