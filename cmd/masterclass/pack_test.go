package main

import (
	"net/http"
	"strings"
	"testing"

	"masterclass/internal/access"
)

// coding is how an answer is sent to a client that takes gzip.
func (v *visitor) coding(method, path, body string) string {
	v.t.Helper()
	req := v.request(method, path, strings.NewReader(body))
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	a := v.do(req)
	if a.StatusCode != 200 {
		v.t.Errorf("%s %s answers %d", method, path, a.StatusCode)
	}
	return a.Header.Get("Content-Encoding")
}

func TestPagesWithASecretAreNotCompressedAndOthersAre(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v, desk := s.visitor(t), s.signedIn(t, access.Owner)
	place := v.event(masterclass).Places[0].ID
	mine := strings.TrimPrefix(v.registered(1, masterclass, place, false), s.URL)
	form := "/events/" + masterclass + "/register"
	check := formOf(person(2, place))
	check.Set("step", "check")
	eventually(t, "the search has read what there is", func() bool { return v.get("/search?q=prescribing").StatusCode == 200 })
	for path, want := range map[string]string{
		"/": "gzip", "/search?q=prescribing": "gzip", "/events?topic=Nursing": "gzip", "/events": "gzip", "/events/" + masterclass: "gzip", "/news": "gzip", "/news.atom": "gzip",
		"/about": "gzip", "/videos/your-first-day-of-treatment": "gzip", "/e-learning": "gzip", "/api/v1/events": "gzip", "/events.ics": "gzip", "/sitemap.xml": "gzip",
		form: "", mine: "", mine + "/details": "", mine + "/invite.ics": "", "/healthz": "",
	} {
		if got := v.coding("GET", path, ""); got != want {
			t.Errorf("%s is sent as %q, want %q", path, got, want)
		}
	}
	if got := v.coding("POST", form, check.Encode()); got != "" {
		t.Errorf("the check page, with its claim, is sent as %q", got)
	}
	for _, path := range []string{"/organise", "/organise/events", "/organise/events/" + masterclass + "/attendees", "/organise/events/" + masterclass + "/attendees.csv"} {
		if got := desk.coding("GET", path, ""); got != "" {
			t.Errorf("%s, of who is signed in, is sent as %q", path, got)
		}
	}
}
