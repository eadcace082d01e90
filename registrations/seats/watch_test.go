package seats

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// ear collects what a watch hears.
type ear chan string

func (e ear) heard(eventID string) { e <- eventID }

// await waits until the event is heard of, and fails if it is not in time.
func (e ear) await(t *testing.T, eventID string) {
	t.Helper()
	for enough := time.After(20 * time.Second); ; {
		select {
		case id := <-e:
			if id == eventID {
				return
			}
		case <-enough:
			t.Fatalf("nothing is heard of %q", eventID)
		}
	}
}

// listens gives what the seats hear of, once they listen.
func listens(t *testing.T, s *Seats) ear {
	t.Helper()
	e := make(ear, 1000)
	s.OnChange(e.heard)
	for enough := time.After(20 * time.Second); ; s.Tell("first") { // until then it may not listen yet
		select {
		case <-e:
			return e
		case <-enough:
			t.Fatal("the seats hear nothing")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// deaf is a listen that never hears anything.
func deaf(ctx context.Context, _ func(), _ func(string)) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestARushIsToldOfNowAndThenAndItsEndAlways(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var told []string
		w := newWatch(func(_ context.Context, id string) error {
			told = append(told, fmt.Sprint(id, " at ", time.Since(began)))
			return nil
		}, deaf)
		for range 25 { // for half a second, a change each 20 ms
			w.tell("a")
			synctest.Wait()
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Hour)
		w.tell("b")
		synctest.Wait()
		w.tell("a")
		w.close() // what is told last goes out
		want := []string{"a at 0s", "a at 200ms", "a at 400ms", "a at 600ms", "b at 1h0m0.5s", "a at 1h0m0.5s"}
		if !slices.Equal(told, want) {
			t.Errorf("told were %v, want %v", told, want)
		}
	})
}

func TestWhatCouldNotBeToldIsToldLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var back atomic.Bool
		var tries, told atomic.Int64
		w := newWatch(func(context.Context, string) error {
			tries.Add(1)
			if !back.Load() {
				return errors.New("away")
			}
			told.Add(1)
			return nil
		}, deaf)
		defer w.close()
		w.tell("a")
		w.tell("b")
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		if n := tries.Load(); n > 12 {
			t.Errorf("Redis was tried %d times in ten seconds", n)
		}
		back.Store(true)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := told.Load(); n != 2 {
			t.Errorf("%d of two events were told of", n)
		}
	})
}

func TestListeningIsTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var back atomic.Bool
		var tries, anything atomic.Int64
		w := newWatch(nil, func(ctx context.Context, begun func(), _ func(string)) error {
			tries.Add(1)
			if back.Load() {
				begun()
			}
			return errors.New("broken")
		})
		(&Seats{watch: w}).OnChange(func(id string) {
			if id == "" {
				anything.Add(1)
			}
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := tries.Load(); n < 10 || n > 20 {
			t.Errorf("it was tried %d times in a minute", n)
		}
		back.Store(true)
		tries.Store(0)
		time.Sleep(listenAtMost)
		synctest.Wait()
		if n := tries.Load(); n == 0 || anything.Load() != n {
			t.Errorf("after %d new starts it was said %d times that anything may have changed", n, anything.Load())
		}
		w.close()
	})
}

func TestAnotherInstanceHearsOfHoldsCountsAndReleases(t *testing.T) {
	storetest.EachRedis(t, func(t *testing.T, r *store.Redis) {
		here := newBench(t, storetest.SQLite(t), r, 5, false)
		there := newBench(t, storetest.SQLite(t), r, 5, false)
		e := listens(t, there.Seats)
		id := newID()
		if o := here.hold(id); o != Held {
			t.Fatal(o)
		}
		e.await(t, here.ref.EventID)
		for what, change := range map[string]func(){
			"counts":    func() { here.sell(t, 1, 0, 1, id); here.apply(t) },
			"a release": func() { _ = here.Release(context.Background(), here.ref, newID()) },
		} {
			e.quiet()
			change()
			t.Log(what)
			e.await(t, here.ref.EventID)
		}
	})
}

// quiet waits until nothing more is said of what happened before.
func (e ear) quiet() {
	for {
		select {
		case <-e:
		case <-time.After(2 * tellEvery):
			return
		}
	}
}

func TestWhatChangesNothingTellsNobody(t *testing.T) {
	each(t, 5, func(t *testing.T, b bench) {
		b.apply(t)
		e := listens(t, b.Seats)
		e.quiet()
		b.apply(t)
		b.left(t)
		select {
		case id := <-e:
			t.Errorf("%q is told of", id)
		case <-time.After(2 * tellEvery):
		}
	})
}

func TestAfterRedisWasAwayAnythingMayHaveChanged(t *testing.T) {
	t.Parallel()
	server := storetest.MortalRedis(t)
	r, err := store.OpenRedis(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	b := newBench(t, storetest.SQLite(t), r, 5, false)
	e := listens(t, b.Seats)
	e.quiet()
	server.Down()
	b.Tell("while away")
	server.Up(t)
	e.await(t, "")
	b.Tell("afterwards")
	e.await(t, "afterwards")
}

func TestAUserWithoutTheChannelCanStillHoldSeats(t *testing.T) {
	t.Parallel()
	server := storetest.MortalRedis(t)
	admin, err := store.OpenRedis(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if err := admin.Do(context.Background(), "acl", "setuser", "seats", "on", ">secret", "~*", "+@all", "resetchannels").Err(); err != nil {
		t.Fatal(err)
	}
	r, err := store.OpenRedis("unix://seats:secret@" + server.URL[len("unix://"):])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	s := New(storetest.SQLite(t), r, Options{Hold: time.Minute, Patience: time.Second, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	defer s.Close()
	b := bench{Seats: s, ref: place(t, s.db, 50)}
	for range 20 {
		if o := b.hold(newID()); o != Held {
			t.Fatalf("a hold gave %v", o)
		}
		if err := s.publish(context.Background(), b.ref.EventID); err != nil {
			t.Fatalf("the refusal counts as a failure: %v", err)
		}
	}
}
