package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"masterclass/internal/store/storetest"
)

// axeSource is axe-core, which finds what keeps people with disabilities out.
//
//go:embed testdata/axe.min.js
var axeSource string

// How long one test may take in its browser, and one step of it.
const (
	browserTime = 4 * time.Minute
	stepTime    = 20 * time.Second
)

// browser is a tab of a Chromium of the test's own, on the site under test.
type browser struct {
	context.Context
	t    testing.TB
	base string

	mu       sync.Mutex
	problems []string
}

// chromium says that there is one. Where there is none the test is skipped, and fails in CI.
func chromium(t testing.TB) {
	t.Helper()
	switch _, err := chromiumPath(); {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("chromium is missing: install Debian's package chromium-headless-shell")
	default:
		t.Skip("chromium is missing: install Debian's package chromium-headless-shell to run this test")
	}
}

// chromiumPath prefers the Chromium that is made to have no windows: it does not draw what would be around a page, and takes half the time.
func chromiumPath() (path string, err error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", err
}

// sharedChromium is started once for all tests: to start it takes longer than most of them. Each has a profile of its own in it.
var sharedChromium = sync.OnceValues(func() (context.Context, error) {
	ctx, stop, err := launchChromium()
	storetest.OnStop(stop)
	return ctx, err
})

// launchChromium starts Chromium with more flags than it always has. Its context is that of its first tab; stop ends it.
func launchChromium(flags ...chromedp.ExecAllocatorOption) (ctx context.Context, stop func(), err error) {
	bin, err := chromiumPath()
	if err != nil {
		return nil, func() {}, err
	}
	profile, err := os.MkdirTemp("", "mc-chromium-")
	if err != nil {
		return nil, func() {}, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(bin), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU)
	for _, flag := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		options = append(options, chromedp.Flag(flag, true))
	}
	options = append(options, chromedp.Flag("js-flags", "--no-opt --no-maglev")) // no page lives as long as it takes to make its scripts fast
	ctx, stopBrowser := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	ctx, closeTab := chromedp.NewContext(ctx)
	return ctx, func() {
		_ = chromedp.Cancel(ctx) // asks Chromium to close, and waits for it
		closeTab()
		stopBrowser()
		_ = os.RemoveAll(profile) // only a temporary folder is left if this fails
	}, chromedp.Run(ctx)
}

// startBrowser opens a tab that shares nothing with any other test's until the test ends; with flags, in a Chromium of its own.
func (s *testSite) startBrowser(t testing.TB, flags ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	chromium(t)
	parent, err := sharedChromium()
	if len(flags) > 0 {
		var stop func()
		parent, stop, err = launchChromium(flags...)
		t.Cleanup(stop)
	}
	if err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	ctx, stop := context.WithTimeout(parent, browserTime)
	t.Cleanup(stop)
	return ownTab(ctx, t, s.URL)
}

// ownTab opens a tab of somebody who shares nothing with those of the Chromium's other tabs.
func ownTab(ctx context.Context, t testing.TB, base string) *browser {
	t.Helper()
	asked := cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	ctx, closeTab := chromedp.NewContext(ctx, chromedp.WithTargetID(id))
	t.Cleanup(func() {
		closeTab()
		_ = target.DisposeBrowserContext(profile).Do(asked) // else it goes with the Chromium
	})
	return watch(ctx, t, base)
}

// another is a browser of somebody else: the same Chromium, sharing nothing.
func (b *browser) another() *browser {
	b.t.Helper()
	return ownTab(b.Context, b.t, b.base)
}

// watch notes what no page may do: ask another site, break the content security policy, or throw.
func watch(ctx context.Context, t testing.TB, base string) *browser {
	t.Helper()
	b := &browser{Context: ctx, t: t, base: base}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, base+"/") && !strings.HasPrefix(u, "data:") {
				b.note("asked for " + u)
			}
		case *runtime.EventExceptionThrown:
			b.note("threw " + e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			b.note("wrote to the console: " + fmt.Sprint(e.Args))
		case *log.EventEntryAdded:
			// A page's own status, such as 422, is an entry too.
			if strings.HasPrefix(e.Entry.Text, "Autofocus processing was blocked") {
				return // somebody at the keyboard was quicker than the page
			}
			if e.Entry.Source != log.SourceNetwork || strings.Contains(e.Entry.URL, "/assets/") {
				b.note(string(e.Entry.Source) + ": " + e.Entry.Text + " " + e.Entry.URL)
			}
		}
	})
	// What runs first lives as long as its context, so it cannot be one step of run.
	// Only one window of a Chromium has the focus: the others have to think so.
	if err := chromedp.Run(b, network.Enable(), log.Enable(), emulation.SetFocusEmulationEnabled(true)); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) note(problem string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, problem)
}

// checkProblems fails for what was noted since it was last called.
func (b *browser) checkProblems(page string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		b.t.Errorf("%s %s", page, p)
	}
	b.problems = nil
}

func (b *browser) run(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, done := context.WithTimeout(b, stepTime)
	defer done()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// open goes to an address and gives the page's status.
func (b *browser) open(address string) int {
	b.t.Helper()
	if !strings.HasPrefix(address, "http") {
		address = b.base + address
	}
	return b.arrive(chromedp.Navigate(address))
}

// press clicks what leads to another page, and gives that page's status.
func (b *browser) press(selector string) int {
	b.t.Helper()
	return b.arrive(chromedp.Click(selector, chromedp.ByQuery))
}

func (b *browser) arrive(actions ...chromedp.Action) int {
	b.t.Helper()
	ctx, done := context.WithTimeout(b, stepTime)
	defer done()
	res, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		b.t.Fatal(err)
	}
	if res == nil {
		b.t.Fatal("no page came")
	}
	return int(res.Status)
}

// fill types into fields, found by their names; a choice is made by its value.
func (b *browser) fill(fields url.Values) {
	b.t.Helper()
	for name := range fields {
		value := fields.Get(name)
		choice := fmt.Sprintf(`input[name=%q][value=%q]:is([type=radio],[type=checkbox])`, name, value)
		if eval[bool](b, fmt.Sprintf(`document.querySelector(%q) !== null`, choice)) {
			b.run(chromedp.Click(choice, chromedp.ByQuery))
			continue
		}
		b.run(chromedp.Focus(fmt.Sprintf(`[name=%q]`, name), chromedp.ByQuery), input.InsertText(value))
	}
}

// eval asks the page; the answer goes through JSON.
func eval[T any](b *browser, script string) T {
	b.t.Helper()
	var answer T
	b.run(chromedp.Evaluate(script, &answer, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return answer
}

func (b *browser) heading() string {
	return eval[string](b, `document.querySelector('h1').innerText.replace(/\s+/g, ' ')`)
}

func (b *browser) path() string { return eval[string](b, `location.pathname`) }

// widths are those at which every page is looked at: a desk, a phone, and WCAG's narrowest (1.4.10).
var widths = []window{{1280, 900}, {390, 844}, {320, 640}}

type window struct{ w, h int64 }

// resize keeps the page and changes the window.
func (b *browser) resize(w, h int64) {
	b.t.Helper()
	b.run(emulation.SetDeviceMetricsOverride(w, h, 1, w < 600))
}

// axeFinding is one rule that the page breaks.
type axeFinding struct {
	ID, Impact string
	Nodes      []string
}

// The rules of axe that a look at a page goes by: those of WCAG 2.2 AA and of good practice; the same without the costly one about
// contrast, which no width changes; and that one alone.
const (
	allRules     = `{runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}}`
	layoutRules  = `{runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}, rules: {'color-contrast': {enabled: false}}}`
	contrastRule = `{runOnly: {type: 'rule', values: ['color-contrast']}}`
)

// axe gives what breaks the rules, and what it could not decide.
func (b *browser) axe(rules string) (violations, undecided []axeFinding) {
	b.t.Helper()
	if !eval[bool](b, `'axe' in window`) {
		b.run(chromedp.Evaluate(axeSource, nil))
	}
	report := eval[string](b, `(() => {
		const short = list => list.map(v => ({id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.target.join(' ') + ': ' + (n.failureSummary || ''))}))
		return axe.run(document, Object.assign({resultTypes: ['violations', 'incomplete']}, `+rules+`))
			.then(r => JSON.stringify({violations: short(r.violations), undecided: short(r.incomplete)}))
	})()`)
	var found struct{ Violations, Undecided []axeFinding }
	if err := json.Unmarshal([]byte(report), &found); err != nil {
		b.t.Fatal(err)
	}
	return found.Violations, found.Undecided
}

// unlikeProblems gives what the summary of a form's problems says that the field which it leads to does not say in the same words.
const unlikeProblems = `(() => {
	const words = of => of.textContent.replace(/\s+/g, ' ').trim()
	return [...document.querySelectorAll('.nhsuk-error-summary a')].filter(link => {
		const field = document.getElementById(link.hash.slice(1)), group = field && field.closest('.nhsuk-form-group--error')
		return !group || ![...group.querySelectorAll('.nhsuk-error-message')].some(m => words(m) === 'Error: ' + words(link))
	}).map(words).join('; ')
})()`

// checkPage looks at the page as it stands, at the width it has.
func (b *browser) checkPage(name string) { b.checkBy(name, allRules) }

func (b *browser) checkBy(name, rules string) {
	b.t.Helper()
	page := eval[struct {
		H1, Scroll, Width int
		Font              string
	}](b, `({h1: document.querySelectorAll('h1').length, scroll: document.documentElement.scrollWidth, width: document.documentElement.clientWidth,
		font: getComputedStyle(document.body).fontFamily})`)
	if page.H1 != 1 {
		b.t.Errorf("%s has %d headings of the first level", name, page.H1)
	}
	if page.Scroll > page.Width {
		b.t.Errorf("%s scrolls sideways: it is %d wide", name, page.Scroll)
	}
	if !strings.HasPrefix(strings.ToLower(page.Font), "arial,") || !strings.Contains(page.Font, "Liberation Sans") {
		b.t.Errorf("%s is set in %s", name, page.Font)
	}
	if unlike := eval[string](b, unlikeProblems); unlike != "" {
		b.t.Errorf("%s has problems above that are not said at their field: %s", name, unlike)
	}
	violations, undecided := b.axe(rules)
	for _, v := range violations {
		b.t.Errorf("%s breaks %s (%s):\n%s", name, v.ID, v.Impact, strings.Join(v.Nodes, "\n"))
	}
	for _, v := range undecided {
		b.t.Logf("look at %s: %s, %s", name, v.ID, strings.Join(v.Nodes, "\n"))
	}
}

// shoot keeps a picture of the whole page, painted, where MASTERCLASS_SHOTS names a folder for them.
func (b *browser) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("MASTERCLASS_SHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	width, height := eval[int64](b, `innerWidth`), eval[int64](b, `innerHeight`)
	b.resize(width, eval[int64](b, `Math.max(innerHeight, document.documentElement.scrollHeight)`)) // what is out of sight may not be painted yet
	eval[bool](b, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	b.run(chromedp.CaptureScreenshot(&picture))
	b.resize(width, height)
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
