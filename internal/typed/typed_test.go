package typed

import (
	"strings"
	"testing"
)

func TestWhatNeedsNoCleaningIsFoundOut(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": true, "Ann": true, "St. Mary's; \"A\" = b": true, " Ann": false, "Ann ": false, "Ann  Bee": false, "Ann\tBee": false,
		"Ann\u00a0Bee": false, "Zoë": false, "Ann\x7f": false, " ": false,
	} {
		if got := tidy(s); got != want {
			t.Errorf("tidy(%q) is %v", s, got)
		}
		if want && Line(s) != strings.Join(strings.Fields(s), " ") {
			t.Errorf("Line(%q) is %q", s, Line(s))
		}
	}
}

func TestMarkupKeepsItsSpaces(t *testing.T) {
	t.Parallel()
	if got := Markup("- one\r\n  - two\x00\u202e\n\n"); got != "- one\n  - two" {
		t.Errorf("it becomes %q", got)
	}
}
