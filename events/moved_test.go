package events_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

var linkedData = regexp.MustCompile(`(?s)<script type="application/ld\+json">(.*?)</script>`)

func TestAnEventThatIsMovedSaysFromWhen(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		e := meeting("moves")
		e.Status = events.Draft
		mustInsert(t, db, e)
		s := newSite(t, db, left{}, at(now))
		day := func(date string) func(*events.Event) {
			return func(e *events.Event) {
				e.Status, e.StartsLocal, e.EndsLocal = events.Published, date+e.StartsLocal[10:], date+e.EndsLocal[10:]
			}
		}
		for _, step := range []struct {
			what             string
			fn               func(*events.Event)
			words            string
			status, previous string
		}{
			{"a draft gets another day", func(e *events.Event) { day("2027-03-12")(e); e.Status = events.Draft }, "", "", ""},
			{"it is published", func(e *events.Event) { e.Status = events.Published }, "", "EventScheduled", ""},
			{"it gets another title", func(e *events.Event) { e.Title = "Another" }, "", "EventScheduled", ""},
			{"it ends later", func(e *events.Event) { e.EndsLocal = "2027-03-12T17:00" }, "", "EventScheduled", ""},
			{"it is moved", day("2027-03-18"), "Moved from 12 March 2027<", "EventRescheduled", `"2027-03-12T09:30:00Z"`},
			{"it is moved into summer time", day("2027-04-01"), "Moved from 12 March 2027 and 18 March 2027<", "EventRescheduled", `["2027-03-12T09:30:00Z","2027-03-18T09:30:00Z"]`},
			{"it begins earlier", func(e *events.Event) { e.StartsLocal = "2027-04-01T09:00" }, "Moved from 12 March 2027, 18 March 2027 and 9:30am on 1 April 2027<", "EventRescheduled",
				`["2027-03-12T09:30:00Z","2027-03-18T09:30:00Z","2027-04-01T09:30:00+01:00"]`},
			{"it is postponed", func(e *events.Event) { e.Status = events.Postponed }, "", "EventPostponed",
				`["2027-03-12T09:30:00Z","2027-03-18T09:30:00Z","2027-04-01T09:30:00+01:00","2027-04-01T09:00:00+01:00"]`},
			{"it has a new date", day("2027-05-06"), "and 1 April 2027<", "EventRescheduled",
				`["2027-03-12T09:30:00Z","2027-03-18T09:30:00Z","2027-04-01T09:30:00+01:00","2027-04-01T09:00:00+01:00"]`},
			{"it lasts all day", func(e *events.Event) {
				e.AllDay, e.StartsLocal, e.EndsLocal = true, "2027-05-06T00:00", "2027-05-06T00:00"
			}, "and 1 April 2027<", "EventRescheduled", `["2027-03-12T09:30:00Z","2027-03-18T09:30:00Z","2027-04-01T09:30:00+01:00","2027-04-01T09:00:00+01:00"]`},
			{"it is cancelled", func(e *events.Event) { e.Status = events.Cancelled }, "", "EventCancelled", ""},
		} {
			if _, err := change(db, e.ID, step.fn); err != nil {
				t.Fatalf("%s: %v", step.what, err)
			}
			if step.status == "" {
				continue
			}
			page := s.get("/events/moves").text
			if strings.Contains(page, "Moved from") != (step.words != "") || !strings.Contains(page, step.words) {
				t.Errorf("%s: the page lacks %q:\n%s", step.what, step.words, page)
			}
			var data struct {
				EventStatus       string
				PreviousStartDate json.RawMessage
			}
			if err := json.Unmarshal([]byte(linkedData.FindStringSubmatch(page)[1]), &data); err != nil {
				t.Fatal(err)
			}
			if data.EventStatus != "https://schema.org/"+step.status || string(data.PreviousStartDate) != step.previous {
				t.Errorf("%s: it is %s, before %s", step.what, data.EventStatus, data.PreviousStartDate)
			}
		}
	})
}

func TestAnEventThatComesBackToItsDayOrIsPutRightIsNotMoved(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		back, over := meeting("back"), on(meeting("over"), "2027-02-10T09:00", "2027-02-10T10:00")
		mustInsert(t, db, back, over)
		for id, starts := range map[string][]string{back.ID: {"2027-03-04T09:30", "2027-03-11T09:30"}, over.ID: {"2027-02-09T09:00"}} {
			for _, to := range starts {
				if _, err := change(db, id, func(e *events.Event) { e.StartsLocal = to }); err != nil {
					t.Fatal(err)
				}
			}
		}
		s := newSite(t, db, left{}, at(now))
		if page := s.get("/events/back").text; !strings.Contains(page, "Moved from 4 March 2027<") {
			t.Errorf("it was on another day meanwhile:\n%s", page)
		}
		if page := s.get("/events/over").text; strings.Contains(page, "Moved from") || strings.Contains(page, "EventRescheduled") {
			t.Errorf("what is over was only put right:\n%s", page)
		}
		copied, err := newEditor(t, db).Duplicate(t.Context(), anyOf(t, db, "back"), "A copy", "a-copy", 7, kim)
		if err != nil || copied.MovedFrom != "" {
			t.Errorf("a copy was moved from %q (%v)", copied.MovedFrom, err)
		}
	})
}
