package registrations

import (
	"slices"
	"sort"
	"strings"
)

// passage is the searched text of many attendees in one piece, a line feed after each: to look through it takes a tenth of the time that it takes to
// look through each text by itself. What is not in it any more stays until the passages are joined.
type passage struct {
	text   string
	rows   []*attendee
	starts []int // of the rows in the text
}

// maxPassages is how many there are before they are joined: each change that is read makes one.
const maxPassages = 64

// newPassage joins the attendees' texts, and lets these share its memory.
func newPassage(rows []*attendee) passage {
	p := passage{rows: append([]*attendee(nil), rows...), starts: make([]int, len(rows))}
	size := 0
	for _, a := range rows {
		size += len(a.text) + 1
	}
	var b strings.Builder
	b.Grow(size)
	for i, a := range rows {
		p.starts[i] = b.Len()
		b.WriteString(a.text)
		b.WriteByte('\n')
	}
	p.text = b.String()
	for i, a := range rows {
		text := p.text[p.starts[i] : p.starts[i]+len(a.text)]
		a.text, a.name, a.employer = text, text[:len(a.name)], text[len(a.name)+1:len(a.name)+1+len(a.employer)]
	}
	return p
}

// search tells of each attendee whose text holds the word, once; a word has no spaces, so it never reaches into the next text.
func (p passage) search(word string, take func(*attendee)) {
	row := 0 // that the search has come to
	for at := 0; at < len(p.text); {
		i := strings.Index(p.text[at:], word)
		if i < 0 {
			return
		}
		row = p.rowOf(at+i, row)
		if a := p.rows[row]; !a.gone {
			take(a)
		}
		if row++; row == len(p.starts) {
			return
		}
		at = p.starts[row]
	}
}

// rowOf is the row with a place in the text, at or after a row: looked for in steps that double, since it is close where many are found.
func (p passage) rowOf(at, from int) int {
	step := 1
	for from+step < len(p.starts) && p.starts[from+step] <= at {
		step *= 2
	}
	low, high := from+step/2, min(from+step, len(p.starts))
	return low + sort.SearchInts(p.starts[low:high], at+1) - 1
}

// rarest is the word that is likely to be found least often: the longest; "" of none.
func rarest(words []string) (rare string, others []string) {
	at := -1
	for i, w := range words {
		if len(w) > len(rare) {
			rare, at = w, i
		}
	}
	if at < 0 {
		return "", nil
	}
	return rare, slices.Delete(words, at, at+1)
}
