package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/mail"
	"sync/atomic"
	"time"
)

const (
	leaseFor   = 2 * time.Minute // how long a killed process keeps its rows from others
	margin     = 5 * time.Second // of the lease, to write down what happened
	grace      = 7 * time.Second // for the messages in hand when the program is asked to stop: container managers wait ten
	leastBatch = 64
	batch      = 256         // rows leased at once, at most
	ahead      = 2           // batches that are leased and made ready at once
	poll       = time.Second // for what other instances queued, and what has become due
)

// Worker sends what the outbox holds. One a process is enough; several processes share the work.
type Worker struct {
	o         *Outbox
	from      mail.Address
	composers map[string]Composer
	d         Deliverer
	signer    *Signer // nil: messages are not signed
	log       *slog.Logger
	random    func() float64 // from 0 up to 1, for jitter
	busy      func() bool    // whether people wait for the database at this moment
	sent      atomic.Int64
	failed    atomic.Int64
	postponed atomic.Int64
}

// NewWorker makes a worker that writes as from, with the composer for each kind, and hands messages to d.
func NewWorker(o *Outbox, from mail.Address, composers map[string]Composer, d Deliverer, log *slog.Logger) *Worker {
	return &Worker{o: o, from: from, composers: composers, d: d, log: log, random: rand.Float64, busy: func() bool { return false }}
}

// Counts tells how attempts to send ended since the worker was made: "sent", "failed" for good, or "postponed" to be tried again.
func (w *Worker) Counts() map[string]int64 {
	return map[string]int64{"sent": w.sent.Load(), "failed": w.failed.Load(), "postponed": w.postponed.Load()}
}

// Sign has messages signed as their bytes are made, so that each attempt and each resend carries the same signature. Call it
// before Run; nil signs nothing.
func (w *Worker) Sign(s *Signer) { w.signer = s }

// YieldTo lets people go first: while busy says so, the outbox is asked for messages once a second.
func (w *Worker) YieldTo(busy func() bool) { w.busy = busy }

// Run sends what becomes due until ctx ends, polling each second and when the outbox is woken. It then begins no other
// message, gives those in hand seven seconds and returns nil.
func (w *Worker) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		s := w.shift(ctx, false)
		if s.err != nil && ctx.Err() == nil {
			w.log.ErrorContext(ctx, "the outbox could not be worked on", "error", s.err)
		}
		w.rest(ctx)
	}
	return nil
}

// rest waits for a second or for a call, which it does not hear while people go first.
func (w *Worker) rest(ctx context.Context) {
	enough := time.NewTimer(poll)
	defer enough.Stop()
	wake := w.o.wake
	if w.busy() {
		wake = nil
	}
	select {
	case <-ctx.Done():
	case <-wake:
	case <-enough.C:
	}
}

// Once makes one round: it leases due rows, at most one a mailbox, tries each, and says how many were sent. The error
// is the outbox's: what a message failed of is in its row.
func (w *Worker) Once(ctx context.Context) (sent int, err error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	s := w.shift(ctx, true)
	return s.sent, s.err
}

// prepare sees to it that each row has its bytes, and that they are kept before any is sent. Rows that cannot have any
// are done.
func (w *Worker) prepare(ctx context.Context, rows []*leased) (done []outcome, ready []*leased, err error) {
	var made []*leased
	for _, l := range rows {
		if l.stale {
			done = append(done, outcome{leased: l})
			continue
		}
		fresh, err := w.compose(l)
		switch {
		case err != nil:
			done = append(done, w.outcome(l, err))
		case fresh:
			made = append(made, l)
		default:
			ready = append(ready, l)
		}
	}
	if len(made) == 0 {
		return done, ready, nil
	}
	kept, err := w.o.store(ctx, made)
	return done, append(ready, kept...), err
}

// compose makes the row's bytes unless an earlier attempt did. A composer's panic is an error: it must not take the
// program down again at every start.
func (w *Worker) compose(l *leased) (fresh bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			fresh, err = false, errors.New("the message's composer panicked")
			w.log.Error("a composer panicked", "id", l.ID, "kind", l.Kind)
		}
	}()
	if l.To, err = recipient(l.recipient); err != nil || l.raw != nil {
		return false, err
	}
	composer, ok := w.composers[l.Kind]
	if !ok {
		return false, &Permanent{Err: fmt.Errorf("no composer for the kind %q", l.Kind)}
	}
	m, err := composer(l.Queued)
	if err != nil {
		return false, fmt.Errorf("compose: %w", err)
	}
	raw, err := Bytes(w.from, l.Queued, m, l.MadeAt)
	if err != nil {
		return false, err
	}
	l.raw, err = w.signer.Sign(raw)
	return err == nil, err
}
