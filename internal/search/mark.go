package search

import (
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

// marker finds in texts the words that were looked for.
type marker struct{ words []word }

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
	text = strings.ToLower(text)
	for _, w := range m.words {
		if w.matches(text) {
			return true
		}
	}
	return false
}

// span is a word of a text, from one byte up to another.
type span struct{ from, to int }

// spans gives the words of a text: letters, marks and digits that follow one another, with apostrophes between them.
func spans(text string) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		from := -1
		for i, r := range text {
			switch inside := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r); {
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
