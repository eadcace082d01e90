package registrations

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"masterclass/internal/fault"
)

func TestThePageOfAnImportNamesEveryLineThatWasLeftOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		fails func(line int) reasons
		most  int // characters
	}{
		"none":              {func(int) reasons { return 0 }, 0},
		"one":               {func(l int) reasons { return reason("email") * b2r(l == 1500) }, 20},
		"all":               {func(int) reasons { return reason("email") | reason("employer") }, 40},
		"every other":       {func(l int) reasons { return reason("full") * b2r(l%2 == 0) }, 40},
		"half, by chance":   {func(l int) reasons { return reason("email") * b2r(r.IntN(2) == 0) }, 800},
		"all, for anything": {func(int) reasons { return 1 << r.IntN(len(leftOut)) }, maxFailedCode},
	} {
		var failed []FailedLine
		for l := 2; l < maxImport+2; l++ {
			if why := c.fails(l); why != 0 {
				failed = append(failed, FailedLine{l, why})
			}
		}
		code, left, err := failedCode(failed)
		must(t, err)
		got, err := failedLines(code)
		if err != nil || left != 0 || len(code) > c.most || !reflect.DeepEqual(got, failed) {
			t.Errorf("%s: %d lines are read back as %d from %d characters, %d left (%v)", name, len(failed), len(got), len(code), left, err)
		}
	}
}

func b2r(b bool) reasons {
	if b {
		return 1
	}
	return 0
}

func TestALineIsNamedWithEachOfItsReasons(t *testing.T) {
	failed := []FailedLine{{2, reason("email")}, {4, reason("email")}, {5, reason("email") | reason("first_name")}, {6, reason("email")}, {9, reason("full")}, {11, reason("no such thing")}}
	want := []LeftOut{{"The first name needs mending", "line 5"}, {"The email address needs mending", "lines 2, 4 to 6"}, {"There was no place any more", "line 9"},
		{"Something stood in the way just then", "line 11"}}
	if got := leftOutFor(failed); !reflect.DeepEqual(got, want) {
		t.Errorf("the page says %v", got)
	}
}

// A file made for it can leave out lines that no address has room for: the page says how many there are.
func TestWhatHasNoRoomIsCounted(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var failed []FailedLine
	for l := 1; len(failed) < maxImport; l += 1 + r.IntN(10_000) {
		failed = append(failed, FailedLine{l, reasons(1 + r.IntN(1<<len(leftOut)-1))})
	}
	code, left, err := failedCode(failed)
	must(t, err)
	got, err := failedLines(code)
	must(t, err)
	if len(code) > maxFailedCode || len(got) == 0 || len(got)+left != maxImport || !reflect.DeepEqual(got, failed[:len(got)]) {
		t.Errorf("%d lines in %d characters, %d left", len(got), len(code), left)
	}
}

func TestAnAddressThatIsNotWholeIsRefused(t *testing.T) {
	code, _, err := failedCode([]FailedLine{{4, reason("email")}, {9, reason("full")}})
	must(t, err)
	bomb, err := packed(make([]FailedLine, 100_000))
	must(t, err)
	for _, bad := range []string{"4,9", code[:len(code)-2], code[1:], strings.Repeat("A", 5000), bomb, "AAAA"} {
		if lines, err := failedLines(bad); !fault.Is(err, fault.NotFound) {
			t.Errorf("%.20s is read as %v (%v)", bad, lines, err)
		}
	}
}
