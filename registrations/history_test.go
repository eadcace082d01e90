package registrations

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store/storetest"
)

// model is what should happen, in as few words as possible: who waits in which order, who has a seat, who is offered one until when.
type model struct {
	capacity int
	approval bool // the event requires it
	queue    []string
	status   map[string]Status
	deadline map[string]time.Time
	now      time.Time
}

func (m *model) taken() (n int) {
	for _, s := range m.status {
		if s.TakesSeat() {
			n++
		}
	}
	return n
}

func (m *model) register(id string, wait bool) error {
	switch {
	case m.taken() < m.capacity && len(m.queue) == 0:
		m.status[id] = m.seated()
	case wait:
		m.status[id] = Waiting
		m.queue = append(m.queue, id)
	default:
		return ErrFull
	}
	return nil
}

// seated is where somebody stands who has just taken a seat.
func (m *model) seated() Status {
	if m.approval {
		return Pending
	}
	return Confirmed
}

func (m *model) end(id string) {
	m.queue = slices.DeleteFunc(m.queue, func(q string) bool { return q == id })
	m.status[id] = Cancelled
	delete(m.deadline, id)
	m.pass()
}

func (m *model) pass() {
	for len(m.queue) > 0 && m.taken() < m.capacity {
		id := m.queue[0]
		m.queue = m.queue[1:]
		m.status[id], m.deadline[id] = Offered, m.now.Add(48*time.Hour)
	}
}

// lapse ends offers in the order of their deadlines; those that begin meanwhile have later ones.
func (m *model) lapse() {
	for {
		first := ""
		for id, at := range m.deadline {
			if !at.After(m.now) && (first == "" || at.Before(m.deadline[first])) {
				first = id
			}
		}
		if first == "" {
			return
		}
		m.end(first)
	}
}

func (m *model) pick(r *rand.Rand, statuses ...Status) (string, bool) {
	var ids []string
	for id, s := range m.status {
		if slices.Contains(statuses, s) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "", false
	}
	slices.Sort(ids)
	return ids[r.IntN(len(ids))], true
}

// history plays random steps on the desk and on the model.
type history struct {
	*desk
	m     *model
	r     *rand.Rand
	n     int // people so far
	steps []string
}

func (h *history) step() {
	h.t.Helper()
	ctx := context.Background()
	kinds := 20
	if h.m.approval {
		kinds += 6
	}
	switch k := h.r.IntN(kinds); {
	case k < 9:
		h.join(k < 6)
	case k < 13:
		if id, ok := h.m.pick(h.r, Pending, Confirmed, Waiting, Offered); ok {
			h.did("cancel", id)
			g, err := h.store.ByID(ctx, id)
			must(h.t, err)
			must(h.t, h.Cancel(ctx, g, h.event, ""))
			h.m.end(id)
		}
	case k < 16:
		if id, ok := h.m.pick(h.r, Offered); ok {
			h.did("accept", id)
			g, err := h.store.ByID(ctx, id)
			must(h.t, err)
			must(h.t, h.Accept(ctx, g, h.event, ""))
			h.m.status[id] = h.m.seated()
			delete(h.m.deadline, id)
		}
	case k < 18:
		h.pass(time.Duration(h.r.IntN(30)) * time.Hour / 10)
	case k < 19:
		h.resize(h.r.IntN(8))
	case k >= 20:
		h.judge(k < 23)
	default:
		h.did("Redis lost everything", "")
		must(h.t, h.redis.FlushAll(ctx).Err())
	}
}

// judge decides on whatever registration, so mostly on one that awaits approval no more.
func (h *history) judge(approve bool) {
	h.t.Helper()
	id, ok := h.m.pick(h.r, Pending, Confirmed, Waiting, Offered, Cancelled)
	if h.r.IntN(2) == 0 {
		id, ok = h.m.pick(h.r, Pending)
	}
	if !ok {
		return
	}
	h.did(fmt.Sprintf("judge (approve %v)", approve), id)
	decide := func() (*Registration, error) {
		return h.Refuse(context.Background(), id, "", access.Entry{Actor: "organiser:x"})
	}
	if approve {
		decide = func() (*Registration, error) {
			return h.Approve(context.Background(), id, access.Entry{Actor: "organiser:x"})
		}
	}
	was := h.m.status[id]
	if _, err := decide(); was == Pending {
		must(h.t, err)
	} else if err != nil && !fault.Is(err, fault.Conflict) {
		h.t.Fatalf("deciding on what is %s gave %v", was, err)
	}
	switch {
	case was == Pending && approve:
		h.m.status[id] = Confirmed
	case was == Pending:
		h.m.end(id)
	}
}

func (h *history) did(what, id string) {
	h.steps = append(h.steps, fmt.Sprintf("%s %s", what, id))
}

func (h *history) join(wait bool) {
	h.t.Helper()
	h.n++
	a := h.ask(h.n)
	a.Wait = wait
	h.did(fmt.Sprintf("register (wait %v)", wait), a.Claim.ID)
	_, err := h.Register(context.Background(), a)
	if want := h.m.register(a.Claim.ID, wait); !errors.Is(err, want) {
		h.t.Fatalf("registering gave %v, want %v", err, want)
	}
}

func (h *history) pass(d time.Duration) {
	h.t.Helper()
	h.did("time passes: "+d.String(), "")
	h.clock.Add(d)
	h.m.now = h.clock.Now()
	h.tend()
	h.m.lapse()
}

func (h *history) resize(n int) {
	h.t.Helper()
	h.did(fmt.Sprint("capacity ", n), "")
	err := h.SetCapacity(context.Background(), h.event, h.event.Places[0].ID, int64(n), access.Entry{Actor: "organiser:x"})
	if taken := h.m.taken(); n < taken {
		if !fault.Is(err, fault.Conflict) {
			h.t.Fatalf("a capacity of %d with %d taken gave %v", n, taken, err)
		}
		return
	}
	must(h.t, err)
	h.m.capacity = n
	h.m.pass()
}

// compare looks at every registration and at the numbers.
func (h *history) compare() {
	h.t.Helper()
	rows, err := h.db.Query("select id, status from registrations")
	must(h.t, err)
	defer rows.Close()
	found := 0
	for rows.Next() {
		var id string
		var status Status
		must(h.t, rows.Scan(&id, &status))
		found++
		if status != h.m.status[id] {
			h.t.Errorf("%s is %s, want %s", id, status, h.m.status[id])
		}
	}
	must(h.t, rows.Err())
	taken, waiting := h.counts()
	if found != len(h.m.status) || taken != h.m.taken() || waiting != len(h.m.queue) {
		h.t.Errorf("%d registrations, %d taken, %d waiting; want %d, %d, %d", found, taken, waiting, len(h.m.status), h.m.taken(), len(h.m.queue))
	}
	want := int64(max(0, h.m.capacity-h.m.taken()))
	if len(h.m.queue) > 0 {
		want = 0
	}
	if left := h.left(); left != want {
		h.t.Errorf("%d are left, want %d", left, want)
	}
	if h.t.Failed() {
		h.t.Fatalf("after these steps: %q", h.steps[max(0, len(h.steps)-12):])
	}
}

func play(t *testing.T, d *desk, seed uint64, steps int) {
	t.Helper()
	h := &history{desk: d, r: rand.New(rand.NewPCG(seed, 7)), m: &model{capacity: 5, approval: d.event.Approval, status: map[string]Status{},
		deadline: map[string]time.Time{}, now: d.clock.Now()}}
	for range steps {
		h.step()
		h.compare()
	}
}

func TestRandomHistoriesGoAsTheModelSays(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("SQLite, seed ", seed), func(t *testing.T) {
			t.Parallel()
			play(t, newDesk(t, storetest.SQLite(t), storetest.EmbeddedRedis(t), 5), seed, 700)
		})
	}
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		play(t, newDesk(t, storetest.Postgres(t), storetest.RealRedis(t), 5), 99, 500)
	})
}

func TestRandomHistoriesOfAnEventWithApprovalGoAsTheModelSays(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.requireApproval()
		play(t, d, 5, 500)
	})
}
