package calendar

import (
	"net/url"
	"strings"
	"unicode"
)

// text makes s fit for a TEXT value (RFC 5545 3.3.11): valid UTF-8, each line
// break a single LF, no other control character, and no bidirectional
// override or isolate, which could show words in an order they do not have.
func text(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Trim(strings.Map(cleanRune, s), " \n")
}

// cleanRune is r, what stands for it, or -1 for nothing.
func cleanRune(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case breaksLine(r):
		return '\n'
	case unicode.IsControl(r), turnsText(r):
		return -1
	}
	return r
}

// breaksLine counts what Unicode and some readers take for the end of a line:
// LF, VT, FF, CR, NEL, and the line and paragraph separators.
func breaksLine(r rune) bool {
	return '\n' <= r && r <= '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// turnsText counts the bidirectional embeddings, overrides and isolates. The
// plain marks U+200E and U+200F stay: right-to-left names need them.
func turnsText(r rune) bool {
	return '\u202A' <= r && r <= '\u202E' || '\u2066' <= r && r <= '\u2069'
}

// line is text on one line, runs of spaces and breaks made one space.
func line(s string) string {
	words := strings.FieldsFunc(text(s), func(r rune) bool { return r == ' ' || r == '\n' })
	return strings.Join(words, " ")
}

// quoted is a parameter value between double quotes, inside which only a
// control character and a double quote are not allowed (RFC 5545 3.1). The
// library's backslashes are read literally by clients.
func quoted(s string) string {
	return `"` + strings.ReplaceAll(line(s), `"`, "\u201D") + `"`
}

// uid keeps the characters every client carries unchanged.
func uid(s string) string {
	return strings.Map(func(r rune) rune {
		if isWord(r) || strings.ContainsRune("-_.@+", r) {
			return r
		}
		return '-'
	}, s)
}

func isWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// link is s as a clean absolute http or https address, or empty. It is
// written as it is (RFC 5545 3.3.13), so only the characters of RFC 3986 2
// pass, and no user name, which could pose as the host. Other letters are
// percent-encoded in a path, and refused in a host, which they could disguise.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.User != nil || !isURI(u.Host) {
		return ""
	}
	if u.Scheme != "http" && u.Scheme != "https" || !isURI(u.String()) {
		return ""
	}
	return u.String()
}

func isURI(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !isWord(r) && !strings.ContainsRune("-._~:/?#[]@!$&'()*+,;=%", r)
	})
}
