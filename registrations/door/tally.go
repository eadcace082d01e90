package door

import (
	"context"
	"sync"
	"time"

	"masterclass/events"
)

// tallyFor is how old the counts may be that a scan is answered with before they are counted anew, and tallyMost how old they may be at all.
const (
	tallyFor  = 2 * time.Second
	tallyMost = 4 * time.Second
)

// tallyRest is how long counting anew waits: doors that scan at the same moment want their answers first.
const tallyRest = 50 * time.Millisecond

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
	asked   bool // they are about to be counted anew
}

// Tally gives counts that were so a moment ago, with what this instance has let in and out since. While doors scan, somebody counts about every
// other second, and no scan waits for it.
func (d *Door) Tally(ctx context.Context, e *events.Event, sessionID string) (Counts, error) {
	t := d.tallies.of(e.ID, sessionID)
	n, age, old := t.known()
	if age >= tallyMost {
		return d.recount(ctx, t, e, sessionID)
	}
	if old {
		time.AfterFunc(tallyRest, func() {
			ctx, cancel := context.WithTimeout(context.Background(), tallyMost)
			defer cancel()
			_, _ = d.recount(ctx, t, e, sessionID) // a scan soon finds the counts too old, counts itself and tells why it cannot
		})
	}
	return n, nil
}

// known gives the counts and how old they are; the first to see them grow old is to have them counted anew.
func (t *tally) known() (n Counts, age time.Duration, old bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	age = time.Since(t.counted)
	if old = age >= tallyFor && !t.asked; old {
		t.asked = true
	}
	return t.counts, age, old
}

// add is for what this instance has let in and out since; what the others have is counted soon.
func (t *tallies) add(eventID, sessionID string, change Counts) {
	known := t.of(eventID, sessionID)
	known.mu.Lock()
	defer known.mu.Unlock()
	known.counts.Inside += change.Inside
	known.counts.Came += change.Came
}

// forget has everything counted anew.
func (t *tallies) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = nil
}

func (d *Door) recount(ctx context.Context, t *tally, e *events.Event, sessionID string) (Counts, error) {
	counted := time.Now()
	n, err := d.Counts(ctx, e, sessionID)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked = false; err == nil && counted.After(t.counted) {
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
