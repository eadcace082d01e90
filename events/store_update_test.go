package events_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// change stores what fn makes of the event, as an organiser's form would.
func change(db *store.DB, id string, fn func(*events.Event)) (*events.Event, error) {
	s := events.NewStore(db)
	old, err := s.ByID(context.Background(), id)
	if err != nil {
		return nil, err
	}
	e := *old
	fn(&e)
	err = db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return s.Update(ctx, tx, old, &e, now) })
	return &e, err
}

func TestOnlyWhatIsMaterialRaisesTheSequence(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		first := withProgramme(meeting("masterclass"))
		mustInsert(t, db, first)
		for _, c := range []struct {
			what     string
			material bool
			fn       func(*events.Event)
		}{
			{"the summary", false, func(e *events.Event) { e.Summary, e.Topics, e.Cost = "Another", "X", "Free" }},
			{"when registration closes", false, func(e *events.Event) { e.RegistrationClosesAt-- }},
			{"the address on the site", false, func(e *events.Event) { e.Slug = "masterclass-2" }},
			{"whether it is listed", false, func(e *events.Event) { e.Listed = false }},
			{"where to join, with nobody online", false, func(e *events.Event) { e.JoinURL = "https://example.org/1" }},
			{"the start", true, func(e *events.Event) { e.StartsLocal = "2027-03-11T09:00" }},
			{"the end", true, func(e *events.Event) { e.EndsLocal = "2027-03-11T17:00" }},
			{"the zone", true, func(e *events.Event) { e.TimeZone = "Europe/Paris" }},
			{"whole days", true, func(e *events.Event) {
				e.AllDay, e.StartsLocal, e.EndsLocal = true, "2027-03-11T00:00", "2027-03-11T00:00"
			}},
			{"the venue", true, func(e *events.Event) { e.Venue = "Town hall" }},
			{"the street", true, func(e *events.Event) { e.Address = "" }},
			{"the title", true, func(e *events.Event) { e.Title = "Another" }},
			{"postponed", true, func(e *events.Event) { e.Status = events.Postponed }},
			{"held", true, func(e *events.Event) { e.Status = events.Published }},
			{"cancelled", true, func(e *events.Event) { e.Status = events.Cancelled }},
		} {
			old, err := events.NewStore(db).ByID(t.Context(), first.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := change(db, first.ID, c.fn); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
			e, err := events.NewStore(db).ByID(t.Context(), first.ID)
			if err != nil {
				t.Fatal(err)
			}
			if (e.Sequence == old.Sequence+1) != c.material || events.Material(old, e) != c.material || e.Version != old.Version+1 || e.UpdatedAt != now.UnixMilli() || e.UID != first.UID {
				t.Errorf("%s: sequence from %d to %d, version from %d to %d", c.what, old.Sequence, e.Sequence, old.Version, e.Version)
			}
		}
		if e, err := events.NewStore(db).BySlug(t.Context(), "masterclass-2"); err != nil || len(e.Sessions) != 4 || len(e.Places) != 2 {
			t.Errorf("its programme and places are %+v, %v", e, err)
		}
	})
}

func TestAnAddressThatIsGivenUpLeadsOnAndIsNobodyElses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		one, two := meeting("one"), meeting("two")
		mustInsert(t, db, one, two)
		s := events.NewStore(db)
		rename := func(id, slug string) error {
			_, err := change(db, id, func(e *events.Event) { e.Slug = slug })
			return err
		}
		for _, slug := range []string{"uno", "ein", "one", "uno"} { // back and forth
			if err := rename(one.ID, slug); err != nil {
				t.Fatalf("%s: %v", slug, err)
			}
			for _, old := range []string{"one", "uno", "ein"} {
				moved, err := s.MovedTo(t.Context(), old)
				if e, oerr := s.Outline(t.Context(), old); oerr == nil && (e.ID != one.ID || old != slug) {
					t.Errorf("%s shows %s", old, e.Slug)
				} else if oerr != nil && err == nil && moved != slug {
					t.Errorf("%s leads to %s, want %s", old, moved, slug)
				}
			}
		}
		for _, taken := range []string{"uno", "one", "ein"} {
			if err := rename(two.ID, taken); !errors.Is(err, events.ErrSlug) && !fault.Is(err, fault.Invalid) {
				t.Errorf("taking %s gave %v", taken, err)
			}
		}
		if e, err := s.Outline(t.Context(), "two"); err != nil || e.ID != two.ID {
			t.Errorf("two is %+v, %v", e, err)
		}
	})
}

func TestOfTwoChangesFromOneVersionOneIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		e := meeting("masterclass")
		mustInsert(t, db, e)
		s := events.NewStore(db)
		old, err := s.ByID(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make(chan error, 6)
		for range cap(errs) {
			wg.Go(func() {
				mine := *old
				mine.Title = "Mine"
				errs <- db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return s.Update(ctx, tx, old, &mine, now) })
			})
		}
		wg.Wait()
		close(errs)
		var lost []error
		for err := range errs {
			if err != nil {
				lost = append(lost, err)
			}
		}
		if len(lost) != 5 || slices.ContainsFunc(lost, func(err error) bool { return !errors.Is(err, events.ErrChanged) }) {
			t.Errorf("these were refused: %v", lost)
		}
	})
}

func TestDifferencesAreInWordsAndForThoseWhomTheyConcern(t *testing.T) {
	t.Parallel()
	old := meeting("masterclass")
	old.Places[1].Online = true
	for _, e := range []*events.Event{old} {
		if err := e.Settle(); err != nil {
			t.Fatal(err)
		}
	}
	e := *old
	e.Venue, e.Address, e.JoinURL, e.Status = "", "", "https://example.org/j", events.Postponed
	ds := events.Differences(old, &e)
	var words []string
	for _, d := range ds {
		words = append(words, d.Words())
	}
	want := []string{"When: postponed, with no new date yet (was: Thursday 11 March 2027, 9:30am to 4:45pm UK time (GMT))",
		"Where: not yet known (was: Conference centre, Birmingham)", "Join online: https://example.org/j (was: not yet known)"}
	if !slices.Equal(words, want) {
		t.Errorf("it is %q", words)
	}
	for i, c := range []struct{ here, online, waitsOnline bool }{{true, true, true}, {true, false, false}, {false, true, false}} {
		if d := ds[i]; d.Concerns(old.Places[0], true) != c.here || d.Concerns(old.Places[1], true) != c.online || d.Concerns(old.Places[1], false) != c.waitsOnline {
			t.Errorf("%s concerns others than it should", d.What)
		}
	}
	twin := *old
	twin.TimeZone = "Europe/Jersey"
	if ds := events.Differences(old, &twin); len(ds) != 1 || !strings.Contains(ds[0].Now, "Jersey") {
		t.Errorf("another zone with the same clock: %+v", ds)
	}
}

func TestWhatIsChangedIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		e := meeting("masterclass")
		mustInsert(t, db, e)
		s := newSite(t, db, left{}, at(now))
		s.shows("/events/masterclass.ics", 200, "SUMMARY:Title of masterclass")
		for _, followed := range []bool{false, true} {
			if followed {
				s.follow()
			}
			if _, err := s.stored.Recent(t.Context(), "masterclass"); err != nil {
				t.Fatal(err)
			}
			s.get("/events/masterclass.ics")
			title := map[bool]string{false: "Second", true: "Third"}[followed]
			old, err := s.stored.ByID(t.Context(), e.ID)
			if err != nil {
				t.Fatal(err)
			}
			changed := *old
			changed.Title = title
			if err := db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				return s.stored.Update(ctx, tx, old, &changed, now.Add(time.Second))
			}); err != nil {
				t.Fatal(err)
			}
			s.stored.Changed()
			s.shows("/events/masterclass.ics", 200, "SUMMARY:"+title, "SEQUENCE:"+map[bool]string{false: "1", true: "2"}[followed])
			if seen, err := s.stored.Recent(t.Context(), "masterclass"); err != nil || seen.Title != title {
				t.Errorf("it is remembered as %s, %v", seen.Title, err)
			}
		}
	})
}
