package templates

import (
	"bytes"
	"html/template"
	"io/fs"
	"maps"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/gofiber/fiber/v2"
)

var _ fiber.Views = (*Pages)(nil)

// view is what the web package gives to every page.
type view struct {
	Site struct {
		Name, Strapline, ContactEmail, BaseURL string
	}
	Title, Section, Path, Description, Organiser string
	Canonical, Picture, PictureText              string
	Error, NoIndex                               bool
	Back                                         *Link
	Page                                         any
	Menu                                         []struct {
		Href, Text string
		Current    bool
	}
}

func sampleView() view {
	v := view{Title: "Events", Section: "events", Path: "/events", Description: "All events"}
	v.Site.Name = "UK Chemotherapy Partnership"
	v.Site.Strapline = "Learning about chemotherapy"
	v.Site.BaseURL = "https://example.org"
	return v
}

var frame = regexp.MustCompile(`^(layout|static|emails/layout)`)

// with returns the frame of the embedded files (layouts, static files) and the given ones.
func with(t *testing.T, extra map[string]string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	err := fs.WalkDir(Embedded(), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !frame.MatchString(file) {
			return err
		}
		body, err := fs.ReadFile(Embedded(), file)
		all[file] = &fstest.MapFile{Data: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all["static/app.css"] = &fstest.MapFile{Data: []byte("a{}")} // compressing the real one is slow under -race
	for file, body := range extra {
		all[file] = &fstest.MapFile{Data: []byte(body)}
	}
	return all
}

var undefined = regexp.MustCompile(`function "(\w+)" not defined`)

// parseAll parses with a stub for each function that the web package will give.
func parseAll(t *testing.T, fsys fs.FS) (*Pages, error) {
	t.Helper()
	funcs := template.FuncMap{}
	for {
		pages, err := Parse(fsys, maps.Clone(funcs))
		if err == nil {
			err = pages.Check()
		}
		if err == nil {
			return pages, nil
		}
		missing := undefined.FindStringSubmatch(err.Error())
		if missing == nil || funcs[missing[1]] != nil {
			return nil, err
		}
		funcs[missing[1]] = func(...any) string { return "" }
	}
}

func render(t *testing.T, page string, v view) string {
	t.Helper()
	pages, err := parseAll(t, with(t, map[string]string{"sample/page.html": page}))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := pages.Render(&b, "sample/page", v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const plainPage = `{{define "main"}}<h1>{{.}}</h1>{{end}}`

func TestEveryPageOfTheProgramParses(t *testing.T) {
	pages, err := parseAll(t, Embedded())
	if err != nil {
		t.Fatal(err)
	}
	if len(pages.Names()) == 0 {
		t.Error("there are no pages")
	}
}

func TestABrokenPageIsAnErrorThatNamesIt(t *testing.T) {
	for name, page := range map[string]string{
		"no main":                    `<h1>Hello</h1>`,
		"a syntax error":             `{{define "main"}}{{if}}{{end}}`,
		"a partial that is missing":  `{{define "main"}}{{template "no-such-partial" .}}{{end}}`,
		"a value in an unsafe place": `{{define "main"}}<a href={{if .}}"x{{end}}>{{end}}`,
		"an unknown static file, in a branch seldom taken": `{{define "main"}}{{if .Rare}}{{range .Of}}{{else}}` +
			`<img src="{{with .X}}{{asset "no-such.png"}}{{end}}" alt="">{{end}}{{end}}{{end}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseAll(t, with(t, map[string]string{"sample/page.html": page}))
			if err == nil || !strings.Contains(err.Error(), "sample/page") {
				t.Errorf("got %v, want an error that names sample/page", err)
			}
		})
	}
}

func TestNothingIsWrittenWhenRenderingFails(t *testing.T) {
	pages, err := parseAll(t, with(t, map[string]string{"sample/page.html": `{{define "main"}}{{.NoSuchField}}{{end}}`}))
	if err != nil {
		t.Fatal(err)
	}
	v := sampleView()
	v.Page = Link{}
	var b bytes.Buffer
	for _, name := range []string{"sample/page", "sample/missing"} {
		if err := pages.Render(&b, name, v); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names the page", name, err)
		}
	}
	if b.Len() > 0 {
		t.Errorf("%d bytes were written", b.Len())
	}
}

func TestPagesWithTheSameBlocksAreRenderedAtTheSameTime(t *testing.T) {
	pages, err := parseAll(t, with(t, map[string]string{
		"sample/one.html": `{{define "main"}}{{template "part"}}{{end}}{{define "part"}}<p>one</p>{{end}}`,
		"sample/two.html": `{{define "main"}}{{template "part"}}{{end}}{{define "part"}}<p>two</p>{{end}}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 40 {
		name := []string{"one", "two"}[i%2]
		wg.Go(func() {
			var b bytes.Buffer
			if err := pages.Render(&b, "sample/"+name, sampleView()); err != nil {
				t.Error(err)
			}
			if !strings.Contains(b.String(), "<p>"+name+"</p>") {
				t.Errorf("the page %s shows another's block", name)
			}
		})
	}
	wg.Wait()
}

func TestTheFrameOfAPage(t *testing.T) {
	v := sampleView()
	v.Page = "Events <now>"
	v.Back = &Link{Href: "/"}
	page := render(t, plainPage, v)
	for _, want := range []string{
		`<html lang="en-GB">`,
		`<title>Events – UK Chemotherapy Partnership</title>`,
		`<link rel="canonical" href="https://example.org/events">`,
		`<meta name="description" content="All events">`,
		`href="/events" aria-current="true"`,
		`<a class="nhsuk-back-link" href="/">Back</a>`,
		`<h1>Events &lt;now&gt;</h1>`,
		`href="/organise/sign-in"`, `href="/accessibility"`, `href="/privacy"`, `href="/cookies"`, `href="/contact"`,
		`This is not an NHS website.`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(page, "aria-current"); n != 1 {
		t.Errorf("%d items are marked as current, want 1", n)
	}
	if skip, header := strings.Index(page, "nhsuk-skip-link"), strings.Index(page, "<header"); skip < 0 || skip > header {
		t.Error("the skip link does not come first")
	}
}

func TestTheFrameOfAFormWithErrors(t *testing.T) {
	v := sampleView()
	v.Error, v.NoIndex, v.Organiser = true, true, "Sam <b>"
	page := render(t, plainPage, v)
	for _, want := range []string{`<title>Error: Events –`, `content="noindex"`, `Sam &lt;b&gt;`, `action="/organise/sign-out"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, unwanted := range []string{`rel="canonical"`, `/organise/sign-in`} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page has %s", unwanted)
		}
	}
}

func TestAPageMayFillTheOtherBlocks(t *testing.T) {
	v := sampleView()
	v.Page = "x1"
	page := render(t, plainPage+`{{define "before-main"}}<div>hero {{.}}</div>{{end}}`+
		`{{define "head"}}<link rel="alternate" title="{{.}}" href="/feed">{{end}}`+
		`{{define "scripts"}}<script src="{{asset "site.js"}}" defer></script>{{end}}`, v)
	for _, want := range []string{`<div>hero x1</div>`, `title="x1" href="/feed"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Count(page, "/assets/site.") != 2 {
		t.Error("the page's own script is missing")
	}
}

func TestTheProblemPageGivesAWayOn(t *testing.T) {
	pages, err := parseAll(t, Embedded())
	if err != nil {
		t.Fatal(err)
	}
	v := sampleView()
	v.Page = struct {
		Heading, Message, RequestID, Again, Email, Back string
		Desk                                            bool
	}{Heading: "We could not find that page", Message: "It may have <moved>.", RequestID: "r-1", Again: "/events/x", Email: "us@example.org"}
	var b bytes.Buffer
	if err := pages.Render(&b, "errors/problem", v); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`>We could not find that page</h1>`, `&lt;moved&gt;`, `r-1`, `href="/events/x"`, `href="/events"`, `href="/"`, `href="/search"`, `href="/contact"`, `href="mailto:us@example.org"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
