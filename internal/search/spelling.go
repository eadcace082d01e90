package search

import (
	"cmp"
	"errors"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	index "github.com/blevesearch/bleve_index_api"
)

// vocabulary are the words of a field, to find those that are spelled nearly alike. bleve's own way, an automaton for each word and
// segment, takes a hundred times as long.
type vocabulary []entry

type entry struct {
	text    string
	letters uint32 // which letters it has
	count   uint32 // of documents, more or less
	length  int32  // in letters
}

// vocabularyOf reads all words of a field. One of a document that has been replaced may still be there.
func vocabularyOf(reader index.IndexReader, field string) (v vocabulary, err error) {
	dict, err := reader.FieldDict(field)
	if err != nil {
		return nil, err
	}
	for {
		e, err := dict.Next()
		if err != nil || e == nil {
			return slices.Clip(v), errors.Join(err, dict.Close())
		}
		v = append(v, entry{text: strings.Clone(e.Term), letters: lettersOf(e.Term), count: uint32(min(e.Count, 1<<31)), length: int32(utf8.RuneCountInString(e.Term))})
	}
}

// lettersOf has a bit for each letter of a word; others share them.
func lettersOf(text string) (set uint32) {
	for _, r := range text {
		set |= 1 << (uint32(r) % 32)
	}
	return set
}

// maxNear is how many words that are spelled nearly alike are looked for.
const maxNear = 8

// near are the words that are at most n letters from a word, the nearest first; the word itself is not among them.
func (v vocabulary) near(text string, n int) []string {
	if n == 0 {
		return nil
	}
	type candidate struct {
		entry
		distance int
	}
	var list []candidate
	set, length := lettersOf(text), int32(utf8.RuneCountInString(text))
	for _, e := range v {
		// Each change of a letter takes one from the set and adds one at most.
		if e.length-length > int32(n) || length-e.length > int32(n) || bits.OnesCount32(e.letters^set) > 2*n {
			continue
		}
		if d := distance(e.text, text, n); d > 0 && d <= n {
			list = append(list, candidate{e, d})
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(b.count, a.count), cmp.Compare(a.text, b.text))
	})
	var texts []string
	for _, c := range list[:min(maxNear, len(list))] {
		texts = append(texts, c.text)
	}
	return texts
}

// at is where a word stands, or would: the words are in their order.
func (v vocabulary) at(text string) int {
	at, _ := slices.BinarySearchFunc(v, text, func(e entry, text string) int { return strings.Compare(e.text, text) })
	return at
}

// has says whether a word is there.
func (v vocabulary) has(text string) bool {
	at := v.at(text)
	return at < len(v) && v[at].text == text
}

// suggest is the search with words that are in the texts in place of those that are not; "" if all are there, or one has no word near it.
func (s shelf) suggest(words []word) string {
	var texts []string
	changed := false
	for _, w := range words {
		if s.words.has(w.text) {
			texts = append(texts, w.text)
			continue
		}
		near := s.words.near(w.text, min(3, utf8.RuneCountInString(w.text)/3))
		if len(near) == 0 {
			return ""
		}
		texts, changed = append(texts, near[0]), true
	}
	if !changed {
		return ""
	}
	return strings.Join(texts, " ")
}
