package main

import (
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"masterclass/internal/access"
)

// darkScenes are pages that show every part of the site's look.
var darkScenes = map[string]bool{
	"home": true, "events": true, "events-none": true, "event": true, "event-full": true, "event-past": true, "programme": true, "speaker": true, "series": true,
	"not-found": true, "news": true, "news-item": true, "documents": true, "e-learning": true, "videos": true, "contact": true,
	"form": true, "form-errors": true, "check": true, "full": true, "find": true, "confirmed": true, "waiting": true, "cancel": true, "sign-in": true, "overview-steward": true,
}

func TestBrowserTheMainPagesInTheDark(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	scenes := append(eventScenes(), articleScenes()...)
	scenes = append(scenes, registrationScenes(s.visitor(t))...)
	scenes = append(scenes, organiserScenes(t, s)...)
	desk := s.darkDesk(t)
	b := s.startBrowser(t)
	organiser := b.another()
	for _, tab := range []*browser{b, organiser} {
		tab.resize(widths[0].w, widths[0].h)
		tab.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	}
	seen := 0
	for _, sc := range scenes {
		if darkScenes[sc.name] {
			b.lookInTheDark(sc)
			seen++
		}
	}
	organiser.signsIn(s, access.Owner)
	for _, sc := range desk {
		organiser.lookInTheDark(sc)
	}
	if seen != len(darkScenes) {
		t.Errorf("%d pages were seen of %d", seen, len(darkScenes))
	}
	if colour := eval[string](b, `getComputedStyle(document.body).backgroundColor`); colour != "rgb(19, 19, 28)" {
		t.Errorf("the page is %s", colour)
	}
}

func (b *browser) lookInTheDark(sc scene) {
	b.t.Helper()
	if status := sc.reach(b); status != sc.status {
		b.t.Errorf("%s answers %d, want %d", sc.name, status, sc.status)
	}
	b.checkBy(sc.name+" in the dark", contrastRule)
	b.shoot(sc.name + "-dark")
	b.checkProblems(sc.name)
}

// darkDesk are pages of the organisers that show every part of their area's look; ada1 to ada5 are registered.
func (s *testSite) darkDesk(t *testing.T) []scene {
	t.Helper()
	e, waits := desk+"/"+masterclass, desk+"/"+fullUp
	article := newsDesk + "/" + s.articleID(t, "nurse-led-review")
	s.drained(t, "confirmation")
	return append([]scene{
		at("dashboard", "/organise"), at("desk-events", desk), at("desk-event", e), at("desk-event-edit", e+"/edit"), at("desk-places", e+"/places"),
		at("desk-programme", e+"/programme"), at("desk-session", e+"/programme/sessions/new"), then("desk-session-errors", 422, nil, mainButton), at("desk-questions", e+"/questions"),
		at("desk-reminders", e+"/reminders"), at("desk-cancel-event", e+"/cancel"), at("desk-attendees", attendeesPath), at("desk-attendee", attendeesPath+"/"+s.idOf(t, 1)),
		at("desk-attendee-cancel", attendeesPath+"/"+s.idOf(t, 1)+"/cancel"), at("desk-bulk-done", attendeesPath+"/import/done?registered=12&waiting=3&already=1&failed="+someFailed),
		at("desk-import", attendeesPath+"/import"), at("desk-waiting-list", waits+"/waiting-list"), at("desk-catering", e+"/catering"),
		at("desk-log", mailLog), at("desk-messages", mailPath), at("desk-message", mailPath+"/new"),
		then("desk-message-preview", 200, func(b *browser) {
			b.fill(url.Values{"subject": {"Rooms"}, "body": {"## Where\n\nIn **room 2**, see [the map](/about).\n"}})
		}, mainButton),
		at("desk-articles", newsDesk), at("desk-article", article), at("desk-article-files", article+"/files"), at("desk-article-versions", article+"/versions"),
		at("desk-learning", "/organise/learning"), at("desk-module", moduleDesk), at("desk-team", "/organise/team"), at("desk-audit", "/organise/audit"), at("desk-settings", settingsPage), at("desk-account", "/organise/account"),
		{"desk-badges", 200, func(b *browser) int {
			status := b.open(e + "/badges")
			if behind := eval[string](b, `getComputedStyle(document.querySelector('.app-badge svg')).backgroundColor`); behind != "rgb(255, 255, 255)" {
				b.t.Errorf("in the dark a badge's code stands on %s", behind)
			}
			return status
		}}, at("desk-signing-in", e+"/signing-in"),
	}, doorScenes([]string{s.ticketOf(t, 1)}, s.ticketOf(t, 3), s.ticketOf(t, 2))...)
}

func TestBrowserAProgrammeOnPaperIsLightAndHasItsSponsors(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	b.run(emulation.SetEmulatedMedia().WithMedia("print").WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	b.resize(794, 1123) // A4
	b.open("/events/" + masterclass + "/programme")
	b.shoot("programme-paper")
	seen := eval[[]string](b, `[...document.querySelectorAll('h1, h2, .app-nav, .app-breadcrumbs, .app-no-print, .app-footer__list')].filter(e => e.checkVisibility()).map(e => e.innerText.replace(/\s+/g, ' '))`)
	if len(seen) < 3 || seen[0] != "Programme of UKCP Systemic Anti-Cancer Therapy (SACT) Masterclass" || seen[1] != "Sponsors’ declaration" || seen[2] != "Sessions" {
		t.Errorf("on paper there are %q", seen)
	}
	if colour := eval[string](b, `getComputedStyle(document.querySelector('.app-programme__time')).color`); colour != "rgb(44, 42, 107)" {
		t.Errorf("times are %s", colour)
	}
	if scheme := eval[string](b, `getComputedStyle(document.documentElement).colorScheme`); scheme != "light" {
		t.Errorf("the paper is %s", scheme)
	}
	if beside := eval[int](b, `new Set([...document.querySelectorAll('.app-parallel__item')].map(e => e.getBoundingClientRect().top)).size`); beside != 1 {
		t.Errorf("two sessions at the same time begin at %d heights", beside)
	}
	b.checkProblems("the paper")
}
