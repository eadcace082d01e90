package markdown_test

import (
	"strings"
	"testing"

	"masterclass/internal/markdown"
)

func TestTricksAreInert(t *testing.T) {
	for _, source := range []string{
		"<script>alert(1)</script>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "![x](data:image/svg+xml;base64,AAAA)",
		"<img src=x onerror=alert(1)>", "<a href=\"x\" onclick=\"y()\">z</a>", "[x](data:text/html,<script>1</script>)",
		"<iframe src=//evil.example></iframe>", "<style>body{display:none}</style>", "[x](vbscript:x)", "![x](https://evil.example/pixel.gif)",
		"<p style=\"position:fixed\">x</p>", "[x](\x01javascript:alert(1))",
	} {
		got, err := markdown.HTML(source)
		if err != nil {
			t.Fatal(err)
		}
		low := strings.ToLower(string(got))
		for _, bad := range []string{"<script", "javascript:", "data:", "onerror=", "onclick=", "<iframe", "<style", "style=", "vbscript:", "<img"} {
			if strings.Contains(low, bad) && !strings.Contains(low, "&lt;") {
				t.Errorf("%q gives %q", source, got)
			}
		}
	}
}

func TestOrdinaryTextIsFormatted(t *testing.T) {
	got, err := markdown.HTML("# Title\n\nSome *words* and [a link](/events).\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h2>Title</h2>", "<em>words</em>", `href="/events"`, "<li>one</li>", "<td>1</td>"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
}

func TestATableCanBeScrolledByKeyboard(t *testing.T) {
	got, err := markdown.HTML("| a |\n|---|\n| `<table>` &lt;table&gt; [x](/<table>) <table> |\n")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(got), `<table tabindex="0">`) != 1 || strings.Count(string(got), "tabindex") != 1 {
		t.Errorf("not one table that takes the focus: %s", got)
	}
}
