package door

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/secret"
	"masterclass/internal/store"
	"masterclass/registrations"
)

// scanStatements are those of a transaction of scans. Doors that scan at the same moment share one, which asks and writes for all of them
// at once.
type scanStatements struct {
	guests, visits, scanned, leave, earlier, seen *store.Stmt
	enter                                         *store.Rows
}

var attendanceColumns = []store.Column{
	{Name: "id", Type: "text"}, {Name: "registration_id", Type: "text"}, {Name: "event_id", Type: "text"}, {Name: "session_id", Type: "text"},
	{Name: "came_at", Type: "bigint"}, {Name: "came_by", Type: "text"}, {Name: "left_at", Type: "bigint"}, {Name: "left_by", Type: "text"}, {Name: "noted_at", Type: "bigint"},
}

func prepareScans(ctx context.Context, db *store.DB) (s scanStatements, err error) {
	const visit = "select " + visitColumns + ", v.left_id, v.undone_at, v.seen_at, v.seen_id, v.seen_by from attendance v where "
	for query, at := range map[string]**store.Stmt{
		"select " + guestColumns + " from registrations g where " + db.Among("g.id"): &s.guests,
		visit + db.Among("v.registration_id") + " order by v.left_at":                &s.visits,
		visit + db.Among("v.id"): &s.scanned,
		"update attendance set seen_at = ?, seen_id = ?, seen_by = ? where id = ? and seen_at < ?":                                                                   &s.seen,
		"update attendance set came_at = ?, came_by = ? where id = ? and came_at > ?":                                                                                &s.earlier,
		"update attendance set left_at = ?, left_by = ?, left_id = ?, noted_at = ? where id = ? and (left_at = 0 or left_by = '" + dayEnded + "') and undone_at = 0": &s.leave,
	} {
		if *at, err = db.PrepareStep(ctx, query); err != nil {
			return s, errors.Join(err, s.close())
		}
	}
	if s.enter, err = db.PrepareRows(ctx, "attendance", attendanceColumns, "on conflict do nothing"); err != nil {
		return s, errors.Join(err, s.close())
	}
	return s, nil
}

func (s scanStatements) close() error {
	return errors.Join(s.guests.Close(), s.visits.Close(), s.scanned.Close(), s.leave.Close(), s.earlier.Close(), s.seen.Close(), s.enter.Close())
}

// errClash means that another transaction has let somebody in or out between our look and our writing.
var errClash = errors.New("another door came between")

// clashes is how often a scan is tried that another door comes before.
const clashes = 5

// record is the transaction of all scans that arrived at the same moment, or none of them. Then each is tried alone.
func (d *Door) record(ctx context.Context, _ string, jobs []*job) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := d.recordTogether(ctx, jobs)
	for try := 1; errors.Is(err, errClash) && len(jobs) == 1 && try < clashes; try++ {
		err = d.recordTogether(ctx, jobs) // this time the other is seen
	}
	if err == nil {
		for _, j := range jobs {
			d.tallies.add(j.event.ID, j.SessionID, j.change)
		}
		return
	}
	for _, j := range jobs {
		j.answer, j.err = Answer{}, fmt.Errorf("record a scan: %w", err)
		if len(jobs) > 1 && !store.Unreachable(err) {
			d.record(ctx, "", []*job{j})
		}
	}
}

func (d *Door) recordTogether(ctx context.Context, jobs []*job) error {
	return d.records.db.InSteps(ctx, func(ctx context.Context, tx store.Tx) error {
		b := &batch{records: d.records, keys: d.keys, now: d.now()}
		if err := tx.Run(ctx, b.look(jobs)...); err != nil {
			return err
		}
		for _, j := range jobs {
			j.change, j.err = Counts{}, nil
			j.answer = b.settle(j)
		}
		steps, err := b.write()
		if err != nil {
			return err
		}
		return tx.Run(ctx, steps...)
	})
}

// batch is a transaction of scans: what is so, and what it will write.
type batch struct {
	records
	keys    *secret.Keys
	now     time.Time
	guests  map[string]Guest
	visits  map[string][]*kept // by registration, in the order of leaving
	scanned map[string]*kept   // by the id of a visit

	ended    []store.Step // visits that end before anybody enters, since nobody is inside twice
	entering [][]any
	changes  []store.Step
	entries  []access.Entry
}

// kept is a visit as it is stored.
type kept struct {
	Visit
	leftID string // of the scan at the way out
	undone bool
	seen   Visit // how they were last let in while they were inside: so it went on, if they turn out to have left before
}

// look are the steps that read who the scans are about, and where they have been.
func (b *batch) look(jobs []*job) []store.Step {
	b.guests, b.visits, b.scanned = map[string]Guest{}, map[string][]*kept{}, map[string]*kept{}
	ids, codes := make([]string, len(jobs)), make([]string, len(jobs))
	for i, j := range jobs {
		ids[i], codes[i] = j.ID, j.Code
	}
	return []store.Step{
		b.scans.guests.Query("look up who is scanned", func(scan func(...any) error) error {
			g, err := scanGuest(rowOf(scan))
			b.guests[g.ID] = g
			return err
		}, b.db.List(codes)),
		b.scans.visits.Query("look up where they have been", func(scan func(...any) error) error {
			v, err := scanKept(scan)
			b.visits[v.RegistrationID] = append(b.visits[v.RegistrationID], v)
			return err
		}, b.db.List(codes)),
		b.scans.scanned.Query("look up earlier scans", func(scan func(...any) error) error {
			v, err := scanKept(scan)
			b.scanned[v.ID] = v
			return err
		}, b.db.List(ids)),
	}
}

type rowOf func(into ...any) error

// Scan makes it a row.
func (f rowOf) Scan(into ...any) error { return f(into...) }

func scanKept(scan func(into ...any) error) (*kept, error) {
	k := &kept{}
	var undone, seen int64
	v, err := scanVisit(rowOf(func(into ...any) error {
		return scan(append(into, &k.leftID, &undone, &seen, &k.seen.ID, &k.seen.CameBy)...)
	}))
	k.Visit, k.undone = v, undone != 0
	k.seen.CameAt = time.UnixMilli(seen)
	return k, err
}

// settle says what one scan does, and notes it for those after it.
func (b *batch) settle(j *job) Answer {
	g, ok := b.guests[j.Code]
	switch {
	case !ok || b.forged(j.ticket, g):
		return Answer{Outcome: NotFound}
	case g.EventID != j.event.ID:
		return Answer{Outcome: OtherEvent} // whoever is at this door knows nothing of the other event's people
	case j.ticket != "" && !b.keys.ValidCode(j.ticket, ticketPurpose, g.ID, g.Generation):
		return Answer{Outcome: Outdated} // whoever holds it learns nothing of who has the place now
	case g.Status != registrations.Confirmed && j.Action == In: // who was let in before their place was cancelled may leave
		return Answer{Outcome: NoPlace, Guest: g}
	}
	if v := b.scanned[j.ID]; v != nil {
		return b.again(g, j, v)
	}
	for _, v := range b.visits[g.ID] {
		if v.leftID == j.ID && v.SessionID == j.SessionID && j.Action == Out { // sent before
			if v.undone || v.LeftAt.IsZero() {
				return Answer{Outcome: TakenBack, Guest: g}
			}
			return Answer{Outcome: WentOut, Guest: g, Visit: v.Visit}
		}
	}
	b.endDays(g, j)
	switch {
	case j.Action == Out:
		return b.leave(g, j)
	case j.event.FromAfar(g.PlaceID):
		return Answer{Outcome: FromAfar, Guest: g}
	}
	return b.enter(g, j)
}

// forged says that a ticket is none that the guest, or whoever had their registration before, was ever given.
func (b *batch) forged(ticket string, g Guest) bool {
	if ticket == "" {
		return false
	}
	for generation := g.Generation; generation >= 0; generation-- {
		if b.keys.ValidCode(ticket, ticketPurpose, g.ID, generation) {
			return false
		}
	}
	return true
}

// again answers a scan whose id is known: one that was sent before as it was then. Another person's, or another kind of scan, under the same
// id comes from a page that is not up to date; and what was taken back since is not so any more.
func (b *batch) again(g Guest, j *job, v *kept) Answer {
	if v.RegistrationID != g.ID || v.SessionID != j.SessionID || j.Action != In {
		return Answer{Outcome: Stale}
	}
	if v.undone {
		return Answer{Outcome: TakenBack, Guest: g}
	}
	return Answer{Outcome: CameIn, Guest: g, Visit: v.Visit}
}

// endDays ends the visits of earlier days that nobody checked out of.
func (b *batch) endDays(g Guest, j *job) {
	for _, v := range b.visits[g.ID] {
		if v.SessionID != j.SessionID || !v.LeftAt.IsZero() || v.undone || !v.CameAt.Before(today(j.event, j.At)) {
			continue
		}
		b.outOf(v, j)
		v.LeftAt, v.LeftBy = dayEnds(j.event, v.Visit), dayEnded
		b.ended = append(b.ended, b.scans.leave.Exec(allOf(1), v.LeftAt.UnixMilli(), v.LeftBy, v.leftID, v.CameAt.UnixMilli(), v.ID)) // no news for the list of last entries
	}
}

// outOf counts the guest as inside no more, where they were: at an event of several days only those are who came today.
func (b *batch) outOf(v *kept, j *job) {
	if v.LeftAt.IsZero() && (!severalDays(j.event) || !v.CameAt.Before(today(j.event, b.now))) {
		j.change.Inside--
	}
}

// enter lets the guest in, or says since when they are inside. Of two doors that were not in touch the earlier time counts, and what one of them
// tells late, of a time before they left, was that visit.
func (b *batch) enter(g Guest, j *job) Answer {
	if v := b.during(g.ID, j); v != nil {
		a := Answer{Outcome: AlreadyIn, Guest: g, Visit: v.Visit}
		switch {
		case j.At.After(v.CameAt) && j.At.After(v.seen.CameAt):
			v.seen = Visit{ID: j.ID, CameAt: j.At, CameBy: j.ByName}
			b.changes = append(b.changes, b.scans.seen.Exec(noError, j.At.UnixMilli(), j.ID, j.ByName, v.ID, j.At.UnixMilli()))
		case j.At.Before(v.CameAt):
			if v.CameAt.Sub(j.At) > atOnce {
				b.note(j, g, "attendee.checked-in", "at "+clock(j.event, j.At)+" already, as a door says late")
			}
			v.CameAt, v.CameBy = j.At, j.ByName
			b.changes = append(b.changes, b.scans.earlier.Exec(noError, j.At.UnixMilli(), j.ByName, v.ID, j.At.UnixMilli()))
		}
		return a
	}
	b.note(j, g, "attendee.checked-in", "")
	return Answer{Outcome: CameIn, Guest: g, Visit: b.begin(g, j, Visit{ID: j.ID, CameAt: j.At, CameBy: j.ByName})}
}

// begin writes down that the guest came. What is told on another day ends with its own.
func (b *batch) begin(g Guest, j *job, v Visit) Visit {
	if !b.came(g.ID, j.SessionID) {
		j.change.Came = 1
	}
	v.RegistrationID, v.SessionID = g.ID, j.SessionID
	left := int64(0)
	if v.CameAt.Before(today(j.event, b.now)) {
		v.LeftAt, v.LeftBy = dayEnds(j.event, v), dayEnded
		left = v.LeftAt.UnixMilli()
	} else {
		j.change.Inside++
	}
	k := &kept{Visit: v}
	b.visits[g.ID] = append(b.visits[g.ID], k)
	b.scanned[v.ID] = k
	b.entering = append(b.entering, []any{v.ID, g.ID, g.EventID, v.SessionID, v.CameAt.UnixMilli(), v.CameBy, left, v.LeftBy, b.now.UnixMilli()})
	return v
}

func (b *batch) leave(g Guest, j *job) Answer {
	v := b.leaving(g.ID, j)
	if v == nil {
		a := Answer{Outcome: NotIn, Guest: g}
		for _, last := range b.visits[g.ID] {
			if last.onDayOf(j) && !last.LeftAt.IsZero() {
				a.Outcome, a.Visit = AlreadyOut, last.Visit
			}
		}
		return a
	}
	b.outOf(v, j)
	v.LeftAt, v.LeftBy, v.leftID = bounded(j.At, v.CameAt, b.now), j.ByName, j.ID
	left := b.scans.leave.Exec(allOf(1), v.LeftAt.UnixMilli(), v.LeftBy, j.ID, b.now.UnixMilli(), v.ID)
	b.note(j, g, "attendee.checked-out", "")
	if !b.backSince(g, v) {
		b.changes = append(b.changes, left)
		return Answer{Outcome: WentOut, Guest: g, Visit: v.Visit}
	}
	b.ended = append(b.ended, left)
	again := b.begin(g, j, v.seen)
	b.note(j, g, "attendee.checked-in", "at "+clock(j.event, again.CameAt)+", before it was known that they had left")
	return Answer{Outcome: WentOut, Guest: g, Visit: v.Visit}
}

// backSince says that the guest was let in again after they left, by a door that took them to be inside still, and that this is no visit yet.
func (b *batch) backSince(g Guest, v *kept) bool {
	return v.seen.CameAt.After(v.LeftAt.Add(atOnce)) && !slices.ContainsFunc(b.visits[g.ID], func(other *kept) bool { return other.ID == v.seen.ID })
}

// onDayOf says that a visit is of the day of a scan, and of the same session.
func (k *kept) onDayOf(j *job) bool {
	return k.SessionID == j.SessionID && !k.undone && today(j.event, k.CameAt).Equal(today(j.event, j.At))
}

// during is the guest's visit that a way in belongs to: the first of that day that had not ended by then.
func (b *batch) during(registration string, j *job) (first *kept) {
	for _, v := range b.visits[registration] {
		if v.onDayOf(j) && (v.openEnded() || j.At.Before(v.LeftAt)) && (first == nil || v.CameAt.Before(first.CameAt)) {
			first = v
		}
	}
	return first
}

// atOnce is how far apart two scans may be told by doors whose ways to us differ.
const atOnce = time.Second

// leaving is the guest's visit that a way out ends: the last of that day that began before it and that nobody has checked out of.
func (b *batch) leaving(registration string, j *job) (last *kept) {
	for _, v := range b.visits[registration] {
		if v.onDayOf(j) && v.openEnded() && !j.At.Before(v.CameAt.Add(-atOnce)) && (last == nil || v.CameAt.After(last.CameAt)) {
			last = v
		}
	}
	return last
}

// came says whether the guest has been inside before.
func (b *batch) came(registration, session string) bool {
	return slices.ContainsFunc(b.visits[registration], func(v *kept) bool { return v.SessionID == session && !v.undone })
}

func (b *batch) note(j *job, g Guest, action, detail string) {
	entry := j.By
	entry.At, entry.Action, entry.EventID, entry.Subject, entry.Detail = b.now, action, g.EventID, g.ID, detail
	b.entries = append(b.entries, entry)
}

// write are the steps that write down what was settled.
func (b *batch) write() ([]store.Step, error) {
	entering, err1 := b.scans.enter.Step(allOf(int64(len(b.entering))), b.entering)
	trail, err2 := b.trail.Step(b.entries...)
	return append(append(append(b.ended, entering), b.changes...), trail), errors.Join(err1, err2)
}

func noError(_ int64, err error) error { return err }

// allOf wants all rows to have been written: else somebody else has let in, or out, one of the guests.
func allOf(n int64) func(affected int64, err error) error {
	return func(affected int64, err error) error {
		if err == nil && affected != n {
			return errClash
		}
		return err
	}
}
