package torture

import (
	"fmt"
	"sync"
	"time"
)

// visit is one attempt to register, as the person saw it. Its fields are read and written under the diary's lock.
type visit struct {
	email, place string
	first        time.Time // when they first asked for a seat with this claim or key: nobody owes them an earlier turn

	id, manage string    // of the registration; empty while they have not been told of one
	acked      time.Time // when they were told
	told       []string  // every status that an answer named

	promised  time.Time // until when, at the least, a check page kept a seat for them; zero without one
	confirmed time.Time // when their confirmation of a promised seat was answered
	refused   string    // how it ended without a registration: "full", "already"

	cancelling, cancelled time.Time // when they asked to cancel, and when they were told that it is done
	accepted, declined    time.Time // when they were told so; each is asked at most once
	deciding              bool      // they have asked to accept or decline
}

// diary is what a crowd has asked and been told. Safe for concurrent use.
type diary struct {
	mu        sync.Mutex
	visits    []*visit
	byID      map[string]*visit
	answers   map[string]int // by what was asked and the status
	surprises []string
}

func newDiary() *diary { return &diary{byID: map[string]*visit{}, answers: map[string]int{}} }

// begin opens the page of a visit.
func (d *diary) begin(email, place string) *visit {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := &visit{email: email, place: place, first: time.Now()}
	d.visits = append(d.visits, v)
	return v
}

// note writes something down.
func (d *diary) note(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// registered writes down that a visit was told of its registration. Being told of another one later is a surprise.
func (d *diary) registered(v *visit, id, manage, status string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v.id != "" && v.id != id {
		d.surprises = append(d.surprises, fmt.Sprintf("one claim or key was answered with registration %s and then with %s", v.id, id))
		return
	}
	if v.id == "" {
		v.id, v.manage, v.acked = id, manage, at
		d.byID[id] = v
	}
	if status != "" {
		v.told = append(v.told, status)
	}
}

// surprise writes down an answer that nothing explains.
func (d *diary) surprise(format string, values ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.surprises = append(d.surprises, fmt.Sprintf(format, values...))
}

// visitOf is the visit that was told of a registration, or nil.
func (d *diary) visitOf(id string) *visit {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.byID[id]
}

// acknowledged counts the registrations that people were told of.
func (d *diary) acknowledged() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.byID)
}
