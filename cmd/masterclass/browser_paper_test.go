package main

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"masterclass/internal/access"
)

// offBadge lists text of badges that reaches over the code, out of its badge, or is cut off.
const offBadge = `[...document.querySelectorAll('.app-badge')].flatMap(badge => {
	const own = badge.getBoundingClientRect(), code = badge.querySelector('svg').getBoundingClientRect(), wrong = []
	if (badge.scrollHeight > badge.clientHeight || badge.scrollWidth > badge.clientWidth) wrong.push('cut off at ' + badge.clientHeight + ' of ' + badge.scrollHeight)
	if (Math.abs(code.width - code.height) > 1 || code.bottom > own.bottom || code.top < own.top) wrong.push('the code is not all there')
	for (const p of badge.querySelectorAll('p')) {
		const range = document.createRange()
		range.selectNodeContents(p)
		for (const r of range.getClientRects()) {
			if (r.left < own.left || r.right > own.right + 0.5 || r.top < own.top || r.bottom > own.bottom) wrong.push('outside of its badge')
			if (r.right > code.left + 0.5 && r.left < code.right && r.bottom > code.top && r.top < code.bottom) wrong.push('over the code')
		}
	}
	return wrong.map(w => badge.innerText.slice(0, 40) + ': ' + w)
})`

// longNames registers people with the longest names, roles and employers that the form takes, of words and of one endless word.
func (s *testSite) longNames(t *testing.T) {
	t.Helper()
	v := s.visitor(t)
	place := v.event(masterclass).Places[0].ID
	words := func(word string, most int) string { return strings.TrimSpace(strings.Repeat(word, most)[:most]) }
	for n, word := range []string{"Wolfeschlegelsteinhausen ", "W", "Maria ", "Featherstonehaugh-", "i"} {
		p := person(n+1, place)
		for name, most := range map[string]int{"title": 20, "first_name": 100, "last_name": 100, "job_role": 200, "employer": 200} {
			p[name] = words(word, most)
		}
		v.call("/api/v1/events/"+masterclass+"/registrations", p).want(t, 201)
	}
	for n := range 6 {
		v.registered(9+n, masterclass, place, false)
	}
}

// sheets is how many sheets of A4 the page is printed on.
func (b *browser) sheets() (n int) {
	b.t.Helper()
	b.run(chromedp.ActionFunc(func(ctx context.Context) error {
		pdf, _, err := page.PrintToPDF().WithPreferCSSPageSize(true).WithPaperWidth(8.27).WithPaperHeight(11.69).Do(ctx)
		n = len(aSheet.FindAll(pdf, -1))
		return err
	}))
	return n
}

// aSheet is a page of a PDF, of which /Pages is the list.
var aSheet = regexp.MustCompile(`/Type\s*/Page\b`)

func TestBrowserBadgesAndSheetsHoldTheLongestNamesOnPaper(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	s.longNames(t)
	b := s.startBrowser(t)
	b.signsIn(s, access.Organiser)
	b.resize(794, 1123) // A4
	b.run(emulation.SetEmulatedMedia().WithMedia("print"))
	b.open("/organise/events/" + masterclass + "/badges")
	b.shoot("badges-paper")
	if n := eval[int](b, `document.querySelectorAll('.app-badge').length`); n != 11 {
		t.Errorf("%d badges", n)
	}
	for _, wrong := range eval[[]string](b, offBadge) {
		t.Error(wrong)
	}
	if sheets := b.sheets(); sheets != 2 { // ten on the first
		t.Errorf("eleven badges are on %d sheets", sheets)
	}
	b.resize(680, 1009) // A4 without the margins of other pages
	b.open("/organise/events/" + masterclass + "/signing-in")
	b.shoot("signing-in-paper")
	if off := eval[[]string](b, `[...document.querySelectorAll('main th, main td')].filter(c => c.getBoundingClientRect().right > innerWidth || c.scrollWidth > c.clientWidth + 1).map(c => c.innerText.slice(0, 40))`); len(off) > 0 {
		t.Errorf("on the paper of the signing-in sheet these are cut off: %q", off)
	}
	if room := eval[float64](b, `document.querySelector('main tbody td:nth-of-type(3)').getBoundingClientRect().width`); room < 80 {
		t.Errorf("a signature has %.0f pixels", room)
	}
	b.checkProblems("the paper")
}
