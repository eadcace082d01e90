package registrations

import (
	"fmt"
	"strconv"
	"time"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/templates"
)

// statusTags are the statuses at a glance.
var statusTags = map[Status]templates.Tag{
	Confirmed: {Text: "Confirmed", Colour: "green"}, Pending: {Text: "Pending", Colour: "yellow"}, Waiting: {Text: "Waiting", Colour: "blue"},
	Offered: {Text: "Offered", Colour: "purple"}, Cancelled: {Text: "Cancelled", Colour: "grey"},
}

// ListPage is a page of an event's attendees.
type ListPage struct {
	Event      *events.Event
	Path       string
	Tabs       []web.Tab
	Notice     templates.Notice
	Statuses   []StatusTab
	Status     Status
	Search     templates.Input
	Place      templates.Select
	Profession templates.Select
	Attendance templates.Select
	Answer     *templates.Select // to the event's own questions; nil where none has choices
	Sort       templates.Select
	Rows       []ListRow
	Pager      templates.Pager
	Summary    string // which of how many are shown
	Query      string // of this very page
	CSV, XLSX  string
	Write      string // a message to those who are shown; empty where there is nobody to write to
	Whom       templates.Radios
	Decide     bool   // some may await approval
	Clear      string // the list without search and filters; empty where there are none
}

// StatusTab chooses the registrations of one status.
type StatusTab struct {
	Href, Text, Count string
	Current           bool
}

// ListRow is one attendee in the list.
type ListRow struct {
	ID, Name, Href               string
	Email, Employer, Profession  string
	Place, Reference, Registered string
	Came                         string // when they were checked in; empty for who was not
	Tag                          templates.Tag
}

func newListPage(e *events.Event, l Look, f Found, list []*Registration) ListPage {
	p := ListPage{Event: e, Path: eventPath(e) + "/attendees", Status: l.Status, Query: l.query().Encode()}
	p.tabs(e, l, f)
	p.fields(e, l, f)
	p.pages(e, l, f)
	for _, g := range list {
		p.Rows = append(p.Rows, newListRow(e, g, f.Presence[g.ID]))
	}
	p.Whom, p.Decide = whomOf(f), e.Approval || f.Counts[Pending] > 0
	whole := l
	whole.Page = 0
	p.CSV, p.XLSX = withQuery(p.Path+".csv", whole.query()), withQuery(p.Path+".xlsx", whole.query())
	p.Write = l.writeTo(e, f)
	if !l.plain() {
		p.Clear = listPath(e, Look{Status: l.Status, Sort: l.Sort})
	}
	return p
}

// whomOf asks whom an action is for.
func whomOf(f Found) templates.Radios {
	r := templates.Radios{ID: "whom", Legend: "For whom", Value: "ticked", Options: []templates.Option{{Value: "ticked", Text: "Those that are ticked"}}}
	if len(f.IDs) > 1 {
		r.Options = append(r.Options, templates.Option{Value: thePage, Text: fmt.Sprintf("All %d on this page", len(f.IDs))})
	}
	if f.Pages > 1 {
		r.Options = append(r.Options, templates.Option{Value: theList, Text: fmt.Sprintf("All %s in this list", thousands(f.Total))})
	}
	return r
}

func newListRow(e *events.Event, g *Registration, there Presence) ListRow {
	place, _ := e.Place(g.PlaceID)
	came := ""
	if !there.Came.IsZero() {
		came = shortMoment(e, there.Came)
	}
	return ListRow{Came: came, ID: g.ID, Name: g.listed(), Href: attendeePath(e, g), Email: g.shownEmail(), Employer: g.Employer, Profession: g.Profession, Place: place.Name,
		Reference: g.Reference, Registered: shortMoment(e, g.CreatedAt), Tag: statusTags[g.Status]}
}

// listed is the name as lists have it, the last name first.
func (p Person) listed() string {
	if p.FirstName == "" {
		return p.LastName
	}
	return p.LastName + ", " + p.FirstName
}

// shownEmail is the address, or nothing where it stands for nobody.
func (g *Registration) shownEmail() string {
	if g.Erased() {
		return ""
	}
	return g.Email
}

// shortMoment is an instant in the event's zone.
func shortMoment(e *events.Event, t time.Time) string {
	t = t.In(e.Starts().Location())
	return t.Format("2 Jan 2006") + ", " + events.Clock(t)
}

func (p *ListPage) tabs(e *events.Event, l Look, f Found) {
	add := func(s Status, text string, n int) {
		to := l
		to.Status, to.Page = s, 0
		p.Statuses = append(p.Statuses, StatusTab{Href: listPath(e, to), Text: text, Count: thousands(n), Current: s == l.Status})
	}
	add("", "All", f.All)
	for _, s := range statuses {
		add(s, statusTags[s].Text, f.Counts[s])
	}
}

func (p *ListPage) fields(e *events.Event, l Look, f Found) {
	p.Search = templates.Input{ID: "q", Label: "Search", Value: l.Search, Class: "nhsuk-input--width-20", Autocomplete: "off"}
	p.Place = templates.Select{ID: "place", Label: "Place", Value: l.PlaceID, Options: []templates.Option{{Text: "Every place"}}}
	for _, place := range e.Places {
		p.Place.Options = append(p.Place.Options, templates.Option{Value: place.ID, Text: place.Name})
	}
	p.Profession = *professionChoice(l.Profession, f.Professions)
	p.Answer = answerChoice(e, l.Answer)
	p.Attendance = *attendanceChoice(l.Attendance)
	p.Sort = templates.Select{ID: "sort", Label: "Sort by", Value: l.Sort, Options: []templates.Option{
		{Value: byName, Text: "Last name"}, {Value: byTime, Text: "Newest first"}, {Value: byEmployer, Text: "Employer"}}}
}

func (p *ListPage) pages(e *events.Event, l Look, f Found) {
	to := func(n int) templates.Link {
		at := l
		at.Page = n
		return templates.Link{Href: listPath(e, at), Text: fmt.Sprintf("Page %d of %d", n, f.Pages)}
	}
	if f.Page > 1 {
		p.Pager.Previous = to(f.Page - 1)
	}
	if f.Page < f.Pages {
		p.Pager.Next = to(f.Page + 1)
	}
	switch first := (f.Page-1)*pageOf + 1; {
	case f.Total == 0:
		p.Summary = "Nobody is in this list."
	case f.Pages == 1:
		p.Summary = counted(f.Total, "registration")
	default:
		p.Summary = fmt.Sprintf("%s to %s of %s registrations", thousands(first), thousands(first+len(f.IDs)-1), thousands(f.Total))
	}
}

// attendanceChoice asks whether somebody came.
func attendanceChoice(value Attendance) *templates.Select {
	return &templates.Select{ID: "attendance", Label: "Attendance", Value: string(value), Options: []templates.Option{{Text: "Everybody"},
		{Value: string(DidCome), Text: attendanceWords[DidCome]}, {Value: string(DidNotCome), Text: attendanceWords[DidNotCome]}}}
}

var attendanceWords = map[Attendance]string{DidCome: "Came", DidNotCome: "Did not come"}

// counted is a number of things in words.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(n) + " " + what + "s"
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// WaitingPage is an event's waiting list.
type WaitingPage struct {
	Event  *events.Event
	Path   string
	Tabs   []web.Tab
	Places []WaitingPlace
	Rests  bool // nobody is offered a place any more: organisers give those that are left
}

// WaitingPlace is the waiting list of one place.
type WaitingPlace struct {
	Name           string
	Offers, Waits  []WaitingRow
	Taken, Waiting string
	More           string // how many wait who are not shown
	Left           string // to give by hand; empty for none
}

// WaitingRow is somebody who waits, or is offered a seat.
type WaitingRow struct {
	ID, Position, Name, Href, Employer, Since, Until string
	Displaced                                        bool
}

func newWaitingPage(e *events.Event, lists map[string][]Waiter) WaitingPage {
	p := WaitingPage{Event: e, Path: eventPath(e) + "/attendees"}
	for _, place := range e.Places {
		w := WaitingPlace{Name: place.Name, Taken: fmt.Sprintf("%s of %s taken", thousands(int(place.Taken)), thousands(int(place.Capacity))), Waiting: thousands(int(place.Waiting))}
		for _, g := range lists[place.ID] {
			row := WaitingRow{ID: g.ID, Name: g.listed(), Href: attendeePath(e, g.Registration), Employer: g.Employer, Since: shortMoment(e, g.CreatedAt), Displaced: g.Displaced}
			if g.Position == 0 {
				row.Until = shortMoment(e, g.OfferedUntil)
				w.Offers = append(w.Offers, row)
				continue
			}
			row.Position = strconv.Itoa(g.Position)
			w.Waits = append(w.Waits, row)
		}
		if more := int(place.Waiting) - len(w.Waits); more > 0 && len(w.Waits) == maxWaiters {
			w.More = thousands(more) + " more"
		}
		p.Places = append(p.Places, w)
	}
	return p
}

// give says of each place what is left to give to those who wait for it.
func (p *WaitingPage) give(e *events.Event, left map[string]events.Availability) {
	for i, place := range e.Places {
		if n := left[place.ID].Left; n > 0 && len(p.Places[i].Waits) > 0 {
			p.Places[i].Left = counted(int(n), "place")
		}
	}
}
