package events

import (
	"fmt"
	"slices"
	"time"

	"masterclass/internal/web"
	"masterclass/templates"
)

// standing is the state of an event as organisers see it, in one word.
type standing string

const (
	isDraft     standing = "draft"
	isPublished standing = "published"
	isUnlisted  standing = "unlisted"
	isPostponed standing = "postponed"
	isCancelled standing = "cancelled"
	isPast      standing = "past"
)

// standings are all of them with the words and colour of their tags, in the order of the filter.
var standings = []struct {
	standing
	text, colour string
}{
	{isDraft, "Draft", "grey"}, {isPublished, "Published", "green"}, {isUnlisted, "Unlisted", "purple"}, {isPostponed, "Postponed", "yellow"},
	{isCancelled, "Cancelled", "red"}, {isPast, "Past", "blue"},
}

// standings of an event: one that is unlisted or over is also something else.
func (e *Event) standings(now time.Time) []standing {
	var all []standing
	switch {
	case e.Status == Draft:
		all = append(all, isDraft)
	case e.Status == Cancelled:
		all = append(all, isCancelled)
	case e.Status == Postponed:
		return append(all, isPostponed) // its date means nothing
	default:
		all = append(all, isPublished)
	}
	if !e.Listed {
		all = append(all, isUnlisted)
	}
	if e.Past(now) {
		all = append(all, isPast)
	}
	return all
}

func (e *Event) tags(now time.Time) []templates.Tag {
	var tags []templates.Tag
	has := e.standings(now)
	for _, s := range standings {
		if slices.Contains(has, s.standing) {
			tags = append(tags, templates.Tag{Text: s.text, Colour: s.colour})
		}
	}
	return tags
}

// registrationWords says whether people can register, for organisers.
func registrationWords(e *Event, now time.Time) string {
	switch e.Registration(now) {
	case Open:
		for _, p := range e.Places {
			if p.Waiting == 0 && p.Taken < p.Capacity {
				return "Open until " + e.moment(e.RegistrationClosesAt)
			}
		}
		return "Open for the waiting list"
	case NotYetOpen:
		return "Opens at " + e.moment(e.RegistrationOpensAt)
	}
	switch {
	case e.Status == Draft:
		return "Not published yet"
	case e.RegistrationClosesAt == 0:
		return "Not on this site"
	case len(e.Places) == 0:
		return "No places yet"
	}
	return "Closed"
}

// deskRow is an event in the organisers' list.
type deskRow struct {
	Title, Href, When, Registration string
	Tags                            []templates.Tag
	Places                          []Place
}

// deskIndex is events/organise-index.
type deskIndex struct {
	Notice  templates.Notice
	Filters []web.Tab
	Rows    []deskRow
	None    bool // there are no events at all
}

func newDeskIndex(es []*Event, state string, now time.Time) deskIndex {
	counts, known := map[standing]int{}, false
	for _, e := range es {
		for _, s := range e.standings(now) {
			counts[s]++
		}
	}
	page := deskIndex{None: len(es) == 0}
	for _, s := range standings {
		known = known || string(s.standing) == state
		page.Filters = append(page.Filters, web.Tab{Href: deskPath + "?state=" + string(s.standing), Text: fmt.Sprintf("%s (%d)", s.text, counts[s.standing]), Current: string(s.standing) == state})
	}
	page.Filters = append([]web.Tab{{Href: deskPath, Text: fmt.Sprintf("All (%d)", len(es)), Current: !known}}, page.Filters...)
	for _, e := range es {
		if known && !slices.Contains(e.standings(now), standing(state)) {
			continue
		}
		page.Rows = append(page.Rows, deskRow{Title: e.Title, Href: e.deskPath(""), When: e.When(), Registration: registrationWords(e, now), Tags: e.tags(now), Places: e.Places})
	}
	return page
}

// deskAction is a button of the overview that does something at once, or a link to where it is asked for.
type deskAction struct {
	Action, Text string
	Link         templates.Link
	Main         bool
}

// deskOverview is events/organise-overview.
type deskOverview struct {
	Event   *Event
	Tabs    []web.Tab
	Notice  templates.Notice
	Tags    []templates.Tag
	Facts   []templates.Row
	URL     string
	Public  string // path of the event's page, "" for a draft
	Places  []Place
	Next    []templates.Link
	Actions []deskAction
	Dangers []templates.Link
}

func newDeskOverview(e *Event, now time.Time, baseURL string) deskOverview {
	page := deskOverview{Event: e, Tags: e.tags(now), Places: e.Places, URL: baseURL + "/events/" + e.Slug, Next: e.next(now), Actions: e.actions(now), Dangers: e.dangers(now)}
	if e.Status != Draft {
		page.Public = "/events/" + e.Slug
	}
	found := "In the list of events, the calendar and search engines"
	if !e.Listed {
		found = "By its link only"
	}
	page.Facts = []templates.Row{{Key: "When", Value: e.When()}, {Key: "Where", Value: e.Where()}, {Key: "Registration", Value: registrationWords(e, now)},
		{Key: "Found", Value: found}}
	if cpd := e.CPDWords(); cpd != "" {
		page.Facts = append(page.Facts, templates.Row{Key: "CPD", Value: cpd})
	}
	if e.Approval {
		page.Facts = append(page.Facts, templates.Row{Key: "Approval", Value: "An organiser approves each registration"})
	}
	return page
}

// newPreview is the public page of a draft as it would be if it were published now.
func newPreview(e *Event, now time.Time, site web.Site) (ShowPage, error) {
	published := *e
	published.Status = Published
	left := map[string]Availability{}
	for _, p := range e.Places {
		left[p.ID] = Availability{Waiting: p.Waiting}
		if p.Waiting == 0 {
			left[p.ID] = Availability{Left: p.Capacity - p.Taken}
		}
	}
	page, err := newShowPage(&published, left, now, site)
	page.Live = false
	page.Preview = templates.Notice{Text: "Preview: not published. Nobody but organisers sees this page, and nobody can register on it."}
	return page, err
}

// next is what there is left to do, the first things first.
func (e *Event) next(now time.Time) []templates.Link {
	var list []templates.Link
	add := func(when bool, rest, text string) {
		if when {
			list = append(list, templates.Link{Href: e.deskPath(rest), Text: text})
		}
	}
	if e.Past(now) || e.Status == Cancelled {
		return nil
	}
	add(e.Status == Postponed, "/edit", "Enter the new date when it is known")
	add(len(e.Places) == 0, "/places", "Add the places that people can register for")
	add(len(e.Places) > 0 && e.RegistrationClosesAt == 0, "/edit", "Say when registration opens and closes")
	add(e.Venue == "" && slices.ContainsFunc(e.Places, func(p Place) bool { return !p.Online }), "/edit", "Add the venue")
	add(e.JoinURL == "" && slices.ContainsFunc(e.Places, func(p Place) bool { return p.Online }), "/edit", "Add the link to join online")
	add(len(e.Sessions) == 0, "/programme", "Add the programme")
	add(len(e.ProgrammeWarnings()) > 0, "/programme", "Look at the warnings in the programme")
	add(true, "/reminders", "See which reminders are sent, and when")
	return list
}

// actions are those that can be undone; what cannot has a page of its own.
func (e *Event) actions(now time.Time) []deskAction {
	var list []deskAction
	if e.Status == Draft {
		list = append(list, deskAction{Action: e.deskPath("/publish"), Text: "Publish", Main: true})
	}
	if e.Listed {
		list = append(list, deskAction{Action: e.deskPath("/unlist"), Text: "Hide it from lists"})
	} else {
		list = append(list, deskAction{Action: e.deskPath("/list"), Text: "Show it in lists"})
	}
	if (e.Status == Published || e.Status == Postponed) && !e.taken() {
		list = append(list, deskAction{Action: e.deskPath("/draft"), Text: "Take it off the site"})
	}
	return list
}

func (e *Event) taken() bool {
	return slices.ContainsFunc(e.Places, func(p Place) bool { return p.Taken > 0 || p.Waiting > 0 })
}

// dangers are the pages of what tells people.
func (e *Event) dangers(now time.Time) []templates.Link {
	list := []templates.Link{{Href: e.deskPath("/reminders"), Text: "Reminders"}, {Href: e.deskPath("/duplicate"), Text: "Duplicate this event"}}
	if e.Status == Draft {
		list = append([]templates.Link{{Href: e.deskPath("/preview"), Text: "Preview its page"}}, list...)
		list = append(list, templates.Link{Href: e.deskPath("/delete"), Text: "Delete this draft"})
	}
	if e.Status == Published && !e.Past(now) {
		list = append(list, templates.Link{Href: e.deskPath("/postpone"), Text: "Postpone this event"})
	}
	if (e.Status == Published && !e.Past(now)) || e.Status == Postponed {
		list = append(list, templates.Link{Href: e.deskPath("/cancel"), Text: "Cancel this event"})
	}
	return list
}
