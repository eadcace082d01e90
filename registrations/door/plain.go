package door

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// plain is how names are compared: in small letters, without accents, so that 'zoe' finds 'Zoë'.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}
