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

// The kinds that a newer message on the same topic supersedes while they are unsent. All others always go out.
const (
	KindUpdated  = "updated"
	KindReminder = "reminder"
)

// The states of a message.
const (
	StateQueued     = "queued"
	StateSent       = "sent"
	StateFailed     = "failed"     // given up
	StateSuperseded = "superseded" // a newer message went in its place
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

	// Topic, if any, names what the message is the latest word on, such as "event ID": the updates and reminders on it
	// that the mailbox has not been sent yet are superseded, in the same transaction. A reminder supersedes reminders
	// alone, since it does not say what has changed.
	Topic string

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
	Image    *Image // shown by the HTML, or nil
	Calendar []byte // an iCalendar object, or nil
	Method   string // the Calendar's METHOD: REQUEST, CANCEL, or "" for none
	ReplyTo  string // an address, or ""

	// Unsubscribe is the address that a mail program posts to when its user wants no more of the kind (RFC 2369 3.2, RFC 8058), or "" for
	// mail that cannot be stopped.
	Unsubscribe string
}

// Image is a picture that travels in the message, so that it is there without a connection. The HTML shows it as <img src="cid:ID">; it needs
// words beside it for whoever sees no pictures.
type Image struct {
	ID   string // of small letters
	Type string // such as image/png
	Data []byte
}

// Composer makes the words of one kind of message. It may be called again for the same row, and by several
// goroutines at once.
type Composer func(q Queued) (Mail, error)
