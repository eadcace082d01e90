package seats

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"masterclass/events"
	"masterclass/internal/gather"
	"masterclass/internal/store"
)

// asksMax is how many holds are asked for in one call.
const asksMax = 64

// asksWait is for how long the holds of a crowd are gathered: much less than they wait for the commit that follows, and each script that
// is saved is time for it.
const asksWait = 1500 * time.Microsecond

// loads is how often a place that Redis does not have is loaded before the record decides alone.
const loads = 3

// Outcome is what asking for a hold gave.
type Outcome int

// The outcomes. Unknown: Redis could not be asked, so the record alone decides.
const (
	Held Outcome = iota
	Full
	OthersWait
	TooMany
	Unknown
)

// Stale says that an answer about a hold of so long ago is worth nothing any more: this process stood still meanwhile, and Redis has ended the
// hold.
func Stale(age time.Duration) bool { return age > grace }

// Hold is the answer to asking for a seat; Deadline is until when it is promised, where the outcome is Held. GivenUp says that the id had
// a hold before, which was given up: what was promised then is over.
type Hold struct {
	Outcome  Outcome
	Deadline time.Time
	GivenUp  bool
}

// Seats admits people to places and keeps Redis in step with the record. Safe for concurrent use.
type Seats struct {
	redis    *store.Redis
	db       *store.DB
	hold     time.Duration
	limited  bool
	now      func() time.Time
	log      *slog.Logger
	asks     *gather.Batches[Ref, *asking]
	full     fullness
	applier  *applier
	applied  sync.Map // of each Ref, the version that Redis was last given
	breakers breakers
	counts   counts
	mended   lastRound
	watch    *watch
	toldOff  sync.Once
}

// Options of the seats.
type Options struct {
	Hold    time.Duration // how long a seat is kept while a form is checked
	Limited bool          // whether one client address may hold only a tenth of a place
	// Patience is how long an acknowledgement waits for Redis: a moment, in which the next person would still see a freed seat as taken.
	Patience time.Duration
	Now      func() time.Time
	Log      *slog.Logger
}

// New starts the seats; Close ends them.
func New(db *store.DB, redis *store.Redis, o Options) *Seats {
	s := &Seats{redis: redis, db: db, hold: o.Hold, limited: o.Limited, now: o.Now, log: o.Log}
	s.asks = gather.New(asksMax, s.answer).Waiting(asksWait)
	s.watch = newWatch(s.publish, s.listen)
	s.OnChange(s.full.forgetEvent)
	s.applier = newApplier(s.project, o.Patience, s.note)
	return s
}

// Close waits for what is being asked, applied and told.
func (s *Seats) Close() {
	s.asks.Close(applyTimeout)
	s.applier.close()
	s.watch.close()
}

// HoldForCheck keeps a seat while somebody checks a form. An existing hold keeps its deadline; one whose promise is over is taken anew.
func (s *Seats) HoldForCheck(ctx context.Context, ref Ref, id, address string) Hold {
	ask := func() Hold {
		a := &asking{id: id, promise: true}
		if s.limited {
			a.address = address
		}
		return s.ask(ref, a)
	}
	h := ask()
	if h.Outcome == Held && !h.Deadline.After(s.now()) {
		if err := s.Release(ctx, ref, id); err != nil {
			s.log.Warn("a stale hold stays until it lapses", "place", ref.PlaceID, "error", err)
			return h
		}
		return ask()
	}
	return h
}

// HoldForCommit makes sure of a seat right before the commit. It lives for a moment, so no address is limited. fresh says that the id was
// never held before.
func (s *Seats) HoldForCommit(ref Ref, id string, fresh bool) Hold {
	return s.ask(ref, &asking{id: id, fresh: fresh})
}

// HoldPastList is HoldForCommit where whoever waits is offered nothing any more, so that an organiser gives the seats out: only holds and
// what is taken stand in the way.
func (s *Seats) HoldPastList(ref Ref, id string) Hold {
	return s.ask(ref, &asking{id: id, pass: true})
}

// ask waits for the answer to one who asks, together with whoever else asks for the place at the moment. Who never held a seat of a place
// that was full a moment ago is told from memory.
func (s *Seats) ask(ref Ref, a *asking) Hold {
	if o, ok := s.full.recall(ref); ok && a.fresh {
		a.Hold = Hold{Outcome: o}
	} else if err := s.asks.Do(ref, a); err != nil {
		a.Hold = Hold{Outcome: Unknown}
	}
	s.counts.outcomes[a.Outcome].Add(1)
	return a.Hold
}

// answer runs the hold script for all who ask at one moment, loading the place when Redis does not have it.
func (s *Seats) answer(ctx context.Context, ref Ref, asks []*asking) {
	for range loads {
		before := s.full.moment()
		if err := s.runHold(ctx, ref, asks); err != nil {
			s.note("Redis did not answer; the database decides alone", ref, err)
			break
		}
		if !slices.ContainsFunc(asks, func(a *asking) bool { return a.unloaded }) { // who has a hold already is answered even so
			s.full.remember(ref, before, asks)
			if slices.ContainsFunc(asks, func(a *asking) bool { return a.Outcome == Held }) {
				s.Tell(ref.EventID)
			}
			return
		}
		s.counts.loads.Add(1)
		if err := s.project(ctx, ref); err != nil {
			s.note("a place could not be loaded", ref, err)
			break
		}
	}
	for _, a := range asks {
		a.Hold = Hold{Outcome: Unknown}
	}
}

// note logs what failed, once for each failure and not for every call while Redis rests after it.
func (s *Seats) note(what string, ref Ref, err error) {
	if !errors.Is(err, errResting) {
		s.log.Warn(what, "place", ref.PlaceID, "error", err)
	}
}

var outcomes = map[int64]Outcome{codeHeld: Held, codeFull: Full, codeWait: OthersWait, codeTooMany: TooMany}

// Applied brings Redis in step after a commit, for at most the patience: then the caller goes on and the rest follows.
func (s *Seats) Applied(ctx context.Context, refs ...Ref) { s.Apply(refs...).Wait(ctx) }

// Apply is Applied for many at once: each of those whose commit it was waits for the rounds.
func (s *Seats) Apply(refs ...Ref) Rounds { return s.applier.apply(refs) }

// project writes the record's numbers of a place to Redis, and ends the holds that became registrations. What Redis was last given by this
// instance is where it begins; Redis says when it has less.
func (s *Seats) project(ctx context.Context, ref Ref) error {
	since := int64(-1)
	if v, ok := s.applied.Load(ref); ok {
		since = v.(int64)
	}
	for {
		snap, err := read(ctx, s.db, ref.PlaceID, since, s.now().Add(-s.hold-2*grace))
		if err != nil {
			return err
		}
		older, ok, err := s.runApply(ctx, ref, snap, since)
		if err != nil {
			return err
		}
		if ok {
			if snap.version > since {
				s.Tell(ref.EventID)
			}
			s.applied.Store(ref, snap.version)
			if snap.taken < snap.capacity && snap.waiting == 0 {
				s.full.forget(ref)
			}
			return nil
		}
		since = older
	}
}

// Available says what can still be had of each place: by Redis where it is in step with the record, else by the record alone.
func (s *Seats) Available(ctx context.Context, places []events.Place) (map[string]events.Availability, error) {
	left := s.Free(ctx, places)
	for id, a := range left {
		if a.Waiting > 0 { // what is free is for them
			left[id] = events.Availability{Waiting: a.Waiting}
		}
	}
	return left, nil
}

// Free is Available where whoever waits is offered nothing any more: what is left is left beside them.
func (s *Seats) Free(ctx context.Context, places []events.Place) map[string]events.Availability {
	left := make(map[string]events.Availability, len(places))
	for _, p := range places {
		left[p.ID] = s.available(ctx, p)
	}
	return left
}

func (s *Seats) available(ctx context.Context, p events.Place) events.Availability {
	ref := Ref{EventID: p.EventID, PlaceID: p.ID}
	at, err := s.runLook(ctx, ref)
	if errors.Is(err, errUnloaded) || (err == nil && at.version < p.Version) {
		if perr := s.project(ctx, ref); perr != nil {
			s.note("a place could not be loaded", ref, perr)
		}
		at, err = s.runLook(ctx, ref)
	}
	if err != nil || at.version < p.Version {
		at = seen{capacity: p.Capacity, taken: p.Taken, waiting: p.Waiting}
	}
	return events.Availability{Left: max(0, at.capacity-at.taken-at.live), Waiting: at.waiting}
}

// HoldTime is how long a seat is promised.
func (s *Seats) HoldTime() time.Duration { return s.hold }
