package typed

import "testing"

func TestFoldedNamesAreFoundByTheirLettersAlone(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"Müller": "muller", "O’BRIEN": "o’brien", "Zoe\u0308": "zoe", "ADA": "ada", "Łódź": "łodz", "": ""} {
		if got := Folded(typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}
