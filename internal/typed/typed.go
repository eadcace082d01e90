package typed

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line cleans a value of one line: valid UTF-8, no control characters, no marks that change the direction of what follows, single spaces.
func Line(s string) string {
	if tidy(s) {
		return s
	}
	return strings.Join(strings.Fields(strings.Map(plain, strings.ToValidUTF8(s, string(utf8.RuneError)))), " ")
}

// tidy says that a value needs no cleaning, as most do not: printable ASCII with single spaces inside.
func tidy(s string) bool {
	space := true // at the start
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || (c == ' ' && space) {
			return false
		}
		space = c == ' '
	}
	return s == "" || !space
}

// breaks makes one kind of line break of three.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Lines cleans a value of several lines and keeps its line breaks.
func Lines(s string) string {
	s = breaks.Replace(strings.ToValidUTF8(s, string(utf8.RuneError)))
	rows := strings.Split(s, "\n")
	for i, row := range rows {
		rows[i] = Line(row)
	}
	return strings.TrimSpace(strings.Join(rows, "\n"))
}

// Markup cleans text of several lines whose spaces mean something, such as Markdown.
func Markup(s string) string {
	s = breaks.Replace(strings.ToValidUTF8(s, string(utf8.RuneError)))
	return strings.TrimRight(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return plain(r)
	}, s), " \t\n")
}

// plain turns controls and line breaks into spaces and drops marks of direction: U+202A to U+202E and U+2066 to U+2069 can make text read
// as what it is not.
func plain(r rune) rune {
	switch {
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff':
		return -1
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return ' '
	}
	return r
}
