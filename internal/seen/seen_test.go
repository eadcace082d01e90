package seen

import (
	"slices"
	"testing"
)

func TestAChangeThatTheFormHasNotSeenIsAClash(t *testing.T) {
	t.Parallel()
	was := []string{"1", "1", "1", "1", "1"}
	for name, c := range map[string]struct {
		marks     string
		mine, now []string
		want      []Clash
	}{
		"nobody changed anything":      {Mark(was), was, was, nil},
		"only this form does":          {Mark(was), []string{"2", "1", "1", "1", ""}, was, nil},
		"another changed what I left":  {Mark(was), []string{"2", "1", "1", "1", "1"}, []string{"1", "3", "1", "1", "1"}, []Clash{{1, true}}},
		"both changed the same":        {Mark(was), []string{"1", "1", "2", "1", "1"}, []string{"1", "1", "3", "1", "1"}, []Clash{{2, false}}},
		"both typed the same":          {Mark(was), []string{"1", "1", "1", "2", "1"}, []string{"1", "1", "1", "2", "1"}, []Clash{{3, true}}},
		"another emptied what I left":  {Mark(was), was, []string{"1", "1", "1", "1", ""}, []Clash{{4, true}}},
		"a mark of another form":       {"forged", []string{"1", "2", "1", "1", "1"}, was, []Clash{{1, false}}},
		"a mark of as many characters": {Mark([]string{"9", "9", "9", "9", "9"}), was, was, []Clash{{0, true}, {1, true}, {2, true}, {3, true}, {4, true}}},
	} {
		if got := Clashes(c.marks, c.mine, c.now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
