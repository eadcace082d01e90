package main

import "testing"

func TestNothingIsPromisedThatIsNotThere(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	place := v.event(masterclass).Places[0].ID
	manage := v.registered(1, masterclass, place, false)
	for _, path := range []string{"/privacy", "/cookies", "/about", "/events/" + masterclass, "/events/" + masterclass + "/register", manage, manage + "/substitute", manage + "/details"} {
		v.get(path).want(t, 200).without(t, "certificate")
	}
	v.get("/cookies").want(t, 200, "your password was right", "Five minutes", "scanned without a connection")
	v.get("/privacy").want(t, 200, "When you use e-learning", "Until we have told you or you take it back", "Until nobody has used it for a year")
}

func TestEveryCalendarAndFeedHasAnAddressToCopy(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	host := s.URL[len("http://"):]
	copied := func(path string) string { return `<span class="app-code">` + s.URL + path + `</span>` }
	v.get("/events").want(t, 200, `href="webcal://`+host+`/events.ics"`, copied("/events.ics"),
		`href="webcal://`+host+`/events.ics?topic=Acute%20oncology"`, copied("/events.ics?topic=Acute&#43;oncology"))
	v.get("/events/"+masterclass).want(t, 200, `href="webcal://`+host+"/events/"+masterclass+`.ics"`, copied("/events/"+masterclass+".ics"))
	for _, list := range []string{"/e-learning", "/news"} {
		v.get(list).want(t, 200, `type="application/atom+xml"`, `type="application/rss+xml"`, `<a href="`+list+`.atom">Atom</a>`, `<a href="`+list+`.rss">RSS</a>`)
		v.get(list+".atom").want(t, 200)
		v.get(list+".rss").want(t, 200)
	}
	v.get("/events.ics?topic=Acute+oncology").want(t, 200, "BEGIN:VEVENT")
}
