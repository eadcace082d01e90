package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"strings"
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestAMailboxGetsItsMessagesInOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		first, second, other := b.enqueue(to("ann@example.org")), b.enqueue(to("ann@example.org")), b.enqueue(to("bob@example.org"))
		b.server.answer = func(to string) error {
			if to == "ann@example.org" {
				return errors.New("later")
			}
			return nil
		}
		if n := b.once(); n != 1 {
			t.Fatalf("%d sent in the first round, want bob's alone", n)
		}
		b.once()
		b.state(other, "sent")
		if r := b.state(second, "queued"); r.Attempts != 0 {
			t.Fatal("the second message was tried before the first had gone")
		}
		b.server.answer = nil
		b.clock.Add(2 * time.Minute)
		b.drain()
		var order []string
		for _, d := range b.server.attempts() {
			if d.to == "ann@example.org" {
				order = append(order, d.id)
			}
		}
		if want := fmt.Sprint([]string{first, first, second}); fmt.Sprint(order) != want {
			t.Errorf("attempts went %v, want %v", order, want)
		}
	})
}

func TestEachAttemptSendsTheSameBytes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		id := b.enqueue(to("ann@example.org"))
		b.server.answer = func(string) error {
			if !bytes.Contains(b.row(id).Raw, []byte("Snapshot")) {
				t.Error("the bytes were not kept before they were sent")
			}
			return errors.New("450 mailbox busy")
		}
		b.once()
		b.clock.Add(time.Hour)
		b.once()
		b.clock.Add(time.Hour)
		b.server.answer = nil
		b.once()
		seen := b.server.attempts()
		if len(seen) != 3 || !bytes.Equal(seen[0].raw, seen[1].raw) || !bytes.Equal(seen[0].raw, seen[2].raw) || b.composed.Load() != 1 {
			t.Errorf("%d attempts, composed %d times; want three of the same bytes", len(seen), b.composed.Load())
		}
		if r := b.state(id, "sent"); r.Attempts != 3 || r.SentAt == nil || *r.SentAt != b.clock.Now().UnixMilli() || r.Problem != "" {
			t.Errorf("the row is %+v", r)
		}
	})
}

func TestTheOnlyProcessReclaimsTheRowsOfADeadOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		b.enqueue(to("ann@example.org"))
		if dead, err := b.outbox().take(t.Context(), batch, leaseFor); err != nil || len(dead) != 1 {
			t.Fatalf("leased %d rows, %v", len(dead), err)
		}
		if err := b.o.Reclaim(t.Context()); err != nil {
			t.Fatal(err)
		}
		if b.once() != 1 {
			t.Error("the row waits for the dead process' lease")
		}
	})
}

func TestARowOfADeadProcessGoesOutWhenItsLeaseEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		b.enqueue(to("ann@example.org"))
		b.enqueue(to("ann@example.org"))
		dead, err := b.outbox().take(t.Context(), batch, leaseFor)
		if err != nil || len(dead) != 1 {
			t.Fatalf("leased %d rows, %v; want the mailbox's oldest", len(dead), err)
		}
		b.clock.Add(leaseFor - time.Second)
		if b.once() != 0 {
			t.Fatal("a leased row, or one behind it, was sent")
		}
		b.clock.Add(2 * time.Second)
		if b.once() != 1 || b.server.attempts()[0].id != dead[0].ID {
			t.Fatal("the row did not go out after its lease")
		}
		// The dead process wakes up: what it says no longer counts.
		late := outcome{leased: dead[0], state: "failed", problem: "late"}
		if err := b.o.settle(t.Context(), []outcome{late}); err != nil {
			t.Fatal(err)
		}
		b.state(dead[0].ID, "sent")
		dead[0].raw = []byte("late")
		if ours, err := b.o.store(t.Context(), dead); err != nil || len(ours) != 0 {
			t.Errorf("the dead process kept bytes for %d rows, %v", len(ours), err)
		}
	})
}

func TestTwoInstancesNeverTakeTheSameRow(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		for i := range 60 {
			b.enqueue(to(fmt.Sprintf("person%d@example.org", i%20)))
		}
		taken := make(chan []*leased)
		for range 2 {
			o := b.outbox()
			go func() {
				var all []*leased
				for {
					rows, err := o.take(context.Background(), 3, leaseFor)
					if err != nil {
						t.Error(err)
					}
					if len(rows) == 0 {
						taken <- all
						return
					}
					all = append(all, rows...)
				}
			}()
		}
		mailboxes := map[string]bool{}
		for _, l := range append(<-taken, <-taken...) {
			if mailboxes[l.Mailbox] {
				t.Errorf("two rows of one mailbox are out at once: %s", l.ID)
			}
			mailboxes[l.Mailbox] = true
		}
		// With skip locked an instance may find nothing while the other holds the last rows: they are not lost.
		if len(mailboxes) != 20 {
			t.Errorf("rows of %d mailboxes were taken, want 20", len(mailboxes))
		}
	})
}

func TestTheWaitGrowsUntilTwoDays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		id := b.enqueue(to("ann@example.org"))
		b.server.answer = func(string) error { return errors.New("connection refused") }
		want := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
		for range 11 {
			want = append(want, 4*time.Hour)
		}
		want = append(want, 2*time.Hour+39*time.Minute) // 48 hours in all
		began := b.clock.Now()
		for i, d := range want {
			b.once()
			r := b.state(id, "queued")
			if got := time.UnixMilli(r.DueAt).Sub(b.clock.Now()); got != d || r.Attempts != i+1 || r.Problem != "connection refused" {
				t.Fatalf("after attempt %d: %v (%+v), want %v", i+1, got, r, d)
			}
			b.clock.Add(d - time.Millisecond)
			b.once()
			b.clock.Add(time.Millisecond)
		}
		if passed := b.clock.Now().Sub(began); passed != 48*time.Hour {
			t.Errorf("the last attempt is after %v", passed)
		}
		b.once()
		if r := b.state(id, "failed"); r.Problem != "Given up after two days. connection refused" {
			t.Errorf("organisers read %q", r.Problem)
		}
		if n := len(b.server.attempts()); n != len(want)+1 {
			t.Errorf("%d attempts, want %d", n, len(want)+1)
		}
	})
}

func TestTheJitterIsATenth(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.SQLite(t))
	for random, want := range map[float64]time.Duration{0: 54 * time.Second, 0.5: time.Minute, 1: 66 * time.Second} {
		b.w.random = func() float64 { return random }
		if got := b.w.outcome(&leased{}, errors.New("later")).due.Sub(b.clock.Now()).Round(time.Millisecond); got != want {
			t.Errorf("at %v the wait is %v, want %v", random, got, want)
		}
	}
}

func TestAPermanentFailureLetsTheNextMessageGo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		refused, next := b.enqueue(to("ann@example.org")), b.enqueue(to("ann@example.org"))
		b.server.answer = func(string) error {
			return &Permanent{Err: &textproto.Error{Code: 550, Msg: "5.1.1 <Ann@Example.org>: no such user, see https://example.org/?q=ann%40example.org"}}
		}
		b.once()
		b.server.answer = nil
		b.once()
		if r := b.state(refused, "failed"); r.Problem != "There is no such mailbox: look for a typing error in the address. (550 5.1.1 <[address]>: no such user, see [link])" {
			t.Errorf("organisers read %q", r.Problem)
		}
		b.state(next, "sent")
		if log := strings.ToLower(b.log.String()); strings.Contains(log, "ann@") || strings.Contains(log, "about") || !strings.Contains(log, refused) {
			t.Errorf("the log says too much or too little:\n%s", log)
		}
	})
}

func TestADefectHoldsUpItsMailboxForTwoDaysAtMost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		for kind, state := range map[string]string{"faulty": "queued", "panicky": "queued", "unheard of": "failed"} {
			m := to(kind[:3] + "@example.org")
			m.Kind = kind
			id := b.enqueue(m)
			b.once()
			if r := b.state(id, state); r.Problem == "" || r.Attempts != 1 || strings.Contains(r.Problem, "@") {
				t.Errorf("%s: %+v", kind, r)
			}
		}
		b.clock.Add(time.Hour)
		other := b.enqueue(to("bob@example.org"))
		b.once()
		b.state(other, "sent")
		if strings.Contains(b.log.String(), "@") {
			t.Errorf("the log has an address:\n%s", b.log)
		}
	})
}

func TestAnAddressThatIsNoneFailsForGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		for i, address := range []string{"", "ann", "zoë@example.org", "ann@example.org\r\nBcc: eve@example.org", "a\x00b@example.org", "ann@exam ple.org"} {
			m := to(address)
			m.Mailbox = fmt.Sprint(i)
			id := b.enqueue(m)
			b.once()
			if r := b.state(id, "failed"); !strings.Contains(r.Problem, errAddress.Error()) {
				t.Errorf("%q: %q", address, r.Problem)
			}
		}
		if n := len(b.server.attempts()); n != 0 {
			t.Errorf("%d attempts, want none", n)
		}
	})
}

func TestAStoppedWorkerGivesBackWhatItHasNotBegun(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		for i := range 20 {
			b.enqueue(to(fmt.Sprintf("person%d@example.org", i)))
		}
		ctx, stop := context.WithCancel(t.Context())
		b.server.answer = func(string) error { stop(); return nil }
		if err := b.w.Run(ctx); err != nil {
			t.Fatal(err)
		}
		done := len(b.server.attempts())
		if done == 0 || done > senders {
			t.Fatalf("%d messages were in hand", done)
		}
		b.drain() // at once: no lease has to end first
		if n := len(b.server.attempts()); n != 20 {
			t.Errorf("%d messages went out in all, want 20", n)
		}
	})
}

func TestAWokenWorkerSendsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		ctx, stop := context.WithCancel(t.Context())
		ended, sent := make(chan error), make(chan string, 2)
		b.server.answer = func(to string) error { sent <- to; return nil }
		go func() { ended <- b.w.Run(ctx) }()
		for _, address := range []string{"ann@example.org", "bob@example.org"} {
			b.enqueue(to(address))
			b.o.Wake()
			if got := <-sent; got != address {
				t.Errorf("%s was sent to, want %s", got, address)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestFilesKeepUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		files := Files{Dir: t.TempDir()}
		b.w = b.worker(files)
		for i := range 500 {
			m := to(fmt.Sprintf("person%d@example.invalid", i))
			b.enqueue(m)
		}
		began := time.Now()
		b.drain()
		took := time.Since(began)
		found, err := os.ReadDir(files.Dir)
		if err != nil || len(found) != 500 {
			t.Fatalf("%d files, %v; want 500", len(found), err)
		}
		t.Logf("500 messages in %v", took)
		if took > 20*time.Second {
			t.Errorf("500 messages took %v", took)
		}
	})
}

func TestTheWorkerDoesNotHearTheCallWhilePeopleGoFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.SQLite(t))
	b.w.YieldTo(func() bool { return true })
	b.o.Wake()
	began := time.Now()
	b.w.rest(t.Context())
	if rested := time.Since(began); rested < poll {
		t.Errorf("it rested for %v", rested)
	}
	b.w.YieldTo(func() bool { return false })
	b.w.rest(t.Context()) // the call is still there
	if len(b.o.wake) > 0 {
		t.Error("it did not hear the call afterwards")
	}
}
