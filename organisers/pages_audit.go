package organisers

import (
	"strings"
	"time"

	"masterclass/internal/access"
	"masterclass/templates"
)

// auditPage is organisers/audit.
type auditPage struct {
	Errors            []templates.FieldError
	Who, Group, Event templates.Select
	From, To          templates.Input
	Lines             []auditRow
	Filtered          bool
	Pager             templates.Pager
}

// auditRow is an entry in words.
type auditRow struct {
	When, Who, What, Detail string
	Event                   templates.Link
	Subject, Address        string
}

// groups are the choices of actions, with how their names begin.
var groups = []struct {
	name, words string
	actions     []string
}{
	{"accounts", "Accounts and sign-in", []string{"organiser."}},
	{"registrations", "Registrations", []string{"registration.", "attendees.", "calendar."}},
	{"events", "Events and places", []string{"event.", "place.", "places.", "programme.", "session.", "sessions.", "speaker.", "speakers.", "question.", "questions.", "resource.", "resources."}},
	{"health", "Looks at health data", []string{"health."}},
	{"check-in", "Check-in", []string{"attendee.check"}},
	{"messages", "Messages and reminders", []string{"message.", "reminder.", "reminders."}},
	{"articles", "Articles and files", []string{"article.", "file.", "source.", "learning."}},
}

func groupsOf(name string) []string {
	for _, g := range groups {
		if g.name == name {
			return g.actions
		}
	}
	return nil
}

// actionWords say what was done. An action without words of its own is shown by its name, so none is ever hidden.
var actionWords = map[string]string{
	"organiser.added": "Account added on the server", "organiser.invited": "Invited", "organiser.re-roled": "Role changed", "organiser.renamed": "Name changed",
	"organiser.removed": "Account closed", "organiser.assigned": "Assigned to an event", "organiser.unassigned": "No longer assigned to an event",
	"organiser.signed-in": "Signed in", "organiser.sign-in-failed": "Could not sign in", "organiser.sign-in-ended": "Sign-in ended",
	"organiser.password-set": "Password chosen", "organiser.reset-asked": "New password asked for", "organiser.two-step-on": "Second step turned on",
	"organiser.two-step-off": "Second step turned off", "organiser.recovery-codes-renewed": "New recovery codes", "organiser.recovery-code-used": "Recovery code used",
	"registration.confirmed": "Registered", "registration.waiting": "Joined the waiting list", "registration.pending": "Asked to register",
	"registration.offered": "Offered a place", "registration.approved": "Approved", "registration.refused": "Refused", "registration.cancelled": "Cancelled",
	"registration.changed": "Details changed", "registration.resent": "Confirmation sent again", "registration.substituted": "Place passed on",
	"registration.lapsed": "Offer lapsed", "registration.moved": "Moved to another place", "registration.note": "Note changed", "registration.erased": "Personal data erased",
	"attendee.checked-in": "Checked in", "attendee.check-in-undone": "Check-in undone", "attendee.checked-out": "Checked out",
	"attendee.check-out-undone": "Check-out undone", "attendees.exported": "Attendee list exported",
	"health.seen": "Looked at somebody’s dietary and access requirements", "health.catering": "Looked at the caterer’s summary",
	"health.access_seen": "Looked at the list of access requirements",
	"calendar.renewed":   "Calendar link renewed", "event.changed": "Event changed", "event.discarded": "Draft deleted", "event.cancelled": "Event cancelled", "event.postponed": "Event postponed",
	"place.capacity": "Capacity changed", "message.sent": "Message sent to attendees", "message.tested": "Test message sent",
	"reminder.added": "Reminder added", "reminder.removed": "Reminder removed", "reminders.stopped": "Reminders stopped", "reminders.resumed": "Reminders resumed",
}

func whatWords(action string) string {
	if words := actionWords[action]; words != "" {
		return words
	}
	words := strings.NewReplacer(".", " ", "-", " ", "_", " ").Replace(action)
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func (h *Handler) newAuditPage(f auditFilter, trail access.Page, people []Organiser, events []access.Event, errs []templates.FieldError) auditPage {
	page := auditPage{Errors: errs, Filtered: f != auditFilter{},
		Who:   templates.Select{ID: "who", Label: "Who", Value: f.Who, Options: whoOptions(people)},
		Group: templates.Select{ID: "group", Label: "What", Value: f.Group, Options: []templates.Option{{Text: "Everything"}}},
		Event: templates.Select{ID: "event", Label: "Event", Value: f.Event, Class: "app-toolbar__wide", Options: eventOptions(events)},
		From:  templates.Input{ID: "from", Label: "From", Type: "date", Value: f.From, Error: errorOf(errs, "from")},
		To:    templates.Input{ID: "to", Label: "To", Type: "date", Value: f.To, Error: errorOf(errs, "to")},
	}
	for _, g := range groups {
		page.Group.Options = append(page.Group.Options, templates.Option{Value: g.name, Text: g.words})
	}
	for _, l := range trail.Lines {
		page.Lines = append(page.Lines, newAuditRow(l, h.Zone))
	}
	if n := len(trail.Lines); n > 0 {
		if trail.Newer {
			page.Pager.Previous = templates.Link{Href: f.query("after", trail.Lines[0].ID), Text: "Newer entries"}
		}
		if trail.Older {
			page.Pager.Next = templates.Link{Href: f.query("before", trail.Lines[n-1].ID), Text: "Older entries"}
		}
	}
	return page
}

func whoOptions(people []Organiser) []templates.Option {
	options := []templates.Option{{Text: "Everybody"}, {Value: "attendee", Text: "Attendees"}, {Value: "system", Text: "The system"}}
	for _, p := range people {
		options = append(options, templates.Option{Value: "organiser:" + p.ID, Text: p.Name})
	}
	return options
}

func eventOptions(events []access.Event) []templates.Option {
	options := []templates.Option{{Text: "All events"}}
	for _, e := range events {
		options = append(options, templates.Option{Value: e.ID, Text: e.Title + " (" + e.Start + ")"})
	}
	return options
}

func newAuditRow(l access.Line, zone *time.Location) auditRow {
	row := auditRow{When: shortMoment(l.At.In(zone)), Who: whoWords(l), What: whatWords(l.Action), Detail: l.Detail, Subject: l.SubjectName, Address: l.Address}
	if row.Subject == "" {
		row.Subject = l.Subject
	}
	if l.EventSlug != "" {
		row.Event = templates.Link{Href: eventHref(l.EventSlug), Text: l.EventTitle}
	}
	return row
}

// eventHref is the organisers' page of the event.
func eventHref(slug string) string {
	if access.May(access.Owner, "GET", home+"/events/:slug") {
		return home + "/events/" + slug
	}
	return "/events/" + slug
}

func whoWords(l access.Line) string {
	switch {
	case l.Who != "":
		return l.Who
	case l.Actor == "attendee":
		return "Attendee"
	case l.Actor == "system":
		return "System"
	}
	return l.Actor
}
