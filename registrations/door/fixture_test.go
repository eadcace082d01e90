package door

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/secret"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/registrations"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// entrance is an event on its morning, with a door.
type entrance struct {
	*Door
	t     testing.TB
	db    *store.DB
	clock *storetest.Clock
	event *events.Event
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

func newEntrance(t testing.TB, db *store.DB) *entrance {
	t.Helper()
	keys, err := secret.New([]byte(strings.Repeat("k", 32)))
	must(t, err)
	trail, err := access.NewTrail(context.Background(), db)
	must(t, err)
	n := &entrance{t: t, db: db, clock: storetest.NewClock(time.Date(2027, 3, 11, 9, 0, 0, 0, time.UTC))}
	n.Door, err = New(context.Background(), db, trail, keys, n.clock.Now)
	must(t, err)
	t.Cleanup(func() {
		must(t, n.Close())
		must(t, trail.Close())
	})
	n.event = n.addEvent("masterclass")
	return n
}

func (n *entrance) addEvent(slug string) *events.Event {
	n.t.Helper()
	id := newID()
	e := &events.Event{ID: id, Slug: slug, UID: id, Title: "Masterclass", TimeZone: "Europe/London", Status: events.Published,
		StartsLocal: "2027-03-11T09:30", EndsLocal: "2027-03-11T16:30",
		Places: []events.Place{{ID: newID(), EventID: id, Name: "In person", Capacity: 100}, {ID: newID(), EventID: id, Name: "Online", Online: true, Position: 1, Capacity: 100}},
		Sessions: []events.Session{
			{ID: newID(), EventID: id, Kind: "talk", Title: "Safe prescribing", StartsLocal: "2027-03-11T10:00", EndsLocal: "2027-03-11T11:00"},
			{ID: newID(), EventID: id, Kind: "workshop", Title: "Vascular access", StartsLocal: "2027-03-11T11:00", EndsLocal: "2027-03-11T12:00", Position: 1}}}
	must(n.t, n.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return events.NewStore(n.db).Insert(ctx, tx, e) }))
	return e
}

// guest adds somebody who has that status, and gives the id.
func (n *entrance) guest(e *events.Event, place int, first, last string, status registrations.Status) string {
	n.t.Helper()
	id := newID()
	_, err := n.db.NewRaw(`insert into registrations (id, event_id, place_id, reference, status, version, joined, title, first_name, last_name, email, mailbox, profession, job_role,
		employer, regulator_number, created_at, updated_at) values (?, ?, ?, ?, ?, 1, 1, '', ?, ?, ?, ?, 'Nurse', 'Ward manager', 'Example trust', '', 0, 0)`,
		id, e.ID, e.Places[place].ID, registrations.Reference(id), string(status), first, last, id+"@example.com", id+"@example.com").Exec(context.Background())
	must(n.t, err)
	if status == registrations.Confirmed || status == registrations.Pending || status == registrations.Offered {
		_, err = n.db.NewRaw("update places set taken = taken + 1 where id = ?", e.Places[place].ID).Exec(context.Background())
		must(n.t, err)
	}
	return id
}

func (n *entrance) ticket(id string) string {
	n.t.Helper()
	code, err := registrations.Ticket(n.keys, id, 0)
	must(n.t, err)
	return code
}

// at is a scan made now at the door of somebody.
func (n *entrance) at(name, code string, action Action) Scan {
	return Scan{ID: newID(), Code: code, Action: action, At: n.clock.Now(), By: access.Entry{Actor: "organiser:" + name}, ByName: name}
}

func (n *entrance) check(s Scan) Answer {
	n.t.Helper()
	a, err := n.Check(context.Background(), n.event, s)
	must(n.t, err)
	return a
}

// wants checks what a scan comes to.
func (n *entrance) wants(s Scan, want Outcome) Answer {
	n.t.Helper()
	a := n.check(s)
	if a.Outcome != want {
		n.t.Fatalf("the scan of %q by %s comes to %s, not %s", s.Code, s.ByName, a.Outcome, want)
	}
	return a
}

func (n *entrance) counts(session string) Counts {
	n.t.Helper()
	c, err := n.Counts(context.Background(), n.event, session)
	must(n.t, err)
	return c
}

// tallyOf is what a scan would be answered with.
func (n *entrance) tallyOf(session string) Counts {
	n.t.Helper()
	c, err := n.Tally(context.Background(), n.event, session)
	must(n.t, err)
	return c
}

// trail is what the audit trail says, oldest first.
func (n *entrance) trail() (actions []string) {
	n.t.Helper()
	must(n.t, n.db.NewRaw("select action from audit order by id").Scan(context.Background(), &actions))
	return actions
}
