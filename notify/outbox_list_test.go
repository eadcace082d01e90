package notify

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"testing"
	"time"

	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func (b *bench) list(f Filter) (page []Entry, more bool) {
	b.Helper()
	page, more, err := b.o.List(b.Context(), f)
	if err != nil {
		b.Fatal(err)
	}
	return page, more
}

func idsOf(page []Entry) (ids []string) {
	for _, e := range page {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestTheListOfMessagesHasPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		var want []string
		for i := range 2*pageOf + 1 {
			want = append(want, b.enqueue(to(fmt.Sprintf("person%d@example.org", i))))
		}
		slices.Reverse(want)
		var got []string
		var sizes []int
		for more := true; more; {
			var f Filter
			if len(got) > 0 {
				f.After = got[len(got)-1]
			}
			var page []Entry
			page, more = b.list(f)
			got, sizes = append(got, idsOf(page)...), append(sizes, len(page))
		}
		if !slices.Equal(got, want) || !slices.Equal(sizes, []int{pageOf, pageOf, 1}) {
			t.Errorf("the pages %v hold %d messages, want %d, the newest first", sizes, len(got), len(want))
		}
		if page, more := b.list(Filter{EventID: "none"}); len(page) != 0 || more {
			t.Errorf("of no event: %d messages", len(page))
		}
	})
}

func TestTheListOfMessagesIsFiltered(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		zoe := b.enqueue(Message{Kind: KindConfirmation, To: mail.Address{Name: "Zoë Ångström", Address: "Z.Angstrom@Example.org"}, Mailbox: "z", EventID: "e1", RegistrationID: "r1"})
		odd := b.enqueue(Message{Kind: KindWaiting, To: mail.Address{Name: "100% Bob", Address: "bob_o@example.org"}, Mailbox: "b", EventID: "e1"})
		other := b.enqueue(Message{Kind: KindConfirmation, To: mail.Address{Name: "Eve", Address: "eve@example.com"}, Mailbox: "e", EventID: "e2"})
		b.server.answer = func(to string) error {
			if to == "eve@example.com" {
				return &Permanent{Err: errors.New("no")}
			}
			return nil
		}
		b.drain()
		for _, c := range []struct {
			f    Filter
			want []string
		}{
			{Filter{}, []string{other, odd, zoe}},
			{Filter{EventID: "e1"}, []string{odd, zoe}},
			{Filter{EventID: "e1", Kind: KindConfirmation}, []string{zoe}},
			{Filter{State: StateFailed}, []string{other}},
			{Filter{State: StateSent}, []string{odd, zoe}},
			{Filter{State: "nonsense"}, nil},
			{Filter{RegistrationID: "r1"}, []string{zoe}},
			{Filter{Text: "ZOË ån"}, []string{zoe}},
			{Filter{Text: " angstrom@example.ORG "}, []string{zoe}},
			{Filter{Text: "example"}, []string{other, odd, zoe}},
			{Filter{Text: "0% b"}, []string{odd}},
			{Filter{Text: "%"}, []string{odd}},
			{Filter{Text: "_"}, []string{odd}},
			{Filter{Text: `\`}, nil},
			{Filter{Text: "'; drop table outbox; --"}, nil},
		} {
			page, _ := b.list(c.f)
			if got := idsOf(page); !slices.Equal(got, c.want) {
				t.Errorf("%+v gives %v, want %v", c.f, got, c.want)
			}
		}
	})
}

func TestOneMessagesDetails(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		m := to("ann@example.org")
		m.EventID, m.RegistrationID, m.To.Name = "e1", "r1", "Änn"
		id, queuedAt := b.enqueue(m), b.clock.Now()
		b.server.answer = func(string) error { return errors.New("later") }
		b.once()
		e, err := b.o.Entry(t.Context(), id)
		want := Entry{ID: id, Kind: m.Kind, State: StateQueued, To: m.To, Mailbox: "ann@example.org", EventID: "e1", RegistrationID: "r1", MessageID: "<" + id + "@events.example.org>",
			Problem: "later", Attempts: 1, CreatedAt: queuedAt, DueAt: queuedAt.Add(time.Minute)}
		if err != nil || e != want {
			t.Errorf("%+v, %v; want %+v", e, err, want)
		}
		b.server.answer = nil
		b.clock.Add(time.Hour)
		b.drain()
		if e, err = b.o.Entry(t.Context(), id); err != nil || e.State != StateSent || !e.SentAt.Equal(b.clock.Now()) || e.Problem != "" || e.Attempts != 2 {
			t.Errorf("%+v, %v", e, err)
		}
		if _, err := b.o.Entry(t.Context(), "none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("of none: %v", err)
		}
		bad := to("nobody")
		if e, err := b.o.Entry(t.Context(), b.enqueue(bad)); err != nil || e.To.Address != "" {
			t.Errorf("an address that is none: %+v, %v", e, err)
		}
	})
}

func TestTallies(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		about := func(event, kind, address string) string {
			m := on("t", kind, address)
			m.EventID = event
			return b.enqueue(m)
		}
		about("e1", KindConfirmation, "sent@example.org")
		about("e1", KindConfirmation, "refused@example.org")
		about("e2", KindConfirmation, "sent@example.org")
		b.server.answer = func(to string) error {
			if to == "refused@example.org" {
				return &Permanent{Err: errors.New("no")}
			}
			return nil
		}
		b.drain()
		b.once()
		about("e1", KindUpdated, "ann@example.org")
		about("e1", KindUpdated, "ann@example.org")
		about("e3", KindUpdated, "bob@example.org")
		got, err := b.o.Tallies(t.Context(), "e1", "e2", "none")
		if err != nil || len(got) != 2 || got["e1"] != (Tally{Queued: 1, Sent: 1, Failed: 1, Superseded: 1}) || got["e2"] != (Tally{Sent: 1}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func (b *bench) resendOne(id string) (err error) {
	b.inTx(func(tx *sql.Tx) error { err = b.o.ResendOne(b.Context(), tx, id); return nil })
	return err
}

func TestOneMessageIsSentAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		id := b.enqueue(on("e1", KindUpdated, "ann@example.org"))
		b.server.answer = func(string) error { return errors.New("later") }
		b.once()
		b.server.answer = nil
		if err := b.resendOne(id); err != nil || b.once() != 1 { // queued: hurried, not doubled
			t.Fatalf("%v, or it was not hurried", err)
		}
		if err := b.resendOne(id); err != nil || b.once() != 1 {
			t.Fatalf("%v, or it was not sent again", err)
		}
		seen := b.server.attempts()
		if len(seen) != 3 || !bytes.Equal(seen[0].raw, seen[2].raw) || seen[2].id == id || b.rows() != 2 {
			t.Errorf("%d attempts, %d rows", len(seen), b.rows())
		}
		if n, err := b.o.PublicCount(t.Context(), "ann@example.org", time.Time{}); err != nil || n != 0 {
			t.Errorf("an organiser's resend counts as the public's: %d, %v", n, err)
		}
		old := b.enqueue(on("e2", KindUpdated, "ann@example.org"))
		b.enqueue(on("e2", KindUpdated, "ann@example.org"))
		if err := b.resendOne(old); !fault.Is(err, fault.Conflict) {
			t.Errorf("a superseded message: %v", err)
		}
		if err := b.resendOne("none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("no message: %v", err)
		}
	})
}

func TestFailedMessagesAreTriedAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		b.server.answer = func(string) error { return &Permanent{Err: errors.New("no")} }
		about := func(m Message, event string) string {
			m.EventID = event
			return b.enqueue(m)
		}
		ann, elsewhere := about(to("ann@example.org"), "e1"), about(to("bob@example.org"), "e2")
		outdated := about(on("t", KindUpdated, "cat@example.org"), "e1")
		b.once()
		newer := about(on("t", KindUpdated, "cat@example.org"), "e1")
		b.once()
		b.server.answer = nil
		b.inTx(func(tx *sql.Tx) error {
			n, err := b.o.RetryFailed(t.Context(), tx, Filter{EventID: "e1", State: StateSent, After: "0"})
			if n != 2 {
				t.Errorf("%d messages are tried again, want ann's and cat's newer one", n)
			}
			return err
		})
		if r := b.state(ann, StateQueued); r.Attempts != 0 || r.Problem != "" {
			t.Errorf("the row is %+v", r)
		}
		b.drain()
		b.state(ann, StateSent)
		b.state(newer, StateSent)
		b.state(outdated, StateFailed)
		b.state(elsewhere, StateFailed)
	})
}
