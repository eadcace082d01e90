package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"masterclass/internal/access"
)

// beforeSignIn are the requests below /organise that need no sign-in, since they are how one signs in or out.
var beforeSignIn = regexp.MustCompile(`^(GET|HEAD|POST) /organise/(sign-in|sign-out)(/|$)`)

// deskRoute is a request below /organise that the program knows.
type deskRoute struct{ method, pattern, path string }

var parameter = regexp.MustCompile(`:[a-z_]+`)

// deskRoutes are read from the router, so that a new page is among them by itself.
func (s *testSite) deskRoutes() (list []deskRoute) {
	for _, r := range s.web.GetRoutes(true) {
		request := r.Method + " " + r.Path
		if !strings.HasPrefix(r.Path, "/organise") || strings.HasPrefix(r.Path, "/organisers") || beforeSignIn.MatchString(request) {
			continue
		}
		path := strings.ReplaceAll(r.Path, ":slug", masterclass)
		list = append(list, deskRoute{r.Method, r.Path, parameter.ReplaceAllString(path, "none")})
	}
	return list
}

// asks sends the request as a browser on the site would, and gives the status and where it leads.
func (v *visitor) asks(r deskRoute) (status int, location string) {
	v.t.Helper()
	req := v.request(r.method, r.path, strings.NewReader(""))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	a := v.do(req)
	return a.StatusCode, a.Header.Get("Location")
}

// signedIn is a browser of a new organiser with the role. It follows no redirects.
func (s *testSite) signedIn(t *testing.T, role access.Role) *visitor {
	t.Helper()
	email := string(role) + "@example.com"
	if _, err := s.organisers.Add(t.Context(), email, "Kim "+string(role), role, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	v := s.visitor(t)
	v.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if a := v.post("/organise/sign-in", url.Values{"email": {email}, "password": {"correct horse battery"}}); a.StatusCode != 303 {
		t.Fatalf("signing in answers %d", a.StatusCode)
	}
	return v
}

func TestEveryRequestOfTheOrganisersAreaHasItsRule(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	known := map[string]bool{}
	for _, r := range s.deskRoutes() {
		if r.method == http.MethodHead {
			continue
		}
		known[r.method+" "+r.pattern] = true
		if access.Table[r.method+" "+r.pattern] == nil {
			t.Errorf("%s %s has no rule in access.Table", r.method, r.pattern)
		}
	}
	if len(known) == 0 {
		t.Fatal("the router knows no page of the organisers")
	}
}

func TestWhoIsNotSignedInIsSentToTheSignIn(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	v.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, r := range s.deskRoutes() {
		if status, to := v.asks(r); status != 303 || !strings.HasPrefix(to, "/organise/sign-in") {
			t.Errorf("%s %s answers nobody %d to %q", r.method, r.pattern, status, to)
		}
	}
}

func TestARoleOpensItsOwnPagesAlone(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	for _, role := range access.Roles {
		v := s.signedIn(t, role)
		for _, r := range s.deskRoutes() {
			if access.May(role, r.method, r.pattern) && (role != access.Steward || !strings.Contains(r.pattern, ":slug")) {
				continue
			}
			if status, _ := v.asks(r); status != 403 { // a steward is assigned to no event yet
				t.Errorf("%s %s answers the %s %d", r.method, r.pattern, role, status)
			}
		}
	}
}

func TestAnotherSiteCannotSendAnythingForAnOrganiser(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Owner)
	for _, r := range s.deskRoutes() {
		if r.method != http.MethodPost {
			continue
		}
		req := v.request(r.method, r.path, strings.NewReader(""))
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		if a := v.do(req); a.StatusCode != 403 {
			t.Errorf("%s answers another site's form %d", r.pattern, a.StatusCode)
		}
	}
}
