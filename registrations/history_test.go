package registrations

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// history plays random steps on the desk and on the model.
type history struct {
	*desk
	m      *model
	r      *rand.Rand
	n      int            // people so far
	checks map[string]Ask // whose forms are being checked; nil where Redis' time is not the test's, so that no hold would lapse
	steps  []string
}

// kind is a kind of step.
type kind struct {
	weight int
	do     func()
}

// step makes one step, each as often as its weight says.
func (h *history) step() {
	h.t.Helper()
	kinds := []kind{
		{6, func() { h.joinAt(h.r.IntN(2), true) }}, {3, func() { h.joinAt(h.r.IntN(2), false) }}, {9, h.cancel}, {3, h.accept}, {3, h.wait}, {3, h.resize}, {1, h.flush},
		{4, h.move}, {1, h.substitute}, {1, h.restart}, {1, h.giveAtOnce},
	}
	if h.m.approval {
		kinds = append(kinds, kind{3, func() { h.judge(true) }}, kind{3, func() { h.judge(false) }})
	}
	if h.checks != nil {
		kinds = append(kinds, kind{5, h.check}, kind{4, h.confirm}, kind{1, h.changeMind})
	}
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	at := h.r.IntN(total)
	for _, k := range kinds {
		if at -= k.weight; at < 0 {
			k.do()
			return
		}
	}
}

func (h *history) did(what, id string) {
	h.steps = append(h.steps, fmt.Sprintf("%s %s", what, id))
}

func (h *history) joinAt(place int, wait bool) {
	h.t.Helper()
	h.n++
	a := h.askAt(h.n, place)
	a.Wait = wait
	a.Returning = h.checks != nil // else an instance may remember for a tenth of a second that the place was full before holds lapsed
	h.did(fmt.Sprintf("register (place %d, wait %v)", place, wait), a.Claim.ID)
	_, err := h.Register(context.Background(), a)
	if want := h.m.register(a.Claim.ID, a.Person.Mailbox, place, wait); !errors.Is(err, want) {
		h.fatalf("registering gave %v, want %v", err, want)
	}
}

// check fills in a form, so that a seat is held.
func (h *history) check() {
	h.t.Helper()
	h.n++
	place := h.r.IntN(2)
	h.holdFor(h.askAt(h.n, place), place)
}

func (h *history) holdFor(a Ask, place int) {
	h.t.Helper()
	h.did(fmt.Sprintf("check (place %d)", place), a.Claim.ID)
	claim, err := h.Hold(context.Background(), a, "192.0.2.1")
	want := h.m.hold(a.Claim.ID, place)
	if !errors.Is(err, want) || (err == nil && !claim.Deadline.Equal(h.m.now.Add(promised))) {
		h.fatalf("the check gave %v and a promise until %v at %v, want %v", err, claim.Deadline, h.m.now, want)
	}
	delete(h.checks, a.Claim.ID)
	if err == nil {
		a.Claim, a.Returning = claim, true
		h.checks[a.Claim.ID] = a
	}
}

// pickCheck is one of those who check a form.
func (h *history) pickCheck() (Ask, bool) {
	id, ok := oneOf(h.r, slices.Collect(maps.Keys(h.checks)))
	return h.checks[id], ok
}

func (h *history) confirm() {
	h.t.Helper()
	if a, ok := h.pickCheck(); ok {
		h.confirmAs(a)
	}
}

func (h *history) confirmAs(a Ask) {
	h.t.Helper()
	a.Wait = h.r.IntN(2) == 0
	h.did(fmt.Sprintf("confirm (wait %v)", a.Wait), a.Claim.ID)
	g, err := h.Register(context.Background(), a)
	if want := h.m.confirm(a.Claim.ID, a.Person.Mailbox, a.Wait); !errors.Is(err, want) {
		h.fatalf("confirming gave %v, want %v", err, want)
	}
	delete(h.checks, a.Claim.ID)
	if err == nil && g.Displaced != h.m.people[g.ID].displaced {
		h.fatalf("who confirms is displaced: %v", g.Displaced)
	}
}

// changeMind goes back to the form and chooses the other place.
func (h *history) changeMind() {
	h.t.Helper()
	if a, ok := h.pickCheck(); ok {
		place := 1 - h.m.forms[a.Claim.ID].place
		delete(h.m.forms, a.Claim.ID)
		a.Place = h.event.Places[place]
		h.holdFor(a, place)
	}
}

// picked is somebody of one of the statuses, as the record has them.
func (h *history) picked(what string, statuses ...Status) (*Registration, bool) {
	h.t.Helper()
	id, ok := h.m.pick(h.r, statuses...)
	if !ok {
		return nil, false
	}
	h.did(what, id)
	g, err := h.store.ByID(context.Background(), id)
	must(h.t, err)
	return g, true
}

func (h *history) cancel() {
	h.t.Helper()
	if g, ok := h.picked("cancel", Pending, Confirmed, Waiting, Offered); ok {
		must(h.t, h.Cancel(context.Background(), g, h.event, ""))
		h.m.end(g.ID)
	}
}

func (h *history) accept() {
	h.t.Helper()
	if g, ok := h.picked("accept", Offered); ok {
		must(h.t, h.Accept(context.Background(), g, h.event, ""))
		p := h.m.people[g.ID]
		p.status, p.deadline = h.m.seated(), time.Time{}
	}
}

// wait lets time pass: hours, or about as long as a promise lasts, or some minutes, so that of several promises one is over, or none but
// in half a minute.
func (h *history) wait() {
	h.t.Helper()
	d := time.Duration(h.r.IntN(30)) * time.Hour / 10
	switch h.r.IntN(4) {
	case 0:
		d = promised - 10*time.Second + time.Duration(h.r.IntN(50))*time.Second
	case 1, 2:
		d = time.Duration(1+h.r.IntN(10)) * time.Minute
	}
	h.did("time passes: "+d.String(), "")
	h.clock.Add(d)
	h.m.now = h.clock.Now()
	h.tend()
	h.m.tend()
}

func (h *history) resize() {
	h.t.Helper()
	place, n := h.r.IntN(2), h.r.IntN(8)
	h.did(fmt.Sprintf("capacity %d of place %d", n, place), "")
	err := h.desk.resize(h.event.ID, h.event.Places[place].ID, int64(n))
	if taken := h.m.taken(place); n < taken {
		if !fault.Is(err, fault.Invalid) {
			h.fatalf("a capacity of %d with %d taken gave %v", n, taken, err)
		}
		return
	}
	must(h.t, err)
	h.m.rooms[place].capacity = n
	h.m.pass(place, h.m.free(place))
}

// flush has Redis lose everything. Others may come then and take what was promised.
func (h *history) flush() {
	h.t.Helper()
	h.did("Redis lost everything", "")
	must(h.t, h.redis.FlushAll(context.Background()).Err())
	for _, f := range h.m.forms {
		f.lost = true
	}
	a, ok := h.pickCheck()
	if !ok {
		return
	}
	for range h.r.IntN(9) {
		h.joinAt(h.m.forms[a.Claim.ID].place, true)
		h.compare()
	}
	h.confirmAs(a)
}

// restart ends the program and starts it again on the same stores.
func (h *history) restart() {
	h.t.Helper()
	h.did("restart", "")
	db := h.db
	h.shut()
	h.open(db)
	h.CatchUp(context.Background())
}

// giveAtOnce has the organisers change whether those who wait are asked or given a seat.
func (h *history) giveAtOnce() {
	h.t.Helper()
	h.m.atOnce = !h.m.atOnce
	h.did(fmt.Sprint("seats are given at once: ", h.m.atOnce), "")
	h.exec("update events set confirms_waiting = ?, version = version + 1 where id = ?", h.m.atOnce, h.event.ID)
}

func (h *history) move() {
	h.t.Helper()
	g, ok := h.picked("move", Pending, Confirmed, Waiting, Offered)
	if !ok {
		return
	}
	to := h.event.Places[1-h.m.people[g.ID].place].ID
	_, err := h.Move(context.Background(), g, to, kim)
	if h.m.move(g.ID) {
		must(h.t, err)
	} else if !errors.Is(err, ErrMoveFull) {
		h.fatalf("moving to a place without a seat gave %v", err)
	}
}

// substitute names a colleague, as the attendee.
func (h *history) substitute() {
	h.t.Helper()
	g, ok := h.picked("substitute", Confirmed, Pending, Waiting, Offered, Cancelled)
	if !ok {
		return
	}
	h.n++
	colleague := h.colleague(h.n)
	want := map[Status]error{Confirmed: nil, Pending: ErrNotYours, Offered: ErrNotYours, Waiting: ErrNoTransfer, Cancelled: ErrOver}[g.Status]
	if g.Status == Confirmed && h.m.approval {
		want = ErrAskOrganisers
	}
	if _, err := h.Substitute(context.Background(), g, colleague, Needs{}, theirs); !errors.Is(err, want) {
		h.fatalf("passing on what is %s gave %v, want %v", g.Status, err, want)
	}
	if want == nil {
		h.m.people[g.ID].mailbox = colleague.Mailbox
	}
}

// judge decides on whatever registration, so mostly on one that awaits approval no more.
func (h *history) judge(approve bool) {
	h.t.Helper()
	of := []Status{Pending, Confirmed, Waiting, Offered, Cancelled}
	if h.r.IntN(2) == 0 {
		of = of[:1]
	}
	g, ok := h.picked(fmt.Sprintf("judge (approve %v)", approve), of...)
	if !ok {
		return
	}
	decide := func() (*Registration, error) {
		return h.Refuse(context.Background(), g, "", access.Entry{Actor: "organiser:x"})
	}
	if approve {
		decide = func() (*Registration, error) {
			return h.Approve(context.Background(), g, access.Entry{Actor: "organiser:x"})
		}
	}
	if _, err := decide(); g.Status == Pending {
		must(h.t, err)
	} else if err != nil && !fault.Is(err, fault.Conflict) {
		h.fatalf("deciding on what is %s gave %v", g.Status, err)
	}
	switch {
	case g.Status == Pending && approve:
		h.m.people[g.ID].status = Confirmed
	case g.Status == Pending:
		h.m.end(g.ID)
	}
}

func (h *history) fatalf(format string, args ...any) {
	h.t.Helper()
	h.t.Fatalf("%s\nafter these steps: %q", fmt.Sprintf(format, args...), h.steps[max(0, len(h.steps)-12):])
}

// compare looks at every registration and at the numbers of both places.
func (h *history) compare() {
	h.t.Helper()
	rows, err := h.db.Query("select id, status, place_id, mailbox from registrations")
	must(h.t, err)
	defer rows.Close()
	found := 0
	for rows.Next() {
		var id, place, mailbox string
		var status Status
		must(h.t, rows.Scan(&id, &status, &place, &mailbox))
		found++
		want := h.m.people[id]
		if want == nil || status != want.status || place != h.event.Places[want.place].ID || mailbox != want.mailbox {
			h.fatalf("%s of %s is %s at %s, want %+v", id, mailbox, status, place, want)
		}
	}
	must(h.t, rows.Err())
	if found != len(h.m.people) {
		h.fatalf("there are %d registrations, want %d", found, len(h.m.people))
	}
	h.counts()
	e, err := h.events.ByID(context.Background(), h.event.ID)
	must(h.t, err)
	left, err := h.seats.Available(context.Background(), e.Places)
	must(h.t, err)
	for place := range h.m.rooms {
		taken, waiting, _ := h.numbers(place)
		queue := len(h.m.rooms[place].queue)
		want := max(0, h.m.free(place))
		if queue > 0 {
			want = 0
		}
		if got := left[h.event.Places[place].ID].Left; taken != int64(h.m.taken(place)) || waiting != int64(queue) || got != int64(want) {
			h.fatalf("place %d has %d taken, %d waiting, %d left; want %d, %d, %d", place, taken, waiting, got, h.m.taken(place), queue, want)
		}
	}
}

// play plays on a desk; forms are checked where Redis follows its clock.
func play(d *desk, clocked bool, seed uint64, steps int) {
	d.t.Helper()
	h := &history{desk: d, r: rand.New(rand.NewPCG(seed, 7)), m: newModel(5, d.event.Approval, d.clock.Now())}
	if clocked {
		h.checks = map[string]Ask{}
	}
	for range steps {
		h.step()
		h.compare()
	}
}

// clockedDesk is a desk whose Redis has the desk's time.
func clockedDesk(t testing.TB, db *store.DB, capacity int64) *desk {
	t.Helper()
	c := storetest.NewClock(time.Now().Truncate(time.Millisecond))
	return newDeskAt(t, c, db, storetest.ClockedRedis(t, c), capacity)
}

func TestRandomHistoriesGoAsTheModelSays(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("SQLite, seed ", seed), func(t *testing.T) {
			t.Parallel()
			play(clockedDesk(t, storetest.SQLite(t), 5), true, seed, 700)
		})
	}
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		play(newDesk(t, storetest.Postgres(t), storetest.RealRedis(t), 5), false, 99, 500)
	})
}

func TestRandomHistoriesOfAnEventWithApprovalGoAsTheModelSays(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		d := clockedDesk(t, storetest.SQLite(t), 5)
		d.requireApproval()
		play(d, true, 5, 500)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t, storetest.Postgres(t), storetest.RealRedis(t), 5)
		d.requireApproval()
		play(d, false, 5, 500)
	})
}
