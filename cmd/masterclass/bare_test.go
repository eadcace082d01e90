package main

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"masterclass/internal/access"
)

// These find the forms of a page and their buttons.
var (
	aForm   = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	aButton = regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`)
	setting = regexp.MustCompile(`\b(method|action|enctype|name|value|type)="([^"]*)"`)
)

func attributesOf(tag string) map[string]string {
	at := map[string]string{}
	for _, m := range setting.FindAllStringSubmatch(tag, -1) {
		at[m[1]] = typedAs.Replace(m[2])
	}
	return at
}

// press sends the first form of a page that has a button with these words, as a browser without scripts does: to where the form says, with
// what stands in it, the changes (names and values in turn; of a name that comes again, all its values) and the button.
func (v *visitor) press(page answer, words string, changes ...string) answer {
	v.t.Helper()
	for _, f := range aForm.FindAllStringSubmatch(page.text, -1) {
		for _, b := range aButton.FindAllStringSubmatch(f[2], -1) {
			button := attributesOf(b[1])
			if !strings.HasPrefix(b[2], words) || button["type"] == "button" {
				continue
			}
			fields := answer{text: f[2]}.form("")
			fields.Del("step")
			for i := 0; i+1 < len(changes); i += 2 {
				fields.Del(changes[i])
			}
			for i := 0; i+1 < len(changes); i += 2 {
				fields.Add(changes[i], changes[i+1])
			}
			if button["name"] != "" {
				fields.Set(button["name"], button["value"])
			}
			return v.send(page, attributesOf(f[1]), fields)
		}
	}
	v.t.Fatalf("%s has no form with the button %q", page.Request.URL.Path, words)
	return answer{}
}

func (v *visitor) send(page answer, form map[string]string, fields url.Values) answer {
	v.t.Helper()
	to := form["action"]
	if to == "" {
		to = page.Request.URL.Path
	}
	switch {
	case form["method"] != "post":
		return v.get(to + "?" + fields.Encode())
	case form["enctype"] != "":
		return v.upload(to, "", "", fields)
	}
	return v.post(to, fields)
}

// bare is a browser without scripts of somebody with a role.
func (s *testSite) bare(t *testing.T, role access.Role) *visitor {
	t.Helper()
	v := s.signedIn(t, role)
	v.CheckRedirect = nil
	return v
}

func TestWithoutScriptsOrganisersLookAfterPeople(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	one, two, three := s.came(t, 1, 0), s.came(t, 2, 0), s.came(t, 3, 0)
	v := s.bare(t, access.Organiser)

	ask := v.press(v.get(attendeesPath+"?status=confirmed"), "Send their email again", "id", s.idOf(t, 1), "id", s.idOf(t, 2)).want(t, 200, "2 registrations")
	v.press(ask, "Send").want(t, 200, "It worked for all of them")
	ask = v.press(v.get(attendeesPath), "Cancel", "id", s.idOf(t, 3)).want(t, 200, "Cancel these registrations?", "1 registration")
	v.press(ask, "Cancel").want(t, 200, "1 cancelled")
	v.get(three).want(t, 200, "Cancelled")
	v.press(v.get(attendeesPath), "Cancel").want(t, 200, "Nobody is ticked")

	v.press(v.get(two+"/move"), "Move them", "place", s.stored(t, masterclass).Places[1].ID).want(t, 200, "They are moved")
	v.press(v.get(one+"/substitute"), "Give the place to them").want(t, 422, "Enter their first name")
	v.press(v.get(one+"/substitute"), "Give the place to them", "first_name", "Grace", "last_name", "Hopper", "email", "grace@example.com", "profession", "Nurse").
		want(t, 200, "The place is passed on", "Grace")

	preview := v.press(v.get(attendeesPath+"/import"), "Check the file", "paste", importFile, "place", s.stored(t, masterclass).Places[0].ID).want(t, 200, "Nothing is done yet")
	v.press(preview, "Import 1 person").want(t, 200, "1 person registered")
	s.sound(t)
}

func TestWithoutScriptsTheDoorLetsPeopleInByTheirNames(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.came(t, 1, 0)
	v := s.bare(t, access.Organiser)
	v.press(v.get(doorPath), "Check in").want(t, 422, "Scan a ticket, or type a name or a reference")
	found := v.press(v.get(doorPath), "Check in", "code", "example").want(t, 200, "Ada Example")
	rest := found
	if at := strings.Index(found.text, `name="code" value="`); at > 0 { // the form of the one who was found comes after that of the next scan
		rest.text = found.text[strings.LastIndex(found.text[:at], "<form"):]
	}
	in := v.press(rest, "Check in").want(t, 200, "Checked in", "Ada Example")
	v.press(in, "Undo").want(t, 200, "The last entry was taken back")
	again := v.press(v.get(doorPath+"?q=ada"), "Check in", "code", s.idOf(t, 1)).want(t, 200, "Checked in")
	v.press(again, "Check in", "code", s.idOf(t, 1)).want(t, 200, "Already")
}

func TestWithoutScriptsAMessageIsWrittenLookedAtAndSent(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.came(t, 1, 0)
	v := s.bare(t, access.Organiser)
	seen := v.press(v.get(mailPath+"/new"), "Look at it", "subject", "Rooms", "body", "Room **2**.").want(t, 200, "<strong>2</strong>", "Nobody has had it yet")
	changed := v.press(seen, "Change").want(t, 200, "Room **2**.")
	ask := v.press(v.press(changed, "Look at it", "body", "Room **3**."), "Continue").want(t, 200, "Yes, send this message to 1 person")
	v.press(ask, "Send").want(t, 422, "Tick the box to send the message")
	v.press(ask, "Send", "confirm", "yes").want(t, 200, "Rooms", "of 1 sent")
}

func TestWithoutScriptsAProgrammeAndQuestionsAreArranged(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Organiser)
	_, page := s.makeEvent(v, "bare")
	v.CheckRedirect = nil
	for _, title := range []string{"One", "Two"} {
		v.press(v.get(page+"/programme/sessions/new"), "Save", "title", title, "kind", "talk", "day", "2099-03-12", "starts_time", "10:00", "ends_time", "11:00").want(t, 200, title)
	}
	v.press(v.get(page+"/programme"), "Down").want(t, 200)
	if got := titles(s.stored(t, "bare")); got != "Two, One" {
		t.Errorf("the sessions are %s", got)
	}
	for _, label := range []string{"First?", "Second?"} {
		v.press(v.get(page+"/questions/new"), "Save", "label", label, "kind", "yes_no").want(t, 200, label)
	}
	v.press(v.get(page+"/questions"), "Down").want(t, 200)
	asked := s.stored(t, "bare").Asked()
	if asked[0].Label != "Second?" {
		t.Fatalf("the first question is %s", asked[0].Label)
	}
	v.press(v.get(page+"/questions/"+asked[0].ID+"/edit"), "Save", "label", "Second, in other words?").want(t, 200, "Second, in other words?")
	v.press(v.get(page+"/questions/"+asked[0].ID+"/delete"), "Delete").want(t, 200, "It is deleted.")
	if left := s.stored(t, "bare").Asked(); len(left) != 1 || left[0].Label != "First?" {
		t.Errorf("it asks %+v", left)
	}
}

func TestWithoutScriptsAnArticleIsPublishedAndAnEarlierVersionComesBack(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.bare(t, access.Editor)
	made := v.press(v.get(newsDesk+"/new"), "Save", "kind", "news", "title", "By hand", "body", "The first text", "state", "published").want(t, 200)
	page := made.Request.URL.Path
	v.press(v.get(page), "Save", "body", "The second text").want(t, 200)
	s.visitor(t).get("/news/by-hand").want(t, 200, "The second text")
	v.press(v.get(page+"/versions/1"), "Restore this version").want(t, 200)
	s.visitor(t).get("/news/by-hand").want(t, 200, "The first text")
}
