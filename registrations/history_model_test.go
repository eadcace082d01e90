package registrations

import (
	"math/rand/v2"
	"slices"
	"time"
)

// model is what should happen, in as few words as possible: who waits in which order, who has a seat or holds one, who is offered one until when.
type model struct {
	approval bool // the event requires it
	atOnce   bool // a seat that comes free is given, not offered
	rooms    [2]room
	people   map[string]*attending
	forms    map[string]*form // that are being checked
	now      time.Time
}

// room is a place.
type room struct {
	capacity int
	queue    []string
}

type attending struct {
	status    Status
	place     int
	mailbox   string
	displaced bool      // lost a promised seat to a fault, so is before all others
	deadline  time.Time // of an offer
}

// form is promised a seat until the promise is over; Redis keeps it half a minute longer, unless it lost it.
type form struct {
	place int
	until time.Time
	lost  bool
}

const promised, kept = 15 * time.Minute, 15*time.Minute + 30*time.Second

func newModel(capacity int, approval bool, now time.Time) *model {
	return &model{approval: approval, rooms: [2]room{{capacity: capacity}, {capacity: capacity}}, people: map[string]*attending{}, forms: map[string]*form{}, now: now}
}

func (m *model) taken(place int) (n int) {
	for _, p := range m.people {
		if p.place == place && p.status.TakesSeat() {
			n++
		}
	}
	return n
}

// held says whether Redis keeps the seat of a form.
func (m *model) held(f *form) bool { return !f.lost && m.now.Before(f.until.Add(kept-promised)) }

func (m *model) live(place int) (n int) {
	for _, f := range m.forms {
		if f.place == place && m.held(f) {
			n++
		}
	}
	return n
}

func (m *model) free(place int) int {
	return m.rooms[place].capacity - m.taken(place) - m.live(place)
}

// open says whether a newcomer gets a seat.
func (m *model) open(place int) bool { return len(m.rooms[place].queue) == 0 && m.free(place) > 0 }

func (m *model) add(id string, status Status, place int, mailbox string, displaced bool) {
	m.people[id] = &attending{status: status, place: place, mailbox: mailbox, displaced: displaced}
	if status != Waiting {
		return
	}
	q := &m.rooms[place].queue
	at := len(*q)
	if displaced { // behind those only who lost theirs before
		if at = slices.IndexFunc(*q, func(id string) bool { return !m.people[id].displaced }); at < 0 {
			at = len(*q)
		}
	}
	*q = slices.Insert(*q, at, id)
}

func (m *model) register(id, mailbox string, place int, wait bool) error {
	switch {
	case m.open(place):
		m.add(id, m.seated(), place, mailbox, false)
	case wait:
		m.add(id, Waiting, place, mailbox, false)
	default:
		return ErrFull
	}
	return nil
}

// hold is the check of a form.
func (m *model) hold(id string, place int) error {
	if !m.open(place) {
		return ErrFull
	}
	m.forms[id] = &form{place: place, until: m.now.Add(promised)}
	return nil
}

// confirm is the end of a form that was checked. Who was promised a seat is before all who wait.
func (m *model) confirm(id, mailbox string, wait bool) error {
	f := m.forms[id]
	held, promise := m.held(f), m.now.Before(f.until)
	delete(m.forms, id)
	room := m.taken(f.place) < m.rooms[f.place].capacity
	switch {
	case !held && !promise:
		return m.register(id, mailbox, f.place, wait)
	case room:
		m.add(id, m.seated(), f.place, mailbox, false)
	case promise || wait:
		m.add(id, Waiting, f.place, mailbox, promise)
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

// leave takes somebody away from where they are; a seat goes to whoever waits.
func (m *model) leave(id string, then func(*attending)) {
	p := m.people[id]
	from, had := p.place, p.status.TakesSeat()
	q := &m.rooms[from].queue
	*q = slices.DeleteFunc(*q, func(other string) bool { return other == id })
	p.deadline, p.displaced = time.Time{}, false
	then(p)
	if had {
		m.pass(from, 1)
	}
}

func (m *model) end(id string) { m.leave(id, func(p *attending) { p.status = Cancelled }) }

// move gives a seat at the other place, and says whether there is one.
func (m *model) move(id string) bool {
	p := m.people[id]
	if !m.open(1 - p.place) {
		return false
	}
	m.leave(id, func(p *attending) {
		p.place = 1 - p.place
		if p.status == Waiting || p.status == Offered {
			p.status = m.seated()
		}
	})
	return true
}

// pass gives up to n seats to those who wait.
func (m *model) pass(place, n int) {
	r := &m.rooms[place]
	for ; n > 0 && len(r.queue) > 0 && m.taken(place) < r.capacity; n-- {
		p := m.people[r.queue[0]]
		r.queue = r.queue[1:]
		p.status, p.deadline = Offered, m.now.Add(48*time.Hour)
		if m.atOnce {
			p.status, p.deadline = m.seated(), time.Time{}
		}
	}
}

// tend ends offers in the order of their deadlines, those that begin meanwhile having later ones, and gives out what lapsed holds left.
func (m *model) tend() {
	for {
		first := ""
		for id, p := range m.people {
			if p.status == Offered && !p.deadline.After(m.now) && (first == "" || p.deadline.Before(m.people[first].deadline)) {
				first = id
			}
		}
		if first == "" {
			break
		}
		m.end(first)
	}
	for place := range m.rooms {
		m.pass(place, m.free(place))
	}
}

func (m *model) pick(r *rand.Rand, statuses ...Status) (string, bool) {
	var ids []string
	for id, p := range m.people {
		if slices.Contains(statuses, p.status) {
			ids = append(ids, id)
		}
	}
	return oneOf(r, ids)
}

// oneOf is one of some ids, whatever order they come in.
func oneOf(r *rand.Rand, ids []string) (string, bool) {
	if len(ids) == 0 {
		return "", false
	}
	slices.Sort(ids)
	return ids[r.IntN(len(ids))], true
}
