package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"masterclass/internal/access"
	"masterclass/registrations"
)

const doorPath = "/organise/events/" + masterclass + "/check-in"

// signsIn signs a new organiser with the role in.
func (b *browser) signsIn(s *testSite, role access.Role) {
	b.t.Helper()
	email := "browser-" + string(role) + "@example.com"
	if _, err := s.organisers.Add(b.t.Context(), email, "Kim Porter", role, "correct horse battery"); err != nil {
		b.t.Fatal(err)
	}
	b.open("/organise/sign-in")
	b.fill(url.Values{"email": {email}, "password": {"correct horse battery"}})
	b.press("main button[type=submit]")
}

// ticketOf is the ticket of the person of that number.
func (s *testSite) ticketOf(t *testing.T, n int) string {
	t.Helper()
	code, err := registrations.Ticket(s.keys, s.idOf(t, n), 0)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// tickets registers so many people for the Masterclass and gives their tickets.
func (s *testSite) tickets(t *testing.T, n int) (codes []string) {
	t.Helper()
	v := s.visitor(t)
	place := v.event(masterclass).Places[0].ID
	for i := range n {
		v.registered(i, masterclass, place, false)
	}
	var ids []string
	if err := s.db.NewRaw("select id from registrations where mailbox like 'ada%' order by mailbox").Scan(t.Context(), &ids); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		code, err := registrations.Ticket(s.keys, id, 0)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
	}
	return codes
}

// doorScenes are those of the door. Besides the tickets of its event it is shown one of somebody who has cancelled, and one of another event.
func doorScenes(tickets []string, cancelled, other string) []scene {
	scan := func(name string, status int, code string) scene {
		return scene{name, status, func(b *browser) int {
			b.run(emulation.SetScriptExecutionDisabled(true)) // else no page answers a scan
			b.open(doorPath)
			b.fill(url.Values{"code": {code}})
			status := b.press("[data-door-form] button[type=submit]")
			b.run(emulation.SetScriptExecutionDisabled(false))
			return status
		}}
	}
	return []scene{
		at("door", doorPath), scan("door-in", 200, tickets[0]), scan("door-already", 200, tickets[0]), scan("door-not-found", 422, "ZZZZ-2222"),
		scan("door-empty", 422, ""), scan("door-found", 200, "example"), scan("door-nobody", 200, "nobody of this name"),
		scan("door-cancelled", 422, cancelled), scan("door-wrong-event", 422, other),
		{"door-undone", 200, func(b *browser) int {
			b.open(doorPath)
			return b.press(`form[action$="/undo"] button`)
		}},
		at("walk-in", doorPath+"/walk-in"), sent("walk-in-errors", 422, doorPath+"/walk-in", nil),
		at("badges", "/organise/events/"+masterclass+"/badges"), at("signing-in", "/organise/events/"+masterclass+"/signing-in"),
		at("attendance", "/organise/events/"+masterclass+"/attendance"),
	}
}

func TestBrowserTheDoorCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 3)
	v := s.visitor(t)
	gone := v.registered(80, masterclass, v.event(masterclass).Places[0].ID, false)
	v.post(gone+"/cancel", nil).want(t, 200)
	v.registered(81, toFollow, v.event(toFollow).Places[0].ID, false)
	b := s.startBrowser(t)
	b.signsIn(s, access.Owner)
	for _, sc := range doorScenes(tickets, s.ticketOf(t, 80), s.ticketOf(t, 81)) {
		b.look(sc)
	}
}

// said waits until the door says something, and gives it.
func (b *browser) said(heading string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(`//*[@data-door-result]//p[starts-with(., "`+heading+`")]`, chromedp.BySearch))
}

// inside waits until the door shows how many are here now.
func (b *browser) inside(n string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible(`//*[@data-door-inside][text()="`+n+`"]`, chromedp.BySearch))
}

func (b *browser) scan(code string) {
	b.t.Helper()
	b.run(chromedp.SendKeys("#code", code+"\r", chromedp.ByQuery))
}

func TestBrowserAScannerChecksPeopleInAndSaysSo(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 2)
	b := s.startBrowser(t)
	b.signsIn(s, access.Owner)
	b.open(doorPath)
	b.scan(tickets[0])
	b.said("Checked in")
	wire := b.between("*/scans")
	wire.answer(500) // it is not asked again
	b.scan(strings.ToLower(tickets[0]))
	b.said("Scanned here already")
	wire.answer(0)
	b.run(chromedp.Evaluate(`document.querySelector('[name=action][value=out]').click()`, nil))
	b.scan(tickets[0])
	b.said("Checked out at")
	b.run(chromedp.Evaluate(`document.querySelector('[name=action][value=in]').click()`, nil))
	b.scan(tickets[0]) // back again
	b.said("Checked in")
	b.open(doorPath)
	b.scan(tickets[0])
	b.said("Already checked in at")
	b.scan("ZZZZ-2222")
	b.said("Not found")
	b.scan("https://example.org/" + strings.Repeat("menu", 30)) // somebody else's QR code
	b.said("Not a ticket")
	b.inside("1")
	if role := eval[string](b, `document.querySelector('[data-door-result]').getAttribute('role')`); role != "status" {
		t.Errorf("the answer has the role %q", role)
	}
	b.lookAsItIs("door-after-scans")
	b.scan(tickets[1])
	b.said("Checked in")
	b.inside("2")
	b.lookAsItIs("door-to-undo")
	if status := b.press("[data-door-result] form button"); status != 200 {
		t.Errorf("undoing a scan answers %d", status)
	}
	b.said("Undone")
	b.inside("1")
	b.scan("Mary-Anne") // four letters, a hyphen and four letters are also the form of a reference
	b.run(chromedp.WaitVisible(`//main//*[contains(., "Nobody") and contains(., "Mary-Anne")]`, chromedp.BySearch))
	b.checkProblems("the door")
}

func TestBrowserADoorThatIsClosedToItsStewardSaysSo(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 2)
	b := s.startBrowser(t)
	b.signsIn(s, access.Steward)
	s.exec(t, "insert into event_stewards (event_id, organiser_id, created_at) select e.id, o.id, 1 from events e, organisers o where e.slug = ? and o.mailbox = 'browser-steward@example.com'", masterclass)
	b.open(doorPath)
	v := s.signedIn(t, access.Organiser)
	page := "/organise/events/" + masterclass + "/edit"
	v.post(page, with(v.get(page).form("check"), "slug", "elsewhere")).want(t, 303)
	time.Sleep(2100 * time.Millisecond) // until the event is not remembered any more
	b.scan(tickets[0])
	b.said("Checked in") // the event has another address, and is the same
	s.exec(t, "delete from event_stewards")
	b.scan(tickets[1])
	b.said("This door is closed to you")
	b.run(chromedp.WaitVisible(`//*[@data-door-queue][contains(., "1 scan is kept")]`, chromedp.BySearch))
}

// What another door records appears in the list of last entries, with its Undo; a badge can be printed where somebody was let in.
func TestBrowserADoorShowsWhatAnotherRecords(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 2)
	b := s.startBrowser(t)
	b.signsIn(s, access.Owner)
	b.open(doorPath)
	lines := func(n int) {
		t.Helper()
		eventually(t, fmt.Sprint("the list has ", n), func() bool {
			eval[string](b, `document.dispatchEvent(new Event('visibilitychange')) && ''`)
			return eval[int](b, `document.querySelectorAll('[data-door-last] li').length`) == n
		})
	}
	b.scan(tickets[0])
	b.said("Checked in")
	b.run(chromedp.WaitVisible(`//*[@data-door-result]//a[.="Print this badge"]`, chromedp.BySearch))
	lines(1)
	other := s.signedIn(t, access.Organiser)
	other.scans(scan{uuid.NewString(), tickets[1], "in", ""})
	lines(2)
	b.lookAsItIs("door-last-entries")
	if status := b.press(`[data-door-last] li:last-child form button`); status != 200 { // not the newest
		t.Errorf("undoing an entry of the list answers %d", status)
	}
	b.said("Undone")
	lines(1)
}

func TestBrowserScansAreKeptWithoutAConnectionAndSentOnce(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 2)
	b := s.startBrowser(t)
	b.signsIn(s, access.Owner)
	b.open(doorPath)
	b.offline(true)
	for _, ticket := range tickets {
		b.scan(ticket)
		b.said("Kept on this device")
	}
	b.scan(tickets[0])
	b.said("Scanned here already")
	b.lookAsItIs("door-offline")
	b.scan("XXXX-2222") // a slip of the finger
	b.run(chromedp.WaitVisible(`//*[@data-door-queue][contains(., "3 scans are kept")]`, chromedp.BySearch), chromedp.Click("[data-door-kept] summary", chromedp.ByQuery))
	b.lookAsItIs("door-kept")
	b.confirms(false)
	b.run(chromedp.Click(`//button[contains(., "XXXX-2222")]`, chromedp.BySearch), chromedp.WaitVisible(`//*[@data-door-queue][contains(., "3 scans are kept")]`, chromedp.BySearch))
	b.confirms(true)
	eventually(t, "a kept scan is removed", func() bool { // one that is being tried at this moment is not
		return eval[bool](b, `(() => {
			const button = Array.from(document.querySelectorAll('[data-door-kept] button')).find(b => b.textContent.includes('XXXX-2222'))
			if (button) button.click()
			return document.querySelector('[data-door-queue]').textContent.startsWith('2 scans are kept')
		})()`)
	})
	b.said("Removed")
	b.scan("YYYY-2222") // let in, though nobody has such a reference
	b.run(chromedp.WaitVisible(`//*[@data-door-queue][contains(., "3 scans are kept")]`, chromedp.BySearch))
	b.scan("Somebody by name")
	b.said("There is no connection")
	b.run(chromedp.Evaluate(`Object.defineProperty(navigator, 'onLine', {value: true}); document.querySelector('#code').value = '';
		document.querySelector('[data-door-result]').replaceChildren()`, nil)) // as on Wi-Fi that leads nowhere
	b.scan("Somebody else")
	b.said("There is no connection")
	b.run(chromedp.Evaluate(`document.querySelector('#code').value = ''`, nil))
	b.scan("WXYZ-ABCD") // as some references are, of letters alone
	b.said("Kept on this device")
	if b.path() != doorPath {
		t.Errorf("the door gave way to %s", b.path())
	}
	b.offline(false)
	b.run(chromedp.WaitNotVisible("[data-door-kept]", chromedp.ByQuery), chromedp.WaitVisible(`//*[@data-door-refused]//li[starts-with(., "YYYY-2222, in at ") and contains(., "Not found")]`, chromedp.BySearch),
		chromedp.WaitVisible(`//*[@data-door-refused]//li[starts-with(., "WXYZ-ABCD, in at ")]`, chromedp.BySearch))
	b.said("Kept scans are sent")
	b.lookAsItIs("door-look-into-these")
	var rows, audited int
	if err := s.db.QueryRow("select (select count(*) from attendance), (select count(*) from audit where action = 'attendee.checked-in')").Scan(&rows, &audited); err != nil || rows != 2 || audited != 2 {
		t.Errorf("%d visits and %d entries (%v)", rows, audited, err)
	}
	b.inside("2")
}

func TestBrowserADoorWhoseSiteIsSlowBusyOrForgetsWhoItIsSaysSo(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 4)
	b := s.startBrowser(t)
	b.signsIn(s, access.Owner)
	b.open(doorPath)
	wire := b.between("*/scans")
	if b.asksBeforeLeaving() {
		t.Error("the door asks before it is left, with nothing kept")
	}
	for i, status := range []int64{429, 503} {
		wire.answer(status)
		b.scan(tickets[i])
		b.said("Kept on this device")
		b.run(chromedp.WaitVisible(`//*[@data-door-result][contains(., "The site cannot answer now")]`, chromedp.BySearch))
	}
	if !b.asksBeforeLeaving() {
		t.Error("the door can be left without a question while scans are kept")
	}
	wire.answer(0)
	b.run(chromedp.WaitNotVisible("[data-door-kept]", chromedp.ByQuery))
	b.inside("2")

	release := wire.hold()
	b.scan(tickets[2])
	b.run(chromedp.WaitVisible(`//*[@data-door-result][starts-with(., "Checking the ticket")]`, chromedp.BySearch))
	b.resize(widths[len(widths)-1].w, widths[len(widths)-1].h) // it is there for three seconds: the narrowest width has the least room
	b.checkPage("the door while it asks")
	b.run(chromedp.WaitVisible(`//*[@data-door-result][contains(., "The connection is slow")]`, chromedp.BySearch))
	b.lookAsItIs("door-slow")
	release()
	b.inside("3")

	s.exec(t, "delete from sign_ins")
	b.scan(tickets[3])
	b.said("You are signed out")
	b.lookAsItIs("door-signed-out")
	b.run(chromedp.Evaluate(`document.querySelector('[name=action][value=out]').click()`, nil))
	b.press("[data-door-result] a")
	b.fill(url.Values{"email": {"browser-owner@example.com"}, "password": {"correct horse battery"}})
	b.press("main button[type=submit]")
	if at := eval[string](b, `location.pathname + location.search`); at != doorPath+"?action=out" {
		t.Errorf("the sign-in leads to %s", at)
	}
	b.run(chromedp.WaitNotVisible("[data-door-kept]", chromedp.ByQuery))
	b.inside("4")
	var rows, audited int
	if err := s.db.QueryRow("select (select count(*) from attendance), (select count(*) from audit where action = 'attendee.checked-in')").Scan(&rows, &audited); err != nil || rows != 4 || audited != 4 {
		t.Errorf("%d visits and %d entries (%v)", rows, audited, err)
	}
}

func TestBrowserADoorThatIsLoadedAgainWithoutAConnectionGoesOn(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	tickets := s.tickets(t, 2)
	b := s.startBrowser(t)
	b.signsIn(s, access.Owner)
	b.open(doorPath)
	b.scan(tickets[0])
	b.said("Checked in")
	b.run(chromedp.WaitVisible("[data-kept=yes]", chromedp.ByQuery))
	eval[bool](b, `caches.open('door').then(shelf => shelf.put('/assets/app.000000000000.css', new Response('of an earlier version'))).then(() => true)`)
	b.open(doorPath)
	b.run(chromedp.WaitVisible("[data-kept=yes]", chromedp.ByQuery))
	if eval[bool](b, `caches.match('/assets/app.000000000000.css').then(Boolean)`) {
		t.Error("files of an earlier version stay on the device")
	}
	if text := eval[string](b, `caches.match(location.pathname + '/offline').then(copy => copy.text())`); strings.Contains(text, "Ada") || strings.Contains(text, "Kim") {
		t.Errorf("the copy has names of people in it:\n%s", text)
	}
	b.open(doorPath + "/offline")
	b.lookAsItIs("door-copy")
	b.open(doorPath)
	b.run(chromedp.Evaluate(`document.querySelector('[name=action][value=out]').click()`, nil))
	worker := b.worker()
	worker.offline(true)
	b.offline(true)
	b.run(chromedp.Reload(), chromedp.WaitVisible(`//main//p[starts-with(., "There was no connection")]`, chromedp.BySearch))
	if text := eval[string](b, `document.querySelector('main').innerText`); !strings.Contains(text, "This door: people leave") || eval[string](b, `document.querySelector('[name=action]:checked').value`) != "out" {
		t.Errorf("the copy forgets that people leave by this door:\n%s", text)
	}
	if !eval[bool](b, `/kept at (\d+(:\d+)?[ap]m|midday|midnight) on \w+day \d/.test(document.querySelector('main').innerText)`) {
		t.Error("the copy does not say when it was made")
	}
	b.run(chromedp.Evaluate(`document.querySelector('[name=action][value=in]').click()`, nil))
	b.scan(tickets[1])
	b.said("Kept on this device")
	b.leavesAnyway()
	b.run(chromedp.Reload(), chromedp.WaitVisible("[data-door-kept]", chromedp.ByQuery))
	worker.offline(false)
	b.offline(false)
	b.run(chromedp.WaitNotVisible("[data-door-kept]", chromedp.ByQuery))
	b.inside("2")
	var rows, audited int
	if err := s.db.QueryRow("select (select count(*) from attendance), (select count(*) from audit where action = 'attendee.checked-in')").Scan(&rows, &audited); err != nil || rows != 2 || audited != 2 {
		t.Errorf("%d visits and %d entries (%v)", rows, audited, err)
	}
	b.open("/organise")
	b.press(`form[action="/organise/sign-out"] button`)
	eventually(t, "whoever signs in or out leaves no copy behind", func() bool { return !eval[bool](b, `caches.has('door')`) })
}

// leavesAnyway answers the browser's questions whether to leave a page.
func (b *browser) leavesAnyway() {
	chromedp.ListenTarget(b, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			go func() { _ = chromedp.Run(b, page.HandleJavaScriptDialog(true)) }() // the test ends if nobody answers
		}
	})
}

// worker is what answers for the page without a connection, and asks the site by itself.
func (b *browser) worker() *browser {
	b.t.Helper()
	var id target.ID
	eventually(b.t, "the page has a worker", func() bool {
		all, err := chromedp.Targets(b)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, one := range all {
			if one.Type == "service_worker" && strings.HasPrefix(one.URL, b.base) {
				id = one.TargetID
			}
		}
		return id != ""
	})
	ctx, leave := chromedp.NewContext(b.Context, chromedp.WithTargetID(id))
	b.t.Cleanup(leave)
	w := &browser{Context: ctx, t: b.t, base: b.base}
	if err := chromedp.Run(w, network.Enable()); err != nil {
		b.t.Fatal(err)
	}
	return w
}

// asksBeforeLeaving says whether the page would have people asked before they leave it.
func (b *browser) asksBeforeLeaving() bool {
	return eval[bool](b, `(() => { const leaving = new Event('beforeunload', {cancelable: true}); window.dispatchEvent(leaving); return leaving.defaultPrevented })()`)
}

// confirms answers the page's next questions.
func (b *browser) confirms(yes bool) {
	b.run(chromedp.Evaluate(fmt.Sprintf(`window.confirm = () => %v`, yes), nil))
}

// middle is between a page and the site.
type middle struct {
	b  *browser
	mu sync.Mutex
	// status is what requests are answered with, 0 for what the site answers; while held is there they wait for it to be closed.
	status int64
	held   chan struct{}
}

// between puts one between the page and the addresses of that pattern.
func (b *browser) between(pattern string) *middle {
	b.t.Helper()
	w := &middle{b: b}
	chromedp.ListenTarget(b, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			go w.pass(e.RequestID) // a listener must not wait
		}
	})
	b.run(fetch.Enable().WithPatterns([]*fetch.RequestPattern{{URLPattern: pattern}}))
	return w
}

func (w *middle) pass(id fetch.RequestID) {
	w.mu.Lock()
	status, held := w.status, w.held
	w.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-w.b.Done():
			return
		}
	}
	var answer chromedp.Action = fetch.ContinueRequest(id)
	if status != 0 {
		answer = fetch.FulfillRequest(id, status)
	}
	_ = chromedp.Run(w.b, answer) // fails for a request that the page gave up
}

func (w *middle) answer(status int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = status
}

// hold lets requests wait until they are released.
func (w *middle) hold() (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = make(chan struct{})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		close(w.held)
		w.held = nil
	}
}

// offline cuts the browser's connection, or mends it.
func (b *browser) offline(cut bool) {
	b.t.Helper()
	rules := []*network.Conditions{}
	if cut {
		rules = append(rules, &network.Conditions{Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	}
	b.run(network.OverrideNetworkState(cut, 0, -1, -1), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := network.EmulateNetworkConditionsByRule(rules).Do(ctx)
		return err
	}))
}
