package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"masterclass/internal/access"
)

// lookAtFocus says what is wrong with how the focused element shows: its outline or shadow is as without focus (WCAG 2.4.7), or something
// covers it (2.4.11). A radio or checkbox shows its focus on the box that its label draws. To compare, the page is asked without the focus,
// which comes back before anything is drawn.
const lookAtFocus = `(() => {
	const e = document.activeElement
	if (!e || e === document.body) return 'nothing has the focus'
	const name = e.outerHTML.slice(0, 120)
	const drawn = [[e, null], ...[...(e.labels || [])].map(l => [l, '::before'])]
	const look = () => drawn.map(([x, part]) => { const s = getComputedStyle(x, part); return [s.outline, s.outlineOffset, s.boxShadow].join() }).join('; ')
	const focused = look()
	const held = document.createElement('button')
	document.body.append(held)
	held.focus({preventScroll: true})
	const plain = look()
	e.focus({preventScroll: true})
	held.remove()
	if (focused === plain) return name + ' looks the same with the focus: ' + plain
	const boxes = [...e.getClientRects()].filter(r => r.width && r.height)
	if (!boxes.length) return name + ' has no box'
	const hit = r => { const at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2); return at && (e.contains(at) || [...(e.labels || [])].some(l => l.contains(at))) }
	if (!boxes.some(hit)) { const r = boxes[0], at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2); return name + ' is hidden by ' + (at ? at.outerHTML.slice(0, 120) : 'the edge of the window') }
	return ''
})()`

// tabTo presses Tab until the focus is on what is meant, and looks at each stop on the way.
func (b *browser) tabTo(selector string) {
	b.t.Helper()
	for range 120 {
		b.run(chromedp.KeyEvent(kb.Tab))
		if wrong := eval[string](b, lookAtFocus); wrong != "" {
			b.t.Errorf("on %s, %s", b.path(), wrong)
		}
		if eval[bool](b, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
	}
	b.t.Fatalf("Tab never leads to %s on %s", selector, b.path())
}

// types writes into the field of a name, once Tab has led there.
func (b *browser) types(name, text string) {
	b.t.Helper()
	b.tabTo(fmt.Sprintf(`[name=%q]`, name))
	b.run(input.InsertText(text))
}

// strikes presses a key that leads to another page.
func (b *browser) strikes(key string) int {
	b.t.Helper()
	return b.arrive(chromedp.KeyEvent(key))
}

func TestBrowserByKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	for n, width := range []struct{ w, h int64 }{widths[0], widths[2]} {
		b.resize(width.w, width.h)
		b.registersByKeyboard(n)
	}
	tickets := s.tickets(t, 1)
	b.resize(widths[0].w, widths[0].h)
	b.checksInByKeyboard(s, tickets[0])
	b.checkProblems("the keyboard")
}

// registersByKeyboard goes from the home page to the confirmation.
func (b *browser) registersByKeyboard(n int) {
	b.t.Helper()
	b.open("/")
	b.tabTo(`main a[href="/events/` + masterclass + `"]`)
	b.strikes(kb.Enter)
	b.tabTo(`main a.nhsuk-button`)
	b.strikes(" ") // it looks like a button, so Space presses it too
	b.types("first_name", "Ada")
	b.types("last_name", "Example")
	b.types("email", "keys"+itoa(n)+"@example.com")
	b.types("profession", "Nurse")
	b.run(chromedp.KeyEvent(kb.Escape)) // closes the suggestions
	b.types("employer", "Example trust")
	b.tabTo("[name=place]")
	b.run(chromedp.KeyEvent(" "), chromedp.KeyEvent(kb.ArrowDown))
	if wrong := eval[string](b, lookAtFocus); wrong != "" {
		b.t.Errorf("after an arrow key, %s", wrong)
	}
	b.types("dietary", "No nuts")
	b.tabTo("[name=consent_sensitive]")
	b.run(chromedp.KeyEvent(" "))
	b.tabTo("button[value=check]")
	if status := b.strikes(kb.Enter); status != 200 || !strings.Contains(b.heading(), "Check your answers") {
		b.t.Fatalf("Continue leads to %q with %d", b.heading(), status)
	}
	b.tabTo("button[value=confirm]")
	b.strikes(" ")
	if !strings.Contains(b.heading(), "Your place is confirmed") {
		b.t.Fatalf("confirming leads to %q", b.heading())
	}
	b.tabTo(".app-footer a:not(li:not(:last-child) a)") // through the whole page of the attendee
}

// checksInByKeyboard goes from signing in to somebody checked in, and takes it back.
func (b *browser) checksInByKeyboard(s *testSite, ticket string) {
	b.t.Helper()
	if _, err := s.organisers.Add(b.t.Context(), "keys@example.com", "Kim Porter", access.Organiser, ownPassword); err != nil {
		b.t.Fatal(err)
	}
	b.open("/organise/sign-in")
	b.types("email", "keys@example.com")
	b.types("password", ownPassword)
	b.tabTo("main button[type=submit]")
	b.strikes(kb.Enter)
	b.tabTo(`main h3 a[href$="/` + masterclass + `"]`)
	b.strikes(kb.Enter)
	b.tabTo(`a[href="` + doorPath + `"]`)
	b.strikes(kb.Enter)
	if on := eval[string](b, `document.activeElement.id`); on != "code" {
		b.t.Fatalf("at the door the focus is on %q", on)
	}
	if wrong := eval[string](b, lookAtFocus); wrong != "" {
		b.t.Errorf("at the door, %s", wrong)
	}
	b.run(input.InsertText(ticket), chromedp.KeyEvent(kb.Enter))
	b.said("Checked in")
	b.open(doorPath)
	b.tabTo(`form[action$="/undo"] button`)
	b.strikes(" ")
	if text := eval[string](b, `document.querySelector('main').innerText`); !strings.Contains(text, "The last entry was taken back") {
		b.t.Errorf("after Undo the door says\n%s", text)
	}
}
