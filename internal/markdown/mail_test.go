package markdown_test

import (
	"strings"
	"testing"

	"masterclass/internal/markdown"
)

func TestTheTextOfAMailReadsAsWellAsItsHTML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, text, html string }{
		"words":          {"Some *soft* and **loud** ~~old~~ words \\*not\\* &amp; more.", "Some soft and loud old words *not* & more.", "<strong>loud</strong>"},
		"lines":          {"One\ntwo  \nthree\n\nNext.", "One\ntwo\nthree\n\nNext.", "<br"},
		"a heading":      {"# Getting there\n\nBy train.", "Getting there\n-------------\n\nBy train.", "<h2>Getting there</h2>"},
		"points":         {"Bring:\n\n- a pen\n- a laptop\n  with its cable\n\nThen come.", "Bring:\n\n- a pen\n- a laptop\n  with its cable\n\nThen come.", "<li>a pen</li>"},
		"points below":   {"- one\n  - inside\n- two", "- one\n  - inside\n- two", "<ul style="},
		"numbers":        {"3. three\n4. four", "3. three\n4. four", `<ol start="3">`},
		"a quotation":    {"> Said\n>\n> twice", "> Said\n>\n> twice", "<blockquote style="},
		"code":           {"Type `a  *b*`:\n\n    x = 1\n", "Type a  *b*:\n\n    x = 1", "<code>a  *b*</code>"},
		"a rule":         {"a\n\n***\n\nb", "a\n\n" + strings.Repeat("-", 40) + "\n\nb", "<hr"},
		"a table":        {"| When | What |\n|---|---|\n| 9:30am | Coffee |", "When | What\n9:30am | Coffee", ">Coffee</td>"},
		"a link":         {"See [the map](https://example.org/map?a=1&b=2).", "See the map (https://example.org/map?a=1&b=2).", `href="https://example.org/map?a=1&amp;b=2"`},
		"a link of ours": {"See [the programme](/events/x#programme).", "See the programme (https://ukcp.example/events/x#programme).", `href="https://ukcp.example/events/x#programme"`},
		"an address":     {"https://example.org/map or <https://example.org/b> or help@example.org", "https://example.org/map or https://example.org/b or help@example.org", `<a href="https://example.org/map"`},
		"a mailbox":      {"[help@example.org](mailto:help@example.org), [us](mailto:help@example.org)", "help@example.org, us (help@example.org)", `href="mailto:help@example.org"`},
		"raw HTML":       {"Hello <b>there</b>\n\n<script>alert(1)</script>\n", "Hello there\n\n", "<p>Hello "},
		"a bad link":     {"[x](javascript:alert(1)) [y](data:text/html,z)", "x y", "<p>"},
		"nothing":        {"", "", ""},
	} {
		html, text, err := markdown.Mail(c.source, "https://ukcp.example")
		if err != nil {
			t.Fatal(err)
		}
		if text != strings.TrimRight(c.text, "\n") {
			t.Errorf("%s: the text is\n%q, want\n%q", name, text, c.text)
		}
		if !strings.Contains(string(html), c.html) {
			t.Errorf("%s: the HTML lacks %q: %s", name, c.html, html)
		}
		for _, bad := range []string{"<script", "javascript:", "data:", "<b>"} {
			if strings.Contains(string(html)+text, bad) {
				t.Errorf("%s: %q comes through: %s %s", name, bad, html, text)
			}
		}
	}
}

func TestAMailLoadsNoImage(t *testing.T) {
	const source = "Look: ![a pixel](https://evil.example/pixel.gif) and ![ours](/files/0/a.png)"
	html, plain, err := markdown.Mail(source, "https://ukcp.example")
	if err != nil {
		t.Fatal(err)
	}
	page, err := markdown.Letter(source, "https://ukcp.example")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"the mail": string(html), "its preview": string(page), "its text": plain} {
		if strings.Contains(text, "<img") || strings.Contains(text, "pixel.gif") || !strings.Contains(text, "a pixel") {
			t.Errorf("%s is %q", name, text)
		}
	}
}
