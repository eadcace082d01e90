package main

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
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
	b := s.startBrowser(t)
	b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	seen := 0
	for _, sc := range scenes {
		if darkScenes[sc.name] {
			sc.reach(b)
			b.checkBy(sc.name+" in the dark", contrastRule)
			b.shoot(sc.name + "-dark")
			b.checkProblems(sc.name)
			seen++
		}
	}
	if seen != len(darkScenes) {
		t.Errorf("%d pages were seen of %d", seen, len(darkScenes))
	}
	if colour := eval[string](b, `getComputedStyle(document.body).backgroundColor`); colour != "rgb(19, 19, 28)" {
		t.Errorf("the page is %s", colour)
	}
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
