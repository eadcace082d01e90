package seats

import (
	"context"
	"sync"
	"time"
)

// applyTimeout bounds one place of a round against a Redis or database that has stalled.
const applyTimeout = 2 * time.Second

// applier is the one of an instance that writes to Redis after commits. Whatever is committed to a place while a round is on its way
// shares the next round, since a round reads the record afresh.
type applier struct {
	project  func(context.Context, Ref) error
	patience time.Duration // how long one waits for a round
	note     func(what string, ref Ref, err error)

	mu     sync.Mutex
	dirty  map[Ref]chan struct{} // closed when the round that began after the mark has ended
	wake   chan struct{}
	quit   chan struct{}
	closed sync.WaitGroup
}

func newApplier(project func(context.Context, Ref) error, patience time.Duration, note func(string, Ref, error)) *applier {
	a := &applier{project: project, patience: patience, note: note, dirty: map[Ref]chan struct{}{}, wake: make(chan struct{}, 1), quit: make(chan struct{})}
	a.closed.Go(a.run)
	return a
}

func (a *applier) close() {
	close(a.quit)
	a.closed.Wait()
}

// Rounds are what brings Redis in step with a commit.
type Rounds struct {
	patience time.Duration
	done     []chan struct{}
}

// Wait waits for the rounds, at most for the patience.
func (r Rounds) Wait(ctx context.Context) {
	enough := time.NewTimer(r.patience)
	defer enough.Stop()
	for _, done := range r.done {
		select {
		case <-done:
		case <-enough.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// apply asks for a round for each place.
func (a *applier) apply(refs []Ref) Rounds { return Rounds{a.patience, a.mark(refs)} }

func (a *applier) mark(refs []Ref) []chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	rounds := make([]chan struct{}, 0, len(refs))
	for _, ref := range refs {
		if a.dirty[ref] == nil {
			a.dirty[ref] = make(chan struct{})
		}
		rounds = append(rounds, a.dirty[ref])
	}
	select {
	case a.wake <- struct{}{}:
	default: // awake already
	}
	return rounds
}

func (a *applier) run() {
	for {
		select {
		case <-a.quit:
			a.round()
			return
		case <-a.wake:
			a.round()
		}
	}
}

// round projects every marked place. A failure is not repeated here: the place is projected again at the next look, hold or commit.
func (a *applier) round() {
	a.mu.Lock()
	dirty := a.dirty
	a.dirty = map[Ref]chan struct{}{}
	a.mu.Unlock()
	for ref, done := range dirty {
		a.one(ref)
		close(done)
	}
}

func (a *applier) one(ref Ref) {
	ctx, cancel := context.WithTimeout(context.Background(), applyTimeout)
	defer cancel()
	if err := a.project(ctx, ref); err != nil {
		a.note("Redis is behind the database for now", ref, err)
	}
}
