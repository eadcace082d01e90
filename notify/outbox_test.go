package notify

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestARolledBackTransactionSendsNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, stop := newBench(t, db), errors.New("stop")
		err := db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			if _, err := b.o.Enqueue(ctx, tx.Tx, to("ann@example.org")); err != nil {
				t.Fatal(err)
			}
			return stop
		})
		if !errors.Is(err, stop) || b.rows() != 0 || b.once() != 0 || len(b.server.attempts()) != 0 {
			t.Fatalf("%v: %d rows, %d attempts; want none", err, b.rows(), len(b.server.attempts()))
		}
	})
}

func TestTheSequenceRisesForEachMailboxAndEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		for i, c := range []struct {
			mailbox, uid string
			least, want  int64
		}{
			{"ann@example.org", "one", 0, 0},
			{"ann@example.org", "one", 0, 1}, // her cancellation
			{"ann@example.org", "one", 0, 2}, // her rebooking exceeds it
			{"ann@example.org", "one", 7, 7}, // the event's own is ahead
			{"ann@example.org", "one", 3, 8},
			{"ann@example.org", "two", 0, 0},
			{"bob@example.org", "one", 4, 4},
			{"ann@example.org", "", 0, 0}, // not about an event
			{"ann@example.org", "", 0, 0},
		} {
			m := to(c.mailbox)
			m.UID, m.Sequence = c.uid, c.least
			if got := b.row(b.enqueue(m)).Sequence; got != c.want {
				t.Errorf("message %d has the sequence %d, want %d", i, got, c.want)
			}
		}
	})
}

func TestTheHourlyCountIsOfPublicFormsAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		public, private, other := to("ann@example.org"), to("ann@example.org"), to("bob@example.org")
		public.Public, other.Public = true, true
		public.RegistrationID = "r1"
		b.enqueue(public)
		b.clock.Add(time.Hour)
		b.enqueue(public)
		b.enqueue(private)
		b.enqueue(other)
		b.drain()
		for since, want := range map[time.Time]int{b.clock.Now().Add(-2 * time.Hour): 2, b.clock.Now().Add(-time.Minute): 1, b.clock.Now().Add(time.Minute): 0} {
			if got, err := b.o.PublicCount(t.Context(), "ann@example.org", since); err != nil || got != want {
				t.Errorf("since %v: %d, %v; want %d", since, got, err, want)
			}
		}
		b.resend("r1", "ann@example.org")
		if got, err := b.o.PublicCount(t.Context(), "ann@example.org", b.clock.Now().Add(-time.Minute)); err != nil || got != 2 {
			t.Errorf("with a resend: %d, %v; want 2", got, err)
		}
	})
}

func TestAResendSendsTheSameBytes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		m := to("ann@example.org")
		m.RegistrationID, m.UID = "r1", "one"
		first := b.enqueue(m)
		b.resend("r1", "ann@example.org") // still queued: hurried, not doubled
		b.drain()
		if n := b.rows(); n != 1 {
			t.Fatalf("%d rows after a resend of a queued message, want 1", n)
		}
		other := to("ann@example.org")
		other.Kind, other.RegistrationID = "cancellation", "r1"
		b.enqueue(other)
		b.drain()
		for range 2 {
			b.clock.Add(time.Hour)
			b.resend("r1", "ann@example.org")
			b.drain()
		}
		seen := b.server.attempts()
		if len(seen) != 4 || b.composed.Load() != 2 {
			t.Fatalf("%d messages went out, composed %d times; want 4 and 2", len(seen), b.composed.Load())
		}
		for _, again := range []delivered{seen[2], seen[3]} {
			if !bytes.Equal(seen[0].raw, again.raw) || again.id == first {
				t.Errorf("the resend %s differs:\n%s\nfrom\n%s", again.id, again.raw, seen[0].raw)
			}
			if r := b.row(again.id); r.Sequence != 0 || r.State != "sent" {
				t.Errorf("the resend's row is %+v", r)
			}
		}
	})
}

func TestAPurgedMessageIsComposedAgainUnderItsMessageID(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		m := to("ann@example.org")
		m.RegistrationID, m.UID, m.Sequence = "r1", "one", 5
		id := b.enqueue(m)
		b.drain()
		b.clock.Add(time.Hour)
		if n, err := b.o.Purge(t.Context(), b.clock.Now()); err != nil || n != 1 {
			t.Fatalf("purged %d, %v; want 1", n, err)
		}
		b.resend("r1", "ann@example.org")
		b.drain()
		seen := b.server.attempts()
		if len(seen) != 2 || b.composed.Load() != 2 {
			t.Fatalf("%d messages, composed %d times; want 2 and 2", len(seen), b.composed.Load())
		}
		header := "Message-ID: " + b.row(id).MessageID + "\r\n"
		if !strings.Contains(string(seen[1].raw), header) || b.row(seen[1].id).Sequence != 5 {
			t.Errorf("want %q in\n%s", header, seen[1].raw)
		}
	})
}

func TestAResendTriesAFailedMessageAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		b.server.answer = func(string) error { return &Permanent{Err: errors.New("no")} }
		m := to("ann@example.org")
		m.RegistrationID = "r1"
		id := b.enqueue(m)
		b.once()
		b.state(id, "failed")
		b.server.answer = nil
		b.resend("r1", "ann@example.org")
		if b.once() != 1 || !bytes.Equal(b.server.attempts()[0].raw, b.server.attempts()[1].raw) {
			t.Error("the failed message was not sent again as it was")
		}
		b.inTx(func(tx *sql.Tx) error {
			if err := b.o.Resend(t.Context(), tx, "nobody", "ann@example.org"); !fault.Is(err, fault.NotFound) {
				t.Errorf("a resend of nothing gives %v", err)
			}
			return nil
		})
	})
}

func TestThePurgeTakesOldBytesAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		old := b.enqueue(to("ann@example.org"))
		b.drain()
		b.server.answer = func(string) error { return &Permanent{Err: errors.New("no")} }
		failed := b.enqueue(to("eve@example.org"))
		b.once()
		b.server.answer = func(string) error { return errors.New("later") }
		queued := b.enqueue(to("bob@example.org"))
		b.once()
		b.clock.Add(time.Hour)
		b.server.answer = nil
		fresh := b.enqueue(to("cat@example.org"))
		b.drain() // bob's too
		b.state(queued, "sent")
		n, err := b.o.Purge(t.Context(), b.clock.Now())
		if err != nil || n != 2 || b.row(old).Raw != nil || b.row(failed).Raw != nil {
			t.Errorf("purged %d, %v; want the old and the failed one", n, err)
		}
		if b.row(fresh).Raw == nil || b.row(queued).Raw == nil {
			t.Error("the bytes of a fresh message are gone")
		}
	})
}

func TestAnOutboxNeedsADomain(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	for _, host := range []string{"", "a b", "x>\r\nBcc: y", "ü.example", "-a"} {
		if o, err := NewOutbox(t.Context(), db, host, time.Now); err == nil {
			t.Errorf("%q was taken", host)
			_ = o.Close()
		}
	}
}
