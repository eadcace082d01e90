package events

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// recentFor is how old an event may be when it is only shown or asked for: what is written looks at it again, under its lock.
const recentFor = time.Second

// maxRecent bounds the memory; past it everything is forgotten.
const maxRecent = 200

// recent remembers events for a moment. The zero value remembers nothing. Safe for concurrent use.
type recent struct {
	mu     sync.RWMutex
	bySlug map[string]*recently
}

type recently struct {
	event *Event
	until time.Time
	asked atomic.Bool // somebody reads it anew
}

// recall gives the event, or nil to whoever is to read it anew: of those who come at the same moment it is one, and the others take it as it
// was for as long again at most.
func (r *recent) recall(slug string) *Event {
	r.mu.RLock()
	at := r.bySlug[slug]
	r.mu.RUnlock()
	if at == nil {
		return nil
	}
	switch late := time.Since(at.until); {
	case late < 0:
		return at.event
	case late < recentFor && !at.asked.CompareAndSwap(false, true):
		return at.event
	}
	return nil
}

func (r *recent) remember(slug string, e *Event, read time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bySlug == nil || len(r.bySlug) >= maxRecent {
		r.bySlug = map[string]*recently{}
	}
	r.bySlug[slug] = &recently{event: e, until: read.Add(recentFor)}
}

// Recent is Outline as it was a second ago, or two while somebody reads it anew: in a rush, people who are turned away cost the database nothing. The event is shared, so
// it must not be changed.
func (s *Store) Recent(ctx context.Context, slug string) (*Event, error) {
	if e := s.recent.recall(slug); e != nil {
		return e, nil
	}
	read := time.Now()
	e, err := s.Outline(ctx, slug)
	if err != nil {
		return nil, err
	}
	s.recent.remember(slug, e, read)
	return e, nil
}

// forget drops every event.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bySlug = nil
}
