package torture

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// kind is what a finding is about.
type kind string

// The kinds of finding, by the promise that is broken.
const (
	oversold   kind = "oversold"
	lost       kind = "lost"       // an acknowledged registration, or what was acknowledged of it
	unmailed   kind = "unmailed"   // a message is missing, twice there, or given up
	overtaken  kind = "overtaken"  // somebody got a seat before those who had waited longer
	holdLost   kind = "hold lost"  // a promised seat, where Redis was not touched
	unsold     kind = "unsold"     // a seat that nobody has while somebody waits
	miscounted kind = "miscounted" // the row of a place differs from its registrations
	drifted    kind = "drift"      // reconcile names a problem
	surprising kind = "surprise"   // an answer that nothing explains
)

// findings are what is wrong, in words.
type findings map[kind][]string

func (f findings) add(k kind, text string) { f[k] = append(f[k], text) }

// merge takes over what somebody else has found.
func (f findings) merge(others findings) {
	for k, texts := range others {
		f[k] = append(f[k], texts...)
	}
}

// judge holds the diary against the record. Redis touched: it may have lost holds, and with them promised seats.
func judge(d *diary, rec *record, touched bool, gone window) findings {
	f := findings{}
	histories := rec.histories()
	for _, p := range rec.places {
		f.count(p)
		if p.Waits > 0 && p.Seats+rec.live[p.ID] < p.Capacity {
			f.add(unsold, fmt.Sprintf("place %s has %d of %d seats taken and %d held while %d wait", p.ID, p.Seats, p.Capacity, rec.live[p.ID], p.Waits))
		}
	}
	for _, v := range d.visits {
		if v.id != "" {
			f.kept(v, rec, histories[v.id], gone)
		}
		if !touched {
			f.held(v, histories[v.id])
		}
	}
	for id, g := range rec.rows {
		if history := histories[id]; len(history) == 0 || history[len(history)-1].status() != g.Status {
			f.add(lost, fmt.Sprintf("registration %s is %s, and its history %v", id, g.Status, history))
		}
	}
	f.mailed(rec, histories)
	f.ordered(rec, d, gone)
	for _, text := range d.surprises {
		f.add(surprising, text)
	}
	return f
}

// kept finds what was acknowledged and is not so. What was acknowledged while it could still be lost, in the window, counts for nothing.
func (f findings) kept(v *visit, rec *record, history []entry, gone window) {
	stands := func(at time.Time) bool { return !at.IsZero() && !gone.has(at) }
	g, found := rec.rows[v.id]
	if !found {
		if stands(v.acked) {
			f.add(lost, fmt.Sprintf("registration %s of %s was acknowledged at %s and is not there", v.id, v.email, clock(v.acked)))
		}
		return
	}
	had := func(status, by string) bool {
		return slices.ContainsFunc(history, func(e entry) bool { return e.status() == status && (by == "" || e.Actor == by) })
	}
	if g.Email != v.email {
		f.add(lost, fmt.Sprintf("registration %s is of %s, and was acknowledged to %s", v.id, g.Email, v.email))
	}
	for _, status := range v.told {
		if gone.to.IsZero() && !had(status, "") {
			f.add(lost, fmt.Sprintf("registration %s was acknowledged as %s, and its history is %v", v.id, status, history))
		}
	}
	asked := v.deciding || !v.cancelling.IsZero()
	switch {
	case (stands(v.cancelled) || stands(v.declined)) && g.Status != "cancelled":
		f.add(lost, fmt.Sprintf("the cancellation of registration %s was acknowledged, and it is %s", v.id, g.Status))
	case stands(v.accepted) && g.Status != "confirmed" && v.cancelling.IsZero():
		f.add(lost, fmt.Sprintf("the acceptance of registration %s was acknowledged, and it is %s", v.id, g.Status))
	case g.Status == "cancelled" && !asked:
		f.add(lost, fmt.Sprintf("registration %s is cancelled, and nobody asked for it: %v", v.id, history))
	}
}

// held finds a seat that a check page promised and that the person did not get, though they confirmed in time.
func (f findings) held(v *visit, history []entry) {
	if v.promised.IsZero() || v.confirmed.IsZero() || v.confirmed.After(v.promised) {
		return
	}
	switch {
	case v.refused == "full":
		f.add(holdLost, fmt.Sprintf("%s was promised a seat until %s and told at %s that place %s is full", v.email, clock(v.promised), clock(v.confirmed), v.place))
	case len(history) > 0 && history[0].status() == "waiting":
		f.add(holdLost, fmt.Sprintf("%s was promised a seat until %s and put on the waiting list by %s, as registration %s", v.email, clock(v.promised), clock(v.confirmed), v.id))
	}
}

// tells is which message tells of a change of status.
var tells = map[string]string{"confirmed": "confirmation", "waiting": "waiting", "pending": "pending", "offered": "offer", "cancelled": "cancellation"}

// mailed finds changes that no message tells of, or more than one, and messages that were given up.
func (f findings) mailed(rec *record, histories map[string][]entry) {
	type key struct{ id, kind string }
	have := map[key]int{}
	for _, m := range rec.outbox {
		have[key{m.RegistrationID, m.Kind}]++
		if m.State != "queued" && m.State != "sent" {
			f.add(unmailed, fmt.Sprintf("message %s, a %s, is %s", m.MessageID, m.Kind, m.State))
		}
	}
	want := map[key]int{}
	for id, history := range histories {
		for _, e := range history {
			want[key{id, tells[e.status()]}]++
		}
	}
	for k, n := range want {
		if have[k] != n {
			f.add(unmailed, fmt.Sprintf("registration %s has %d messages of the kind %s, not %d", k.id, have[k], k.kind, n))
		}
	}
	for k, n := range have {
		if want[k] == 0 {
			f.add(unmailed, fmt.Sprintf("registration %s has %d messages of the kind %s, which nothing explains", k.id, n, k.kind))
		}
	}
}

// queue is who waits for a place.
type queue map[string]registration

// head has waited longest: whoever lost a promised seat to a fault, then in the order of joining.
func (q queue) head() (first registration) {
	for _, g := range q {
		if first.ID == "" || before(g, first) {
			first = g
		}
	}
	return first
}

func before(a, b registration) bool {
	if a.Displaced != b.Displaced {
		return a.Displaced
	}
	return cmp.Less(a.Joined, b.Joined)
}

// ordered plays the trail again and finds who got a seat before somebody who had waited longer.
func (f findings) ordered(rec *record, d *diary, gone window) {
	waiting, had := map[string]queue{}, map[string]bool{}
	for _, p := range rec.places {
		waiting[p.ID] = queue{}
	}
	for _, e := range rec.trail {
		g, ok := rec.rows[e.Subject]
		if !ok || e.status() == "" {
			continue
		}
		q := waiting[g.PlaceID]
		_, waited := q[g.ID]
		switch {
		case e.status() == "waiting":
			q[g.ID] = g
		case e.status() == "cancelled":
			delete(q, g.ID)
		case waited:
			if head := q.head(); head.ID != g.ID {
				f.add(overtaken, fmt.Sprintf("registration %s was %s before %s, which waited longer", g.ID, e.status(), head.ID))
			}
			delete(q, g.ID)
		case !had[g.ID]:
			f.passed(g, q, d, gone)
		}
		had[g.ID] = true
	}
}

// passed finds whoever first asked after somebody had been told that they wait, and got a seat past them. Of two who ask at the same
// time either may be first. A position that was told of while it could still be lost, in the window, is none: whoever had it has joined again.
func (f findings) passed(g registration, q queue, d *diary, gone window) {
	first := d.earliest(g)
	for _, w := range q {
		v := d.byID[w.ID]
		if v != nil && !first.IsZero() && first.After(v.acked) && !gone.has(v.acked) {
			f.add(overtaken, fmt.Sprintf("registration %s, first asked for at %s, got a seat past %s, who was told at %s to wait", g.ID, clock(first), w.ID, clock(v.acked)))
			return
		}
	}
}

// earliest tells when a registration was first asked for: by its own visit, else, where no answer told its id, by the address.
func (d *diary) earliest(g registration) (first time.Time) {
	if v := d.byID[g.ID]; v != nil {
		return v.first
	}
	for _, v := range d.visits {
		if v.email == g.Email && (first.IsZero() || v.first.Before(first)) {
			first = v.first
		}
	}
	return first
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }

// delivered finds messages that the mail server did not get, or got in two versions.
func (f findings) delivered(rec *record, m *mailServer) {
	took := m.ids()
	for _, msg := range rec.outbox {
		if msg.State != "sent" || !took[msg.MessageID] {
			f.add(unmailed, fmt.Sprintf("message %s, a %s, is %s and has arrived: %v", msg.MessageID, msg.Kind, msg.State, took[msg.MessageID]))
		}
		delete(took, msg.MessageID)
	}
	for id := range took {
		f.add(unmailed, fmt.Sprintf("message %s arrived and is not in the outbox", id))
	}
	for _, problem := range m.trouble() {
		f.add(unmailed, problem)
	}
}
