package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	gomessage "github.com/emersion/go-message"
	"golang.org/x/net/html"
)

// letter is a mail as the golden files of its package keep it.
type letter struct{ name, text, html string }

// letters are every mail of the program.
func letters(t *testing.T) (list []letter) {
	t.Helper()
	for _, folder := range []string{"organisers", "registrations", "news/learning"} {
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "testdata", "*.eml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no mails (%v)", folder, err)
		}
		for _, file := range files {
			list = append(list, readLetter(t, file))
		}
	}
	return list
}

func readLetter(t *testing.T, file string) letter {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := gomessage.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	l := letter{name: strings.TrimSuffix(filepath.Base(file), ".eml")}
	err = m.Walk(func(_ []int, part *gomessage.Entity, err error) error {
		kind, _, parseErr := part.Header.ContentType()
		if err = errors.Join(err, parseErr); err != nil || !strings.HasPrefix(kind, "text/") {
			return err
		}
		text, err := io.ReadAll(part.Body)
		switch kind {
		case "text/plain":
			l.text = strings.ReplaceAll(string(text), "\r\n", "\n")
		case "text/html":
			l.html = string(text)
		}
		return err
	})
	if err != nil || l.text == "" || l.html == "" {
		t.Fatalf("%s has %d bytes of text and %d of HTML (%v)", file, len(l.text), len(l.html), err)
	}
	return l
}

// Whoever reads the plain text misses nothing: each link and each fact of the HTML is in it.
func TestTheTextOfAMailSaysAllThatItsHTMLDoes(t *testing.T) {
	t.Parallel()
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, l := range letters(t) {
		doc, err := html.Parse(strings.NewReader(l.html))
		if err != nil {
			t.Fatal(err)
		}
		text := words(l.text)
		for n := range doc.Descendants() {
			value := "no class"
			for _, a := range n.Attr {
				if a.Key == "href" && !strings.Contains(l.text, strings.TrimPrefix(a.Val, "mailto:")) {
					t.Errorf("%s: the text lacks the link %s", l.name, a.Val)
				}
				if a.Key == "class" {
					value = a.Val
				}
			}
			if n.Data == "td" && strings.HasPrefix(value, "value") && !strings.Contains(text, words(inner(n))) {
				t.Errorf("%s: the text lacks %q:\n%s", l.name, words(inner(n)), l.text)
			}
		}
	}
}

// inner is the text of an element.
func inner(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// show puts a mail's HTML into the tab, without its pictures, as mail programs do that ask before they show them.
func (b *browser) show(l letter) {
	b.t.Helper()
	text := strings.ReplaceAll(l.html, `src="cid:ticket"`, `src="data:,"`)
	b.run(chromedp.Navigate("about:blank"), chromedp.ActionFunc(func(ctx context.Context) error {
		tree, err := page.GetFrameTree().Do(ctx)
		if err != nil {
			return err
		}
		return page.SetDocumentContent(tree.Frame.ID, text).Do(ctx)
	}))
}

func TestBrowserEveryMailCanBeReadByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	for _, l := range letters(t) {
		b.show(l)
		for _, scheme := range []string{"light", "dark"} {
			b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
			violations, _ := b.axe(contrastRule)
			for _, v := range violations {
				t.Errorf("%s, %s, breaks %s:\n%s", l.name, scheme, v.ID, strings.Join(v.Nodes, "\n"))
			}
			for _, width := range []int64{600, 320} {
				b.resize(width, 640)
				if is := eval[int64](b, `document.documentElement.scrollWidth`); is > width {
					t.Errorf("%s at %d scrolls sideways: it is %d wide", l.name, width, is)
				}
				b.shoot(l.name + "-" + scheme + "-" + itoa(int(width)))
			}
		}
		// What stands for a picture is on the picture's own white, in the dark too.
		bare := eval[[]string](b, `[...document.images].filter(i => !i.alt.trim() || i.getBoundingClientRect().height < 16
			|| getComputedStyle(i).color !== 'rgb(33, 43, 50)' || getComputedStyle(i).backgroundColor !== 'rgb(255, 255, 255)').map(i => i.outerHTML)`)
		if len(bare) > 0 {
			t.Errorf("%s: without pictures these cannot be read: %q", l.name, bare)
		}
		b.checkProblems(l.name)
	}
}
