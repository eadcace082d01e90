package main

import (
	"fmt"
	"testing"
	"time"
)

// becomes waits until the page gives the answer to a script.
func (b *browser) becomes(script, want string) {
	b.t.Helper()
	got := ""
	for deadline := time.Now().Add(stepTime); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = eval[string](b, script); got == want {
			return
		}
	}
	b.t.Fatalf("%s is %q, want %q", script, got, want)
}

const (
	firstBadge   = `document.querySelector('[data-live-place] .app-places').textContent.trim()`
	badgeClass   = `document.querySelector('[data-live-place] .app-places').className`
	badgePicture = `document.querySelector('[data-live-place] .app-places path').getAttribute('d')`
	allButtons   = `[...document.querySelectorAll('main a.nhsuk-button')].filter(a => a.checkVisibility()).map(a => a.innerText + ' ' + a.getAttribute('href')).join(', ')`
	actionNote   = `document.querySelector('[data-live-note]').innerText`
	heardAloud   = `document.querySelector('[role=status]').textContent`
)

func TestBrowserThePlacesLeftFollowWithoutAReload(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	e, err := s.events.Outline(t.Context(), toFollow)
	if err != nil {
		t.Fatal(err)
	}
	resize := func(n int64) {
		s.resize(t, e.Places[0], n)
	}
	resize(12)
	b := s.startBrowser(t)
	b.open("/events/" + toFollow)
	if eval[string](b, `String(window.stayed = true)`) != "true" {
		t.Fatal("the page keeps no mark")
	}
	link := "/events/" + toFollow + "/register"
	open, picture := "Register "+link+", Register "+link, eval[string](b, badgePicture)
	b.becomes(firstBadge, "12 places left")
	v.registered(1, toFollow, e.Places[0].ID, false)
	b.becomes(firstBadge, "11 places left")
	b.becomes(heardAloud, e.Places[0].Name+": 11 places left")
	resize(2)
	b.becomes(firstBadge, "1 place left")
	b.becomes(badgeClass, "app-places app-places--few")
	b.becomes(allButtons, open)
	v.registered(2, toFollow, e.Places[0].ID, false)
	b.becomes(firstBadge, "Full – you can join the waiting list")
	b.becomes(badgeClass, "app-places app-places--waiting")
	b.becomes(allButtons, fmt.Sprintf("Join the waiting list %s, Join the waiting list %[1]s", link))
	asServed := map[string]string{}
	for _, script := range []string{firstBadge, badgeClass, badgePicture, allButtons, actionNote} {
		asServed[script] = eval[string](b, script)
	}
	if asServed[badgePicture] == picture {
		t.Error("the badge's picture stays that of a place with room")
	}
	for _, width := range widths {
		b.resize(width.w, width.h)
		b.checkPage(fmt.Sprintf("the event that filled at %d", width.w))
		b.shoot(fmt.Sprintf("event-filled-%d", width.w))
	}
	if eval[string](b, `String(window.stayed)`) != "true" {
		t.Error("the page was loaded anew")
	}
	b.open("/events/" + toFollow)
	for script, want := range asServed {
		if got := eval[string](b, script); got != want {
			t.Errorf("%s became %q, the server says %q", script, want, got)
		}
	}
	b.checkProblems("the event")
}

func TestBrowserAHiddenPageAsksForNothing(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	watched := func(n int) {
		t.Helper()
		for deadline := time.Now().Add(stepTime); s.live.Watching() != n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d pages watch, want %d", s.live.Watching(), n)
			}
		}
	}
	place := s.visitor(t).event(masterclass).Places[0]
	b := s.startBrowser(t)
	b.open("/events/" + masterclass)
	watched(1)
	turn := func(script string) {
		eval[bool](b, `(`+script+`, document.dispatchEvent(new Event('visibilitychange')))`)
	}
	turn(`Object.defineProperty(document, 'hidden', {configurable: true, value: true})`)
	watched(0)
	s.visitor(t).registered(1, masterclass, place.ID, false)
	turn(`delete document.hidden`)
	watched(1)
	b.becomes(firstBadge, "59 places left")
	b.open("/events/" + longPast)
	watched(0)
	b.open("/events")
	watched(0)
	b.checkProblems("the event")
}
