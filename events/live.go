package events

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"masterclass/internal/web"
)

// lookEvery is how often an event that somebody watches is looked at by itself: holds lapse without a word, and Redis may be away. A change
// that is told of is looked at once, but after that no sooner than this.
const lookEvery = time.Second

// lookTime bounds one look at a database or a Redis that has stalled.
const lookTime = 5 * time.Second

// Live shows what is left of an event's places as it changes. However many watch an event, it is looked at once for all of them, and
// what they are sent is made once.
type Live struct {
	events  *Store
	left    Availabilities
	streams *web.Streams
	now     func() time.Time
	log     *slog.Logger
	look    func(ctx context.Context, slug string) (shown, error)

	mu    sync.Mutex
	rooms map[string]*room // by the event's slug
	ended sync.WaitGroup
}

// room is an event that somebody watches.
type room struct {
	slug string
	told chan struct{} // holds one: that its seats changed
	stop context.CancelFunc

	// guarded by Live's mutex
	shown   shown
	streams map[*web.Stream]struct{}
}

// NewLive has room for so many streams on this instance. Close ends it.
func NewLive(events *Store, left Availabilities, streams int, now func() time.Time, log *slog.Logger) *Live {
	l := &Live{events: events, left: left, streams: web.NewStreams(streams), now: now, log: log, rooms: map[string]*room{}}
	l.look = l.read
	return l
}

// Close ends every stream at once; their browsers come back by themselves, to whoever answers then.
func (l *Live) Close() {
	l.streams.Close() // which leaves the rooms empty
	l.ended.Wait()
}

// Watching is how many streams are open.
func (l *Live) Watching() int { return l.streams.Open() }

// Changed says that seats of an event, or with an empty id of any event, may have changed. It never waits.
func (l *Live) Changed(eventID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.rooms {
		if eventID == "" || eventID == r.shown.eventID {
			select {
			case r.told <- struct{}{}:
			default: // told already
			}
		}
	}
}

// current is what the event's page shows now, or at most lookEvery ago.
func (l *Live) current(ctx context.Context, slug string) (shown, error) {
	l.mu.Lock()
	r := l.rooms[slug]
	if r != nil {
		defer l.mu.Unlock()
		return r.shown, nil
	}
	l.mu.Unlock()
	return l.look(ctx, slug)
}

// read looks at what the event's page shows.
func (l *Live) read(ctx context.Context, slug string) (shown, error) {
	e, err := l.events.Outline(ctx, slug)
	if err != nil {
		return shown{}, err
	}
	left, err := l.left.Available(ctx, e.Places)
	if err != nil {
		return shown{}, err
	}
	return show(e, left, l.now())
}

// join has a stream, whose client has been sent first, follow the event, and gives how to leave.
func (l *Live) join(slug string, first shown, s *web.Stream) (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[slug]
	switch {
	case r == nil:
		r = l.open(slug, first)
	case !bytes.Equal(r.shown.frame.Bytes, first.frame.Bytes):
		s.Send(r.shown.frame)
	}
	r.streams[s] = struct{}{}
	return func() { l.leave(r, s) }
}

func (l *Live) open(slug string, first shown) *room {
	ctx, stop := context.WithCancel(context.Background())
	r := &room{slug: slug, told: make(chan struct{}, 1), stop: stop, shown: first, streams: map[*web.Stream]struct{}{}}
	l.rooms[slug] = r
	l.ended.Go(func() { l.follow(ctx, r) })
	return r
}

func (l *Live) leave(r *room, s *web.Stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(r.streams, s)
	if len(r.streams) == 0 {
		l.drop(r)
	}
}

// drop ends the room; whoever comes next makes another.
func (l *Live) drop(r *room) {
	r.stop()
	if l.rooms[r.slug] == r {
		delete(l.rooms, r.slug)
	}
}

// follow looks at the event each second, and at once when it is told of a change; what it is told within a second after that, it sees when
// it looks next.
func (l *Live) follow(ctx context.Context, r *room) {
	next := time.NewTimer(lookEvery)
	defer next.Stop()
	var followed time.Time
	failing := false
	for {
		told := r.told
		if time.Since(followed) < lookEvery {
			told = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-told:
			followed = time.Now()
		case <-next.C:
			select {
			case <-r.told:
			default:
			}
		}
		changed, err := l.refresh(ctx, r)
		if changed {
			followed = time.Now()
		}
		if err != nil && !failing && ctx.Err() == nil { // once an outage, not each second
			l.log.Warn("the places left of an event cannot be looked at; those who watch see the last known", "event", r.slug, "error", err)
		}
		failing = err != nil
		next.Reset(lookEvery)
	}
}

// refresh looks at the event, and sends what is shown now if that has changed.
func (l *Live) refresh(ctx context.Context, r *room) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	now, err := l.look(ctx, r.slug)
	switch {
	case errors.Is(err, ErrNotFound):
		now = shown{frame: gone}
	case err != nil:
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Equal(now.frame.Bytes, r.shown.frame.Bytes) {
		return false, nil
	}
	r.shown = now
	for s := range r.streams {
		s.Send(now.frame)
	}
	if now.frame.Last {
		l.drop(r)
	}
	return true, nil
}
