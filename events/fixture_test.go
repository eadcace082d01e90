package events_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/internal/web"
	"masterclass/templates"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// now is when these tests take place: a Thursday in winter time.
var now = time.Date(2027, time.February, 11, 9, 30, 0, 0, time.UTC)

const base = "https://events.example.org"

func id() string { return uuid.Must(uuid.NewV7()).String() }

// meeting is an event four weeks ahead, open for registration, for a test to change.
func meeting(slug string) *events.Event {
	eid := id()
	return &events.Event{
		ID: eid, Slug: slug, UID: eid + "@masterclass", Title: "Title of " + slug, Summary: "Summary.", Venue: "Conference centre", Address: "Birmingham",
		Topics: "Nursing, Safety", StartsLocal: "2027-03-11T09:30", EndsLocal: "2027-03-11T16:45", TimeZone: "Europe/London",
		Status: events.Published, Listed: true, Version: 1, CreatedAt: now.Add(-48 * time.Hour).UnixMilli(), UpdatedAt: now.Add(-24 * time.Hour).UnixMilli(),
		RegistrationOpensAt: now.Add(-time.Hour).UnixMilli(), RegistrationClosesAt: now.AddDate(0, 0, 20).UnixMilli(),
		Places: []events.Place{{ID: id(), EventID: eid, Name: "In person", Capacity: 60}, {ID: id(), EventID: eid, Name: "Online", Position: 1, Capacity: 300}},
	}
}

// on puts the event on other days and hours.
func on(e *events.Event, starts, ends string) *events.Event {
	e.StartsLocal, e.EndsLocal = starts, ends
	return e
}

// as changes the event's status.
func as(e *events.Event, s events.Status) *events.Event {
	e.Status = s
	return e
}

// withProgramme adds two speakers and the sessions of a day.
func withProgramme(e *events.Event) *events.Event {
	ada := events.Speaker{ID: id(), EventID: e.ID, Name: "Ada Example", Role: "Consultant nurse", Biography: "Ada nurses."}
	bob := events.Speaker{ID: id(), EventID: e.ID, Name: "Bob Example", Role: "Pharmacist", Position: 1}
	day := e.StartsLocal[:len(events.LocalDate)]
	e.Speakers = []events.Speaker{ada, bob}
	e.Sessions = []events.Session{
		{ID: id(), EventID: e.ID, Kind: "registration", Title: "Tea", Room: "Foyer", StartsLocal: day + "T09:30", EndsLocal: day + "T10:00"},
		{ID: id(), EventID: e.ID, Kind: "talk", Title: "Safer prescribing", StartsLocal: day + "T10:00", EndsLocal: day + "T12:00", Speakers: []events.Speaker{bob, ada}},
		{ID: id(), EventID: e.ID, Kind: "workshop", Title: "Workshop A", StartsLocal: day + "T13:00", EndsLocal: day + "T14:30", Position: 1},
		{ID: id(), EventID: e.ID, Kind: "workshop", Title: "Workshop B", StartsLocal: day + "T13:00", EndsLocal: day + "T14:30", Position: 2},
	}
	return e
}

func insert(db *store.DB, es ...*events.Event) error {
	return db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for _, e := range es {
			if err := events.NewStore(db).Insert(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func mustInsert(t testing.TB, db *store.DB, es ...*events.Event) {
	t.Helper()
	if err := insert(db, es...); err != nil {
		t.Fatal(err)
	}
}

// left is what these tests say is left: what is not named is free.
type left map[string]events.Availability

func (l left) Available(_ context.Context, places []events.Place) (map[string]events.Availability, error) {
	all := map[string]events.Availability{}
	for _, p := range places {
		a, ok := l[p.ID]
		if !ok {
			a.Left = p.Capacity
		}
		all[p.ID] = a
	}
	return all, nil
}

var errSeats = errors.New("the seats know nothing")

// broken seats know nothing.
type broken struct{}

func (broken) Available(context.Context, []events.Place) (map[string]events.Availability, error) {
	return nil, errSeats
}

// site is the public pages over db at a moment, with the real templates.
type site struct {
	t       testing.TB
	app     *web.Application
	stored  *events.Store
	handler *events.Handler
}

// follow lets the site hear of changes until the test ends, and waits until it does.
func (s site) follow() {
	s.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.stored.Follow(ctx, slog.New(slog.DiscardHandler)) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	})
	for s.stored.Changes() == 0 {
		time.Sleep(time.Millisecond)
	}
}

func newSite(t testing.TB, db *store.DB, seats events.Availabilities, clock func() time.Time) site {
	t.Helper()
	pages, err := templates.Parse(templates.Embedded(), nil)
	if err != nil {
		t.Fatal(err)
	}
	kept := web.NewAnswers(1 << 20)
	app := web.New(web.Config{Answers: kept, Site: web.Site{Name: "The Partnership", Strapline: "Better.", ContactEmail: "events@partnership.example", BaseURL: base},
		Views: pages, Log: slog.New(slog.DiscardHandler), Now: clock})
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	stored := events.NewStore(db)
	handler := events.NewHandler(stored, seats, kept, london, clock)
	handler.Routes(app)
	return site{t, app, stored, handler}
}

func at(moment time.Time) func() time.Time { return func() time.Time { return moment } }

type answer struct {
	*http.Response
	text string
}

func (s site) ask(method, path string, headers ...string) answer {
	s.t.Helper()
	req := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.app.Test(req, -1)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res, string(text)}
}

func (s site) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.ask("GET", path, headers...)
}

// shows checks the status and that each of the texts is there.
func (s site) shows(path string, status int, texts ...string) answer {
	s.t.Helper()
	a := s.get(path)
	if a.StatusCode != status {
		s.t.Errorf("%s answers %d, want %d", path, a.StatusCode, status)
	}
	for _, text := range texts {
		if !strings.Contains(a.text, text) {
			s.t.Errorf("%s does not show %q:\n%s", path, text, a.text)
		}
	}
	return a
}

func slugs(es []*events.Event) string {
	var all []string
	for _, e := range es {
		all = append(all, e.Slug)
	}
	return fmt.Sprint(all)
}
