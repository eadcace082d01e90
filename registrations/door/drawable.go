package door

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// typeface is what is printed with. Its letters are those of its bold sister.
var typeface = sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(goregular.TTF) })

// drawable is the text in letters that the typeface has: a letter with a mark that it lacks becomes the letter without, another script's a
// question mark, and pictures and what is not seen go. Anything can stand in a name, and the PDF library breaks at a letter past U+FFFF.
func drawable(text string) string {
	font, err := typeface()
	if err != nil {
		return text // the program's own font does not break
	}
	var buf sfnt.Buffer
	has := func(r rune) bool {
		n, err := font.GlyphIndex(&buf, r)
		return r <= 0xffff && err == nil && n != 0
	}
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		switch base := []rune(norm.NFD.String(string(r)))[0]; {
		case has(r):
			b.WriteRune(r)
		case r != base && has(base):
			b.WriteRune(base)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r == '\u02bb' || r == '\u02bc': // the okina, and the apostrophe that is a letter
			b.WriteRune('\u2019')
		case unicode.In(r, unicode.Mark, unicode.S, unicode.C, unicode.Lm):
		default:
			b.WriteByte('?')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
