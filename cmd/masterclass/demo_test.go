package main

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"masterclass/internal/access"
)

func TestADemoWhoseEventsAreOverSaysHowToRenewThem(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	for _, c := range []struct {
		days int
		want string
	}{
		{0, ""}, {42, ""},
		{5 * 365, "The sample's events are over. For new dates, stop this, delete the folder " + s.data.Path + " and start again.\n"},
	} {
		later := &App{events: s.events, data: s.data, now: func() time.Time { return time.Now().AddDate(0, 0, c.days) }}
		var said bytes.Buffer
		if err := later.sayIfPast(t.Context(), &said); err != nil || said.String() != c.want {
			t.Errorf("after %d days it says %q, %v; want %q", c.days, &said, err, c.want)
		}
	}
}

// The demo listens to the whole network, and its owner has a password alone.
func TestOwnersAreAskedForNoCodeOnlyByTheDemoAndOnItsOwnMachine(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Owner)
	for name, c := range map[string]struct {
		baseURL string
		demo    bool
		change  func(*http.Request)
		free    bool
	}{
		"the demo":              {s.URL, true, func(*http.Request) {}, true},
		"another loopback name": {"http://localhost:8080", true, func(*http.Request) {}, true},
		"the service":           {s.URL, false, func(*http.Request) {}, false},
		"a public demo":         {"https://demo.example.org", true, func(*http.Request) {}, false},
		"behind a proxy":        {s.URL, true, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") }, false},
		"by a tunnel":           {s.URL, true, func(r *http.Request) { v.cookies(r); r.Host = "demo.example.org" }, false},
	} {
		s.cfg.BaseURL, s.cfg.Demo = c.baseURL, c.demo
		req := v.request("GET", "/organise/team", nil)
		c.change(req)
		a := v.do(req)
		if free := a.StatusCode == 200; free != c.free || (!free && a.leads(t) != "/organise/account/two-step") {
			t.Errorf("%s: it answers %d", name, a.StatusCode)
		}
	}
}

// cookies puts the cookies for the address into the request, which goes by another name of the host.
func (v *visitor) cookies(r *http.Request) {
	for _, c := range v.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
}
