package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// on is a message of a kind on a topic to a mailbox.
func on(topic, kind, mailbox string) Message {
	m := to(mailbox)
	m.Topic, m.Kind = topic, kind
	return m
}

func TestANewerMessageSupersedesWhatIsUnsent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const ann = "ann@example.org"
		for name, c := range map[string]struct {
			before, after Message
			want          string
		}{
			"an update by an update":                    {on("e1", KindUpdated, ann), on("e1", KindUpdated, ann), StateSuperseded},
			"a reminder by an update":                   {on("e1", KindReminder, ann), on("e1", KindUpdated, ann), StateSuperseded},
			"a reminder by a reminder":                  {on("e1", KindReminder, ann), on("e1", KindReminder, ann), StateSuperseded},
			"an update by a cancellation":               {on("e1", KindUpdated, ann), on("e1", "cancellation", ann), StateSuperseded},
			"no update by a reminder":                   {on("e1", KindUpdated, ann), on("e1", KindReminder, ann), StateQueued},
			"no confirmation":                           {on("e1", KindConfirmation, ann), on("e1", KindUpdated, ann), StateQueued},
			"no cancellation":                           {on("e1", "cancellation", ann), on("e1", KindUpdated, ann), StateQueued},
			"not on another topic":                      {on("e1", KindUpdated, ann), on("e2", KindUpdated, ann), StateQueued},
			"not of another mailbox":                    {on("e1", KindUpdated, ann), on("e1", KindUpdated, "bob@example.org"), StateQueued},
			"nothing without a topic":                   {on("", KindUpdated, ann), on("", KindUpdated, ann), StateQueued},
			"nothing by one that is on no topic at all": {on("e1", KindUpdated, ann), on("", KindUpdated, ann), StateQueued},
		} {
			b := newBench(t, db)
			before := b.enqueue(c.before)
			after := b.enqueue(c.after)
			if got := b.row(before).State; got != c.want {
				t.Errorf("%s: it is %s", name, got)
			}
			b.state(after, StateQueued)
			b.exec("delete from outbox")
		}
	})
}

func TestWhatWasSentIsNotSuperseded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		first := b.enqueue(on("e1", KindUpdated, "ann@example.org"))
		b.drain()
		second := b.enqueue(on("e1", KindUpdated, "ann@example.org"))
		b.drain()
		b.state(first, StateSent)
		b.state(second, StateSent)
	})
}

func TestARollBackSupersedesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, stop := newBench(t, db), errors.New("stop")
		id := b.enqueue(on("e1", KindUpdated, "ann@example.org"))
		err := db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			_, err := b.o.Enqueue(ctx, tx.Tx, on("e1", KindUpdated, "ann@example.org"))
			return errors.Join(err, stop)
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		b.state(id, StateQueued)
	})
}

// In the worker's hands a message is sent, or superseded, but not both, and the newer one follows it.
func TestAMessageInHandIsSentOrSuperseded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, c := range map[string]struct {
			answer error
			want   string
			goes   int // messages in all
		}{
			"taken by the server":    {nil, StateSent, 2},
			"to be tried again":      {errors.New("later"), StateSuperseded, 2},
			"refused for good":       {&Permanent{Err: errors.New("550 no")}, StateFailed, 2},
			"the program is stopped": {context.Canceled, StateSuperseded, 2},
		} {
			b := newBench(t, db)
			first := b.enqueue(on("e1", KindUpdated, "ann@example.org"))
			var second string
			b.server.answer = func(string) error {
				if second != "" {
					return nil
				}
				second = b.enqueue(on("e1", KindUpdated, "ann@example.org"))
				b.state(first, StateQueued) // it is the worker's
				return c.answer
			}
			b.once()
			b.state(first, c.want)
			b.drain()
			b.state(second, StateSent)
			if seen := b.server.attempts(); len(seen) != c.goes || seen[1].id != second {
				t.Errorf("%s: the attempts were %d", name, len(seen))
			}
			b.exec("delete from outbox")
		}
	})
}

func TestAMessageOfADeadWorkerIsSuperseded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		first := b.enqueue(on("e1", KindUpdated, "ann@example.org"))
		if dead, err := b.outbox().take(t.Context(), batch, leaseFor); err != nil || len(dead) != 1 {
			t.Fatalf("%d rows, %v", len(dead), err)
		}
		second := b.enqueue(on("e1", KindUpdated, "ann@example.org"))
		b.once()
		b.state(first, StateQueued)
		b.clock.Add(leaseFor + time.Millisecond)
		b.drain()
		b.once() // nothing is sent in the round that finds the stale one
		b.drain()
		b.state(first, StateSuperseded)
		b.state(second, StateSent)
		if n := len(b.server.attempts()); n != 1 {
			t.Errorf("%d messages went out, want the newer alone", n)
		}
	})
}

// What a slow worker did send is called sent, though another message went in its place by then.
func TestALateWordThatAMessageWasSentCounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		first := b.enqueue(on("e1", KindUpdated, "ann@example.org"))
		held, err := b.o.take(t.Context(), batch, leaseFor)
		if err != nil || len(held) != 1 {
			t.Fatalf("%d rows, %v", len(held), err)
		}
		b.clock.Add(leaseFor + time.Millisecond)
		b.enqueue(on("e1", KindUpdated, "ann@example.org"))
		b.state(first, StateSuperseded)
		if err := b.o.settle(t.Context(), []outcome{{leased: held[0], state: StateSent}}); err != nil {
			t.Fatal(err)
		}
		b.state(first, StateSent)
	})
}

func TestOneOfManyUpdatesAtOnceGoesOutLast(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for n := range 10 {
					err := db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
						_, err := b.o.Enqueue(ctx, tx.Tx, on("e1", KindUpdated, fmt.Sprintf("person%d@example.org", n%3)))
						return err
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			for range 20 {
				if _, err := b.w.Once(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		b.drain()
		var queued int
		b.scan(&queued, "select count(*) from outbox where state = 'queued'")
		sent := map[string]bool{}
		for _, d := range b.server.attempts() {
			if sent[d.id] || b.row(d.id).State != StateSent {
				t.Errorf("%s was sent twice, or is %s", d.id, b.row(d.id).State)
			}
			sent[d.id] = true
		}
		var newest []string
		b.scan(&newest, "select max(id) from outbox group by mailbox")
		for _, id := range newest {
			b.state(id, StateSent)
		}
		if queued != 0 || len(newest) != 3 {
			t.Errorf("%d are queued, %d mailboxes", queued, len(newest))
		}
	})
}

func (b *bench) exec(query string, args ...any) {
	b.Helper()
	if _, err := b.db.NewRaw(query, args...).Exec(context.Background()); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) scan(into any, query string, args ...any) {
	b.Helper()
	if err := b.db.NewRaw(query, args...).Scan(context.Background(), into); err != nil && !errors.Is(err, sql.ErrNoRows) {
		b.Fatal(err)
	}
}
