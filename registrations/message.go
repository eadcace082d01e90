package registrations

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"masterclass/internal/fault"
)

const (
	maxMessageSubject = 78     // characters: more than that is cut off in many mail programs (RFC 5322 2.1.1)
	maxMessageBody    = 10_000 // characters of Markdown
)

// ErrMessageReused is for a draft whose id was used for another message.
var ErrMessageReused = fault.Coded(fault.Conflict, "message_reused", "A message was sent from this page already. Open a new one to write another.")

// Filter says which of an event's people a message goes to.
type Filter struct {
	Statuses   []Status   // at least one, and not Cancelled
	PlaceID    string     `json:",omitempty"` // "" for every place
	Profession string     `json:",omitempty"` // in whatever letters; "" for every profession
	Search     string     `json:",omitempty"` // words as in a Look; "" for all
	Attendance Attendance `json:",omitempty"`
	Answer     answerIs   `json:",omitzero"`
}

// erasedSearch stands for the words of a search that named somebody who is erased.
const erasedSearch = "words that were deleted"

// finds says whether the profession and the search mean a registration, in the way of a list of attendees.
func (f Filter) finds(g *Registration) bool {
	if f.Profession != "" && tradeOf(g.Profession) != tradeOf(f.Profession) {
		return false
	}
	text := newAttendee(g.ID, g.FirstName, g.LastName, g.Email, g.Employer, g.Reference).text
	for _, w := range (Look{Search: f.Search}).words() {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// Draft is a message of the organisers to people of an event. It is sent once for each ID, a UUID made with the form.
type Draft struct {
	ID      string
	EventID string
	Filter  Filter
	Subject string // at most 78 characters
	Body    string // Markdown, at most 10,000 characters
}

// clean makes the text harmless and gives a fault that says what needs mending.
func (d *Draft) clean() error {
	d.Subject, d.Body = line(d.Subject), markup(d.Body)
	wrong := check([]rule{
		{"subject", d.Subject, "Enter a subject", "The subject", maxMessageSubject},
		{"body", strings.TrimSpace(d.Body), "Enter a message", "The message", maxMessageBody},
	})
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return nil
}

// ready is clean for a draft that is about to go to people.
func (d *Draft) ready() error {
	if _, err := uuid.Parse(d.ID); err != nil {
		return fault.New(fault.Malformed, "This form is incomplete. Load the page again and try once more.").Because(fmt.Errorf("the id of a message: %w", err))
	}
	wrong := append(wrongFields(d.clean()), wrongFields(d.Filter.check())...)
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return nil
}

func (f *Filter) check() error {
	if len(f.Statuses) == 0 || slices.ContainsFunc(f.Statuses, func(s Status) bool { return !s.TakesSeat() && s != Waiting }) {
		return fault.InvalidFields([]fault.Field{{Name: "statuses", Message: "Choose who to write to"}})
	}
	f.Search, f.Attendance = searched(f.Search), attendanceOf(string(f.Attendance))
	f.Statuses = slices.Compact(slices.Sorted(slices.Values(f.Statuses))) // a copy: the caller's stay as they are
	return nil
}
