package seats

import (
	"sync"
	"time"
)

// fullFor is how long a refusal is remembered: in a rush most people are refused, and none of them need ask Redis.
const fullFor = 100 * time.Millisecond

// maxFull bounds the memory; past it everything is forgotten.
const maxFull = 1000

// fullness remembers for a moment which places were full, never which had room. The zero value remembers nothing. Safe for concurrent use.
type fullness struct {
	mu     sync.RWMutex
	places map[Ref]refusal
	drops  int64 // how often something was forgotten before its time
}

type refusal struct {
	outcome Outcome // Full or OthersWait
	until   time.Time
}

// recall gives the outcome that is remembered.
func (f *fullness) recall(ref Ref) (Outcome, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	r, ok := f.places[ref]
	return r.outcome, ok && time.Now().Before(r.until)
}

// moment is to be read before Redis is asked: an answer from before a seat came free is not remembered after it.
func (f *fullness) moment() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.drops
}

// remember keeps what was answered to the last who asked, unless something was forgotten since.
func (f *fullness) remember(ref Ref, moment int64, asks []*asking) {
	last := asks[len(asks)-1].Outcome
	if last != Full && last != OthersWait {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.drops != moment {
		return
	}
	if f.places == nil || len(f.places) >= maxFull {
		f.places = map[Ref]refusal{}
	}
	f.places[ref] = refusal{last, time.Now().Add(fullFor)}
}

// forget drops what is remembered of a place: a seat of it may have come free.
func (f *fullness) forget(ref Ref) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drops++
	delete(f.places, ref)
}

// forgetEvent drops what is remembered of an event's places, of all places when no event is named.
func (f *fullness) forgetEvent(eventID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drops++
	for ref := range f.places {
		if eventID == "" || ref.EventID == eventID {
			delete(f.places, ref)
		}
	}
}
