package events_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

var kim = access.Entry{Actor: "organiser:kim", Address: "192.0.2.1"}

func newEditor(t *testing.T, db *store.DB) *events.Editor {
	t.Helper()
	trail, err := access.NewTrail(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := trail.Close(); err != nil {
			t.Error(err)
		}
	})
	return events.NewEditor(events.NewStore(db), trail, at(now))
}

func anyOf(t *testing.T, db *store.DB, slug string) *events.Event {
	t.Helper()
	e, err := events.NewStore(db).AnyBySlug(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestOrganisersSeeWhatIsAheadFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustInsert(t, db, on(meeting("last-year"), "2026-03-11T09:30", "2026-03-11T16:30"), on(meeting("long-ago"), "2015-03-11T09:30", "2015-03-11T16:30"),
			on(meeting("next-year"), "2028-03-11T09:30", "2028-03-11T16:30"), as(meeting("soon"), events.Draft))
		es, err := events.NewStore(db).All(t.Context(), now)
		if got := slugs(es); err != nil || got != "[soon next-year last-year long-ago]" {
			t.Errorf("they see %s, %v", got, err)
		}
		if _, err := events.NewStore(db).AnyBySlug(t.Context(), "a\x00b"); !errors.Is(err, events.ErrNotFound) {
			t.Errorf("what cannot be an address gives %v", err)
		}
	})
}

func TestPeopleHelpAtEventsInAnyStateUntilAWeekAfter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		unlisted, late := meeting("unlisted"), on(as(meeting("postponed"), events.Postponed), "2020-03-11T09:30", "2020-03-11T16:30")
		unlisted.Listed = false
		lately := on(meeting("lately"), now.AddDate(0, 0, -6).Format("2006-01-02T15:04"), now.AddDate(0, 0, -6).Add(time.Hour).Format("2006-01-02T15:04"))
		old := on(meeting("last-year"), "2026-03-11T09:30", "2026-03-11T16:30")
		mustInsert(t, db, old, on(meeting("long-ago"), "2015-03-11T09:30", "2015-03-11T16:30"), lately, late, unlisted, on(as(meeting("draft"), events.Draft), "2028-03-11T09:30", "2028-03-11T16:30"))
		for _, c := range []struct {
			ids  []string
			want string
		}{{nil, "[unlisted draft postponed lately]"}, {[]string{old.ID, "unknown"}, "[unlisted draft postponed lately last-year]"}} {
			es, err := events.NewStore(db).Helped(t.Context(), now, c.ids)
			if got := slugs(es); err != nil || got != c.want {
				t.Errorf("with %v they are %s, %v", c.ids, got, err)
			}
		}
	})
}

func TestAnAddressBelongsToOneEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, first := newEditor(t, db), meeting("first")
		mustInsert(t, db, first)
		if _, err := change(db, first.ID, func(e *events.Event) { e.Slug = "second" }); err != nil {
			t.Fatal(err)
		}
		for slug, want := range map[string]error{"first": events.ErrSlug, "second": events.ErrSlug, "third": nil} {
			if err := d.Create(t.Context(), on(meeting(slug), "2027-05-11T09:30", "2027-05-11T16:30"), kim); !errors.Is(err, want) {
				t.Errorf("creating %s gives %v", slug, err)
			}
		}
		if e := anyOf(t, db, "third"); e.Status != events.Draft || e.Places[0].EventID != e.ID {
			t.Errorf("what is created is %+v", e)
		}
	})
}

func TestSessionsKeepTheirIDsAndSpeakersTheirTurn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, e := newEditor(t, db), withProgramme(meeting("day"))
		mustInsert(t, db, e)
		talk := e.Sessions[1]
		err := d.ChangeSession(t.Context(), e.ID, talk.ID, kim, func(s *events.Session) error {
			if len(s.Speakers) != 2 || s.Speakers[0].Name != "Bob Example" {
				t.Errorf("it is given %+v", s.Speakers)
			}
			s.Title, s.StartsLocal = "Moved", "2027-03-11T11:00"
			s.Speakers = append(s.Speakers, events.Speaker{ID: "nobody"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		now := anyOf(t, db, "day")
		i := slices.IndexFunc(now.Sessions, func(s events.Session) bool { return s.ID == talk.ID })
		if i < 0 || now.Sessions[i].Title != "Moved" || len(now.Sessions[i].Speakers) != 2 || now.Sessions[i].Speakers[0].Name != "Bob Example" || now.Version != e.Version+1 {
			t.Errorf("the programme is %+v at version %d", now.Sessions, now.Version)
		}
		refused := errors.New("refused")
		if err := d.ChangeSession(t.Context(), e.ID, talk.ID, kim, func(*events.Session) error { return refused }); !errors.Is(err, refused) {
			t.Errorf("what change returns becomes %v", err)
		}
		for _, err := range []error{
			d.ChangeSession(t.Context(), "another", talk.ID, kim, nil), d.RemoveSession(t.Context(), e.ID, "none", kim), d.RemoveSpeaker(t.Context(), e.ID, "none", kim),
			d.MoveSession(t.Context(), e.ID, "none", true, kim), d.RemovePlace(t.Context(), e.ID, "none", kim),
		} {
			if err == nil {
				t.Error("what is not there is changed")
			}
		}
		if after := anyOf(t, db, "day"); after.Version != now.Version {
			t.Error("what was refused has raised the version")
		}
	})
}

func TestOfTwoWhoAddAPlaceOfOneNameAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, e := newEditor(t, db), meeting("twins")
		mustInsert(t, db, e)
		var all sync.WaitGroup
		errs := make([]error, 4)
		for i, name := range []string{"Student", "STUDENT", "student", "Student"} {
			all.Go(func() {
				errs[i] = d.AddPlace(context.Background(), &events.Place{EventID: e.ID, Name: name, Capacity: 1}, kim)
			})
		}
		all.Wait()
		added := 0
		for _, err := range errs {
			if err == nil {
				added++
			} else if !errors.Is(err, events.ErrPlaceName) {
				t.Error(err)
			}
		}
		if now := anyOf(t, db, "twins"); added != 1 || len(now.Places) != len(e.Places)+1 {
			t.Errorf("%d are added, and there are %d places", added, len(now.Places))
		}
	})
}

func TestManyWhoChangeAProgrammeAtOnceAllDo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d, e := newEditor(t, db), withProgramme(meeting("rush"))
		mustInsert(t, db, e)
		var all sync.WaitGroup
		for _, s := range e.Sessions {
			for _, do := range []func() error{
				func() error {
					return d.ChangeSession(context.Background(), e.ID, s.ID, kim, func(s *events.Session) error { s.Title += "!"; return nil })
				},
				func() error { return d.MoveSession(context.Background(), e.ID, s.ID, true, kim) },
				func() error {
					return d.AddPlace(context.Background(), &events.Place{EventID: e.ID, Name: s.Title, Capacity: 1}, kim)
				},
			} {
				all.Go(func() {
					if err := do(); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		now := anyOf(t, db, "rush")
		for _, s := range now.Sessions {
			if s.Title[len(s.Title)-1] != '!' {
				t.Errorf("the change of %s is lost", s.Title)
			}
		}
		if now.Version != e.Version+12 || len(now.Places) != len(e.Places)+4 {
			t.Errorf("the version is %d, with %d places", now.Version, len(now.Places))
		}
	})
}
