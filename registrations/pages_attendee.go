package registrations

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/notify"
	"masterclass/templates"
)

func attendeePath(e *events.Event, g *Registration) string {
	return eventPath(e) + "/attendees/" + g.ID
}

// AttendeePage is all that organisers see of one registration.
type AttendeePage struct {
	Event    *events.Event
	Path     string
	Tabs     []web.Tab
	Notice   templates.Notice
	Name     string
	Tag      templates.Tag
	Rows     []templates.Row
	Position int // on the waiting list, from 1; 0 for who does not wait
	Actions  []templates.Link
	Approve  bool
	Resend   bool
	Needs    bool // there is health data to look at
	Erased   bool
	Holder   Hidden
	Errors   []templates.FieldError
	Note     templates.Textarea
	Notes    []EntryLine
	Visits   []string // when they were there
	History  []EntryLine
	Messages []MessageLine
}

// EntryLine is a note or something that was done: who, when and what.
type EntryLine struct{ When, Who, Text string }

// MessageLine is a message to the person.
type MessageLine struct {
	ID, Kind, When, Problem string
	To                      string // the address
	Earlier                 bool   // the address is not that of the registration as it is now
	Tag                     templates.Tag
	CanResend               bool
}

// attendeeParts are what the page is made of.
type attendeeParts struct {
	event    *events.Event
	g        *Registration
	ahead    int
	hasNeeds bool
	answers  Answers
	notes    []Note
	history  []HistoryEntry
	messages []notify.Entry
	visits   []Visit
	now      time.Time
}

func newAttendeePage(a attendeeParts) AttendeePage {
	g, e := a.g, a.event
	place, _ := e.Place(g.PlaceID)
	p := AttendeePage{Event: e, Path: attendeePath(e, g), Name: g.Formal(), Tag: statusTags[g.Status], Needs: a.hasNeeds, Erased: g.Erased(), Holder: holder(g),
		Note: templates.Textarea{ID: "note", Label: "Add a note", Rows: 3, MaxLength: maxNote, Hint: "Organisers can read it; the person cannot. Do not write health details here."}}
	p.Rows = []templates.Row{{Key: "Reference", Value: g.Reference}, {Key: "Place", Value: place.Name}, {Key: "Email address", Value: g.shownEmail()},
		{Key: "Profession", Value: g.Profession}, {Key: "Job role", Value: g.JobRole}, {Key: "Employer", Value: g.Employer},
		{Key: "Professional registration number", Value: g.RegulatorNumber}, {Key: "Registered", Value: shortMoment(e, g.CreatedAt)}}
	if g.Status == Waiting {
		p.Position = a.ahead + 1
	}
	if g.Status == Offered {
		p.Rows = append(p.Rows, templates.Row{Key: "Can accept until", Value: events.Moment(g.OfferedUntil.In(e.Starts().Location()))})
	}
	if !p.Erased {
		p.Rows = append(p.Rows, a.answers.Rows(e)...)
	}
	p.actions(a)
	for _, v := range a.visits {
		p.Visits = append(p.Visits, v.words(e))
	}
	for _, n := range a.notes {
		who := n.Author
		if n.OfFormer {
			who += ", about whoever had this place before"
		}
		p.Notes = append(p.Notes, EntryLine{When: shortMoment(e, n.At), Who: who, Text: n.Body})
	}
	for _, h := range a.history {
		p.History = append(p.History, EntryLine{When: shortMoment(e, h.At), Who: h.who(), Text: h.words()})
	}
	for _, m := range a.messages {
		p.Messages = append(p.Messages, newMessageLine(e, g, m))
	}
	return p
}

// actions are what can be done with the registration as it stands.
func (p *AttendeePage) actions(a attendeeParts) {
	add := func(when bool, end, text string) {
		if when {
			p.Actions = append(p.Actions, templates.Link{Href: p.Path + "/" + end, Text: text})
		}
	}
	live := a.g.Status != Cancelled
	takesPlace := a.event.Status == events.Published && !a.event.Past(a.now)
	p.Approve, p.Resend = a.g.Status == Pending && takesPlace, live
	add(a.g.Status == Pending && takesPlace, "refuse", "Refuse the request")
	add(live, "edit", "Change their details")
	add(a.g.Status == Waiting && a.event.Status == events.Published && a.event.ListRests(a.now), "give", "Give them a place")
	add(live && !a.event.Past(a.now), "address", "Correct the email address")
	add(live && takesPlace && len(a.event.Places) > 1, "move", "Move to another place")
	add(a.g.Status == Confirmed && takesPlace && len(a.visits) == 0, "substitute", "Give the place to a colleague")
	add(live, "cancel", "Cancel the registration")
	if !live && !p.Erased && TakesNobody(a.event) == "" {
		p.Actions = append(p.Actions, templates.Link{Href: withQuery(eventPath(a.event)+"/attendees/new", url.Values{"again": {a.g.ID}}), Text: "Register them again"})
	}
	add(!p.Erased, "erase", "Erase this person’s details")
}

// words say what was done, as the page of the audit trail does; of a move also between which places.
func (h HistoryEntry) words() string {
	switch text := access.Words(h.Action); {
	case h.Action == "registration.moved" && h.Detail != "":
		return "Moved " + h.Detail
	case h.Action == "registration.changed" && h.Detail != "":
		return text + ": " + h.Detail
	default:
		return text
	}
}

func (h HistoryEntry) who() string {
	switch {
	case h.OrganiserNamed != "":
		return h.OrganiserNamed
	case h.Actor == string(Attendee):
		return "The attendee"
	case h.Actor == string(System):
		return "The system"
	}
	return "An organiser"
}

// kindWords name the messages about registrations.
var kindWords = map[string]string{
	kindConfirmation: "Confirmation", kindWaiting: "Waiting list", kindPending: "Request received", kindApproved: "Approval", kindRefused: "Refusal",
	kindCancellation: "Cancellation", kindOffer: "Offer of a place", kindLapsed: "Offer over", kindUpdated: "Change", kindPostponed: "Event postponed",
	kindEventCancelled: "Event cancelled", kindMoved: "Address corrected", kindSubstituted: "Place passed on", kindReminder: "Reminder",
	kindStillComing: "Still coming?", kindAfter: "After the event", kindMessage: "Message from the organisers", kindLinks: "List of links",
}

var messageTags = map[string]templates.Tag{
	notify.StateQueued: {Text: "Queued", Colour: "blue"}, notify.StateSent: {Text: "Sent", Colour: "green"}, notify.StateFailed: {Text: "Failed", Colour: "red"},
	notify.StateSuperseded: {Text: "Not sent", Colour: "grey"},
}

func newMessageLine(e *events.Event, g *Registration, m notify.Entry) MessageLine {
	l := MessageLine{ID: m.ID, Kind: cmp.Or(kindWords[m.Kind], m.Kind), When: shortMoment(e, m.CreatedAt), Problem: problemOfMail(m), Tag: tagOf(m),
		To: m.To.Address, Earlier: m.Mailbox != g.Mailbox && !g.Erased()}
	l.CanResend = m.State != notify.StateSuperseded && !g.Erased() && !l.Earlier && !m.Erased
	if !m.SentAt.IsZero() {
		l.When = shortMoment(e, m.SentAt)
	}
	return l
}

// AskPage asks before something is done, with what has to be said or chosen for it.
type AskPage struct {
	Caption, Heading string
	Text             []string // paragraphs
	List             []string
	Held             []HeldBy // of a person who is to be erased
	Errors           []templates.FieldError
	Input            *templates.Input
	Radios           *templates.Radios
	Reason           *templates.Textarea
	Hidden           []Hidden
	Action, Button   string
	Warning          bool
	Keep             templates.Link // the way back without doing it
}

// HeldBy is what is held of one mailbox.
type HeldBy struct {
	Heading string
	Links   []templates.Link // to registrations
	Text    []string
}

// reasonField asks for the reason that the person is told.
func reasonField(value string, wrong []fault.Field) *templates.Textarea {
	return &templates.Textarea{ID: "reason", Label: "Reason", Optional: true, Hint: "It is in the email to them, and kept nowhere else", Value: value, Rows: 3, MaxLength: maxReason,
		Error: problemOf(wrong, "reason")}
}

// asking begins the page that asks something about one registration.
func asking(e *events.Event, g *Registration, heading, end, button string) AskPage {
	return AskPage{Caption: fmt.Sprintf("%s, %s", g.Formal(), g.Reference), Heading: heading, Action: attendeePath(e, g) + "/" + end, Button: button,
		Hidden: []Hidden{holder(g)}, Keep: templates.Link{Href: attendeePath(e, g), Text: "Leave it as it is"}}
}

// PersonPage is a form about somebody, filled in by an organiser.
type PersonPage struct {
	FormPage
	Caption, Heading, Action, Button string
	Text                             []string
	Email                            *templates.Input // nil where the address is not asked
	Places                           *templates.Radios
	Hidden                           []Hidden
	Health                           bool // dietary and access requirements are asked
	Confirm                          *templates.Checkbox
	Questions                        []QuestionField // the event's own
	Keep                             templates.Link
	Full                             bool // the place that was chosen: the waiting list is offered
}

// someone asks about a person in the organiser's words.
func someone(f Form, wrong []fault.Field) PersonPage {
	theirs := make([]fault.Field, 0, len(wrong))
	for _, w := range wrong {
		theirs = append(theirs, fault.Field{Name: w.Name, Message: inOrganisersWords.Replace(w.Message)})
	}
	p := PersonPage{FormPage: fields(f, theirs)}
	p.FormPage.Employer.Hint, p.Regulator.Hint = "", ""
	p.FormPage.Email.Hint = "We write to them here"
	p.Email = &p.FormPage.Email
	for _, field := range []*templates.Input{&p.Title, &p.First, &p.Last, p.Email, &p.JobRole, &p.Employer} {
		field.Autocomplete = "off" // a browser would offer the organiser's own
	}
	p.Consent.Label = "This person has told me that we may keep these requirements and use them to plan for their attendance"
	return p
}

// ForOrganisers says a problem of the form to whoever fills it in for somebody else.
func ForOrganisers(problem string) string { return inOrganisersWords.Replace(problem) }

var inOrganisersWords = strings.NewReplacer("Enter your ", "Enter their ", "your dietary", "their dietary", "Choose how you will attend", "Choose a place", "Your answer to", "The answer to",
	"Tick the box so that we may keep", "Tick the box if they have agreed that we may keep")
