package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"masterclass/internal/store/storetest"
)

// sameTitle are scenes of one page, which may share its title.
var sameTitle = map[string]string{"event-choose": "event", "public-postponed": "event-choose", "events-postponed": "events", "resent": "confirmed", "leave": "cancel", "withdraw": "leave", "check-approval": "check", "event-cancelled": "cancelled", "cancel-event-look": "cancel-event",
	"account-steward": "account", "overview": "overview-steward", "overview-again": "overview", "account": "account-steward", "account-changed": "account",
	"team-invited": "team", "member-errors": "member", "audit-filtered": "audit", "audit-none": "audit-filtered", "settings-tested": "settings", "two-step-errors": "two-step",
	"desk-published": "desk-module", "learning-soon-asked": "learning-soon", "learning-result-all": "learning-result"}

func TestBrowserEveryPageCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	lookAtAll(t, s, allScenes(t, s))
}

func TestBrowserEveryPageOfAccountsCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	lookAtAll(t, s, organiserScenes(t, s))
}

// lookAtAll looks at scenes, whose titles must tell them apart.
func lookAtAll(t *testing.T, s *testSite, scenes []scene) {
	t.Helper()
	b := s.startBrowser(t)
	titles := map[string]string{}
	for _, sc := range scenes {
		b.look(sc)
		title := eval[string](b, `document.title`)
		if other := titles[title]; other != "" && sameTitle[sc.name] != other {
			t.Errorf("%s and %s are both called %q", sc.name, other, title)
		}
		titles[title] = sc.name
	}
}

// look goes to a scene and looks at it at every width.
func (b *browser) look(sc scene) {
	b.t.Helper()
	b.resize(widths[0].w, widths[0].h)
	if status := sc.reach(b); status != sc.status {
		b.t.Errorf("%s answers %d, want %d", sc.name, status, sc.status)
	}
	b.lookAsItIs(sc.name)
	b.checkProblems(sc.name)
}

// lookAsItIs looks at the page that is there at every width.
func (b *browser) lookAsItIs(name string) {
	b.t.Helper()
	for _, width := range widths {
		rules := layoutRules
		if width == widths[0] { // contrast is the same at every width, and costs more than all the rest
			rules = allRules
		}
		b.resize(width.w, width.h)
		b.checkBy(fmt.Sprintf("%s at %d", name, width.w), rules)
		b.shoot(fmt.Sprintf("%s-%d", name, width.w))
	}
}

func TestBrowserInAnOutageNothingThatWasTypedIsLost(t *testing.T) {
	t.Parallel()
	server := storetest.MortalPostgres(t)
	memory := storetest.MortalRedis(t)
	s := startSite(t, stores{database: server.URL, redis: memory.URL})
	v := s.visitor(t)
	b := s.startBrowser(t)
	b.look(heldless(v, memory))
	for _, sc := range awayScenes(v, server) {
		b.look(sc)
	}
	server.Up(t)
	b.run(emulation.SetScriptExecutionDisabled(true))
	status := b.press("button[form=answers]")
	for n := 0; status == 503 && n < 20; n++ { // the first connections out of the pool can still be those that were cut
		status = b.press("button[form=answers]")
	}
	if h := b.heading(); !strings.Contains(h, "Check your answers") {
		t.Fatalf("trying again leads to %q with %d", h, status)
	}
	if b.press("button[value=confirm]"); !strings.Contains(b.heading(), "Your place is confirmed") {
		t.Errorf("confirming leads to %q", b.heading())
	}
}

func TestBrowserTheFirstTabIsTheSkipLink(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	for _, page := range []string{"/", "/events/" + masterclass, "/events/" + masterclass + "/register", "/organise/sign-in"} {
		b.open(page)
		b.run(chromedp.KeyEvent(kb.Tab))
		if class := eval[string](b, `document.activeElement.className`); class != "nhsuk-skip-link" {
			t.Errorf("the first Tab of %s leads to %q", page, class)
		}
		b.run(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("main:focus", chromedp.ByQuery))
	}
	b.checkProblems("the skip link")
}

func TestBrowserAnEmptyFormSaysWhatToMend(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	b.open("/events/" + masterclass + "/register")
	b.fill(url.Values{"employer": {"Example trust"}, "dietary": {"No nuts"}})
	if status := b.press("button[value=check]"); status != 422 {
		t.Errorf("the status is %d", status)
	}
	if title := eval[string](b, `document.title`); !strings.HasPrefix(title, "Error: ") {
		t.Errorf("the title is %q", title)
	}
	b.run(chromedp.WaitVisible(".nhsuk-error-summary:focus", chromedp.ByQuery))
	for name, value := range map[string]string{"employer": "Example trust", "dietary": "No nuts"} {
		if kept := eval[string](b, `document.getElementById('`+name+`').value`); kept != value {
			t.Errorf("%s became %q", name, kept)
		}
	}
	links := eval[[]struct{ Href, Text string }](b, `[...document.querySelectorAll('.nhsuk-error-summary a')].map(a => ({href: a.getAttribute('href'), text: a.innerText}))`)
	var asked []string
	for _, l := range links {
		asked = append(asked, l.Href)
		b.run(chromedp.Click(fmt.Sprintf(`.nhsuk-error-summary a[href=%q]`, l.Href), chromedp.ByQuery), chromedp.WaitVisible(l.Href+":focus", chromedp.ByQuery))
		beside := eval[string](b, fmt.Sprintf(`document.querySelector('%s-error').innerText`, l.Href))
		if !strings.HasSuffix(beside, l.Text) {
			t.Errorf("the summary says %q, the field %q", l.Text, beside)
		}
	}
	if want := []string{"#first_name", "#last_name", "#email", "#profession", "#place", "#consent_sensitive"}; !slices.Equal(asked, want) {
		t.Errorf("what to mend is %v, want %v", asked, want)
	}
	b.checkProblems("the form")
}

func TestBrowserWithoutJavaScriptPeopleRegisterChangeAndCancel(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	b.run(emulation.SetScriptExecutionDisabled(true))
	b.open("/events/" + masterclass)
	b.press("a.nhsuk-button")
	form := formOf(person(1, s.visitor(t).event(masterclass).Places[0].ID))
	form.Set("access_needs", "A hearing loop")
	form.Set("consent_sensitive", "yes")
	b.fill(form)
	if status := b.press("button[value=check]"); status != 200 || !strings.Contains(b.heading(), "Check your answers") {
		t.Fatalf("the form leads to %q with %d", b.heading(), status)
	}
	b.press("button[value=change]")
	for name := range form {
		if kept := eval[string](b, fmt.Sprintf(`new FormData(document.querySelector('main form')).get(%q)`, name)); kept != form.Get(name) {
			t.Errorf("after Change, %s is %q", name, kept)
		}
	}
	b.press("button[value=check]")
	b.press("button[value=confirm]")
	if !strings.Contains(b.heading(), "Your place is confirmed") {
		t.Fatalf("confirming leads to %q", b.heading())
	}
	b.press(`main a[href$="/cancel"]`)
	b.press("main button[type=submit]")
	if !strings.Contains(b.heading(), "This registration is cancelled") {
		t.Errorf("cancelling leads to %q", b.heading())
	}
	b.checkProblems("without JavaScript")
}

func TestBrowserConfirmingTwiceOrGoingBackMakesOneRegistration(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	for n, scripts := range []bool{true, false} { // with JavaScript the page itself holds the second click back
		b.run(emulation.SetScriptExecutionDisabled(!scripts))
		b.open("/events/" + masterclass + "/register")
		b.fill(formOf(person(n, s.visitor(t).event(masterclass).Places[0].ID)))
		b.press("button[value=check]")
		b.run(chromedp.DoubleClick("button[value=confirm]", chromedp.ByQuery), chromedp.WaitVisible(".nhsuk-panel", chromedp.ByQuery))
		manage := b.path()
		// The page before was the answer to a form: the browser asks before it sends the form anew, and this person agrees.
		if err := chromedp.Run(b, chromedp.NavigateBack()); err == nil {
			t.Errorf("Back shows %q at %s", b.heading(), b.path())
		}
		b.run(chromedp.Reload(), chromedp.WaitVisible(".nhsuk-panel", chromedp.ByQuery))
		if b.path() != manage {
			t.Errorf("Back leads to %s, not to %s", b.path(), manage)
		}
	}
	var n int
	if err := s.db.QueryRow("select count(*) from registrations where mailbox in ('ada0@example.com', 'ada1@example.com')").Scan(&n); err != nil || n != 2 {
		t.Errorf("two people have %d registrations (%v)", n, err)
	}
	b.checkProblems("Back")
}

func TestBrowserTheLastSeatGoesToOneOfTwo(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	seat := v.event(masterclass).Places[0]
	for n := range int(seat.Left) - 1 {
		v.registered(100+n, masterclass, seat.ID, false)
	}
	one := s.startBrowser(t)
	other := one.another()
	for n, b := range []*browser{one, other} {
		b.open("/events/" + masterclass + "/register")
		b.fill(formOf(person(n, seat.ID)))
	}
	if status := one.press("button[value=check]"); status != 200 {
		t.Fatalf("the first answers %d: %s", status, one.heading())
	}
	if status := other.press("button[value=check]"); status != 409 || !strings.Contains(other.heading(), "Every place is taken") {
		t.Fatalf("the second answers %d: %s", status, other.heading())
	}
	one.press("button[value=confirm]")
	other.press("button[value=wait]") // with nothing typed again
	if h := one.heading(); !strings.Contains(h, "Your place is confirmed") {
		t.Errorf("the first reads %q", h)
	}
	if h := other.heading(); !strings.Contains(h, "You are on the waiting list") {
		t.Errorf("the second reads %q", h)
	}
	one.checkProblems("the first")
	other.checkProblems("the second")
}
