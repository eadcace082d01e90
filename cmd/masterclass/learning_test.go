package main

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"masterclass/internal/access"
)

const (
	openModule   = "/e-learning/what-cancer-is"
	closedModule = "/e-learning/how-sact-works"
	moduleDesk   = "/organise/learning/how-sact-works"
)

var rightAnswers = url.Values{"q1": {"1"}, "q2": {"1"}, "q3": {"0", "2"}}

func TestAModuleIsReadPageByPageAndEndsWithATest(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, where stores) {
		v := startSite(t, where).visitor(t)
		v.get("/e-learning").want(t, 200, "Open", "3 pages and 3 questions", "Coming soon")
		v.get(openModule).want(t, 200, `href="`+openModule+`/1"`, "Start the module")
		v.get(openModule+"/1").want(t, 200, "Page 1 of 3", `href="`+openModule+`/2"`)
		v.get(openModule+"/3").want(t, 200, "Page 3 of 3", `href="`+openModule+`/test"`)
		for _, gone := range []string{openModule + "/0", openModule + "/4", openModule + "/01", openModule + "/x", closedModule + "/1", closedModule + "/test", "/e-learning/none"} {
			v.get(gone).want(t, 404)
		}
		v.get(openModule+"/test").want(t, 200, "Choose all that are right")
		v.post(openModule+"/test", url.Values{"q1": {"2"}}).want(t, 422, "Error: ", "Choose an answer to question 2", `value="2" checked`)
		v.post(openModule+"/test", with(rightAnswers, "q2", "0")).want(t, 200, "You answered 2 of 3 questions correctly", "Not quite", "Grade is about how the cells look", "Try again")
		v.post(openModule+"/test", with(rightAnswers, "q3", "0")).want(t, 200, "You answered 2 of 3 questions correctly")
		a := v.post(openModule+"/test", rightAnswers).want(t, 200, "You answered all 3 questions correctly", `content="noindex"`)
		if a.Request.URL.RawQuery != "a=1.1.02" {
			t.Errorf("the result is at %s", a.Request.URL)
		}
		for _, wrong := range []string{"", "?a=1.1", "?a=9.9.9", "?a=1.1.00", "?a=1..0", "?a=<x>"} {
			v.get(openModule+"/result"+wrong).want(t, 200, "See how I did")
		}
	})
}

func TestAPlaceIsKeptBehindALinkWithoutACookie(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, where stores) {
		s := startSite(t, where)
		v := s.visitor(t)
		kept := v.post(openModule+"/keep", url.Values{"page": {"2"}}).want(t, 200, "Your place is kept", "Page 2 of 3")
		place := kept.Request.URL.Path
		if !strings.HasPrefix(place, "/learning/") || kept.Header.Get("Cache-Control") != "private, no-store" {
			t.Fatalf("the place is at %s, %v", place, kept.Header)
		}
		other := s.visitor(t)
		other.get(place+"/3").want(t, 200, "Page 3 of 3")
		other.get(place).want(t, 200, "Page 2 of 3") // looking changes nothing
		other.post(place, url.Values{"page": {"3"}}).want(t, 200, "Page 3 of 3")
		other.get(place).want(t, 200, "Page 3 of 3")
		other.post(place+"/test", rightAnswers).want(t, 200, "You answered all 3 questions correctly")
		other.get(place).want(t, 200, "Test passed")
		for _, wrong := range []string{"/learning/x", place[:len(place)-2] + "AA", "/learning/" + strings.Repeat("A", 43)} {
			other.get(wrong).want(t, 404)
			other.post(wrong, url.Values{"page": {"1"}}).want(t, 404)
		}
		other.post(place, url.Values{"page": {"9"}}).want(t, 404)
		other.post(openModule+"/keep", url.Values{"page": {"9"}}).want(t, 404)
		if u, _ := url.Parse(s.URL); len(v.Jar.Cookies(u)) != 0 {
			t.Error("a reader has a cookie")
		}
		other.post(place+"/mail", url.Values{"email": {"no"}}).want(t, 422, "Error: ", `value="no"`)
		for range 5 {
			other.post(place+"/mail", url.Values{"email": {"Ada@Example.com"}}).want(t, 200, "on its way")
		}
		other.post(place+"/mail", url.Values{"email": {"ada@example.com"}}).want(t, 429)
		for _, mail := range s.mails(t, 5) {
			if !strings.Contains(unfolded(mail), place) {
				t.Errorf("the mail does not lead to the place:\n%s", mail)
			}
		}
	})
}

func unfolded(mail string) string { return strings.ReplaceAll(mail, "=\r\n", "") }

var openingLink = regexp.MustCompile(`/learning/opening/[A-Za-z0-9_-]{43}`)

// waits asks to be told when the module opens, and gives the link of the mail that came as the nth.
func (s *testSite) waits(t *testing.T, v *visitor, email string, nth int) string {
	t.Helper()
	v.post(closedModule+"/opening", url.Values{"email": {email}}).want(t, 200, "Check your email")
	link := openingLink.FindString(unfolded(s.mails(t, nth)[nth-1]))
	if link == "" {
		t.Fatal("the mail has no link")
	}
	return link
}

func TestWhoWantsToBeToldConfirmsItAndIsToldOnce(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, where stores) {
		s := startSite(t, where)
		v, desk := s.visitor(t), s.signedIn(t, access.Editor)
		soon := strings.Count(v.get("/").text, "Coming soon")
		v.post(closedModule+"/opening", url.Values{"email": {"no"}}).want(t, 422, "Error: ", `value="no"`)
		sure, unsure, changed := s.waits(t, v, "sure@example.com", 1), s.waits(t, v, "unsure@example.com", 2), s.waits(t, v, "changed@example.com", 3)
		for range 2 {
			v.get(sure).want(t, 200, "Yes, tell me") // a mail scanner looks
		}
		for range 2 {
			v.post(sure, nil).want(t, 200, "We will tell you when it opens")
		}
		v.post(changed, nil).want(t, 200)
		v.get(changed+"/stop").want(t, 200, "Delete my address")
		oneClick := v.request(http.MethodPost, changed+"/stop", strings.NewReader("List-Unsubscribe=One-Click")) // as a mail program does: from no page
		oneClick.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		v.do(oneClick).want(t, 200, "Your address is deleted")
		v.get(changed).want(t, 404)
		desk.get(moduleDesk+"/publish").want(t, 409)
		desk.post(moduleDesk+"/pages/new", url.Values{"title": {"Medicines"}, "body": {"Some **words**."}}).want(t, 303)
		desk.get(moduleDesk+"/publish").want(t, 200, "We then write to 1 person")
		slug := strings.TrimPrefix(closedModule, "/e-learning/")
		s.exec(t, "update articles set status = 'archived', version = version + 1 where slug = ?", slug)
		desk.post(moduleDesk+"/publish", nil).want(t, 409, "Publish the article first") // else the mail's link leads nowhere
		v.get(closedModule+"/1").want(t, 410)
		s.exec(t, "update articles set status = 'published', version = version + 1 where slug = ?", slug)
		desk.post(moduleDesk+"/publish", nil).want(t, 303)
		desk.post(moduleDesk+"/publish", nil).want(t, 303)
		mails := s.mails(t, 4)
		told := mails[3]
		if !strings.Contains(told, "sure@example.com") || !strings.Contains(unfolded(told), closedModule) ||
			!strings.Contains(told, "List-Unsubscribe: <"+s.URL+sure+"/stop>") || !strings.Contains(told, "List-Unsubscribe-Post: List-Unsubscribe=One-Click") {
			t.Errorf("the mail that tells is\n%s", told)
		}
		v.get(sure+"/stop").want(t, 200, "Your address is deleted")
		v.get(unsure).want(t, 404)
		var n int
		if err := s.db.NewRaw("select count(*) from learning_waiting").Scan(t.Context(), &n); err != nil || n != 0 {
			t.Errorf("%d addresses are kept (%v)", n, err)
		}
		v.get(closedModule+"/1").want(t, 200, "<strong>words</strong>")
		for deadline := time.Now().Add(20 * time.Second); strings.Count(v.get("/").text, "Coming soon") != soon-1; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(deadline) { // home is kept ready, and hears of a change a moment later
				t.Fatal("home still says that the module is coming soon")
			}
		}
	})
}

func TestNobodyIsSentMoreThanFiveMailsAnHourByAsking(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	for range 5 {
		v.post(closedModule+"/opening", url.Values{"email": {"ada@example.com"}}).want(t, 200)
	}
	v.post(closedModule+"/opening", url.Values{"email": {"ada@example.com"}}).want(t, 429)
	s.mails(t, 5)
}

// part finds the address of a page or question by its title in the organisers' list.
func (v *visitor) part(title string) string {
	v.t.Helper()
	a := v.get(moduleDesk).want(v.t, 200)
	m := regexp.MustCompile(`href="(` + moduleDesk + `/[a-z]+/[0-9a-f-]{36})">` + regexp.QuoteMeta(title) + `<`).FindStringSubmatch(a.text)
	if m == nil {
		v.t.Fatalf("there is no %s in\n%s", title, a.text)
	}
	return m[1]
}

func TestAnEditorWritesAModule(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, where stores) {
		s := startSite(t, where)
		v, reader := s.signedIn(t, access.Editor), s.visitor(t)
		v.get("/organise/learning").want(t, 200, "Pages: 3, questions: 3", "Coming soon")
		v.post(moduleDesk+"/pages/new", url.Values{"title": {""}, "body": {"kept"}}).want(t, 422, "Enter the page’s title", "kept")
		v.post(moduleDesk+"/pages/new", url.Values{"title": {"One"}, "body": {"*sloping*"}, "step": {"preview"}}).want(t, 200, "<em>sloping</em>")
		for _, title := range []string{"One", "Two", "Three"} {
			v.post(moduleDesk+"/pages/new", url.Values{"title": {title}, "body": {"Text <script>alert(1)</script> of " + title}}).want(t, 303)
		}
		v.post(moduleDesk+"/questions/new", url.Values{"question": {"Which?"}, "answer_1": {"A"}, "explanation": {"Since."}}).want(t, 422, "Enter two answers or more", "Choose the answers that are right")
		v.post(moduleDesk+"/questions/new", url.Values{"question": {"Which?"}, "answer_1": {"A"}, "answer_3": {"B"}, "right": {"3"}, "explanation": {"Since."}}).want(t, 303)
		v.post(v.part("Three")+"/move", url.Values{"to": {"up"}}).want(t, 303)
		v.post(v.part("Three")+"/move", url.Values{"to": {"up"}}).want(t, 303)
		v.post(v.part("Three")+"/move", url.Values{"to": {"up"}}).want(t, 303) // it is the first already
		two := v.part("Two")
		form := v.get(two+"/delete").want(t, 200, "Delete this page?").form("")
		v.post(two+"/delete", form).want(t, 303)
		v.get(two).want(t, 404)
		v.post(moduleDesk+"/publish", nil).want(t, 303)
		a := reader.get(closedModule+"/1").want(t, 200, "Three", "Page 1 of 2")
		if strings.Contains(a.text, "<script>alert") {
			t.Error("what an editor wrote runs")
		}
		reader.get(closedModule+"/2").want(t, 200, "One")
		reader.post(closedModule+"/test", url.Values{"q1": {"1"}}).want(t, 200, "You answered the question correctly", "Since.")
		v.post(moduleDesk+"/unpublish", nil).want(t, 303)
		reader.get(closedModule+"/1").want(t, 404)
		var actions []string
		if err := s.db.NewRaw("select distinct action from audit where action like 'learning.%' and actor like 'organiser:%'").Scan(t.Context(), &actions); err != nil {
			t.Fatal(err)
		}
		slices.Sort(actions)
		want := "learning.page-added learning.page-deleted learning.page-moved learning.published learning.question-added learning.unpublished"
		if got := strings.Join(actions, " "); got != want {
			t.Errorf("the audit trail has %s", got)
		}
	})
}

func TestTwoEditorsDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.signedIn(t, access.Editor)
	v.post(moduleDesk+"/pages/new", url.Values{"title": {"One"}, "body": {"first"}}).want(t, 303)
	page := v.part("One")
	mine, removal := v.get(page).form("save"), v.get(page+"/delete").form("")
	v.post(page, with(v.get(page).form("save"), "body", "theirs")).want(t, 303)
	clash := v.post(page, with(mine, "body", "mine")).want(t, 409, "Somebody else has changed this meanwhile", "theirs", "mine")
	v.post(page+"/delete", removal).want(t, 409)
	v.post(page, clash.form("save")).want(t, 303)
	v.get(page).want(t, 200, "mine")
	v.post(page, with(mine, "version", "x")).want(t, 409)
	v.get(strings.Replace(page, "how-sact-works", "what-cancer-is", 1)).want(t, 404) // another module's
}

// The note of a module's article is changed by the module too: a form of the article that was opened before must not bring the old one back.
func TestAnOldFormDoesNotBringTheNoteOfAModuleBack(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, where stores) {
		s := startSite(t, where)
		v := s.signedIn(t, access.Editor)
		article := newsDesk + "/" + s.articleID(t, strings.TrimPrefix(closedModule, "/e-learning/"))
		noted := func() (note string) {
			t.Helper()
			if err := s.db.NewRaw("select note from articles where slug = ?", strings.TrimPrefix(closedModule, "/e-learning/")).Scan(t.Context(), &note); err != nil {
				t.Fatal(err)
			}
			return note
		}
		v.post(moduleDesk+"/pages/new", url.Values{"title": {"One"}, "body": {"first"}}).want(t, 303)
		soon := v.get(article).want(t, 200, `value="Coming soon"`).form("save")
		v.post(moduleDesk+"/publish", nil).want(t, 303)
		v.post(article, soon).want(t, 409, "Somebody else has saved this article", "Coming soon")
		open := v.get(article).want(t, 200).form("save")
		if noted() != "" || open.Get("note") != "" {
			t.Errorf("the note of the open module is %q, and %q in the form", noted(), open.Get("note"))
		}
		v.get(article+"/versions").want(t, 200, "the module is published")
		v.post(moduleDesk+"/publish", nil).want(t, 303) // nothing is left to change
		v.post(article, with(open, "summary", "Mended.")).want(t, 303)
		open = v.get(article).form("save")
		v.post(moduleDesk+"/unpublish", nil).want(t, 303)
		v.post(article, open).want(t, 409)
		if noted() != "Coming soon" {
			t.Errorf("the note of the closed module is %q", noted())
		}
		v.get(article+"/versions").want(t, 200, "the module is closed")
	})
}

func TestAModuleWhoseAddressChangesIsFoundUnderTheOldOne(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v, editor := s.visitor(t), s.signedIn(t, access.Editor)
	page := newsDesk + "/" + s.articleID(t, "what-cancer-is")
	editor.post(page, url.Values{"kind": {"e-learning"}, "title": {"What cancer is"}, "slug": {"cancer"}, "state": {"published"}, "position": {"1"}, "version": {"1"}}).want(t, 303)
	for from, to := range map[string]string{"": "", "/2": "/2", "/test?x=1": "/test?x=1", "/result": "/test"} {
		if a := v.get(openModule+from).want(t, 200); a.Request.URL.RequestURI() != "/e-learning/cancer"+to {
			t.Errorf("%s leads to %s", openModule+from, a.Request.URL)
		}
	}
	v.post(openModule+"/test", rightAnswers).want(t, 200, "You answered all 3 questions correctly") // a test that was begun before
	v.get("/e-learning/none").want(t, 404)
	v.get("/e-learning/none/2").want(t, 404)

	s.exec(t, "update articles set status = 'draft', version = version + 1 where slug = 'cancer'") // its editors find it all the same
	const old, now = "/organise/learning/what-cancer-is", "/organise/learning/cancer"
	for from, to := range map[string]string{old: now, old + "?done=saved": now + "?done=saved", old + "/pages/new": now + "/pages/new"} {
		if a := editor.get(from).want(t, 301); a.Header.Get("Location") != to {
			t.Errorf("%s leads to %s", from, a.Header.Get("Location"))
		}
	}
	page = old + "/pages/new"
	form := url.Values{"title": {"One more"}, "body": {"Its text."}}
	if a := editor.post(page, form).want(t, 308); a.Header.Get("Location") != now+"/pages/new" {
		t.Errorf("what was typed is sent on to %s", a.Header.Get("Location"))
	}
	editor.post(now+"/pages/new", form).want(t, 303)
	editor.get("/organise/learning/none").want(t, 404)
}

func TestEveryModuleIsInTheList(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	editor := s.signedIn(t, access.Editor)
	for i := range 21 {
		editor.written(url.Values{"kind": {"e-learning"}, "title": {"Part " + itoa(i) + " of many"}, "state": {"published"}, "position": {itoa(100 + i)}})
	}
	s.visitor(t).get("/e-learning").want(t, 200, "Part 0 of many", "Part 20 of many")
}

func TestAFilmOfOurOwnIsPlayedAndOneOfAnotherSiteIsALink(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	const film = "/videos/your-first-day-of-treatment"
	set := func(link, body string) {
		if _, err := s.db.NewRaw("update articles set link = ?, body = ? where slug = 'your-first-day-of-treatment'", link, body).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.news.Changed()
	}
	a := v.get(film).want(t, 200, `<h2 id="transcript">Transcript</h2>`, `href="#transcript"`)
	if strings.Contains(a.text, "<video") || strings.Contains(a.Header.Get("Content-Security-Policy"), "media-src") {
		t.Error("a page without a film lets one play")
	}
	set("https://www.films.example/watch?v=1", "About it.")
	a = v.get(film).want(t, 200, `href="https://www.films.example/watch?v=1" rel="noopener noreferrer">Watch on films.example (opens their site)</a>`)
	if strings.Contains(a.text, "<iframe") || strings.Contains(a.text, "<video") {
		t.Error("a film of another site is embedded")
	}
	set("/files/aa/first-day.mp4", "About it. [Captions](/files/bb/first-day.vtt)\n\n## Transcript\n\nHello.")
	a = v.get(film).want(t, 200, `<video class="app-film" controls preload="none"`, `<source src="/files/aa/first-day.mp4" type="video/mp4">`,
		`<track kind="captions" src="/files/bb/first-day.vtt" srclang="en" label="English" default>`, "Hello.")
	if !strings.HasSuffix(a.Header.Get("Content-Security-Policy"), "; media-src 'self'") {
		t.Errorf("the policy is %s", a.Header.Get("Content-Security-Policy"))
	}
}
