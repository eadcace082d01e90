package notify

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// folder is a bench whose mail is written to files.
type folder struct {
	*bench
	Files
}

func newFolder(t *testing.T, db *store.DB) *folder {
	f := &folder{newBench(t, db), Files{Dir: filepath.Join(t.TempDir(), "mail")}}
	f.w = f.worker(f.Files)
	return f
}

func (f *folder) sweeper() *Sweeper { return NewSweeper(f.o, f.Dir, slog.New(slog.DiscardHandler)) }

func (f *folder) sweep(s *Sweeper) {
	f.Helper()
	if err := s.Sweep(f.Context()); err != nil {
		f.Fatal(err)
	}
}

func (f *folder) erase(mailbox string) {
	f.Helper()
	f.inTx(func(tx *sql.Tx) error { return f.o.Erase(f.Context(), tx, "none", mailbox, KindConfirmation) })
}

// has checks whose messages the folder holds, by the ids of their rows.
func (f *folder) has(when string, ids ...string) {
	f.Helper()
	want := []string{}
	for _, id := range ids {
		want = append(want, fileName(id))
	}
	got := f.names()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		f.Errorf("%s: the folder holds %v, want %v", when, got, want)
	}
}

func (f *folder) names() []string {
	f.Helper()
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		f.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestTheFilesOfWhoIsErasedGoToo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := newFolder(t, db)
		ann, bob, before := f.enqueue(to("ann@example.org")), f.enqueue(to("bob@example.org")), f.sweeper()
		f.drain()
		f.sweep(before)
		f.has("before anybody is erased", ann, bob)
		f.erase("ann@example.org")
		f.has("a process that dies after the commit", ann, bob)
		f.sweep(f.sweeper()) // of the next start
		f.has("after its next start", bob)
		f.clock.Add(sweepEvery)
		f.erase("bob@example.org")
		f.sweep(before)
		f.has("by a process that goes on")
		f.sweep(before)
		f.has("when there is nothing to do")
	})
}

func TestAFileThatIsWrittenDuringAnErasureGoesToo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		f := newFolder(t, db)
		id, s := f.enqueue(to("ann@example.org")), f.sweeper()
		f.sweep(s)
		slow := &server{answer: func(string) error { // as slow as a lease allows
			f.erase("ann@example.org")
			f.sweep(s)
			f.clock.Add(leaseFor)
			f.sweep(s)
			return f.Deliver(f.Context(), "", "", []byte("To: Ann"), id)
		}}
		f.w = f.worker(slow)
		f.once()
		f.has("as the worker leaves it", id)
		f.clock.Add(sweepEvery)
		f.sweep(s)
		f.has("a minute later")
	})
}

func TestWhatWasLeftHalfWrittenGoesAtTheNextStart(t *testing.T) {
	t.Parallel()
	f := newFolder(t, storetest.SQLite(t))
	f.sweep(f.sweeper()) // without a folder
	if err := os.Mkdir(f.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name string) string {
		t.Helper()
		file := filepath.Join(f.Dir, name)
		if err := os.WriteFile(file, []byte("To: Ann"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	if err := os.Chtimes(write(".message-1"), time.Time{}, time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	s := f.sweeper()
	if err := os.Chtimes(write(".message-2"), time.Time{}, time.Now().Add(time.Minute)); err != nil { // by this process
		t.Fatal(err)
	}
	f.sweep(s)
	if got := strings.Join(f.names(), " "); got != ".message-2" {
		t.Errorf("the folder holds %s", got)
	}
}

func TestTheSweeperComesWhenItIsCalledAndTriesAgainWhatFailed(t *testing.T) {
	t.Parallel()
	f := newFolder(t, storetest.SQLite(t))
	id := f.enqueue(to("ann@example.org"))
	f.drain()
	f.erase("ann@example.org")
	// A folder in the file's place cannot be removed while something is in it.
	name := filepath.Join(f.Dir, fileName(id))
	for _, err := range []error{os.Remove(name), os.MkdirAll(filepath.Join(name, "in it"), 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s := f.sweeper()
	if err := s.Sweep(t.Context()); err == nil || !strings.Contains(err.Error(), "remove the files of erased messages") {
		t.Errorf("what cannot be removed gives %v", err)
	}
	f.clock.Add(time.Hour)
	if err := os.Remove(filepath.Join(name, "in it")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	f.o.Wipe()
	f.o.Wipe() // never waits
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for len(f.names()) > 0 || len(f.o.wipe) > 0 {
		select {
		case err := <-ended:
			t.Fatalf("the sweeper ended with %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
