package typed

import "testing"

func TestFoldedNamesAreFoundByTheirLettersAlone(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"Müller": "muller", "O’BRIEN": "o'brien", "O'Brien": "o'brien", "Ægir Þór Sørensen-Groß": "aegir thor sorensen-gross", "Zoe\u0308": "zoe", "ADA": "ada", "Łódź": "lodz", "": ""} {
		if got := Folded(typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}
