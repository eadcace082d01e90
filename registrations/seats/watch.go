package seats

import (
	"context"
	"sync"
	"time"
)

// tellEvery is the shortest time between two messages about one event: in a rush nobody needs to hear of every seat.
const tellEvery = 200 * time.Millisecond

// How long to wait before listening anew: at first, and at most, since each attempt that fails doubles it.
const (
	listenAgain  = 100 * time.Millisecond
	listenAtMost = 5 * time.Second
)

// watch tells every instance, its own included, that seats of an event changed, and hears it from them.
type watch struct {
	publish func(ctx context.Context, eventID string) error
	listen  func(ctx context.Context, begun func(), heard func(eventID string)) error

	mu     sync.Mutex
	dirty  map[string]struct{} // events to tell of
	tellTo []func(eventID string)
	wake   chan struct{}
	stop   context.CancelFunc
	closed sync.WaitGroup
}

func newWatch(publish func(context.Context, string) error, listen func(context.Context, func(), func(string)) error) *watch {
	ctx, stop := context.WithCancel(context.Background())
	w := &watch{publish: publish, listen: listen, dirty: map[string]struct{}{}, wake: make(chan struct{}, 1), stop: stop}
	w.closed.Go(func() { w.telling(ctx) })
	w.closed.Go(func() { w.listening(ctx) })
	return w
}

func (w *watch) close() {
	w.stop()
	w.closed.Wait()
}

// OnChange has fn called when the seats of an event may have changed, on whichever instance; an empty id means that those of any event may
// have, as after Redis was away. It must not wait. What tells nobody, such as a hold that lapses, is not heard of.
func (s *Seats) OnChange(fn func(eventID string)) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	s.watch.tellTo = append(s.watch.tellTo, fn)
}

// Tell has it published that seats of the event changed, or something else that instances keep of it. It never waits.
func (s *Seats) Tell(eventID string) { s.watch.tell(eventID) }

func (w *watch) tell(eventID string) {
	w.mu.Lock()
	w.dirty[eventID] = struct{}{}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // awake already
	}
}

// telling publishes in rounds: the first change at once, what follows it together at the end of the pause, so that the last is always told.
func (w *watch) telling(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			w.round()
			return
		case <-w.wake:
		}
		pause := tellEvery
		if !w.round() {
			pause = rest
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// round tells of every changed event; what could not be told stays for the next round.
func (w *watch) round() (ok bool) {
	w.mu.Lock()
	dirty := w.dirty
	w.dirty = map[string]struct{}{}
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), applyTimeout)
	defer cancel()
	ok = true
	for eventID := range dirty {
		if !ok || w.publish(ctx, eventID) != nil { // after the first failure Redis rests anyway
			ok = false
			w.tell(eventID)
		}
	}
	return ok
}

// listening hears for as long as the seats are open. While Redis is away it says nothing: whoever shows numbers looks by themselves then.
func (w *watch) listening(ctx context.Context) {
	wait := listenAgain
	begun := func() {
		wait = listenAgain
		w.hear("") // what was told until now was missed
	}
	for {
		_ = w.listen(ctx, begun, w.hear) // it always ends with an error, and is tried again whatever it was
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			wait = min(2*wait, listenAtMost)
		}
	}
}

func (w *watch) hear(eventID string) {
	w.mu.Lock()
	tellTo := w.tellTo
	w.mu.Unlock()
	for _, fn := range tellTo {
		fn(eventID)
	}
}
