package seats

import (
	"sync/atomic"
	"time"
)

// Counts are what Seats have done since they began.
type Counts struct {
	Outcomes map[Outcome]int64 // of asking for a hold
	Loads    int64             // places that Redis did not have
	Drift    int64             // places that were found out of step with the record, and mended
	Away     bool              // Redis, or a node of its Cluster, is left alone after a failure
	Since    time.Time         // when that failed first; zero while all answer
}

// counts are safe for concurrent use.
type counts struct {
	outcomes     [Unknown + 1]atomic.Int64
	loads, drift atomic.Int64
}

// Counts tells what was done since the program began.
func (s *Seats) Counts() Counts {
	c := Counts{Outcomes: map[Outcome]int64{}, Loads: s.counts.loads.Load(), Drift: s.counts.drift.Load(), Since: s.breakers.awaySince()}
	c.Away = !c.Since.IsZero()
	for o := range s.counts.outcomes {
		c.Outcomes[Outcome(o)] = s.counts.outcomes[o].Load()
	}
	return c
}
