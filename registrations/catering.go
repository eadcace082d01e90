package registrations

import (
	"slices"
	"sort"
	"strings"
	"unicode"
)

// Need is what several people have said in the same words, and how many they are.
type Need struct {
	Text  string
	Count int
}

// tally counts needs by their words, whatever the letters' size, spaces and full stops: the most frequent first.
type tally struct {
	counts map[string]int
	shown  map[string]string // as the first one typed it
}

func newTally() *tally { return &tally{counts: map[string]int{}, shown: map[string]string{}} }

func (t *tally) add(text string) {
	key := sameWords(text)
	if key == "" {
		return
	}
	if t.counts[key]++; t.counts[key] == 1 {
		t.shown[key] = strings.TrimRight(strings.Join(strings.Fields(text), " "), " .,;!")
	}
}

// sameWords is what two answers that mean the same mostly share: small letters, and nothing but letters and figures between single spaces.
func sameWords(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	key := strings.Join(words, " ")
	if slices.Contains(nothing, key) {
		return ""
	}
	return key
}

// nothing are the ways to say that there is no need.
var nothing = []string{"none", "no", "n a", "na", "nil", "nothing", "no requirements", "none required", "not applicable", "no dietary requirements"}

func (t *tally) list() []Need {
	list := make([]Need, 0, len(t.counts))
	for key, n := range t.counts {
		list = append(list, Need{Text: t.shown[key], Count: n})
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Count != list[j].Count {
			return list[i].Count > list[j].Count
		}
		return strings.ToLower(list[i].Text) < strings.ToLower(list[j].Text)
	})
	return list
}
