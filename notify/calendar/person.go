package calendar

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

// Person is a mailbox with a name to show. Name is plain text, any bytes; if
// empty the address is shown. Address must be one that net/mail reads.
type Person struct{ Name, Address string }

// organizer is the ORGANIZER property (RFC 5545 3.8.4.3).
func (p Person) organizer() (ics.IANAProperty, error) {
	return p.property("ORGANIZER")
}

// attendee is the ATTENDEE property of a person who has registered, and is
// not asked to answer (RFC 5545 3.8.4.1).
func (p Person) attendee() (ics.IANAProperty, error) {
	return p.property("ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE")
}

// property puts CN into the name itself, where the library leaves it alone.
// The library then takes the value for TEXT, and would put a backslash before
// a comma: mailto has none to escape.
func (p Person) property(name string) (ics.IANAProperty, error) {
	address, err := p.mailbox()
	if err != nil {
		return ics.IANAProperty{}, err
	}
	shown := line(p.Name)
	if shown == "" {
		shown = address
	}
	return ics.IANAProperty{BaseProperty: ics.BaseProperty{
		IANAToken: name + ";CN=" + quoted(shown),
		Value:     mailto(address),
	}}, nil
}

// mailbox is the address alone, quoted where RFC 5322 3.4.1 asks for it.
func (p Person) mailbox() (string, error) {
	if strings.ContainsFunc(p.Address, unicode.IsControl) {
		return "", errors.New("the address has a control character")
	}
	a, err := mail.ParseAddress(p.Address)
	if err != nil {
		return "", fmt.Errorf("the address cannot be read: %w", err)
	}
	if strings.ContainsFunc(a.Address, unicode.IsControl) {
		return "", errors.New("the address has a control character")
	}
	bare := mail.Address{Address: a.Address}
	return strings.Trim(bare.String(), "<>"), nil
}

// mailto is the address as a URI: every byte but the last "@" and those that
// RFC 6068 2 allows is percent-encoded.
func mailto(address string) string {
	at := strings.LastIndexByte(address, '@')
	var b strings.Builder
	b.WriteString("mailto:")
	for i := range len(address) {
		c := address[i]
		if i == at || isWord(rune(c)) || strings.IndexByte("-._~!$'*+", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
