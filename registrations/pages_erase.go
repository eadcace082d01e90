package registrations

import (
	"strings"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/templates"
)

// What can be chosen to erase, besides the mailbox of whoever had the registration before.
const (
	eraseThis = "this"
	eraseAll  = "all"
)

// erasePage asks what goes of a person, with all that is held of them.
func erasePage(e *events.Event, g *Registration, own Holding, formers []Holding, at map[string]*events.Event, wrong []fault.Field) AskPage {
	p := asking(e, g, "Erase this person’s details?", "erase", "Erase their details")
	p.Warning = true
	p.Text = []string{"Do this when a person asks to be erased. It cannot be taken back, and we send no email about it."}
	p.List = []string{"Their name, address, work, requirements, answers, your notes and the text of emails to them are deleted here.", "Their links stop working.",
		"That there was a registration, and when, is kept as a number."}
	if g.Status != Cancelled {
		p.List = append(p.List, "Their registration is cancelled first, and a seat goes to whoever waits. To tell them by email, cancel it before you come here.")
	}
	if own.Empty() && len(formers) == 0 {
		return p
	}
	what := &templates.Radios{ID: "what", Legend: "What to erase", Error: problemOf(wrong, "what"),
		Options: []templates.Option{{Value: eraseThis, Text: "This registration alone", Hint: e.Title + ", " + g.Reference}}}
	if !own.Empty() {
		p.Held = append(p.Held, own.page("What else we hold of "+g.Mailbox, at))
		what.Options = append(what.Options, templates.Option{Value: eraseAll, Text: "Everything that we hold of " + g.Mailbox,
			Hint: "This registration and all that stands above. Those that are not cancelled are cancelled first"})
	}
	for _, f := range formers {
		held := f.page("What is left of "+f.Mailbox+", which had this registration before", at)
		p.Held = append(p.Held, held)
		what.Options = append(what.Options, templates.Option{Value: f.Mailbox, Text: "Only what we hold of " + f.Mailbox,
			Hint: "All that stands above under this address. This registration stays with " + g.Name()})
	}
	p.Radios = what
	return p
}

// page is a holding in words.
func (h Holding) page(heading string, at map[string]*events.Event) HeldBy {
	by := HeldBy{Heading: heading, Text: h.Elsewhere}
	for _, g := range h.Registrations {
		e := at[g.EventID]
		by.Links = append(by.Links, templates.Link{Href: attendeePath(e, g), Text: "Registration " + g.Reference + ", " + strings.ToLower(statusTags[g.Status].Text) + ": " + e.Title})
	}
	if h.Messages > 0 {
		by.Text = append(by.Text, counted(h.Messages, "email")+" to this address")
	}
	return by
}
