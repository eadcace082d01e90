package events_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestAnEventIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		want := withProgramme(meeting("masterclass"))
		want.Title, want.Description = `It's "SACT" ? \ %s £`, "A *word*\r\nand 日本 \U0001F600"
		want.Series, want.Audience, want.Cost, want.Access, want.Sponsors = "masterclass", "All", "Free", "Lift", "None"
		want.Approval, want.Sequence, want.Version = true, 3, 7
		mustInsert(t, db, want)
		got, err := events.NewStore(db).BySlug(t.Context(), "masterclass")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%+v\nwant\n%+v", got, want)
		}
		byID, err := events.NewStore(db).ByID(t.Context(), want.ID)
		if err != nil || !reflect.DeepEqual(byID.Places, want.Places) || byID.Sessions != nil {
			t.Errorf("by its id it is %+v, %v", byID, err)
		}
		outline, err := events.NewStore(db).Outline(t.Context(), "masterclass")
		if err != nil || !reflect.DeepEqual(outline, byID) {
			t.Errorf("its outline is %+v, %v", outline, err)
		}
	})
}

func TestAnEventThatBreaksARuleLeavesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		twin := meeting("first")
		if err := insert(db, meeting("first"), twin); err == nil {
			t.Error("two events have one address")
		}
		if err := insert(db, on(meeting("second"), "2027-03-11T10:00", "2027-03-11T09:00")); err == nil {
			t.Error("an event ends before it starts")
		}
		if n, err := events.NewStore(db).Count(t.Context()); n != 0 || err != nil {
			t.Errorf("%d events are left, %v", n, err)
		}
	})
}

func TestWhoSeesWhichEvents(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		unlisted := meeting("unlisted")
		unlisted.Listed = false
		later := on(meeting("later"), "2027-06-01T09:00", "2027-06-01T10:00")
		running := on(meeting("running"), "2027-02-10T09:00", "2027-02-11T17:00")
		past := on(meeting("past"), "2026-05-01T09:00", "2026-05-01T10:00")
		older := on(meeting("older"), "2015-10-23T09:00", "2015-10-25T10:00")
		past.Series, later.Series, unlisted.Series = "study-days", "study-days", "study-days"
		mustInsert(t, db, later, meeting("soon"), as(meeting("draft"), events.Draft), unlisted, running, past, older,
			as(on(meeting("off"), "2027-04-01T09:00", "2027-04-01T10:00"), events.Cancelled), as(on(meeting("put-off"), "2027-05-01T09:00", "2027-05-01T10:00"), events.Postponed),
			as(on(meeting("past-put-off"), "2027-01-05T09:00", "2027-01-05T10:00"), events.Postponed))
		s, ctx := events.NewStore(db), t.Context()
		for what, c := range map[string]struct {
			list func() ([]*events.Event, error)
			want string
		}{
			"upcoming":  {func() ([]*events.Event, error) { return s.Upcoming(ctx, now) }, "[running soon off later past-put-off put-off]"},
			"past":      {func() ([]*events.Event, error) { return s.Past(ctx, now) }, "[past older]"},
			"a series":  {func() ([]*events.Event, error) { return s.InSeries(ctx, "study-days") }, "[later past]"},
			"no series": {func() ([]*events.Event, error) { return s.InSeries(ctx, "") }, "[]"},
		} {
			es, err := c.list()
			if err != nil || slugs(es) != c.want {
				t.Errorf("%s: %s, want %s: %v", what, slugs(es), c.want, err)
			}
			for _, e := range es {
				if len(e.Places) != 2 || e.Places[0].Name != "In person" {
					t.Errorf("the places of %s are %+v", e.Slug, e.Places)
				}
			}
		}
		if e, err := s.BySlug(ctx, "unlisted"); err != nil || e.Slug != "unlisted" {
			t.Errorf("an unlisted event by its address: %v", err)
		}
		for _, slug := range []string{"draft", "nothing", "", "soon'", "%", "\xff", "a\x00b", "SOON"} {
			for _, err := range []error{second(s.BySlug(ctx, slug)), second(s.Outline(ctx, slug)), second(s.MovedTo(ctx, slug))} {
				if !errors.Is(err, events.ErrNotFound) {
					t.Errorf("%q: %v", slug, err)
				}
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestTheFeedHoldsAMonthBackAndAYearAhead(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		day := func(slug string, days int) *events.Event {
			d := now.AddDate(0, 0, days).Format(events.LocalDate)
			return on(meeting(slug), d+"T09:00", d+"T09:30") // all before the hour of now
		}
		unlisted, off, longOff := day("unlisted", 3), as(day("off", 10), events.Cancelled), as(day("long-off", 11), events.Cancelled)
		unlisted.Listed = false
		off.UpdatedAt, longOff.UpdatedAt = now.AddDate(0, 0, -29).UnixMilli(), now.AddDate(0, 0, -30).UnixMilli()
		mustInsert(t, db, day("far-back", -30), day("back", -29), day("ahead", 365), day("far-ahead", 367), unlisted, as(day("draft", 2), events.Draft), off, longOff,
			as(day("put-off", 12), events.Postponed))
		es, err := events.NewStore(db).ForFeed(t.Context(), now)
		if err != nil || slugs(es) != "[back off put-off ahead]" {
			t.Errorf("the feed holds %s, %v", slugs(es), err)
		}
	})
}

func TestTheFeedsDateNeverGoesBackAndMissesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := events.NewStore(db)
		if at, _, err := s.FeedRevised(t.Context(), now); err != nil || !at.IsZero() {
			t.Errorf("without events it is %v, %v", at, err)
		}
		off := as(on(meeting("off"), "2027-03-20T09:00", "2027-03-20T10:00"), events.Cancelled)
		far := on(meeting("far"), "2028-04-01T09:00", "2028-04-01T10:00")
		mustInsert(t, db, meeting("soon"), off, far, on(meeting("past"), "2027-02-01T09:00", "2027-02-01T10:00"))
		before, list := time.Time{}, ""
		for at := now; at.Before(now.AddDate(0, 4, 0)); at = at.Add(12 * time.Hour) {
			revised, _, err := s.FeedRevised(t.Context(), at)
			if err != nil || revised.Before(before) || revised.After(at) {
				t.Fatalf("at %v it is %v after %v: %v", at, revised, before, err)
			}
			es, err := s.ForFeed(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			if slugs(es) != list && !revised.After(before) {
				t.Errorf("at %v the feed went from %s to %s without a new date", at, list, slugs(es))
			}
			before, list = revised, slugs(es)
		}
		if list != "[far]" {
			t.Errorf("in the end the feed holds %s", list)
		}
	})
}

// rename gives an event another address and keeps the old one.
func rename(t *testing.T, db *store.DB, e *events.Event, slug string) {
	t.Helper()
	for _, q := range []string{"insert into event_slugs (slug, event_id) values (?, ?)", "update events set slug = ? where id = ?"} {
		arg := e.Slug
		if q[0] == 'u' {
			arg = slug
		}
		if _, err := db.NewRaw(q, arg, e.ID).Exec(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnOldAddressLeadsToTheNewOne(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		e, draft := meeting("old"), as(meeting("old-draft"), events.Draft)
		mustInsert(t, db, e, draft)
		rename(t, db, e, "new-name")
		rename(t, db, draft, "draft")
		s := newSite(t, db, left{}, at(now))
		for path, want := range map[string]string{"/events/old": "/events/new-name", "/events/old.ics": "/events/new-name.ics", "/api/v1/events/old": "/api/v1/events/new-name"} {
			if a := s.get(path); a.StatusCode != 301 || a.Header.Get("Location") != want {
				t.Errorf("%s answers %d, %s", path, a.StatusCode, a.Header.Get("Location"))
			}
			s.shows(want, 200)
		}
		for _, path := range []string{"/events/old-draft", "/events/draft", "/events/draft.ics", "/api/v1/events/draft", "/events/nothing", "/events/%FF", "/events/%ff.ics", "/series/%00"} {
			if a := s.get(path); a.StatusCode != 404 {
				t.Errorf("%q answers %d", path, a.StatusCode)
			}
		}
	})
}
