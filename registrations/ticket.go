package registrations

import "masterclass/internal/secret"

// TicketPurpose is what a ticket's code is signed for.
const TicketPurpose = "ticket"

// Ticket is the code by which a registration is checked in: for its QR code. It opens nothing.
func Ticket(k *secret.Keys, id string) (string, error) { return k.Code(TicketPurpose, id) }
