package organisers

import (
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
	Event, Subject          templates.Link // without an address for what has no page
	Address                 string
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
	row := auditRow{When: shortMoment(l.At.In(zone)), Who: whoWords(l), What: access.Words(l.Action), Detail: l.Detail, Subject: subjectOf(l), Address: l.Address}
	if l.EventSlug != "" {
		row.Event = templates.Link{Href: eventHref(l.EventSlug), Text: l.EventTitle}
	}
	return row
}

// subjectOf says what something was done to, and where that is looked at. The event has a column of its own.
func subjectOf(l access.Line) templates.Link {
	link := templates.Link{Text: l.SubjectName}
	switch {
	case l.SubjectKind == access.OfRegistration && l.EventSlug != "":
		link.Href = eventHref(l.EventSlug) + "/attendees/" + l.Subject
	case l.SubjectKind == access.OfOrganiser:
		link.Href = home + "/team/" + l.Subject
	case l.SubjectKind == access.OfArticle:
		link.Href = home + "/articles/" + l.Subject
	case l.SubjectKind == access.OfMessage && l.EventSlug != "":
		link.Href = eventHref(l.EventSlug) + "/messages/" + l.Subject
	case l.Action == "message.resent" || l.Action == "message.settled":
		link.Href = home + "/messages/" + l.Subject
	}
	return link
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
