package seats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Problem is something that must never be, in ids and numbers alone: no personal data.
type Problem struct {
	Rule string // one word
	Text string
}

func (p Problem) String() string { return p.Rule + ": " + p.Text }

// lastOffer is how long before an event a seat is given to somebody who waits at the latest, with a minute to spare.
const lastOffer = time.Hour + time.Minute

// numbers are a place's, as the record or Redis has them.
type numbers struct{ epoch, version, capacity, taken, waiting int64 }

func (n numbers) before(m numbers) bool {
	return n.epoch < m.epoch || (n.epoch == m.epoch && n.version < m.version)
}

func (n numbers) String() string {
	return fmt.Sprintf("epoch %d, version %d, capacity %d, taken %d, waiting %d", n.epoch, n.version, n.capacity, n.taken, n.waiting)
}

// view is a place at one look: in Redis first, then in the record, which can then only be ahead.
type view struct {
	Ref
	loaded        bool
	redis, record numbers
	live          int64
	passes        bool     // a seat that comes free goes to whoever waits
	head          string   // who has waited longest
	registered    []string // live holds whose id is registered already
}

func (v view) inStep() bool { return v.loaded && v.redis == v.record && len(v.registered) == 0 }

// idle says that somebody waits beside a seat that is neither taken nor held.
func (v view) idle() bool {
	return v.passes && v.head != "" && v.loaded && v.record.taken+v.live < v.record.capacity
}

// Check compares Redis with the record for every place that takes registrations. What is on its way looks like a problem: where there is
// one, it waits and looks again, and names what has not moved meanwhile. It changes nothing.
func (s *Seats) Check(ctx context.Context, wait func(context.Context) error) ([]Problem, error) {
	first, err := s.views(ctx)
	if err != nil {
		return nil, err
	}
	if len(problems(first, first)) == 0 {
		return nil, nil
	}
	if err := wait(ctx); err != nil {
		return nil, err
	}
	second, err := s.views(ctx)
	if err != nil {
		return nil, err
	}
	return problems(first, second), nil
}

// problems names what was wrong at both looks.
func problems(first, second []view) []Problem {
	before := make(map[Ref]view, len(first))
	for _, v := range first {
		before[v.Ref] = v
	}
	var list []Problem
	for _, now := range second {
		was, ok := before[now.Ref]
		if !ok {
			continue // opened meanwhile
		}
		if text := drift(was, now); text != "" {
			list = append(list, Problem{"redis", text})
		}
		for _, id := range now.registered {
			if slices.Contains(was.registered, id) {
				list = append(list, Problem{"hold", fmt.Sprintf("place %s holds a seat for %s, which is registered already", now.PlaceID, id)})
			}
		}
		if was.idle() && now.idle() && was.head == now.head {
			list = append(list, Problem{"idle", fmt.Sprintf("place %s has %d of %d seats taken and %d held, while %d wait, %s the longest",
				now.PlaceID, now.record.taken, now.record.capacity, now.live, now.record.waiting, now.head)})
		}
	}
	return list
}

// drift says how Redis differs from the record, "" when it does not or only by what is on its way.
func drift(was, now view) string {
	place := "place " + now.PlaceID
	switch {
	case !was.loaded && !now.loaded:
		return place + " is not in Redis"
	case !was.loaded || !now.loaded || now.redis == now.record:
		return ""
	case now.redis.before(now.record):
		if !now.redis.before(was.record) {
			return "" // a moment behind
		}
	case was.redis == was.record || was.redis.before(was.record):
		return "" // not so before
	}
	return fmt.Sprintf("%s has %v in Redis, and %v in the database", place, now.redis, now.record)
}

// views looks at every place that takes registrations.
func (s *Seats) views(ctx context.Context) ([]view, error) {
	now := s.now()
	refs, err := openPlaces(ctx, s.db, now)
	if err != nil {
		return nil, err
	}
	seen := make(map[Ref]view, len(refs))
	held := make(map[string]Ref)
	for _, ref := range refs {
		v, ids, err := s.look(ctx, ref)
		if err != nil {
			return nil, err
		}
		seen[ref] = v
		for _, id := range ids {
			held[id] = ref
		}
	}
	list, err := recorded(ctx, s.db, now, seen)
	if err != nil {
		return nil, err
	}
	return list, registeredHolds(ctx, s.db, held, list)
}

func (s *Seats) look(ctx context.Context, ref Ref) (view, []string, error) {
	at, err := s.runLook(ctx, ref)
	if err != nil && !errors.Is(err, errUnloaded) {
		return view{}, nil, err
	}
	v := view{Ref: ref, loaded: err == nil, live: at.live, redis: numbers{at.epoch, at.version, at.capacity, at.taken, at.waiting}}
	ids, err := s.runLive(ctx, ref)
	return v, ids, err
}

// Repair writes the record into Redis, whatever Redis has, and ends the holds of what is registered; it says of how many places. It changes
// nothing in the database.
func (s *Seats) Repair(ctx context.Context) (int, error) {
	list, err := s.views(ctx)
	if err != nil {
		return 0, err
	}
	for _, v := range list {
		if !v.inStep() {
			if err := s.forget(ctx, v.Ref); err != nil {
				return 0, err
			}
		}
		for _, id := range v.registered {
			if err := s.Release(ctx, v.Ref, id); err != nil {
				return 0, err
			}
		}
		if err := s.project(ctx, v.Ref); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
