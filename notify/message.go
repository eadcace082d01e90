package notify

import (
	"net/mail"
	"time"
)

// The kinds that Resend sends again unless it is told others.
const (
	KindConfirmation = "confirmation"
	KindWaiting      = "waiting"
)

// Message is what a transaction asks to be sent.
type Message struct {
	Kind    string       // chooses the composer
	To      mail.Address // name and ASCII address
	Mailbox string       // the folded address: order and limits are per mailbox

	EventID, RegistrationID string
	UID                     string // the calendar event that this is about, "" for none

	// Sequence is the least iCalendar SEQUENCE. The row gets the higher of it and one more than the highest that
	// this mailbox was ever sent for this UID, so that a rebooking exceeds the cancellation before it (RFC 5546 2.1.4).
	Sequence int64

	Snapshot any  // as JSON, all that the message shows; it holds no secret link
	Public   bool // caused by a public form: counts towards the hourly limit
}

// Queued is a row of the outbox as its composer sees it.
type Queued struct {
	ID, Kind                string
	To                      mail.Address
	Mailbox                 string
	MessageID               string // with its angle brackets
	EventID, RegistrationID string
	UID                     string
	Sequence                int64
	Snapshot                []byte // JSON
	CreatedAt               time.Time
	MadeAt                  time.Time // when its bytes are made: the Date, and the DTSTAMP of its calendar (RFC 5545 3.8.7.2)
}

// Mail is what a composer makes of a row.
type Mail struct {
	Subject  string
	Text     string // always
	HTML     string // may be empty if there is no Calendar
	Calendar []byte // an iCalendar object, or nil
	Method   string // the Calendar's METHOD: REQUEST, CANCEL, or "" for none
	ReplyTo  string // an address, or ""

	// Unsubscribe is the address that a mail program posts to when its user wants no more of the kind (RFC 2369 3.2, RFC 8058), or "" for
	// mail that cannot be stopped.
	Unsubscribe string
}

// Composer makes the words of one kind of message. It may be called again for the same row, and by several
// goroutines at once.
type Composer func(q Queued) (Mail, error)
