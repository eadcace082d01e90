package seats

import (
	"context"
	"errors"
	"math"
	"time"
)

// Stock is a place as SQL has it, with the live holds that Redis has.
type Stock struct {
	Ref
	Capacity, Taken, Waiting, Live int64
}

// Reconcile compares every place that takes registrations with what Redis has of it, mends Redis, and gives the places whose live holds are
// known; all places, without holds, when Redis has been away for longer than a hold lasts. Redis is read first: the record can then only be ahead. A Redis that is ahead of the record has outlived a restored backup; the
// epoch rises, and the record's numbers win.
func (s *Seats) Reconcile(ctx context.Context, now time.Time) ([]Stock, error) {
	refs, err := openPlaces(ctx, s.db, now)
	if err != nil {
		return nil, err
	}
	looked := make(map[Ref]seen, len(refs))
	for _, ref := range refs {
		at, err := s.runLook(ctx, ref)
		switch {
		case err == nil:
			looked[ref] = at
		case !errors.Is(err, errUnloaded):
			return s.withoutRedis(ctx, refs)
		}
	}
	var stock []Stock
	var errs []error
	for _, ref := range refs {
		known, err := s.reconcileOne(ctx, ref, looked)
		if known != nil {
			stock = append(stock, *known)
		}
		errs = append(errs, err)
	}
	return stock, errors.Join(errs...)
}

// withoutRedis gives the record's numbers once no hold can be alive any more; until then nothing is known of holds.
func (s *Seats) withoutRedis(ctx context.Context, refs []Ref) ([]Stock, error) {
	if s.breaker.away() < s.hold+grace {
		return nil, nil
	}
	var stock []Stock
	for _, ref := range refs {
		record, err := read(ctx, s.db, ref.PlaceID, math.MaxInt64, time.Time{})
		if err != nil {
			return nil, err
		}
		stock = append(stock, Stock{Ref: ref, Capacity: record.capacity, Taken: record.taken, Waiting: record.waiting})
	}
	return stock, nil
}

func (s *Seats) reconcileOne(ctx context.Context, ref Ref, looked map[Ref]seen) (*Stock, error) {
	at, loaded := looked[ref]
	record, err := read(ctx, s.db, ref.PlaceID, math.MaxInt64, time.Time{}) // the numbers alone
	if err != nil {
		return nil, err
	}
	if loaded && (at.epoch > record.epoch || (at.epoch == record.epoch && at.version > record.version)) {
		s.log.Warn("Redis is ahead of the database, as after a restored backup; the database wins", "place", ref.PlaceID)
		if err := raiseEpoch(ctx, s.db, at.epoch, s.now()); err != nil {
			return nil, err
		}
		loaded = false
	}
	if loaded && at.epoch == record.epoch && at.version == record.version && !at.says(record) {
		s.log.Warn("Redis has other numbers than the database for one version; the database wins", "place", ref.PlaceID)
		if err := s.forget(ctx, ref); err != nil {
			return nil, err
		}
		loaded = false
	}
	if !loaded || at.epoch != record.epoch || at.version != record.version {
		if err := s.project(ctx, ref); err != nil {
			s.note("Redis is behind the database for now", ref, err)
			return nil, nil
		}
		if at, err = s.runLook(ctx, ref); err != nil {
			return nil, nil // away again: the next round
		}
	}
	live, err := s.liveUncounted(ctx, ref, at)
	return &Stock{Ref: ref, Capacity: at.capacity, Taken: at.taken, Waiting: at.waiting, Live: live}, err
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
	counted, err := countedIn(ctx, s.db, ids, at.version)
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
