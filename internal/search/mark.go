package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Piece is a part of a text; Mark says that it is a word that was looked for. The pieces of a text are the whole of it, as it is: whoever
// shows them escapes each.
type Piece struct {
	Text string
	Mark bool
}

// marker finds in texts the words that were looked for. It remembers what it has made of each word: most come again and again.
type marker struct {
	words  []word
	known  map[string]bool
	starts *[1 << 10]bool // how all that is wanted starts, by startOf; nil if some of it is too short
}

func newMarker(words []word) marker {
	m := marker{words: words, known: map[string]bool{}, starts: new([1 << 10]bool)}
	for _, w := range words {
		for _, text := range append([]string{w.text, w.stem}, w.near...) {
			if len(text) < 2 {
				m.starts = nil
				return m
			}
			m.starts[startOf(text)] = true
		}
	}
	return m
}

func (m marker) hit(d *Document) Hit {
	h := Hit{Path: d.Path, Note: d.Note, Title: m.pieces(d.Title)}
	if at := m.first(d.Summary); at >= 0 || d.Body == "" {
		h.Excerpt = m.pieces(around(d.Summary, at))
		return h
	}
	if at := m.first(d.Body); at >= 0 {
		h.Excerpt = m.pieces(around(d.Body, at))
		return h
	}
	h.Excerpt = m.pieces(around(d.Summary, -1))
	if d.Summary == "" {
		h.Excerpt = m.pieces(around(d.Body, -1))
	}
	return h
}

// pieces marks every word that was looked for.
func (m marker) pieces(text string) []Piece {
	var list []Piece
	done := 0
	for at := range spans(text) {
		if !m.wants(text[at.from:at.to]) {
			continue
		}
		if at.from > done {
			list = append(list, Piece{Text: text[done:at.from]})
		}
		list, done = append(list, Piece{Text: text[at.from:at.to], Mark: true}), at.to
	}
	if done < len(text) {
		list = append(list, Piece{Text: text[done:]})
	}
	return list
}

// first is where the first word stands that was looked for, or -1.
func (m marker) first(text string) int {
	for at := range spans(text) {
		if m.wants(text[at.from:at.to]) {
			return at.from
		}
	}
	return -1
}

func (m marker) wants(text string) bool {
	if m.starts != nil && len(text) > 1 && text[0] < utf8.RuneSelf && text[1] < utf8.RuneSelf && !m.starts[startOf(text)] {
		return false // a stemmer changes ends; this spares most words the rest
	}
	wanted, known := m.known[text]
	if !known {
		lower := strings.ToLower(text)
		wanted = slices.ContainsFunc(m.words, func(w word) bool { return w.matches(lower) })
		m.known[text] = wanted
	}
	return wanted
}

// startOf is the first two letters, capitals and small ones alike; some other bytes share their numbers.
func startOf(text string) int { return int(text[0]&31)<<5 | int(text[1]&31) }

// span is a word of a text, from one byte up to another.
type span struct{ from, to int }

// spans gives the words of a text: letters, marks and digits that follow one another, with apostrophes between them.
func spans(text string) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		from := -1
		for i, r := range text {
			switch inside := inWord(r); {
			case inside && from < 0:
				from = i
			case !inside && from >= 0:
				if !yield(span{from, i}) {
					return
				}
				from = -1
			}
		}
		if from >= 0 {
			yield(span{from, len(text)})
		}
	}
}

func inWord(r rune) bool {
	if r < utf8.RuneSelf {
		return ('a' <= r|0x20 && r|0x20 <= 'z') || ('0' <= r && r <= '9')
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// excerptLength is how long an excerpt is, about, in bytes.
const excerptLength = 240

// around is the part of a text about a byte of it, or its beginning for -1: whole words, on one line, with dots where something is left out.
func around(text string, at int) string {
	if len(text) <= excerptLength {
		return strings.Join(strings.Fields(text), " ")
	}
	from := 0
	if at > excerptLength/2 {
		from = boundary(text, at-excerptLength/3)
	}
	to := boundary(text, min(len(text), from+excerptLength))
	part := strings.Join(strings.Fields(text[from:to]), " ")
	if from > 0 {
		part = "… " + part
	}
	if to < len(text) {
		part += " …"
	}
	return part
}

// boundary is the next place at or after a byte where a space ends a word, or the text's end.
func boundary(text string, at int) int {
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	if i := strings.IndexFunc(text[at:], unicode.IsSpace); i >= 0 {
		return at + i
	}
	return len(text)
}
