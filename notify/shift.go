package notify

import (
	"context"
	"errors"
	"time"
)

// Outcomes are gathered before they are written down, since each writing waits for the disk: for four times as long as the
// last one took, so that a slow disk is left to others for most of the time. What was sent and is not written down yet
// would be sent again after a crash, so it is never long.
const (
	together      = 20 * time.Millisecond
	longestGather = 250 * time.Millisecond
)

// shift is the worker at work: rows are leased and made ready, sent, and written down at the same time, each by
// goroutines that tell the shift when they have ended. Only the shift's own goroutine touches its fields.
type shift struct {
	w    *Worker
	ctx  context.Context // ends when no other message is to be begun
	work context.Context // ends when those in hand are to be left
	once bool            // one batch, and no more

	*lanes
	under     int // messages with the deliverer
	unsettled []outcome
	due       bool // the outbox may have rows that can be sent now
	asked     bool // it was asked for them
	enough    bool // outcomes were gathered for long enough
	leasing   int  // batches that are being leased
	lot       int  // rows of a batch
	leasedAt  time.Time
	settling  bool

	caught  chan catch
	ended   chan outcome
	settled chan settled
	gather  *time.Timer
	pause   time.Duration // for which outcomes are gathered

	handled, sent int
	handledThen   int   // when rows were leased last
	err           error // the first of the outbox's own
}

// catch is what came of leasing: rows that are ready, and outcomes of those that cannot be sent.
type catch struct {
	done  []outcome
	ready []*leased
	full  bool // there may be more
	err   error
}

// settled is how a writing went.
type settled struct {
	err  error
	took time.Duration
}

// shift works until nothing is in hand and nothing is due.
func (w *Worker) shift(ctx context.Context, once bool) *shift {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	s := &shift{w: w, ctx: ctx, work: work, once: once, lanes: newLanes(), due: true, lot: leastBatch,
		caught: make(chan catch, ahead), ended: make(chan outcome, senders), settled: make(chan settled, 1), gather: time.NewTimer(together), pause: together}
	s.gather.Stop()
	defer s.gather.Stop()
	s.run()
	return s
}

func (s *shift) run() {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	stopped := s.ctx.Done()
	for s.begin(); s.leasing > 0 || s.settling || s.under > 0; s.begin() {
		select {
		case c := <-s.caught:
			s.catch(c)
		case c := <-s.ended:
			s.end(c)
		case r := <-s.settled:
			s.settling = false
			s.note(r.err)
			s.pause = min(max(together, 4*r.took), longestGather)
			s.due = s.due || (r.err == nil && !s.w.busy()) // the mailboxes' next messages
		case <-s.gather.C:
			s.enough = true
		case <-s.calls():
			s.due = true
		case now := <-tick.C:
			s.due = true
			s.giveBack(s.sweep(now))
		case <-stopped:
			stopped = nil
		}
	}
}

// calls are those of the outbox, which are not heard while people go first.
func (s *shift) calls() <-chan struct{} {
	if s.once || s.w.busy() {
		return nil
	}
	return s.w.o.wake
}

// begin begins all that can be begun.
func (s *shift) begin() {
	if s.ctx.Err() != nil {
		s.due = false
		s.giveBack(s.clear())
	}
	now := time.Now()
	for s.under < senders {
		l := s.next(now)
		if l == nil {
			break
		}
		s.under++
		go func() { s.ended <- s.w.try(s.work, l) }()
	}
	if s.due && s.leasing < ahead && !(s.once && s.asked) && s.ready(s.lot, now) < s.lot {
		s.lease(now)
	}
	quiet := s.under == 0 && s.leasing == 0 // nothing else will end soon
	if len(s.unsettled) > 0 && !s.settling && (s.enough || quiet) {
		s.settle()
	}
}

// lease asks the outbox for rows. It asks for more at once while they are sent quickly, so that each asking costs less, and
// for few while they are not, so that what cannot be sent soon is left to others, and nobody waits for it to be made ready.
func (s *shift) lease(now time.Time) {
	switch since := now.Sub(s.leasedAt); {
	case since < time.Second && s.handled-s.handledThen >= s.lot:
		s.lot = min(2*s.lot, batch)
	case since > 5*time.Second:
		s.lot = max(s.lot/2, leastBatch)
	}
	lot, parked := s.lot, s.parked(now)
	if s.once {
		lot = batch
	}
	s.due, s.asked, s.leasedAt, s.handledThen = false, true, now, s.handled
	s.leasing++
	go func() { s.caught <- s.w.lease(s.work, lot, parked) }()
}

// catch puts leased rows in hand.
func (s *shift) catch(c catch) {
	s.leasing--
	s.note(c.err)
	for _, o := range c.done {
		s.conclude(o)
	}
	s.waiting = append(s.waiting, c.ready...)
	s.due = s.due || (c.full && !s.w.busy())
}

// end takes note of a message that was tried.
func (s *shift) end(c outcome) {
	s.under--
	s.lanes.ended(c.leased, c.state != StateQueued, time.Now())
	s.conclude(c)
}

func (s *shift) giveBack(rows []*leased) {
	for _, l := range rows {
		s.conclude(outcome{leased: l})
	}
}

// conclude keeps an outcome until it is written down.
func (s *shift) conclude(c outcome) {
	if c.state != "" || c.stale {
		s.handled++
	}
	if c.state == StateSent {
		s.sent++
	}
	if len(s.unsettled) == 0 {
		s.enough = false
		s.gather.Reset(s.pause)
	}
	s.unsettled = append(s.unsettled, c)
}

// settle writes outcomes down even if ctx has ended: what was sent must not be sent again.
func (s *shift) settle() {
	group := s.unsettled
	s.unsettled, s.settling, s.enough = nil, true, false
	s.gather.Stop()
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), leaseFor/4)
		defer cancel()
		began := time.Now()
		err := s.w.o.settle(ctx, group)
		s.settled <- settled{err, time.Since(began)}
	}()
}

func (s *shift) note(err error) {
	if s.err == nil && err != nil && !errors.Is(err, context.Canceled) {
		s.err = err
	}
}

// lease gets rows and makes them ready to be sent.
func (w *Worker) lease(ctx context.Context, lot int, parked []string) catch {
	ctx, cancel := context.WithTimeout(ctx, leaseFor-margin)
	defer cancel()
	rows, err := w.o.take(ctx, lot, leaseFor, parked...)
	if err != nil || len(rows) == 0 {
		return catch{err: err}
	}
	done, ready, err := w.prepare(ctx, rows) // after an error the rows come back when their lease ends
	return catch{done: done, ready: ready, full: len(rows) == lot, err: err}
}

// try sends one row, unless the program is stopping or too little of the lease is left to finish in.
func (w *Worker) try(work context.Context, l *leased) outcome {
	if l.late(time.Now()) {
		return outcome{leased: l}
	}
	ctx, cancel := context.WithDeadline(work, l.leasedAt.Add(leaseFor-margin))
	defer cancel()
	return w.outcome(l, w.d.Deliver(ctx, w.from.Address, l.To.Address, l.raw, l.ID))
}
