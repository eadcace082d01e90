package seats

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

// Stock is a place as SQL has it, with the live holds that Redis has.
type Stock struct {
	Ref
	Capacity, Taken, Waiting, Live int64
}

// Reconcile compares every place that takes registrations with what Redis has of it, mends Redis, and gives the places whose live holds are
// known; without holds those whose Redis has been away for longer than a hold lasts. Redis is read first: the record can then only be ahead.
// A Redis that is ahead of the record has outlived a restored backup; the epoch rises, and the record's numbers win.
func (s *Seats) Reconcile(ctx context.Context, now time.Time) ([]Stock, error) {
	refs, err := openPlaces(ctx, s.db, now)
	if err != nil {
		return nil, err
	}
	looked := make(map[Ref]seen, len(refs))
	away := make(map[Ref]bool)
	for _, ref := range refs {
		at, err := s.runLook(ctx, ref)
		switch {
		case err == nil:
			looked[ref] = at
		case !errors.Is(err, errUnloaded):
			away[ref] = true
		}
	}
	var stock []Stock
	var errs []error
	s.mended.begin()
	for _, ref := range refs {
		one := func() (*Stock, error) { return s.reconcileOne(ctx, ref, looked) }
		if away[ref] {
			one = func() (*Stock, error) { return s.withoutRedis(ctx, ref) }
		}
		known, err := one()
		if known != nil {
			stock = append(stock, *known)
		}
		errs = append(errs, err)
	}
	return stock, errors.Join(errs...)
}

// withoutRedis gives the record's numbers once no hold can be alive any more; until then nothing is known of holds.
func (s *Seats) withoutRedis(ctx context.Context, ref Ref) (*Stock, error) {
	if s.away(ctx, ref) < s.hold+grace {
		return nil, nil
	}
	record, err := read(ctx, s.db, ref.PlaceID, math.MaxInt64, time.Time{})
	if err != nil {
		return nil, err
	}
	return &Stock{Ref: ref, Capacity: record.capacity, Taken: record.taken, Waiting: record.waiting}, nil
}

// away is how long the Redis of a place has not answered.
func (s *Seats) away(ctx context.Context, ref Ref) time.Duration {
	b, err := s.breakerFor(ctx, ref.counts())
	if err != nil {
		b = &s.breakers.nodes
	}
	return b.away()
}

func (s *Seats) reconcileOne(ctx context.Context, ref Ref, looked map[Ref]seen) (*Stock, error) {
	at, loaded := looked[ref]
	if s.mended.drifted(ref, at, loaded) {
		s.counts.drift.Add(1)
	}
	inStep := false
	if loaded {
		var err error
		if inStep, err = s.inStep(ctx, ref, at); err != nil {
			return nil, err
		}
	} else {
		s.applied.Delete(ref) // Redis has nothing of what it was given: it needs all at once, not only what changed since
	}
	if !inStep {
		err := s.project(ctx, ref)
		if err != nil {
			s.note("Redis is behind the database for now", ref, err)
			return nil, nil
		}
		if at, err = s.runLook(ctx, ref); err != nil {
			return nil, nil // away again: the next round
		}
	}
	s.mended.saw(ref, at)
	live, err := s.liveUncounted(ctx, ref, at)
	return &Stock{Ref: ref, Capacity: at.capacity, Taken: at.taken, Waiting: at.waiting, Live: live}, err
}

// inStep says whether Redis has what the record has of a place. Of a Redis that the database can only win against, it makes sure that it does.
func (s *Seats) inStep(ctx context.Context, ref Ref, at seen) (bool, error) {
	record, err := read(ctx, s.db, ref.PlaceID, math.MaxInt64, time.Time{}) // the numbers alone
	switch {
	case err != nil:
		return false, err
	case at.epoch > record.epoch || (at.epoch == record.epoch && at.version > record.version):
		s.log.Warn("Redis is ahead of the database, as after a restored backup; the database wins", "place", ref.PlaceID)
		s.counts.drift.Add(1)
		return false, raiseEpoch(ctx, s.db, at.epoch, s.now())
	case at.epoch != record.epoch || at.version != record.version:
		return false, nil
	case !at.says(record):
		s.log.Warn("Redis has other numbers than the database for one version; the database wins", "place", ref.PlaceID)
		s.counts.drift.Add(1)
		return false, s.forget(ctx, ref)
	}
	return true, nil
}

// liveUncounted is how many live holds a place has, after it has ended those of registrations that the counts include already: a process
// that died before it gave a hold up leaves one behind, and so does a Redis that went back in time. Until it lapsed, its seat would count twice.
func (s *Seats) liveUncounted(ctx context.Context, ref Ref, at seen) (int64, error) {
	if at.live == 0 {
		return 0, nil
	}
	ids, err := s.runLive(ctx, ref)
	if err != nil {
		return at.live, nil // away again: the next round
	}
	live := int64(len(ids))
	counted, err := countedIn(ctx, s.db, ref.PlaceID, ids, at.version)
	if err != nil {
		return live, err
	}
	for _, id := range counted {
		if err := s.Release(ctx, ref, id); err != nil {
			s.note("a hold of a registration stays until it lapses", ref, err)
			break
		}
		live--
	}
	return live, nil
}

// says whether Redis has the record's numbers.
func (at seen) says(record snapshot) bool {
	return at.capacity == record.capacity && at.taken == record.taken && at.waiting == record.waiting
}

// Live is how many live holds a place has; false when Redis cannot say.
func (s *Seats) Live(ctx context.Context, ref Ref) (int64, bool) {
	if err := s.project(ctx, ref); err != nil {
		s.note("a place could not be loaded", ref, err)
		return 0, false
	}
	at, err := s.runLook(ctx, ref)
	return at.live, err == nil
}

// lastRound is what Redis had of each place at the end of the last round: it never has less, unless it lost something.
type lastRound struct {
	mu       sync.Mutex
	now, was map[Ref]seen
}

func (l *lastRound) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.was, l.now = l.now, map[Ref]seen{}
}

func (l *lastRound) saw(ref Ref, at seen) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now[ref] = at
}

// drifted says that Redis has less of a place than it had.
func (l *lastRound) drifted(ref Ref, at seen, loaded bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was, known := l.was[ref]
	return known && (!loaded || at.epoch < was.epoch || (at.epoch == was.epoch && at.version < was.version))
}
