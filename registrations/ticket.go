package registrations

import (
	"masterclass/events"
	"masterclass/internal/qr"
	"masterclass/internal/secret"
)

// TicketPurpose is what a ticket's code is signed for.
const TicketPurpose = "ticket"

// Ticket is the code by which a registration is checked in. It opens nothing, so it may be shown and printed. Like the links it is of the
// registration's generation: once the place is passed on, or the address corrected, the old one lets nobody in.
func Ticket(k *secret.Keys, id string, generation int64) (string, error) {
	return k.Code(TicketPurpose, id, generation)
}

// ticketed says whether somebody with that status will be checked in at a door.
func ticketed(e *events.Event, p events.Place, s Status) bool {
	return s == Confirmed && !p.Online && e.Status == events.Published
}

// ticketCode is the ticket as it is scanned.
func ticketCode(k *secret.Keys, id string, generation int64) (qr.Code, error) {
	text, err := Ticket(k, id, generation)
	if err != nil {
		return qr.Code{}, err
	}
	return qr.New(text)
}
