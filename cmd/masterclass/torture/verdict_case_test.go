package torture

import (
	"slices"
	"testing"
	"time"
)

// noon is when the cases begin; at is so many seconds later.
var noon = time.Date(2027, 3, 11, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// story is a record and a diary that agree: one place of two seats, which Ann and Bob have, and for which Cat and then Dan wait.
func story() (*diary, *record) {
	d, rec := newDiary(), &record{rows: map[string]registration{}, live: map[string]int64{}, places: []counts{{ID: "p", Capacity: 2, Taken: 2, Waiting: 2, Seats: 2, Waits: 2}}}
	for n, name := range []string{"ann", "bob", "cat", "dan"} {
		status := "confirmed"
		if n > 1 {
			status = "waiting"
		}
		rec.rows[name] = registration{ID: name, Email: name, PlaceID: "p", Status: status, Joined: int64(n + 1), CreatedAt: at(n).UnixMilli()}
		rec.happens("attendee", name, status)
		v := &visit{email: name, place: "p", first: at(n), id: name, manage: "/" + name, acked: at(n), told: []string{status}}
		d.visits = append(d.visits, v)
		d.byID[name] = v
	}
	return d, rec
}

// happens writes a change down as the program does: in the row, the trail and the outbox.
func (rec *record) happens(by, id, status string) {
	g := rec.rows[id]
	g.Status = status
	rec.rows[id] = g
	rec.trail = append(rec.trail, entry{by, "registration." + status, id})
	rec.outbox = append(rec.outbox, message{MessageID: id + status, Kind: tells[status], RegistrationID: id, State: "sent"})
}

// free is a seat that Ann gives up.
func (rec *record) free(d *diary) {
	rec.happens("attendee", "ann", "cancelled")
	d.byID["ann"].cancelling, d.byID["ann"].cancelled = at(10), at(10)
	rec.places[0].Seats, rec.places[0].Taken = 1, 1
}

// given is a seat that goes to somebody who waits.
func (rec *record) given(id string) {
	rec.happens("system", id, "offered")
	p := &rec.places[0]
	p.Seats, p.Taken, p.Waits, p.Waiting = p.Seats+1, p.Taken+1, p.Waits-1, p.Waiting-1
}

func TestTheCheckerFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*diary, *record)
		want  []kind
	}{
		"nothing is wrong":                      {func(*diary, *record) {}, nil},
		"a seat goes to who has waited longest": {func(d *diary, rec *record) { rec.free(d); rec.given("cat") }, nil},
		"a seat too many":                       {func(_ *diary, rec *record) { rec.places[0].Seats, rec.places[0].Taken = 3, 3 }, []kind{oversold}},
		"a row that miscounts":                  {func(_ *diary, rec *record) { rec.places[0].Taken = 1 }, []kind{miscounted}},
		"a registration that is gone":           {func(_ *diary, rec *record) { delete(rec.rows, "bob") }, []kind{lost}},
		"a registration of somebody else": {func(_ *diary, rec *record) {
			g := rec.rows["bob"]
			g.Email = "eve"
			rec.rows["bob"] = g
		}, []kind{lost}},
		"a status that was never there": {func(d *diary, _ *record) { d.byID["dan"].told = []string{"confirmed"} }, []kind{lost}},
		"a status without a history": {func(_ *diary, rec *record) {
			g := rec.rows["dan"]
			g.Status = "confirmed"
			rec.rows["dan"] = g
		}, []kind{lost}},
		"a cancellation that did not last":     {func(d *diary, _ *record) { d.byID["bob"].cancelled, d.byID["bob"].cancelling = at(9), at(9) }, []kind{lost}},
		"a cancellation that nobody asked for": {func(_ *diary, rec *record) { rec.happens("attendee", "bob", "cancelled") }, []kind{lost}},
		"an acceptance that did not last": {func(d *diary, rec *record) {
			rec.free(d)
			rec.given("cat")
			d.byID["cat"].deciding, d.byID["cat"].accepted = true, at(12)
		}, []kind{lost}},
		"a message that is missing":       {func(_ *diary, rec *record) { rec.outbox = rec.outbox[1:] }, []kind{unmailed}},
		"a message that is there twice":   {func(_ *diary, rec *record) { rec.outbox = append(rec.outbox, rec.outbox[0]) }, []kind{unmailed}},
		"a message that was given up":     {func(_ *diary, rec *record) { rec.outbox[0].State = "failed" }, []kind{unmailed}},
		"a message that nothing explains": {func(_ *diary, rec *record) { rec.outbox = append(rec.outbox, message{"m", "offer", "dan", "sent"}) }, []kind{unmailed}},
		"a seat that goes to the second":  {func(d *diary, rec *record) { rec.free(d); rec.given("dan") }, []kind{overtaken}},
		"a seat that goes to the second, whose promise was lost": {func(d *diary, rec *record) {
			g := rec.rows["dan"]
			g.Displaced = true
			rec.rows["dan"] = g
			rec.free(d)
			rec.given("dan")
		}, nil},
		"a newcomer who passes those who wait": {func(d *diary, rec *record) { rec.free(d); rec.comes(d, at(20)) }, []kind{overtaken}},
		"somebody who came before they waited": {func(d *diary, rec *record) { rec.free(d); rec.comes(d, at(1)) }, nil},
		"a seat that nobody gets":              {func(d *diary, rec *record) { rec.free(d) }, []kind{unsold}},
		"a seat that somebody holds":           {func(d *diary, rec *record) { rec.free(d); rec.live["p"] = 1 }, nil},
		"a promise that ends on the list":      {func(d *diary, _ *record) { d.byID["dan"].promised, d.byID["dan"].confirmed = at(9), at(8) }, []kind{holdLost}},
		"a promise that came too late":         {func(d *diary, _ *record) { d.byID["dan"].promised, d.byID["dan"].confirmed = at(8), at(9) }, nil},
		"a promise that ends in a refusal": {func(d *diary, _ *record) {
			d.visits = append(d.visits, &visit{email: "eve", promised: at(9), confirmed: at(8), refused: "full"})
		}, []kind{holdLost}},
		"an answer that nothing explains": {func(d *diary, _ *record) { d.surprise("what?") }, []kind{surprising}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, rec := story()
			c.spoil(d, rec)
			var found []kind
			for k := range judge(d, rec, false, window{}) {
				found = append(found, k)
			}
			if slices.Sort(found); !slices.Equal(found, c.want) {
				t.Errorf("it finds %v, not %v", judge(d, rec, false, window{}), c.want)
			}
		})
	}
}

// comes is a newcomer who first asked at some time and has the free seat now.
func (rec *record) comes(d *diary, first time.Time) {
	rec.rows["eve"] = registration{ID: "eve", Email: "eve", PlaceID: "p", Joined: 9, CreatedAt: at(30).UnixMilli()}
	rec.happens("attendee", "eve", "confirmed")
	v := &visit{email: "eve", place: "p", first: first, id: "eve", acked: at(30), told: []string{"confirmed"}}
	d.visits, d.byID["eve"] = append(d.visits, v), v
	rec.places[0].Seats, rec.places[0].Taken = 2, 2
}

func TestWhatWasAcknowledgedBeforeARestoreMayBeGone(t *testing.T) {
	t.Parallel()
	d, rec := story()
	delete(rec.rows, "bob")
	rec.trail, rec.outbox = slices.Delete(rec.trail, 1, 2), slices.Delete(rec.outbox, 1, 2)
	rec.places[0].Seats, rec.places[0].Taken, rec.live["p"] = 1, 1, 1
	for seconds, want := range map[int]int{0: 0, 2: 1} { // Bob was told at 1
		if found := judge(d, rec, false, window{at(seconds), at(5)}); len(found[lost]) != want {
			t.Errorf("with a copy made after %d seconds it finds %v", seconds, found)
		}
	}
}

func TestAPositionThatARestoreTookAwayIsNone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gone window
		want int
	}{"told and kept": {window{}, 1}, "told and lost": {window{at(0), at(5)}, 0}} {
		d, rec := story()
		rec.comes(d, at(20))
		if found := judge(d, rec, false, c.gone); len(found[overtaken]) != c.want {
			t.Errorf("%s: it finds %v", name, found)
		}
	}
}
