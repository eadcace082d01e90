package notify

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/mail"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var sender = mail.Address{Name: "Masterclass", Address: "events@example.org"}

// delivered is one attempt that a fake server saw.
type delivered struct {
	to, id string
	raw    []byte
}

// server is a Deliverer that answers what the test wants.
type server struct {
	mu     sync.Mutex
	seen   []delivered
	answer func(to string) error
}

func (s *server) Deliver(_ context.Context, _, to string, raw []byte, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, delivered{to, id, bytes.Clone(raw)})
	if s.answer == nil {
		return nil
	}
	return s.answer(to)
}

func (s *server) attempts() []delivered {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]delivered(nil), s.seen...)
}

// bench is an outbox with a worker, a fake clock and a fake server.
type bench struct {
	*testing.T
	db     *store.DB
	o      *Outbox
	w      *Worker
	clock  *storetest.Clock
	server *server
	log    *bytes.Buffer

	composed atomic.Int64 // how often the composer was called
}

func newBench(t *testing.T, db *store.DB) *bench {
	t.Helper()
	b := &bench{T: t, db: db, clock: storetest.NewClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)), server: &server{}, log: &bytes.Buffer{}}
	b.o = b.outbox()
	b.w = b.worker(b.server)
	return b
}

func (b *bench) outbox() *Outbox {
	b.Helper()
	o, err := NewOutbox(context.Background(), b.db, "events.example.org", b.clock.Now)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := o.Close(); err != nil {
			b.Error(err)
		}
	})
	return o
}

func (b *bench) worker(d Deliverer) *Worker {
	compose := func(q Queued) (Mail, error) {
		b.composed.Add(1)
		// A link that differs each time it is made shows that bytes are made once.
		return Mail{Subject: "About " + q.Kind, Text: "Snapshot " + string(q.Snapshot) + " made " + time.Now().String()}, nil
	}
	composers := map[string]Composer{KindConfirmation: compose, KindUpdated: compose, KindReminder: compose, KindWaiting: compose, "cancellation": compose,
		"faulty":  func(Queued) (Mail, error) { return Mail{}, errors.New("template gone for ann@example.org") },
		"panicky": func(Queued) (Mail, error) { panic("a defect") }}
	w := NewWorker(b.o, sender, composers, d, slog.New(slog.NewTextHandler(b.log, nil)))
	w.random = func() float64 { return 0.5 } // no jitter
	return w
}

func to(address string) Message {
	return Message{Kind: KindConfirmation, To: mail.Address{Name: "Ann", Address: address}, Mailbox: address, Snapshot: map[string]string{"event": "SACT"}}
}

func (b *bench) enqueue(m Message) string {
	b.Helper()
	var id string
	b.inTx(func(tx *sql.Tx) (err error) {
		id, err = b.o.Enqueue(context.Background(), tx, m)
		return err
	})
	return id
}

func (b *bench) resend(registration, mailbox string) {
	b.Helper()
	b.inTx(func(tx *sql.Tx) error { return b.o.Resend(context.Background(), tx, registration, mailbox) })
}

func (b *bench) inTx(fn func(tx *sql.Tx) error) {
	b.Helper()
	err := b.db.InTx(context.Background(), func(_ context.Context, tx bun.Tx) error { return fn(tx.Tx) })
	if err != nil {
		b.Fatal(err)
	}
}

// once makes a round and says how many were sent.
func (b *bench) once() int {
	b.Helper()
	n, err := b.w.Once(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// drain makes rounds until nothing more is sent.
func (b *bench) drain() {
	b.Helper()
	for b.once() > 0 {
	}
}

type row struct {
	State, Problem string
	Sequence       int64
	Attempts       int
	DueAt          int64
	SentAt         *int64
	Raw            []byte
	MessageID      string
}

func (b *bench) row(id string) row {
	b.Helper()
	var r row
	err := b.db.NewRaw("select state, problem, sequence, attempts, due_at, sent_at, (select raw from message_bytes b where b.id = outbox.id) as raw, message_id from outbox where id = ?", id).
		Scan(context.Background(), &r.State, &r.Problem, &r.Sequence, &r.Attempts, &r.DueAt, &r.SentAt, &r.Raw, &r.MessageID)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *bench) state(id, want string) row {
	b.Helper()
	r := b.row(id)
	if r.State != want {
		b.Fatalf("the row is %s (%q), want %s", r.State, r.Problem, want)
	}
	return r
}

func (b *bench) rows() int {
	b.Helper()
	var n int
	if err := b.db.NewRaw("select count(*) from outbox").Scan(context.Background(), &n); err != nil {
		b.Fatal(err)
	}
	return n
}
