package registrations

import (
	"strings"
	"testing"
	"time"

	"masterclass/events"
)

func TestAPrivateCalendarHoldsTheSessionsThatWereChosen(t *testing.T) {
	t.Parallel()
	made := func(id string) *events.Event {
		return &events.Event{ID: id, Slug: id, UID: id, Title: id, TimeZone: "Europe/London", Status: events.Published, Venue: "Hall", Places: []events.Place{{ID: "p", Name: "In person"}},
			Sessions: []events.Session{{ID: id + "-talk", Kind: "talk", Title: "Talk", StartsLocal: "2027-03-11T10:00", EndsLocal: "2027-03-11T11:00"},
				{ID: id + "-tea", Kind: "break", Title: "Tea", StartsLocal: "2027-03-11T11:00", EndsLocal: "2027-03-11T11:30"},
				{ID: id + "-work", Kind: "workshop", Title: "Workshop", StartsLocal: "2027-03-11T11:30", EndsLocal: "2027-03-11T12:30"}}}
	}
	for name, c := range map[string]struct {
		status Status
		want   events.Selection
		uids   string
	}{
		"whole":                       {Confirmed, events.Selection{}, "a b"},
		"whole, whatever is chosen":   {Confirmed, events.Selection{Only: []string{"a-talk"}}, "a b"},
		"all sessions":                {Confirmed, events.Selection{Sessions: true}, "session-a-talk session-a-work session-b-talk session-b-work"},
		"chosen of one event":         {Confirmed, events.Selection{Sessions: true, Only: []string{"a-work"}}, "session-a-work b"},
		"chosen of both":              {Confirmed, events.Selection{Sessions: true, Only: []string{"a-work", "b-tea"}}, "session-a-work session-b-tea"},
		"chosen of none":              {Confirmed, events.Selection{Sessions: true, Only: []string{"nothing"}}, "a b"},
		"who waits has a whole event": {Waiting, events.Selection{Sessions: true, Only: []string{"a-talk"}}, "a b"},
	} {
		var uids []string
		for _, e := range []*events.Event{made("a"), made("b")} {
			s := standingAt{&Registration{PlaceID: "p", Status: c.status, UpdatedAt: time.UnixMilli(5)}, e}
			for _, entry := range s.entries("https://ukcp.example", c.want, 7) {
				uids = append(uids, entry.UID)
				if whole := entry.UID == e.UID; (entry.Sequence == 7) != whole || entry.Location != "Hall" {
					t.Errorf("%s: an entry is %+v", name, entry)
				}
			}
		}
		if got := strings.Join(uids, " "); got != c.uids {
			t.Errorf("%s: it holds %s, want %s", name, got, c.uids)
		}
	}
}
