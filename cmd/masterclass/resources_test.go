package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
)

// slides are the fields of a resource.
func slides(changes ...string) url.Values {
	return with(url.Values{"title": {"Slides of the morning"}, "kind": {"slides"}, "url": {"https://slides.example/1"}}, changes...)
}

var uploadedAt = regexp.MustCompile(`/files/[0-9a-f]{64}/[a-z0-9.-]+`)

// resourceIDs are those of an event, in their order.
func (s *testSite) resourceIDs(t *testing.T, slug string) (ids []string) {
	t.Helper()
	list, err := s.events.Resources(t.Context(), s.stored(t, slug).ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestAnOrganiserKeepsTheResourcesOfAnEvent(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		desk, v := s.signedIn(t, access.Organiser), s.visitor(t)
		e, page := s.makeEvent(desk, "over")
		desk.post(page+"/programme/sessions/new", talk("Oral treatment", "10:00", "11:00")).want(t, 303)
		session := s.stored(t, "over").Sessions[0].ID
		v.get("/events/over").want(t, 200)
		desk.post(page+"/resources/new", slides("session", session)).want(t, 303)
		v.get("/events/over").want(t, 200, "Slides of the morning", `href="https://slides.example/1"`, "From ‘Oral treatment’")
		desk.upload(page+"/resources/new", "The Notes.pdf", "%PDF-1.4 notes", slides("url", "", "kind", "document", "title", "Notes & more")).want(t, 303)
		shown := v.get("/events/over").want(t, 200, "Notes &amp; more", "PDF, 14 bytes").text
		desk.get(page+"/resources?done=added").want(t, 200, "It is added.", "the-notes.pdf", "PDF, 14 bytes", "Up<span", "Down<span")
		file := v.get(uploadedAt.FindString(shown)).want(t, 200, "%PDF-1.4 notes")
		for name, want := range map[string]string{"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"} {
			if got := file.Header.Get(name); got != want {
				t.Errorf("the file is served with %s: %s", name, got)
			}
		}
		if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") {
			t.Errorf("the file is shown within the site: %q", got)
		}
		ids := s.resourceIDs(t, "over")
		desk.post(page+"/resources/"+ids[1]+"/move", url.Values{"to": {"up"}}).want(t, 303)
		if again := s.resourceIDs(t, "over"); again[0] != ids[1] {
			t.Error("it has not moved up")
		}
		if text := v.get("/events/over").text; strings.Index(text, "Notes &amp; more") > strings.Index(text, "Slides of the morning") {
			t.Error("the page shows the old order")
		}
		desk.post(page+"/programme/sessions/"+session+"/delete", nil).want(t, 303)
		if strings.Contains(v.get("/events/over").want(t, 200, "Slides of the morning").text, "Oral treatment") {
			t.Error("what it was from is gone, and still named")
		}
		desk.get(page+"/resources/"+ids[1]+"/remove").want(t, 200, "Remove this resource?", "Notes &amp; more")
		desk.post(page+"/resources/"+ids[1]+"/remove", nil).want(t, 303)
		desk.post(page+"/resources/"+ids[1]+"/remove", nil).want(t, 404)
		if strings.Contains(v.get("/events/over").text, "Notes") {
			t.Error("what is removed is still shown")
		}
		v.get(uploadedAt.FindString(shown)).want(t, 404)
		if trail := s.trailOf(t, e.ID); !strings.HasSuffix(trail, "resource.added resource.added resources.ordered session.deleted resource.removed") {
			t.Errorf("the trail has %s", trail)
		}
	})
}

func TestAResourceIsALinkOrAFileOfAKnownType(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	desk := s.signedIn(t, access.Owner)
	_, page := s.makeEvent(desk, "over")
	other, _ := s.makeEvent(desk, "other")
	for name, c := range map[string]struct {
		fields          url.Values
		file, body, bad string
	}{
		"no title":            {slides("title", ""), "", "", "Enter the title"},
		"neither":             {slides("url", ""), "", "", "Enter a link, or choose a file"},
		"both":                {slides(), "a.pdf", "%PDF-1.4", "not both"},
		"a script":            {slides("url", "javascript:alert(1)"), "", "", "begins with https://"},
		"plain http":          {slides("url", "http://slides.example"), "", "", "begins with https://"},
		"another host":        {slides("url", `/\evil.example`), "", "", "begins with https://"},
		"a password":          {slides("url", "https://a:b@slides.example"), "", "", "begins with https://"},
		"an unknown kind":     {slides("kind", "song"), "", "", "Choose what it is"},
		"another's session":   {slides("session", other.ID), "", "", "Choose a session of this event"},
		"a program":           {slides("url", ""), "a.pdf", "MZ", "This one is none of them"},
		"a page":              {slides("url", ""), "a.html", "<!doctype html><script>", "This one is none of them"},
		"a film":              {slides("url", "", "kind", "video"), "a.pdf", "%PDF-1.4", "A video is not kept here"},
		"a file without more": {slides("url", "", "title", ""), "a.pdf", "%PDF-1.4", "Choose the file again"},
	} {
		a := desk.upload(page+"/resources/new", c.file, c.body, c.fields)
		if a.StatusCode != 422 || !strings.Contains(unescape(a.text), c.bad) {
			t.Errorf("%s: %d without %q:\n%s", name, a.StatusCode, c.bad, a.text)
		}
	}
	if ids := s.resourceIDs(t, "over"); len(ids) != 0 {
		t.Errorf("what is refused is kept: %v", ids)
	}
	desk.upload(page+"/resources/new", "big.pdf", "%PDF-"+strings.Repeat("x", 1<<20), slides("url", "")).want(t, 303)
	desk.upload(page+"/resources/new", "bigger.pdf", "%PDF-"+strings.Repeat("x", 20<<20+90_000), slides("url", "")).want(t, 413)
}

func TestAResourceThatSomebodyElseChangedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	desk := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(desk, "over")
	desk.post(page+"/resources/new", slides()).want(t, 303)
	edit := page + "/resources/" + s.resourceIDs(t, "over")[0] + "/edit"
	mine := desk.get(edit).want(t, 200, "Change a resource", "https://slides.example/1").form("save")
	desk.post(edit, with(mine, "title", "Theirs", "kind", "slides")).want(t, 303)
	clash := desk.post(edit, with(mine, "title", "Mine", "kind", "slides")).want(t, 409, "Somebody else has changed this meanwhile", "Theirs")
	desk.post(edit, with(clash.form("save"), "kind", "slides")).want(t, 303)
	desk.upload(edit, "all.pdf", "%PDF-1", with(desk.get(edit).want(t, 200, `value="Mine"`).form("save"), "kind", "slides", "url", "")).want(t, 303)
	withFile := desk.get(edit).want(t, 200, "It has all.pdf (PDF, 6 bytes) now")
	desk.post(edit, with(withFile.form("save"), "kind", "slides", "title", "Still with its file")).want(t, 303)
	desk.get(edit).want(t, 200, "It has all.pdf")
	desk.post(edit, with(desk.get(edit).form("save"), "kind", "link", "url", "https://slides.example/2")).want(t, 303)
	var holders int
	if err := s.db.NewRaw("select count(*) from file_holders").Scan(t.Context(), &holders); err != nil || holders != 0 {
		t.Errorf("%d files are held for a link (%v)", holders, err)
	}
}

func TestTheFileOfADraftIsForItsOrganisersAlone(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	desk := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(desk, "soon")
	desk.post(page+"/draft", nil).want(t, 303)
	desk.upload(page+"/resources/new", "notes.pdf", "%PDF-1.4 draft", slides("url", "")).want(t, 303)
	file := uploadedAt.FindString(desk.get(page+"/resources").want(t, 200, "Nobody sees them before").text)
	s.visitor(t).get(file).want(t, 404)
	s.signedIn(t, access.Editor).get(file).want(t, 404)
	if a := desk.get(file).want(t, 200, "draft"); a.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("it may be kept: %s", a.Header.Get("Cache-Control"))
	}
	desk.post(page+"/publish", nil).want(t, 303)
	s.visitor(t).get(file).want(t, 200)
	if err := s.news.PurgeFiles(t.Context(), time.Now().AddDate(0, 0, 2)); err != nil {
		t.Fatal(err)
	}
	s.visitor(t).get(file).want(t, 200)
	desk.post(page+"/duplicate", url.Values{"title": {"Again"}, "slug": {"again"}, "starts_date": {"2099-04-12"}}).want(t, 303)
	again := s.stored(t, "again")
	if again.Status != events.Draft {
		t.Fatal("the copy is published")
	}
	if ids := s.resourceIDs(t, "again"); len(ids) != 0 {
		t.Error("a copy has the slides of the event that was")
	}
	for _, role := range []access.Role{access.Editor, access.Steward} {
		s.signedIn(t, role).get(page+"/resources").want(t, 403)
	}
}
