package main

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
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

// mayByHand are the roles that may send each request, as testdata/roles.txt has them: written by hand, so that the table which the program
// goes by is not its own judge.
func mayByHand(t *testing.T) map[string][]access.Role {
	t.Helper()
	text, err := os.ReadFile("testdata/roles.txt")
	if err != nil {
		t.Fatal(err)
	}
	may := map[string][]access.Role{}
	var roles []access.Role
	for line := range strings.Lines(string(text)) {
		line = strings.Join(strings.Fields(line), " ")
		switch heading, is := strings.CutPrefix(line, "["); {
		case line == "" || strings.HasPrefix(line, "#"):
		case is:
			roles = nil
			for _, role := range strings.Fields(strings.TrimSuffix(heading, "]")) {
				roles = append(roles, access.Role(role))
			}
		case may[line] != nil:
			t.Errorf("testdata/roles.txt has %q twice", line)
		default:
			may[line] = roles
		}
	}
	return may
}

func TestTheRolesMayWhatIsWrittenOfThem(t *testing.T) {
	t.Parallel()
	s, may := startSite(t, stores{}), mayByHand(t)
	known := map[string]bool{}
	for _, r := range s.deskRoutes() {
		if r.method == http.MethodHead {
			continue
		}
		request := r.method + " " + r.pattern
		known[request] = true
		if may[request] == nil {
			t.Errorf("testdata/roles.txt does not say who may send %s", request)
		}
	}
	for request, roles := range may {
		method, pattern, _ := strings.Cut(request, " ")
		if !known[request] {
			t.Errorf("testdata/roles.txt has %s, which the program does not know", request)
		}
		for _, role := range access.Roles {
			if got, want := access.May(role, method, pattern), slices.Contains(roles, role); got != want {
				t.Errorf("%s %s: the %s may in the program: %v; as it is written: %v", method, pattern, role, got, want)
			}
		}
	}
}

// TestARoleOpensItsOwnPagesAlone asks for each page and sends each form, empty, in every role. Whoever may is answered something else than a
// refusal, such as that there is no such thing or that the form lacks something. The steward helps at the Masterclass, and at nothing else. Each
// role has a site to itself, since some forms want nothing more to change or delete what is there.
func TestARoleOpensItsOwnPagesAlone(t *testing.T) {
	t.Parallel()
	may := mayByHand(t)
	for _, role := range access.Roles {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			s := startSite(t, stores{})
			v := s.signedIn(t, role)
			if role == access.Steward {
				s.assign(t, masterclass)
			}
			for _, r := range s.deskRoutes() {
				request := strings.Replace(r.method, http.MethodHead, http.MethodGet, 1) + " " + r.pattern
				status, to := v.asks(r)
				if opens := status != 403 && !strings.HasPrefix(to, "/organise/sign-in"); opens != slices.Contains(may[request], role) || status >= 500 {
					t.Errorf("%s %s answers the %s %d to %q", r.method, r.pattern, role, status, to)
				}
				if elsewhere := strings.Replace(r.path, masterclass, fullUp, 1); role == access.Steward && elsewhere != r.path {
					r.path = elsewhere
					if status, _ := v.asks(r); status != 403 {
						t.Errorf("%s %s answers the steward %d at an event that is not theirs", r.method, r.pattern, status)
					}
				}
			}
		})
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
