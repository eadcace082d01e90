package markdown

import "testing"

func TestTextGivesTheWordsAlone(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"":                                    "",
		"One **two** [three](https://x.test)": "One two three",
		"# Head\n\nA line\nthat goes on.\n\n- one\n- two": "Head\nA line that goes on.\none\ntwo",
		"<script>alert(1)</script>\n\nAfter <b>it</b>":    "After it",
		"    code\n":                      "code",
		"| a | b |\n|---|---|\n| 1 | 2 |": "a\nb\n1\n2",
		"Fish &amp; chips":                "Fish &amp; chips",
	} {
		if got := Text(source); got != want {
			t.Errorf("%q gives %q, want %q", source, got, want)
		}
	}
}
