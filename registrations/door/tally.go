package door

import (
	"context"
	"sync"
	"time"
)

// tallyFor is how old the counts may be that a scan is answered with: with 20 doors at work nobody waits for a count of everybody.
const tallyFor = time.Second

// maxTallies bounds the memory; past it everything is counted anew.
const maxTallies = 200

// tallies remember counts for a moment. The zero value remembers none. Safe for concurrent use.
type tallies struct {
	mu    sync.Mutex
	known map[[2]string]*tally // by event and session
}

type tally struct {
	mu      sync.Mutex
	counted time.Time
	counts  Counts
	asking  bool // somebody counts anew
}

// known gives counts that will do: fresh ones, or not much older ones while somebody counts anew. Else the caller is to count.
func (t *tally) known() (Counts, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	age := time.Since(t.counted)
	if age < tallyFor || (t.asking && age < 2*tallyFor) {
		return t.counts, true
	}
	t.asking = true
	return Counts{}, false
}

// Tally gives counts that were so at most a second ago, or two while somebody counts.
func (d *Door) Tally(ctx context.Context, eventID, sessionID string) (Counts, error) {
	t := d.tallies.of(eventID, sessionID)
	if n, ok := t.known(); ok {
		return n, nil
	}
	counted := time.Now()
	n, err := d.Counts(ctx, eventID, sessionID)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asking = false; err == nil {
		t.counts, t.counted = n, counted
	}
	return n, err
}

func (t *tallies) of(eventID, sessionID string) *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := [2]string{eventID, sessionID}
	if t.known[key] == nil {
		if t.known == nil || len(t.known) >= maxTallies {
			t.known = map[[2]string]*tally{}
		}
		t.known[key] = &tally{}
	}
	return t.known[key]
}
