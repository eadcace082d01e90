package registrations

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterclass/events"
)

func TestAMessageGoesToWhomAListShows(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.person(1, 0, "Ada", "Byron", "Nurse", "Zeta trust")
		hopper := d.person(2, 0, "Grace", "Hopper", "Pharmacist", "Älpha trust")
		d.person(3, 1, "Mary", "Anning", "Nurse", "Mid Trust")
		d.visit(hopper, "s", time.UnixMilli(1), time.Time{})
		for name, c := range map[string]struct {
			filter Filter
			want   string
		}{
			"came":          {Filter{Attendance: DidCome}, "person2@example.com"},
			"did not come":  {Filter{Attendance: DidNotCome}, "person1@example.com person3@example.com"},
			"found":         {Filter{Search: "ÄLPHA hop"}, "person2@example.com"},
			"found, absent": {Filter{Search: "trust", Attendance: DidNotCome, PlaceID: d.event.Places[1].ID}, "person3@example.com"},
			"what is none":  {Filter{Attendance: "nonsense", Profession: "Nurse"}, "person1@example.com person3@example.com"},
		} {
			d.exec("delete from outbox where kind = 'message'")
			m := d.draft()
			c.filter.Statuses = []Status{Confirmed, Waiting}
			m.Filter = c.filter
			if n, err := d.CountRecipients(ctx, d.event.ID, m.Filter); err != nil || n != len(strings.Fields(c.want)) {
				t.Errorf("%s: %d are counted, %v", name, n, err)
			}
			if n := d.send(m); n != len(strings.Fields(c.want)) || d.wrote() != c.want {
				t.Errorf("%s: %d, %s; want %s", name, n, d.wrote(), c.want)
			}
		}
	})
}

func TestAMessageSaysWhomItWentToUntilTheyAreErased(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		g := d.person(1, 0, "Ada", "Byron", "Nurse", "Zeta trust")
		m := d.draft()
		m.Filter = Filter{Statuses: []Status{Confirmed}, Search: "byron", Attendance: DidNotCome}
		d.send(m)
		said := func() string {
			sent, err := d.SentMessage(ctx, d.event.ID, m.ID)
			must(t, err)
			return sent.Filter.words(d.event)
		}
		if got := said(); got != "People with a confirmed place; did not come; found by: byron" {
			t.Errorf("it went to %s", got)
		}
		must(t, d.Erase(ctx, g, kim))
		if got := said(); !strings.HasSuffix(got, "found by: words that were deleted") {
			t.Errorf("after erasing it went to %s", got)
		}
		d.nowhere("byron")
	})
}

func TestTheListLeadsToAMessageToThose(t *testing.T) {
	e := &events.Event{Slug: "e"}
	for name, c := range map[string]struct {
		look  Look
		found Found
		want  string
	}{
		"all":            {Look{Page: 3, Sort: byTime}, Found{Total: 2, Counts: map[Status]int{Confirmed: 2}}, "status=any"},
		"a status":       {Look{Status: Waiting, Search: "a b", Attendance: DidCome, Profession: "Nurse"}, Found{Total: 1}, "attendance=came&profession=Nurse&q=a+b&status=waiting"},
		"the cancelled":  {Look{Status: Cancelled}, Found{Total: 2}, ""},
		"only cancelled": {Look{}, Found{Total: 2, Counts: map[Status]int{Cancelled: 2}}, ""},
		"nobody":         {Look{}, Found{}, ""},
	} {
		at, err := url.Parse(c.look.writeTo(e, c.found))
		if err != nil || at.RawQuery != c.want {
			t.Errorf("%s leads to %s, %v", name, at, err)
		}
	}
}
