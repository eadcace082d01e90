package main

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"masterclass/internal/access"
)

// flow is what somebody with a role does, page after page.
type flow struct {
	name  string
	role  access.Role
	steps func(w *walk) []deed
}

// Every flow of the organisers' area, as it is walked without scripts on the narrowest of screens, and with them at a desk or on a phone.
var flows = []flow{
	{"accounts", access.Owner, accountFlow},
	{"audit", access.Owner, auditFlow},
	{"settings", access.Owner, settingsFlow},
	{"event", access.Organiser, eventFlow},
	{"changes", access.Organiser, changeFlow},
	{"programme", access.Organiser, programmeFlow},
	{"places", access.Organiser, placeFlow},
	{"questions", access.Organiser, questionFlow},
	{"resources", access.Organiser, resourceFlow},
	{"attendees", access.Organiser, attendeeFlow},
	{"requests", access.Organiser, requestFlow},
	{"waiting", access.Organiser, waitingFlow},
	{"import", access.Organiser, importFlow},
	{"lists", access.Organiser, listFlow},
	{"door", access.Steward, doorFlow},
	{"mail", access.Organiser, mailFlow},
	{"message", access.Organiser, messageFlow},
	{"article", access.Editor, articleFlow},
	{"sources", access.Editor, sourceFlow},
	{"learning", access.Editor, learningFlow},
}

// scriptsOnly are the requests that no form sends: check-in.js and messages.js do, which have tests of their own.
var scriptsOnly = []string{"POST /organise/events/:slug/check-in/scans", "GET /organise/events/:slug/check-in/count", "GET /organise/events/:slug/check-in/offline", "GET /organise/events/:slug/messages/:id/progress"}

func TestBrowserEveryFlowOfTheOrganisers(t *testing.T) {
	t.Parallel()
	chromium(t)
	s := startSite(t, stores{})
	desk, shared, walked := s.signedIn(t, access.Organiser), newSeenByFlows(s), 0
	t.Run("walk", func(t *testing.T) {
		for _, scripts := range []bool{false, true} {
			for _, f := range flows {
				name := f.name + map[bool]string{false: "-bare", true: "-with-scripts"}[scripts]
				t.Run(name, func(t *testing.T) {
					if !scripts {
						walked++ // before the walks run at the same time
					}
					t.Parallel()
					s.walk(t, desk, shared, f, name, scripts)
				})
			}
		}
	})
	if walked < len(flows) || t.Failed() {
		return // only some were asked for
	}
	for _, request := range shared.never() {
		t.Errorf("no flow without JavaScript comes to %s: add it to the steps of one", request)
	}
	s.auditSaysWhat(t)
	s.sound(t)
}

// auditSaysWhat reads the whole audit trail of all that was done: each entry says in words what it was done to, and every link in it leads somewhere.
func (s *testSite) auditSaysWhat(t *testing.T) {
	t.Helper()
	v, links := s.signedIn(t, access.Owner), map[string]string{}
	for next := "/organise/audit"; next != ""; {
		page := v.get(next).want(t, 200).text
		for _, row := range auditRows.FindAllStringSubmatch(page, -1) {
			if id := anyID.FindString(anyTag.ReplaceAllString(row[1], "")); id != "" {
				t.Errorf("the audit trail shows people the id %s:%s", id, row[1])
			}
			what := auditWhat.FindStringSubmatch(row[1])[1]
			for _, link := range auditLinks.FindAllStringSubmatch(row[1], -1) {
				links[what+anyID.ReplaceAllString(link[1], ":id")] = link[1]
			}
		}
		next = ""
		if older := olderEntries.FindStringSubmatch(page); older != nil {
			next = html.UnescapeString(older[1])
		}
	}
	if len(links) < 20 {
		t.Errorf("the audit trail has but %d links", len(links))
	}
	for what, link := range links {
		if got := v.get(link).StatusCode; got != 200 {
			t.Errorf("%s leads to %s with %d", what, link, got)
		}
	}
}

var (
	auditRows    = regexp.MustCompile(`(?s)<tr class="nhsuk-table__row">(.*?)</tr>`)
	auditWhat    = regexp.MustCompile(`<strong>([^<]*)</strong>`)
	auditLinks   = regexp.MustCompile(`<a href="([^"]+)">`)
	olderEntries = regexp.MustCompile(`href="([^"]+)" rel="next"`)
	anyID        = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// walk goes through a flow as somebody new, with an event that nobody else touches.
func (s *testSite) walk(t *testing.T, desk *visitor, shared *seenByFlows, f flow, slug string, scripts bool) {
	t.Helper()
	v := *desk
	v.t = t
	_, page := s.makeEvent(&v, slug)
	v.post(page+"/places/new", url.Values{"name": {"Online"}, "online": {"yes"}, "capacity": {"20"}}).want(t, 303)
	first := s.stored(t, slug).Places[0].ID
	v.post(page+"/places/"+first, with(v.get(page+"/places/"+first).form("save"), "capacity", "20")).want(t, 303)
	email := "kim@" + slug + ".example"
	if _, err := s.organisers.Add(t.Context(), email, "Kim "+slug, f.role, ownPassword); err != nil {
		t.Fatal(err)
	}
	if f.role == access.Steward {
		s.exec(t, "insert into event_stewards (event_id, organiser_id, created_at) select e.id, o.id, 1 from events e, organisers o where e.slug = ? and o.mailbox = ?", slug, email)
	}
	w := (&walk{t: t, site: s, shared: shared, scripts: scripts, slug: slug, page: page, desk: &v, others: map[string]*walk{}}).join(s.startBrowser(t))
	w.take(append([]deed{open("/organise/sign-in"), fill("email", email, "password", ownPassword), press("Sign in")}, f.steps(w)...))
}

// person is somebody who has registered for the walk's event: their names, and the place by its number.
func (w *walk) registered(first, last string, place int) {
	w.t.Helper()
	p := person(1, w.site.stored(w.t, w.slug).Places[place].ID)
	p["first_name"], p["last_name"], p["email"] = first, last, w.address(first)
	p["dietary"], p["access_needs"], p["consent_sensitive"] = "No nuts", "A ramp to the stage", true
	w.site.visitor(w.t).call("/api/v1/events/"+w.slug+"/registrations", p).want(w.t, 201)
}

// waits puts people on the waiting list of the place in person.
func (w *walk) waits(names ...string) {
	w.t.Helper()
	for _, name := range names {
		first, last, _ := strings.Cut(name, " ")
		p := person(1, w.site.stored(w.t, w.slug).Places[0].ID)
		p["first_name"], p["last_name"], p["email"], p["wait"] = first, last, w.address(first), true
		w.site.visitor(w.t).call("/api/v1/events/"+w.slug+"/registrations", p).want(w.t, 201)
	}
}

// address is the email address of somebody on the walk.
func (w *walk) address(first string) string {
	return strings.ToLower(first) + "@" + w.slug + ".example"
}

// people registers people in person, before the walk begins.
func (w *walk) people(names ...string) {
	w.t.Helper()
	for _, name := range names {
		first, last, _ := strings.Cut(name, " ")
		w.registered(first, last, 0)
	}
}
