package events

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// followEvery is how soon an instance hears of what another changed.
const followEvery = time.Second

// changes count how often events were seen to have changed. The zero value knows of none.
type changes struct{ seen atomic.Int64 }

// Changes counts the changes of events that this instance has heard of: what was made from events is right while the count is what it was.
// It is 0 before anybody follows them, when nothing is known.
func (s *Store) Changes() int64 { return s.changes.seen.Load() }

// Unchanged gives what says whether events are as they are now. Ask for it before reading them.
func (s *Store) Unchanged() func() bool {
	now := s.Changes()
	return func() bool { return now != 0 && s.Changes() == now }
}

// Follow looks each second whether an event was changed, here or by another instance, until ctx ends: one small question, so that those
// who poll cost none. While the database is away things count as unchanged.
func (s *Store) Follow(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	last, away := fingerprint{}, false
	for {
		now, err := s.fingerprint(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !away:
			log.Warn("changes of events are not seen for now", "error", err)
		case err == nil && (now != last || s.Changes() == 0):
			last = now
			s.changed()
		}
		away = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// changed forgets what was made from events.
func (s *Store) changed() {
	s.recent.forget()
	s.changes.seen.Add(1)
}
