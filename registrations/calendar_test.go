package registrations

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/web"
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

func TestAPollOfAPrivateCalendarMakesItAnewOnlyAfterAChange(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx, site := context.Background(), web.Site{Name: "The Partnership", BaseURL: "https://ukcp.example"}
		g, other := d.register(d.ask(1)), d.register(d.ask(2))
		token, err := d.keys.Token(calendarsPurpose, g.ID, g.CalendarGeneration)
		must(t, err)
		address := "/calendars/" + token + ".ics"
		h := NewHandler(d.Registrar, web.NewAnswers(1<<20), web.Proxies{}, time.UTC)
		poll := func() *web.Answer {
			t.Helper()
			made, err := h.calendarNow(ctx, token, address, site, events.Selection{}, d.clock.Now())
			must(t, err)
			return made.Answer
		}
		last := poll()
		is := func(anew bool, why string) {
			t.Helper()
			d.clock.Add(time.Hour)
			now := poll()
			if (now != last) != anew {
				t.Errorf("%s: it is made anew: %v, want %v", why, now != last, anew)
			}
			last = now
		}
		is(false, "nothing has changed")
		d.register(d.ask(3))
		d.cancel(other)
		is(false, "others come and go")
		d.alterEvent(func(e *events.Event) { e.Title = "Another title" })
		is(true, "the event has changed")
		is(false, "and no more")
		must(t, d.Change(ctx, g, d.event, g.Person, Needs{}, ""))
		is(true, "the details have changed")
		d.exec("update outbox set created_at = created_at + 1 where registration_id = ?", g.ID)
		is(true, "another message was sent")
		was := d.event
		d.event = d.addEvent(5)
		elsewhere := d.register(d.ask(1))
		is(true, "the person has registered elsewhere")
		d.cancel(elsewhere)
		is(true, "and has cancelled that")
		is(false, "an hour later")
		d.clock.Add(calendarBack)
		is(true, "what was cancelled has left")
		d.event = was
		g, err = d.store.ByID(ctx, g.ID)
		must(t, err)
		must(t, d.RenewCalendars(ctx, g, ""))
		if _, err := h.calendarNow(ctx, token, address, site, events.Selection{}, d.clock.Now()); !errors.Is(err, ErrNotFound) {
			t.Errorf("with an address that was given up it answers %v", err)
		}
		for _, wrong := range []string{"nonsense", strings.Repeat("A", 43)} {
			if _, err := h.calendarNow(ctx, wrong, "/calendars/"+wrong+".ics", site, events.Selection{}, d.clock.Now()); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: it answers %v", wrong, err)
			}
		}
	})
}

func TestPrivateCalendarsAreKeptInBoundedMemory(t *testing.T) {
	t.Parallel()
	var k keptCalendars
	body := make([]byte, calendarsMax/50)
	for n := range 200 {
		k.keep(fmt.Sprint("/", n), keptCalendar{Answer: &web.Answer{Body: body}, next: time.UnixMilli(1)})
		if k.bytes > calendarsMax || len(k.kept) > 50 {
			t.Fatalf("%d calendars take %d bytes", len(k.kept), k.bytes)
		}
	}
	if _, ok := k.find("/199", calendarStamp{}, time.UnixMilli(0)); !ok {
		t.Error("the last is not there")
	}
	k.keep("/large", keptCalendar{Answer: &web.Answer{Body: make([]byte, calendarsMax/2)}})
	if _, ok := k.kept["/large"]; ok {
		t.Error("half of the room is one calendar")
	}
	for n := range 200 {
		k.drop(fmt.Sprint("/", n))
	}
	if k.bytes != 0 {
		t.Errorf("nothing takes %d bytes", k.bytes)
	}
}
