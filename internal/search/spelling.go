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
type vocabulary struct {
	entries []entry // in the order of their texts
	shapes  []shape // of the same: most words are told from another by these alone, which lie close together
}

type entry struct {
	text  string
	count uint32 // of documents, more or less
}

type shape struct {
	letters uint32 // which letters a word has
	length  int32  // in letters
}

func shapeOf(text string) shape {
	s := shape{length: int32(utf8.RuneCountInString(text))}
	for _, r := range text {
		s.letters |= 1 << (uint32(r) % 32) // others than a to z share them
	}
	return s
}

// vocabularyOf reads all words of a field. One of a document that has been replaced may still be there.
func vocabularyOf(reader index.IndexReader, field string) (v vocabulary, err error) {
	dict, err := reader.FieldDict(field)
	if err != nil {
		return vocabulary{}, err
	}
	for {
		e, err := dict.Next()
		if err != nil || e == nil {
			return vocabulary{slices.Clip(v.entries), slices.Clip(v.shapes)}, errors.Join(err, dict.Close())
		}
		v.entries = append(v.entries, entry{text: strings.Clone(e.Term), count: uint32(min(e.Count, 1<<31))})
		v.shapes = append(v.shapes, shapeOf(e.Term))
	}
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
	like := shapeOf(text)
	for i, s := range v.shapes {
		// Each change of a letter takes one from the letters and adds one at most.
		if s.length-like.length > int32(n) || like.length-s.length > int32(n) || bits.OnesCount32(s.letters^like.letters) > 2*n {
			continue
		}
		if d := distance(v.entries[i].text, text, n); d > 0 && d <= n {
			list = append(list, candidate{v.entries[i], d})
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

// nearest is the first of near, or "". It is quick where a letter or two are wrong, as mostly.
func (v vocabulary) nearest(text string, n int) string {
	for most := 1; most <= n; most++ {
		if list := v.near(text, most); len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// at is where a word stands, or would: the words are in their order.
func (v vocabulary) at(text string) int {
	at, _ := slices.BinarySearchFunc(v.entries, text, func(e entry, text string) int { return strings.Compare(e.text, text) })
	return at
}

// has says whether a word is there.
func (v vocabulary) has(text string) bool {
	at := v.at(text)
	return at < len(v.entries) && v.entries[at].text == text
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
		near := s.words.nearest(w.text, min(3, utf8.RuneCountInString(w.text)/3))
		if near == "" {
			return ""
		}
		texts, changed = append(texts, near), true
	}
	if !changed {
		return ""
	}
	return strings.Join(texts, " ")
}
