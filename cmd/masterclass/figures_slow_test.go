package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// slowDisk is what every commit waits for in addition.
const slowDisk = 5 * time.Millisecond

var (
	ownDelay atomic.Int64 // of this process' own commits: of the bare loop
	ownHooks sync.Once
)

// slowDisks are bursts with 5 ms more for every commit, the mail worker's included, against the bare loop with the same disk and one
// registration a transaction: what registering would be without groups.
func slowDisks(b *testing.B) []figure {
	ownHooks.Do(func() { slowCommits(&ownDelay) })
	var figures []figure
	for _, clients := range []int{figureClients, 4 * figureClients} {
		what := fmt.Sprintf("5 ms a commit, SQLite, %d clients", clients)
		figures = append(figures, measured(what, "registrations/s", ">= 20", func(n int) (float64, float64) {
			d := burstOf(b, burstPlan{name: fmt.Sprintf("slow_disk_%d-%d", clients, n), clients: clients, env: []string{figureCommit + "=" + slowDisk.String()}})
			ownDelay.Store(int64(slowDisk))
			defer ownDelay.Store(0)
			return d.rate, bareGroups(b, d.event, d.rows, 1)
		}))
	}
	return figures
}
