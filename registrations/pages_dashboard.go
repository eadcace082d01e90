package registrations

import (
	"fmt"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/templates"
)

// dashboardPage is registrations/organise-dashboard.
type dashboardPage struct {
	Concerns []Concern
	Events   []dashboardEvent
	More     bool // there are events besides those
	Chart    chart
	Choice   templates.Select
	Mix      *mixPart
	Held     []heldRow
}

// dashboardEvent is an event that is not over.
type dashboardEvent struct {
	Title, Href, When string
	Tag               *templates.Tag // nil for one that is published
	Places            []fullness
}

// fullness is how full a place is. Width is in hundredths.
type fullness struct {
	Name, Words string
	Width       int64
	Full        bool
}

const mostShown = 12 // events that are not over

var eventTags = map[events.Status]templates.Tag{events.Draft: {Text: "Draft", Colour: "grey"}, events.Cancelled: {Text: "Cancelled", Colour: "red"}, events.Postponed: {Text: "Postponed", Colour: "orange"}}

func (p *dashboardPage) events(list []*events.Event) {
	if p.More = len(list) > mostShown; p.More {
		list = list[:mostShown]
	}
	for _, e := range list {
		d := dashboardEvent{Title: e.Title, Href: eventPath(e), When: e.When()}
		if tag, ok := eventTags[e.Status]; ok {
			d.Tag = &tag
		}
		for _, place := range e.Places {
			d.Places = append(d.Places, newFullness(place))
		}
		p.Events = append(p.Events, d)
	}
}

func newFullness(p events.Place) fullness {
	f := fullness{Name: p.Name, Words: fmt.Sprintf("%s of %s taken", thousands(int(p.Taken)), thousands(int(p.Capacity))), Full: p.Taken >= p.Capacity}
	if p.Capacity > 0 {
		f.Width = p.Taken * 100 / p.Capacity
	}
	if p.Waiting > 0 {
		f.Words += ", " + thousands(int(p.Waiting)) + " waiting"
	}
	return f
}

// mixPart is who has a confirmed place at an event.
type mixPart struct {
	Title, All            string
	Chart                 *chart // of the registrations for it; nil for none
	Professions, Employer []mixRow
}

// mixRow is a group of people. Width is in hundredths of all.
type mixRow struct {
	Name, Count string
	Width       int
}

func newMixPart(e *events.Event, m mix, now time.Time, zone *time.Location) *mixPart {
	return &mixPart{Chart: eventChart(e, m.quarters, now, zone), Title: e.Title, All: headcount(m.all), Professions: mixRows(m.all, m.professions), Employer: mixRows(m.all, m.employers)}
}

func mixRows(all int, list []share) (rows []mixRow) {
	others := all
	add := func(name string, n int) {
		rows = append(rows, mixRow{Name: name, Count: thousands(n), Width: n * 100 / max(1, all)})
	}
	for _, s := range list {
		name := s.Name
		if strings.TrimSpace(name) == "" {
			name = "Not given"
		}
		add(name, s.N)
		others -= s.N
	}
	if others > 0 {
		add("Others", others)
	}
	return rows
}

// choice is the list of events to choose from.
func (p *dashboardPage) choice(all []*events.Event, e *events.Event) {
	p.Choice = templates.Select{ID: "event", Label: "Event", Class: "app-toolbar__wide"}
	if e != nil {
		p.Choice.Value = e.Slug
	}
	for _, o := range all {
		if o.Status != events.Draft || o == e {
			p.Choice.Options = append(p.Choice.Options, templates.Option{Value: o.Slug, Text: o.Title + " (" + o.Starts().Format("2 Jan 2006") + ")"})
		}
	}
}

// heldRow is an event that took place.
type heldRow struct{ Title, Href, When, Expected, Came, Missed string }

func newHeldRow(e *events.Event, t turnout) heldRow {
	r := heldRow{Title: e.Title, Href: eventPath(e) + "/attendance", When: e.Starts().Format("2 Jan 2006"), Expected: thousands(t.expected), Came: thousands(t.came)}
	if t.came == 0 || t.expected == 0 {
		r.Came, r.Missed = "Not recorded", "Not recorded"
		return r
	}
	missed := t.expected - t.came
	r.Missed = fmt.Sprintf("%s (%d%%)", thousands(missed), (missed*100+t.expected/2)/t.expected)
	return r
}
