package main

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// In a rush a fifth of the processors' time would go into collecting garbage of a heap that is small: then it may grow to five times what is in
// use, and shrinks again when the rush is over.
const (
	rushPercent = 400 // see debug.SetGCPercent
	calmPercent = 100
	rushRate    = 200 // requests a second
	breathEvery = 250 * time.Millisecond
	calmAfter   = 8 // breaths without a rush
)

// breath counts requests, and gives the heap room while many come.
type breath struct{ requests atomic.Int64 }

// run watches until ctx ends.
func (b *breath) run(ctx context.Context) error {
	tick := time.NewTicker(breathEvery)
	defer tick.Stop()
	// The start is as a rush: it leaves garbage behind that an idle program would keep.
	last, calm, rushing := b.requests.Load(), 0, true
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := b.requests.Load()
		switch calm++; {
		case now-last >= int64(rushRate*breathEvery/time.Second):
			calm = 0
			if !rushing {
				debug.SetGCPercent(rushPercent)
				rushing = true
			}
		case rushing && calm >= calmAfter:
			debug.SetGCPercent(calmPercent)
			debug.FreeOSMemory()
			rushing = false
		}
		last = now
	}
}
