package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterclass/internal/web"
)

// watched is an event that is looked at, with the times at which it was.
type watched struct {
	*Live
	began time.Time

	mu    sync.Mutex
	text  string
	err   error
	looks []time.Duration
}

func watch(log *slog.Logger) *watched {
	w := &watched{Live: NewLive(nil, nil, 1, time.Now, log), began: time.Now(), text: "0"}
	w.look = func(context.Context, string) (shown, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.looks = append(w.looks, time.Since(w.began))
		return shown{eventID: "e", frame: &web.Frame{Bytes: []byte(w.text)}}, w.err
	}
	return w
}

// become changes what is seen, at a time.
func (w *watched) become(at time.Duration, text string, err error) {
	time.Sleep(time.Until(w.began.Add(at)))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text, w.err = text, err
}

// tell changes what is seen, at a time, and says so.
func (w *watched) tell(at time.Duration, text string) {
	w.become(at, text, nil)
	w.Changed("e")
}

// seen gives the looks so far.
func (w *watched) seen() []time.Duration {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.looks)
}

func milliseconds(ns ...int) (all []time.Duration) {
	for _, n := range ns {
		all = append(all, time.Duration(n)*time.Millisecond)
	}
	return all
}

func TestAWatchedEventIsLookedAtEachSecondAndAtOnceWhenAChangeIsToldOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(slog.New(slog.DiscardHandler))
		r := w.open("slug", shown{eventID: "e", frame: &web.Frame{Bytes: []byte("0")}})
		w.tell(2300*time.Millisecond, "1") // at once
		for ms := 2400; ms < 5000; ms += 100 {
			w.tell(time.Duration(ms)*time.Millisecond, fmt.Sprint(ms)) // a rush: each second
		}
		w.Changed("another event")
		time.Sleep(time.Until(w.began.Add(7 * time.Second)))
		w.Changed("") // any event
		got, want := w.seen(), milliseconds(1000, 2000, 2300, 3300, 4300, 5300, 6300, 7000)
		if !slices.Equal(got, want) {
			t.Errorf("the looks were at %v, want %v", got, want)
		}
		r.stop()
		w.Close()
	})
}

func TestAnOutageIsSaidOnceAndWhatIsKnownIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var book strings.Builder
		w := watch(slog.New(slog.NewTextHandler(&book, nil)))
		r := w.open("slug", shown{eventID: "e", frame: &web.Frame{Bytes: []byte("0")}})
		w.become(500*time.Millisecond, "", errors.New("the database is away"))
		w.become(5500*time.Millisecond, "1", nil)
		w.become(7500*time.Millisecond, "1", errors.New("the database is away"))
		time.Sleep(3 * time.Second)
		looks := w.seen()
		r.stop()
		w.Close()
		if said := strings.Count(book.String(), "cannot be looked at"); said != 2 || len(looks) != 10 {
			t.Errorf("two outages were said %d times at %d looks:\n%s", said, len(looks), book.String())
		}
		if got := string(r.shown.frame.Bytes); got != "1" {
			t.Errorf("what is shown is %q", got)
		}
	})
}
