package registrations

import (
	"fmt"
	"time"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// reminderLine is a rule on the organisers' page.
type reminderLine struct {
	ID, What, When, Whom string
	Tag                  templates.Tag
}

// remindersPage is registrations/organise-reminders.
type remindersPage struct {
	Title, Path string
	Tabs        []web.Tab
	Notice      templates.Notice
	Errors      []templates.FieldError
	Rules       []reminderLine
	Kind        templates.Radios
	Number      templates.Input
	Unit        templates.Select
	Audience    *templates.Select // where there is more than one place
}

var reminderWords = map[ReminderKind]string{Reminder: "Reminder", StillComing: "‘Are you still coming?’", Afterwards: "Thank you"}

var ruleTags = map[RuleState]templates.Tag{
	RuleRests: {Text: "Rests until the event is published", Colour: "grey"}, RuleAhead: {Text: "Ahead", Colour: "blue"}, RuleDue: {Text: "Being sent", Colour: "green"},
	RuleOver: {Text: "Over", Colour: "grey"},
}

func newRemindersPage(e *events.Event, rules []RulePreview, f reminderForm, wrong []fault.Field) remindersPage {
	page := remindersPage{Title: e.Title, Path: overviewOf(e) + "/reminders", Errors: fieldErrors(wrong),
		Kind: templates.Radios{ID: "kind", Legend: "What to send", Value: f.Kind, Error: problemOf(wrong, "kind"), Options: []templates.Option{
			{Value: string(Reminder), Text: "A reminder", Hint: "When and where, before the event"},
			{Value: string(StillComing), Text: "The question whether they are still coming", Hint: "Before the event; asks for the place back, for whoever waits"},
			{Value: string(Afterwards), Text: "Thanks", Hint: "After the event, to those who came if they were checked in"},
		}},
		Number: templates.Input{ID: "offset", Label: "How long before or after", InputMode: "numeric", Class: "nhsuk-input--width-4", Value: f.Number, Error: problemOf(wrong, "offset")},
		Unit:   templates.Select{ID: "unit", Label: "Hours or days", Value: f.Unit, Options: []templates.Option{{Value: "days", Text: "days"}, {Value: "hours", Text: "hours"}}},
	}
	if len(e.Places) > 1 {
		page.Audience = audiences(e, f.Audience, problemOf(wrong, "audience"))
	}
	for _, u := range rules {
		page.Rules = append(page.Rules, newReminderLine(e, u))
	}
	return page
}

// audiences are those that a rule of the event can have.
func audiences(e *events.Event, chosen, wrong string) *templates.Select {
	s := &templates.Select{ID: "audience", Label: "Who to write to", Value: chosen, Error: wrong, Options: []templates.Option{{Value: string(Attendees), Text: "Everybody with a confirmed place"}}}
	for _, p := range e.Places {
		s.Options = append(s.Options, templates.Option{Value: string(AtPlace(p.ID)), Text: "Only those with this place: " + p.Name})
	}
	return s
}

// only names the place whose people alone are meant.
func (a Audience) only(e *events.Event) string {
	if a == Attendees {
		return ""
	}
	for _, p := range e.Places {
		if a.reaches(p) {
			return " (" + p.Name + " only)"
		}
	}
	return " (for a place that is no more)"
}

// words say what a rule sends, when and to whom.
func (u ReminderRule) words(e *events.Event) string {
	side := "before the start"
	if u.Kind == Afterwards {
		side = "after the end"
	}
	return reminderWords[u.Kind] + ", " + long(u.Offset) + " " + side + u.Audience.only(e)
}

func newReminderLine(e *events.Event, u RulePreview) reminderLine {
	l := reminderLine{ID: u.ID, What: u.words(e), When: events.Moment(u.At), Tag: ruleTags[u.State]}
	switch {
	case u.State == RuleRests:
		l.When = "Only a published event sends it"
	case u.State == RuleOver:
		l.Whom = fmt.Sprintf("Sent to %s", headcount(u.Sent))
	case u.Sent > 0:
		l.Whom = fmt.Sprintf("Sent to %s, %s to come", headcount(u.Sent), headcount(u.To))
	default:
		l.Whom = fmt.Sprintf("Goes to %s as things stand", headcount(u.To))
	}
	return l
}

// long is an offset in words: 7 days, 1 day, 3 hours.
func long(d time.Duration) string {
	n, unit := int(d/time.Hour), "hour"
	if d%day == 0 {
		n, unit = int(d/day), "day"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
