package door

import (
	"math"
	"strings"
	"unicode"
)

// sizes are those that a badge on a page can be set in, in points: the classes app-badge--0 and on of the style sheet. What somebody is and
// where they come from gets smaller before their name does, and further.
var sizes = []struct{ name, rest float64 }{{13.5, 9.5}, {13.5, 7.5}, {11, 7.5}, {11, 6}, {8.5, 5}, {6, 4}, {4.5, 3}}

// Line heights of the style sheet, and the room between the event's title and the rest.
const (
	nameLine, restLine = 1.15, 1.2
	titleGap           = 2.0
)

// sizeOf is the largest size in which the whole text of a badge fits, and the smallest where none does.
func sizeOf(b Badge) int {
	for n, s := range sizes {
		rest := s.rest * pointHeight
		high := titleGap + restLine*rest*lines(b.Event, rest, badgeWidth-2*padding) + nameLine*s.name*pointHeight*lines(b.Name, s.name*pointHeight, textWidth) +
			restLine*rest*(lines(b.From, rest, textWidth)+lines(b.Place, rest, textWidth))
		if high <= badgeHeight-2*padding {
			return n
		}
	}
	return len(sizes) - 1
}

// lines is how many a text takes at most in a column, both in millimetres, whatever typeface the browser has: between words or, where a
// word is longer than the column, within it.
func lines(text string, size, width float64) float64 {
	n, used := 0.0, width
	for _, word := range strings.Fields(text) {
		w := wide(word) * size
		switch {
		case used+0.3*size+w <= width:
			used += 0.3*size + w
		case w <= width:
			n, used = n+1, w
		default:
			perLine := max(size, math.Floor(width/size)*size) // even of the widest letters
			n, used = n+math.Ceil(w/perLine), width
		}
	}
	return n
}

// wide is a word's width in ems, rather too much than too little.
func wide(word string) (ems float64) {
	for _, r := range word {
		switch {
		case r > 0x2e80 || strings.ContainsRune("mwMW@%", r): // from there on are the scripts of East Asia
			ems++
		case unicode.IsUpper(r) || r > unicode.MaxLatin1:
			ems += 0.8
		default:
			ems += 0.62
		}
	}
	return ems
}
