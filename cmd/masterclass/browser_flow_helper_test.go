package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// walk is one walk through a flow, by somebody with the flow's role.
type walk struct {
	*browser
	t       *testing.T
	site    *testSite
	shared  *seenByFlows
	scripts bool
	slug    string           // of an event that nobody else touches, and part of every address that has to be the walk's own
	page    string           // the event's page
	desk    *visitor         // an organiser without a browser, who prepares things
	key     string           // what the codes of the second step come from, once it is set up
	kept    string           // something that the walk has to remember, such as a recovery code
	others  map[string]*walk // by their names: who comes into the walk with a browser of their own
	window  window

	last atomic.Value // method of the last request for a page
}

// deed is one thing that somebody does, in the words of the page, and what they see then.
type deed struct {
	words string
	do    func(w *walk)
}

// steps puts lists of deeds together, as the steps of one flow.
func steps(lists ...[]deed) []deed { return slices.Concat(lists...) }

// open goes to an address, as a bookmark does.
func open(path string, says ...string) deed {
	return deed{"open " + path, func(w *walk) { w.arriveBy(200, says, chromedp.Navigate(w.base+path)) }}
}

// follow clicks the link with these words, or whose words begin so.
func follow(words string, says ...string) deed {
	return deed{"follow " + words, func(w *walk) { w.arriveBy(200, says, w.click("a[href]", words)) }}
}

// press clicks the button with these words, or whose words begin so. What comes is a page without errors.
func press(words string, says ...string) deed { return pressFor(200, words, says...) }

// pressFor is press where the page that comes has another status.
func pressFor(status int, words string, says ...string) deed {
	return deed{"press " + words, func(w *walk) { w.arriveBy(status, says, w.click("button", words)) }}
}

// unfold opens the part of a page below these words.
func unfold(words string) deed {
	return deed{"unfold " + words, func(w *walk) { w.run(w.click("summary", words)) }}
}

// fill types into fields, chooses, and ticks: names of fields and values in turn. An empty value empties the field.
func fill(fields ...string) deed {
	return deed{"fill " + strings.Join(fields, " "), func(w *walk) {
		for i := 0; i+1 < len(fields); i += 2 {
			w.set(fields[i], fields[i+1])
		}
	}}
}

// attach chooses a file.
func attach(field, name string, contents []byte) deed {
	return deed{"attach " + name, func(w *walk) {
		file := filepath.Join(w.t.TempDir(), name)
		if err := os.WriteFile(file, contents, 0o600); err != nil {
			w.t.Fatal(err)
		}
		w.run(chromedp.SetUploadFiles(fmt.Sprintf(`input[name=%q]`, field), []string{file}, chromedp.ByQuery))
	}}
}

// says looks for words on the page as it stands.
func says(words ...string) deed {
	return deed{"look", func(w *walk) { w.says(words...) }}
}

// saysNot makes sure that words are not on the page.
func saysNot(words string) deed {
	return deed{"look", func(w *walk) {
		if text := w.text(); strings.Contains(text, words) {
			w.t.Errorf("the page says %q:\n%s", words, text)
		}
	}}
}

// behind is what happens meanwhile, without this browser.
func behind(what string, do func(w *walk)) deed { return deed{what, do} }

// download follows a link to a file, which has to begin or to go on so.
func download(words, contains string) deed {
	return deed{"download " + words, func(w *walk) {
		dir := w.t.TempDir()
		w.run(chromedp.ActionFunc(func(ctx context.Context) error {
			own, err := target.GetTargetInfo().Do(ctx)
			if err != nil {
				return err
			}
			return cdpbrowser.SetDownloadBehavior(cdpbrowser.SetDownloadBehaviorBehaviorAllow).WithBrowserContextID(own.BrowserContextID).WithDownloadPath(dir).
				Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
		}), w.click("a[href]", words))
		eventually(w.t, "the file "+words+" comes, with "+contains, func() bool {
			files, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is right
			for _, file := range files {
				if text, err := os.ReadFile(file); err == nil && !strings.HasSuffix(file, ".crdownload") && strings.Contains(string(text), contains) {
					return true
				}
			}
			return false
		})
	}}
}

// finding says where on the screen somebody would click or type: what has the words, in the main part of the page if it is there.
const finding = `((selector, words) => {
	const said = e => e.textContent.replace(/\s+/g, ' ').trim()
	const all = ['main ', ''].flatMap(part => [...document.querySelectorAll(part + selector)]).filter(e => e.checkVisibility())
	const e = all.find(e => said(e) === words) || all.find(e => said(e).startsWith(words))
	return e ? (%s)(e) : {wrong: 'there is no ' + selector + ' ' + words}
})(%q, %q)`

// spot is the middle of an element once it is scrolled to, unless something covers it.
const spot = `e => {
	e.scrollIntoView({block: 'center', behavior: 'instant'})
	const r = [...e.getClientRects()].find(r => r.width > 1 && r.height > 1)
	if (!r) return {wrong: 'it has no size'}
	const x = r.x + r.width / 2, y = r.y + r.height / 2, at = document.elementFromPoint(x, y)
	if (!at || !(e.contains(at) || [...(e.labels || [])].some(l => l.contains(at)))) return {wrong: 'it is covered by ' + (at ? at.outerHTML.slice(0, 120) : 'the edge of the window')}
	return {x, y}
}`

// choosing makes a field ready to be typed into, or says where to click. What browsers let people choose from a calendar or a clock is set.
const choosing = `((name, value) => {
	const said = e => [e.value, e.ariaLabel, ...[...e.labels].map(l => l.textContent.trim())]
	const choice = [...document.querySelectorAll('main [name="' + name + '"]:is([type=radio],[type=checkbox])')].find(e => said(e).includes(value))
	const e = choice || document.querySelector('main #' + CSS.escape(name) + ':is(input,select,textarea)') || document.querySelector('main [name="' + name + '"]:not([type=hidden])')
	if (!choice && e && (e.type === 'radio' || e.type === 'checkbox')) return {wrong: name + ' offers ' + said(e).join(', ') + ' but not ' + value}
	if (!e || !e.checkVisibility()) return {wrong: 'nobody sees a field ' + name + ' that takes ' + value}
	if (choice && e.type === 'radio' && e.checked) return {}
	if (choice) return (%s)(e)
	e.scrollIntoView({block: 'center', behavior: 'instant'})
	e.focus()
	if (document.activeElement !== e) return {wrong: name + ' takes no focus'}
	if (e.localName === 'select') {
		const to = [...e.options].findIndex(o => o.value === value || o.text.trim() === value || (value && o.text.trim().startsWith(value)))
		return to < 0 ? {wrong: name + ' does not offer ' + value} : {moves: to - e.selectedIndex}
	}
	if (e.type === 'date' || e.type === 'time') { e.value = value; return {} }
	e.select()
	return {types: true}
})(%q, %q)`

type spotted struct {
	X, Y  float64
	Moves int
	Types bool
	Wrong string
}

func (w *walk) find(script string) spotted {
	w.t.Helper()
	p := eval[spotted](w.browser, script)
	if p.Wrong != "" {
		w.t.Fatalf("%s; the page says\n%s", p.Wrong, w.text())
	}
	return p
}

// click is the click of a mouse on what has the words.
func (w *walk) click(selector, words string) chromedp.Action {
	w.t.Helper()
	p := w.find(fmt.Sprintf(finding, spot, selector, words))
	return chromedp.MouseClickXY(p.X, p.Y)
}

// set gives a field its value by the keyboard or the mouse.
func (w *walk) set(name, value string) {
	w.t.Helper()
	p := w.find(fmt.Sprintf(choosing, spot, name, value))
	switch {
	case p.Types && value == "":
		w.run(chromedp.KeyEvent(kb.Delete))
	case p.Types:
		w.run(input.InsertText(value))
	case p.X > 0:
		w.run(chromedp.MouseClickXY(p.X, p.Y))
	case p.Moves < 0:
		w.run(chromedp.KeyEvent(strings.Repeat(kb.ArrowUp, -p.Moves)))
	case p.Moves > 0:
		w.run(chromedp.KeyEvent(strings.Repeat(kb.ArrowDown, p.Moves)))
	}
}

func (w *walk) text() string {
	return eval[string](w.browser, `document.querySelector('main').innerText`)
}

func (w *walk) says(words ...string) {
	w.t.Helper()
	text := w.text()
	for _, word := range words {
		if !strings.Contains(text, word) {
			w.t.Errorf("the page does not say %q:\n%s", word, text)
		}
	}
}

// arriveBy does what leads to a page, and looks at the page.
func (w *walk) arriveBy(status int, words []string, action chromedp.Action) {
	w.t.Helper()
	if got := w.arrive(action); got != status {
		w.t.Fatalf("it leads to %s with %d, want %d:\n%s", w.path(), got, status, w.text())
	}
	w.says(words...)
	w.look(status)
}

// noScene are the pages that no scene looks at: the walks do, where they come to them first without scripts.
var noScene = map[string]bool{
	"POST /organise/account/two-step/codes 200": true, "POST /organise/account/two-step/codes 422": true, "POST /organise/articles/:id 422": true,
	"POST /organise/events/new 200": true, "POST /organise/events/:slug/edit 422": true, "POST /organise/events/:slug/duplicate 422": true, "POST /organise/events/:slug/reminders 422": true,
	"GET /organise/events/:slug/programme/sessions/:session 200": true, "GET /organise/events/:slug/programme/sessions/:session/delete 200": true,
	"GET /organise/events/:slug/programme/speakers/:speaker 200": true, "GET /organise/events/:slug/programme/speakers/:speaker/delete 200": true,
	"POST /organise/events/:slug/programme/speakers/:speaker 422": true, "GET /organise/events/:slug/places/:place 200": true, "GET /organise/events/:slug/places/:place/delete 200": true,
	"POST /organise/events/:slug/places/new 422": true, "POST /organise/events/:slug/questions/:question/edit 422": true, "POST /organise/events/:slug/resources/:resource/edit 422": true,
	"GET /organise/events/:slug/attendees/:id/refuse 200": true, "POST /organise/events/:slug/attendees/:id/edit 422": true,
	"GET /organise/learning/:slug/pages/:id 200": true, "POST /organise/learning/:slug/pages/:id 422": true, "GET /organise/learning/:slug/pages/:id/delete 200": true,
}

// look sees that the page fits its window and has a heading; at a page that is seen for the first time, in a window of every width. At one that no
// scene shows it goes by all the rules.
func (w *walk) look(status int) {
	w.t.Helper()
	path := w.fits()
	method := w.last.Load().(string)
	name := fmt.Sprintf("%s %s %d", method, w.shared.pattern(method, path), status)
	if w.shared.first(fmt.Sprintf("%s, with scripts %v", name, w.scripts)) {
		for _, width := range widths {
			if width != w.window {
				w.resize(width.w, width.h)
				w.fits()
			}
		}
		w.resize(w.window.w, w.window.h)
	}
	if w.scripts || !noScene[name] || !w.shared.first(name) {
		return
	}
	w.run(emulation.SetScriptExecutionDisabled(false)) // axe needs them; the page was made without
	for i := range widths {
		width, rules := widths[i], layoutRules
		if i == 0 { // contrast is the same at every width
			rules = allRules
		}
		w.resize(width.w, width.h)
		w.checkBy(fmt.Sprintf("%s at %d", name, width.w), rules)
		w.shoot(fmt.Sprintf("flow-%s-%d", strings.Trim(notWord.ReplaceAllString(name, "-"), "-"), width.w))
	}
	w.resize(w.window.w, w.window.h)
	w.run(emulation.SetScriptExecutionDisabled(true))
}

// fits sees that the page, whose path it gives, is no wider than its window and has one heading of the first level.
func (w *walk) fits() (path string) {
	w.t.Helper()
	page := eval[struct {
		Path              string
		H1, Scroll, Width int
	}](w.browser, `({path: location.pathname, h1: document.querySelectorAll('h1').length, scroll: document.documentElement.scrollWidth, width: document.documentElement.clientWidth})`)
	if page.H1 != 1 || page.Scroll > page.Width {
		w.t.Errorf("%s has %d headings of the first level and is %d wide in a window of %d", page.Path, page.H1, page.Scroll, page.Width)
	}
	if unlike := eval[string](w.browser, unlikeProblems); unlike != "" {
		w.t.Errorf("%s has problems above that are not said at their field: %s", page.Path, unlike)
	}
	return page.Path
}

var notWord = regexp.MustCompile(`\W+`)

// as lets somebody else do steps, in a browser that shares nothing with the walk's. It stays open, by the name, until the walk ends.
func as(name string, list ...deed) deed {
	return deed{"as " + name, func(w *walk) {
		if w.others[name] == nil {
			w.others[name] = w.join(w.another())
		}
		w.others[name].take(list)
	}}
}

// join is another browser on the same walk.
func (w *walk) join(b *browser) *walk {
	w.t.Helper()
	n := &walk{browser: b, t: w.t, site: w.site, shared: w.shared, scripts: w.scripts, slug: w.slug, page: w.page, desk: w.desk, others: w.others}
	chromedp.ListenTarget(b, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok && e.Type == network.ResourceTypeDocument {
			n.last.Store(e.Request.Method)
			if u, err := url.Parse(e.Request.URL); err == nil && !n.scripts {
				n.shared.note(e.Request.Method, u.Path)
			}
		}
	})
	n.window = widths[2]
	if w.scripts {
		n.window = widths[(len(w.slug)/2+1)%2] // some walks at a desk, others, such as that of the door, on a phone
	}
	n.resize(n.window.w, n.window.h)
	n.run(emulation.SetScriptExecutionDisabled(!w.scripts))
	return n
}

// take does the steps in turn.
func (w *walk) take(list []deed) {
	w.t.Helper()
	at := "the beginning"
	defer func() {
		if w.t.Failed() {
			w.t.Logf("it came as far as %s, at %s", at, eval[string](w.browser, "location.href"))
		}
	}()
	for i, s := range list {
		at = fmt.Sprintf("step %d, %s", i+1, s.words)
		if s.do(w); w.t.Failed() {
			w.t.FailNow()
		}
	}
	w.checkProblems("the walk")
}

// openMail waits for the nth mail with a link to an address, and opens the link.
func openMail(to string, nth int, says ...string) deed {
	return deed{"open the mail to " + to, func(w *walk) {
		var link string
		eventually(w.t, to+" has mail", func() bool {
			n := 0
			link, n = w.site.newestLink(to)
			return n == nth
		})
		w.arriveBy(200, says, chromedp.Navigate(link))
	}}
}

// newestLink is the link in the newest of the n mails to an address by which organisers sign in.
func (s *testSite) newestLink(to string) (link string, n int) {
	var newest time.Time
	files, _ := filepath.Glob(filepath.Join(s.mailDir(), "*.eml")) // the pattern is right
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), to) {
			continue
		}
		at, err := os.Stat(file)
		found := organisersLink.FindString(strings.ReplaceAll(string(text), "=\r\n", ""))
		if err != nil || found == "" {
			continue
		}
		if n++; at.ModTime().After(newest) {
			newest, link = at.ModTime(), found
		}
	}
	return link, n
}

var organisersLink = regexp.MustCompile(`http://[0-9.:]+/organise/sign-in/[^\s"<]{20,}`)

// seenByFlows is what all walks together have done.
type seenByFlows struct {
	mu     sync.Mutex
	routes []deskPattern
	seen   map[string]bool
}

// deskPattern is a request of the organisers' area.
type deskPattern struct {
	method, pattern string
	fits            *regexp.Regexp
}

// newSeenByFlows reads the requests of the organisers' area from the router, so that a new one is among them by itself.
func newSeenByFlows(s *testSite) *seenByFlows {
	f := &seenByFlows{seen: map[string]bool{}}
	for _, r := range s.web.GetRoutes(true) {
		if (r.Method == "GET" || r.Method == "POST") && (r.Path == "/organise" || strings.HasPrefix(r.Path, "/organise/")) {
			fits := regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(r.Path), "[^/]+") + "$")
			f.routes = append(f.routes, deskPattern{r.Method, r.Path, fits})
		}
	}
	slices.SortStableFunc(f.routes, func(a, b deskPattern) int { return strings.Count(a.pattern, ":") - strings.Count(b.pattern, ":") })
	return f
}

// pattern is that of the router for the path, or the path itself.
func (f *seenByFlows) pattern(method, path string) string {
	for _, r := range f.routes {
		if r.method == method && r.fits.MatchString(path) {
			return r.pattern
		}
	}
	return path
}

func (f *seenByFlows) note(method, path string) {
	f.first("sent " + method + " " + f.pattern(method, path))
}

// first says whether nobody has asked for this before.
func (f *seenByFlows) first(what string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.seen[what]
	f.seen[what] = true
	return !before
}

// never are the requests that no walk has sent, and the pages to be looked at that none has come to.
func (f *seenByFlows) never() (list []string) {
	for _, r := range f.routes {
		if request := r.method + " " + r.pattern; !f.seen["sent "+request] && !slices.Contains(scriptsOnly, request) {
			list = append(list, request)
		}
	}
	for page := range noScene {
		if !f.seen[page] {
			list = append(list, page)
		}
	}
	return list
}
