package notify

import (
	"errors"
	"net/textproto"
	"net/url"
)

// maxLink is how long a link in a header may be: with its name the line stays below 998 octets (RFC 5322 2.1.1).
const maxLink = 900

// unsubscribable adds the headers by which mail programs offer to stop a kind of mail with one click (RFC 2369 3.2, RFC 8058 3.1). They
// believe them in messages whose DKIM signature covers both, and for https links; anywhere else they do no harm.
func unsubscribable(h textproto.MIMEHeader, link string) error {
	if link == "" {
		return nil
	}
	u, err := url.Parse(link)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(link) > maxLink || !visible(link) {
		return errors.New("the link to unsubscribe cannot stand in a header")
	}
	h.Set("List-Unsubscribe", "<"+link+">")
	h.Set("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	return nil
}

// visible says that text is printable ASCII without spaces, and without what ends or parts the links of a header.
func visible(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '<' || c == '>' || c == ',' {
			return false
		}
	}
	return true
}
