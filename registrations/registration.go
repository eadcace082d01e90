package registrations

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"

	"masterclass/internal/fault"
)

// What a person can be told; the codes are the JSON's.
var (
	ErrNotFound = fault.New(fault.NotFound, "We could not find that registration. The link may be incomplete: copy all of it from the email.")
	ErrFull     = fault.Coded(fault.Conflict, "full", "Every place is taken. You can join the waiting list.")
	ErrAlready  = fault.Coded(fault.Conflict, "already_registered", "Somebody has already registered for this event with this email address.")
	ErrClosed   = fault.Coded(fault.Conflict, "closed", "This event is not taking registrations.")
	ErrReused   = fault.Coded(fault.Conflict, "key_reused", "This Idempotency-Key was used with other content. Use a new key for a new request.")
	ErrLapsed   = fault.Coded(fault.Conflict, "lapsed", "This offer is over, and the place has gone to the next person on the waiting list.")
	ErrNoDate   = fault.Coded(fault.Conflict, "no_date", "This event has been postponed. The place stays reserved for you, and you can accept it when there is a new date: we will write to you.")
	ErrOver     = fault.Coded(fault.Conflict, "closed", "This registration cannot be changed any more.")
)

// Registration is a person and a place.
type Registration struct {
	ID         string
	EventID    string
	PlaceID    string
	Reference  string
	Status     Status
	Version    int64 // of the place, when the registration last changed
	Joined     int64 // version of the place when it was made: the order of the waiting list
	Displaced  bool  // its held seat was lost to a fault: at the head of the waiting list
	Generation int64 // of its secret links
	Position   int64 // on the waiting list, from 1, when it has just joined its end; else 0, and Store.Ahead counts

	CalendarGeneration int64 // of the links to calendars

	OfferedUntil time.Time // the deadline of an offer; zero without one
	Person
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Person is who registers, as typed but for control characters and space.
type Person struct {
	Title           string
	FirstName       string
	LastName        string
	Email           string
	Mailbox         string // the folded address: one person, one mailbox
	Profession      string
	JobRole         string
	Employer        string
	RegulatorNumber string
}

// Name is the person's name without the title.
func (p Person) Name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// Formal is the name with the title, where one was given.
func (p Person) Formal() string { return strings.TrimSpace(p.Title + " " + p.Name()) }

// crockford has no I, L, O or U: nothing that is misread aloud or on paper.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Reference is eight letters and digits made from the id, such as 7K3M-Q9PX: for people to read out, no secret and no key.
func Reference(id string) string {
	sum := sha256.Sum256([]byte("reference|" + id))
	n := binary.BigEndian.Uint64(sum[:8])
	var b [9]byte
	for i := range b {
		if i == 4 {
			b[i] = '-'
			continue
		}
		b[i] = crockford[n%32]
		n /= 32
	}
	return string(b[:])
}

// keyedID makes the registration's id from an Idempotency-Key, so that two requests with one key that are under way at the same time
// share a hold and make one registration. It changes from day to day, as keys are kept for one.
func keyedID(eventID, key, bodyHash, salt string, now time.Time) string {
	h := hmac.New(sha256.New, []byte(salt))
	h.Write([]byte(eventID + "|" + key + "|" + bodyHash))
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], uint64(now.Truncate(24*time.Hour).UnixMilli())<<16)
	copy(u[6:], h.Sum(nil))
	u[6], u[8] = u[6]&0x0f|0x70, u[8]&0x3f|0x80 // version 7, RFC 9562 variant
	return u.String()
}
