package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-ical"
)

var calendarAddress = regexp.MustCompile(`http://[^\s"<]+/calendars/[\w-]+\.ics`)

// entriesOf reads a feed by an independent parser: the entries by title.
func entriesOf(t *testing.T, a answer) map[string]ical.Event {
	t.Helper()
	a.want(t, 200)
	c, err := ical.NewDecoder(strings.NewReader(a.text)).Decode()
	if err != nil {
		t.Fatalf("%v in\n%s", err, a.text)
	}
	found := map[string]ical.Event{}
	for _, e := range c.Events() {
		title, err := e.Props.Text("SUMMARY")
		if err != nil {
			t.Fatal(err)
		}
		found[title] = e
	}
	return found
}

// value is a text property of an entry.
func value(t *testing.T, e ical.Event, name string) string {
	t.Helper()
	if e.Component == nil {
		t.Fatalf("there is no such entry to have a %s", name)
	}
	if p := e.Props.Get(name); p == nil {
		return ""
	} else if name == "SEQUENCE" { // a number, which Text refuses
		return p.Value
	}
	text, err := e.Props.Text(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAPrivateCalendarFollowsItsRegistrations(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		ctx := context.Background()
		for _, query := range []string{
			"update events set join_url = 'https://meet.example.org/room', version = version + 1",
			"update places set online = true where name = 'Online'",
		} {
			if _, err := s.db.NewRaw(query).Exec(ctx); err != nil {
				t.Fatal(err)
			}
		}
		v := s.visitor(t)
		e := v.event(masterclass)
		online := e.Places[1].ID
		var one struct {
			ManageURL string `json:"manage_url"`
		}
		v.call("/api/v1/events/"+masterclass+"/registrations", person(1, online)).want(t, 201).json(t, &one)
		manage := v.get(one.ManageURL).want(t, 200, "https://meet.example.org/room", "calendar.google.com", "outlook.office.com", "webcal://")
		own := calendarAddress.FindString(manage.text)
		mail := s.mails(t, 1)[0]
		all := strings.ReplaceAll(strings.ReplaceAll(mail, "=\r\n", ""), "=3D", "=")
		all = calendarAddress.FindString(all)
		if own == "" || all == "" || own == all {
			t.Fatalf("the calendars are at %q and %q", own, all)
		}

		first := v.get(own)
		entry := entriesOf(t, first)[e.Title]
		if got := value(t, entry, "DESCRIPTION"); !strings.Contains(got, "https://meet.example.org/room") {
			t.Errorf("a confirmed attendee is told to join at: %s", got)
		}
		invitation, _ := calendarOf(t, mail)
		if value(t, entry, "STATUS") != "CONFIRMED" || value(t, entry, "UID") != prop(invitation, "UID") || value(t, entry, "LOCATION") != "Online" {
			t.Errorf("the entry is\n%s", first.text)
		}
		for _, name := range []string{"METHOD", "ATTENDEE", "ORGANIZER", "ada1", one.ManageURL} {
			if strings.Contains(first.text, name) {
				t.Errorf("the calendar holds %s:\n%s", name, first.text)
			}
		}
		if c := first.Header.Get("Cache-Control"); c != "private, max-age=300" || first.Header.Get("Set-Cookie") != "" || first.Header.Get("X-Robots-Tag") == "" {
			t.Errorf("its headers are %v", first.Header)
		}
		req := v.request("GET", own, nil)
		req.Header.Set("If-None-Match", first.Header.Get("ETag"))
		v.do(req).want(t, 304)

		// The list of a mailbox has what it waits for as well, without the way to join; one registration's has not.
		other := v.waitingEvent(t, 1)
		entries := entriesOf(t, v.get(all))
		waiting := entries["Waiting list: "+other.Title]
		if value(t, waiting, "STATUS") != "TENTATIVE" || strings.Contains(value(t, waiting, "DESCRIPTION"), "meet.example.org") {
			t.Errorf("waiting shows as %v", waiting.Props)
		}
		if len(entries) != 2 || len(entriesOf(t, v.get(own))) != 1 {
			t.Errorf("the mailbox has %d entries, the registration %d", len(entries), len(entriesOf(t, v.get(own))))
		}
		if sessions := entriesOf(t, v.get(all+"?programme=1")); len(sessions) < 4 {
			t.Errorf("the programme has %d entries", len(sessions))
		}
		talk := e.Programme[slices.IndexFunc(e.Programme, func(s apiSession) bool { return s.Kind == "talk" })]
		if sessions := entriesOf(t, v.get(own+"?programme=1&session="+talk.ID)); len(sessions) != 1 || value(t, sessions[talk.Title+" – "+e.Title], "UID") != "session-"+talk.ID {
			t.Errorf("the one session that was chosen is among %d entries", len(sessions))
		}

		// Cancelling shows at once; new addresses end the old ones.
		v.post(one.ManageURL+"/cancel", nil).want(t, 200)
		cancelled := entriesOf(t, v.get(own))["Cancelled: "+e.Title]
		if value(t, cancelled, "STATUS") != "CANCELLED" || value(t, cancelled, "SEQUENCE") <= value(t, entry, "SEQUENCE") {
			t.Errorf("after the cancellation it is %v", cancelled.Props)
		}
		v.post(one.ManageURL+"/calendars", nil).want(t, 200)
		v.get(own).want(t, 404)
		v.get(all).want(t, 404)
		v.get(own+"?programme=1").want(t, 404)
		v.get("/calendars/"+strings.Repeat("A", 43)+".ics").want(t, 404)
		v.get("/calendars/nonsense.ics").want(t, 404)
	})
}

// waitingEvent puts a person on the waiting list of an event whose places are all taken.
func (v *visitor) waitingEvent(t *testing.T, n int) apiEvent {
	t.Helper()
	var list struct{ Events []apiEvent }
	v.get("/api/v1/events").want(t, 200).json(t, &list)
	for _, e := range list.Events {
		if e.Registration == "waiting_list" {
			ask := person(n, e.Places[0].ID)
			ask["wait"] = true
			v.call("/api/v1/events/"+e.Slug+"/registrations", ask).want(t, 201, `"waiting"`, `"position":`)
			return e
		}
	}
	t.Fatal("no event of the sample is full")
	return apiEvent{}
}
