package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"masterclass/internal/access"
)

// rests is an event with a place that is left and two who wait, whom nobody is offered it any more: its page, and the last of them.
func (s *testSite) rests(t *testing.T) (page, last string) {
	t.Helper()
	organiser := s.signedIn(t, access.Organiser)
	e, page := s.makeEvent(organiser, "rests")
	for n := 61; n <= 64; n++ {
		s.visitor(t).registered(n, "rests", e.Places[0].ID, n > 62)
	}
	s.altered(t, e, "registration_closes_at = ?", s.now().Add(-time.Minute).UnixMilli())
	s.resize(t, e.Places[0], 3)
	return page, s.idOf(t, 64)
}

// attendeeScenes are the organisers' pages of attendees; the browser is signed in.
func (s *testSite) attendeeScenes(t *testing.T) []scene {
	t.Helper()
	v := s.visitor(t)
	e := v.event(masterclass)
	p := person(1, e.Places[0].ID)
	p["title"], p["first_name"], p["last_name"] = "Professor", "Wolfeschlegelsteinhausen", "Hubert-Blaine-Montgomery-Ravensworth"
	p["employer"] = "University Hospitals of Derby and Burton and Nottingham and Leicester NHS Foundation Trust"
	p["email"], p["dietary"], p["access_needs"], p["consent_sensitive"] = "ada1@example.com", "No nuts", "A ramp to the stage\nand a hearing loop", true
	v.call("/api/v1/events/"+masterclass+"/registrations", p).want(t, 201)
	for n := 2; n < 60; n++ {
		v.registered(n, masterclass, e.Places[n%2].ID, false)
	}
	one, other := attendeesPath+"/"+s.idOf(t, 1), attendeesPath+"/"+s.idOf(t, 2)
	v.registered(1, fullUp, v.event(fullUp).Places[0].ID, true)
	if _, err := s.db.NewRaw(`insert into attendance (id, registration_id, event_id, came_at, came_by, noted_at) select 'v', id, event_id, 1790000000000, 'kim', 1
		from registrations where id = ?`, s.idOf(t, 2)).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	organise := "/organise/events/" + masterclass
	waits := "/organise/events/" + fullUp
	rests, last := s.rests(t)
	add := formOf(person(70, v.event(fullUp).Places[0].ID))
	add.Del("place")
	return []scene{
		at("attendees", attendeesPath), at("attendees-second", attendeesPath+"?page=2&sort=time&status=confirmed"), at("attendees-none", attendeesPath+"?q=nobody"),
		at("waiting-list-rests", rests+"/waiting-list"), at("attendee-give", rests+"/attendees/"+last+"/give"), at("waiting-list-places", rests+"/places"),
		at("waiting-list", waits+"/waiting-list"), at("waiting-list-empty", organise+"/waiting-list"),
		at("attendee", one), {"attendee-note-errors", 422, func(b *browser) int {
			b.open(one)
			return b.press(`form[action$="/notes"] button`)
		}}, at("attendee-edit", one+"/edit"), at("attendee-needs", one+"/needs"),
		sent("attendee-edit-errors", 422, other+"/substitute", nil), at("attendee-address", one+"/address"), sent("attendee-address-errors", 422, one+"/address", nil),
		at("attendee-move", one+"/move"), sent("attendee-move-errors", 422, one+"/move", nil), at("attendee-substitute", one+"/substitute"),
		at("attendee-cancel", one+"/cancel"), at("attendee-erase", one+"/erase"), sent("attendee-erase-errors", 422, one+"/erase", nil), at("attendees-came", attendeesPath+"?attendance=came"),
		at("attendees-write", organise+"/messages/new?attendance=absent&q=ada&status=any"), at("attendee-came", other),
		at("attendee-new", attendeesPath+"/new"), sent("attendee-new-errors", 422, attendeesPath+"/new", nil), sent("attendee-new-full", 409, waits+"/attendees/new", add),
		at("bulk-none", attendeesPath+"/bulk?action=cancel"), at("bulk-decided", attendeesPath+"/bulk?action=refuse&id="+s.idOf(t, 2)), at("bulk", attendeesPath+"/bulk?action=cancel&id="+s.idOf(t, 1)+"&id="+s.idOf(t, 2)),
		{"bulk-done", 200, func(b *browser) int {
			b.open(attendeesPath + "/bulk?action=resend&id=" + s.idOf(t, 1) + "&id=" + s.idOf(t, 2))
			eval[string](b, `document.querySelector('[name=action]').value = 'refuse'`) // as if a colleague had decided meanwhile
			return b.press("main button.nhsuk-button[type=submit]")
		}},
		at("import", attendeesPath+"/import"), sent("import-errors", 422, attendeesPath+"/import", nil), sent("import-preview", 200, attendeesPath+"/import", url.Values{"paste": {importFile}}),
		at("import-done", attendeesPath+"/import/done?registered=12&waiting=3&already=1&failed="+someFailed),
		at("catering", organise+"/catering"), at("access-needs", organise+"/access-needs"),
	}
}

func TestBrowserEveryPageOfAttendeesCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	scenes := s.attendeeScenes(t)
	b := s.startBrowser(t)
	b.signsIn(s, access.Organiser)
	titles := map[string]string{}
	for _, sc := range scenes {
		b.look(sc)
		title := eval[string](b, `document.title`)
		same := strings.HasPrefix(sc.name, "attendees") || strings.HasPrefix(sc.name, "bulk") || strings.HasPrefix(sc.name, "waiting") || strings.HasPrefix(sc.name, "attendee-new")
		if other := titles[title]; other != "" && !same {
			t.Errorf("%s and %s are both called %q", sc.name, other, title)
		}
		titles[title] = sc.name
	}
}
