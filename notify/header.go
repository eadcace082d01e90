package notify

import (
	"errors"
	"mime"
	"net/mail"
	"strings"
	"unicode"
)

const (
	maxSubject = 78  // characters: what RFC 5322 2.1.1 asks of a line
	maxName    = 128 // characters of a person's name in an address
	maxAddress = 254 // octets (RFC 5321 4.5.3.1.3, less the angle brackets)
	foldAt     = 76  // octets of a header line
)

var errAddress = errors.New("the address cannot be written to")

// oneLine makes text safe for a header: valid UTF-8 without controls or line ends, spaces run together.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// shorten cuts text to so many characters, on a word where there is one, with an ellipsis in the place of the rest.
func shorten(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	cut := string(r[:limit-1])
	if i := strings.LastIndexByte(cut, ' '); r[limit-1] != ' ' && i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:–-") + "…"
}

// plain keeps what a person typed from being read as an encoded word (RFC 2047 2).
func plain(s string) string { return strings.ReplaceAll(s, "=?", "= ?") }

// subject is the Subject header's value: one line, 78 characters at most, encoded where it has to be.
func subject(s string) string {
	return mime.QEncoding.Encode("UTF-8", plain(shorten(oneLine(s), maxSubject)))
}

// tidy is the address as headers may have it.
func tidy(a mail.Address) mail.Address {
	return mail.Address{Name: plain(shorten(oneLine(a.Name), maxName)), Address: a.Address}
}

// bare is the address without a name as SMTP and headers write it: its local part quoted where it has to be. Anything
// but a plain ASCII address is refused, for good.
func bare(address string) (string, error) {
	for _, c := range []byte(address) {
		if c < ' ' || c > '~' {
			return "", &Permanent{Err: errAddress}
		}
	}
	s := (&mail.Address{Address: address}).String()
	again, err := mail.ParseAddress(s)
	if err != nil || again.Address != address || again.Name != "" || len(s) > maxAddress+2 {
		return "", &Permanent{Err: errAddress}
	}
	return s[1 : len(s)-1], nil
}

// addressHeader is one address as a header's value. A name that is not ASCII goes out as base64: net/mail leaves some
// characters as they are that the other encoding may not hold in an address (RFC 2047 5 (3)).
func addressHeader(a mail.Address) (string, error) {
	spec, err := bare(a.Address)
	if err != nil {
		return "", err
	}
	a = tidy(a)
	if encoded := mime.BEncoding.Encode("UTF-8", a.Name); encoded != a.Name {
		return encoded + " <" + spec + ">", nil
	}
	return a.String(), nil
}

// fold breaks a header line before spaces, since receivers take 998 octets a line at most (RFC 5322 2.1.1). The first
// word of the value stays beside the name.
func fold(line string) string {
	words := strings.Split(line, " ")
	lines, last := words[:1:1], 0
	for i, word := range words[1:] {
		if i > 0 && len(lines[last])+1+len(word) > foldAt {
			lines = append(lines, "")
			last++
		}
		lines[last] += " " + word
	}
	return strings.Join(lines, "\r\n")
}
