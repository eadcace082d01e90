package door

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/registrations"
	"masterclass/templates"
)

// result is the answer to a scan, as it is shown and read out. Class is "" for the green one, "already" or "refused".
type result struct {
	Class, Heading, Text string
	Visit                string // what Undo takes back, "" for nothing
	Badge                string // where the badge of whoever came in is printed, "" for those who print none
	Give                 *gift  // what gives a place that is left to whoever waits, nil for nobody
}

// gift is a form that gives a place to a guest who waits, and lets them in. A place can be passed on, so it says whom it was shown for.
type gift struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Scan       string `json:"scan"`
	Generation int64  `json:"holder"`
}

func newGift(g Guest) *gift {
	return &gift{ID: g.ID, Name: g.Name(), Scan: uuid.NewString(), Generation: g.Generation}
}

// wordsFor says an answer in words: the colour only says it again.
func wordsFor(e *events.Event, a Answer) result {
	who := a.Guest.Name() + ", " + placeName(e, a.Guest.PlaceID)
	came, left := clock(e, a.Visit.CameAt), clock(e, a.Visit.LeftAt)
	switch a.Outcome {
	case CameIn:
		return result{Heading: "Checked in", Text: who, Visit: a.Visit.ID + "." + string(In)} // sent again it may be over: what it did is the way in
	case WentOut:
		return result{Heading: "Checked out at " + left, Text: who, Visit: a.Visit.shown()}
	case AlreadyIn:
		if !a.Visit.LeftAt.IsZero() { // a late scan of a visit that is over: undoing it would undo the way out
			a.Visit.ID = ""
		}
		return result{Class: "already", Heading: fmt.Sprintf("Already checked in at %s by %s", came, a.Visit.CameBy), Text: who, Visit: a.Visit.shown()}
	case AlreadyOut:
		return result{Class: "already", Heading: fmt.Sprintf("Already checked out at %s by %s", left, a.Visit.LeftBy), Text: who, Visit: a.Visit.shown()}
	case NotIn:
		return result{Class: "already", Heading: "Not checked in", Text: who + ": nobody has checked them in, so they cannot be checked out."}
	case OtherEvent:
		return result{Class: "refused", Heading: "Wrong event", Text: "This ticket is for another event."}
	case Stale:
		return result{Class: "refused", Heading: "Not checked in", Text: "This page was not up to date. Scan them again."}
	case TakenBack:
		return result{Class: "already", Heading: "Taken back", Text: who + ": this scan was undone. Scan them again to check them in."}
	case Outdated:
		return result{Class: "refused", Heading: "This ticket is not valid any more", Text: "It was passed on, or a newer one has taken its place. Look the person up by name."}
	case FromAfar:
		return result{Class: "already", Heading: "Registered to attend online", Text: who + ". They do not have a seat in the room: ask an organiser to move them to a place in person, then check them in."}
	case NoPlace:
		return result{Class: "refused", Heading: a.Guest.Status.Words(), Text: who + ": " + noPlace[a.Guest.Status]}
	}
	return result{Class: "refused", Heading: "Not found", Text: "Nobody at this event has that ticket or reference. Try their name, or send them to the organisers."}
}

var noPlace = map[registrations.Status]string{
	registrations.Cancelled: "this registration is cancelled, so there is no place to check in.",
	registrations.Waiting:   "they are on the waiting list and have no place yet.",
	registrations.Offered:   "a place is offered to them, and they have not accepted it yet.",
	registrations.Pending:   "the organisers have not approved this registration yet.",
}

// notToday says what whoever opens a door on another day should know.
func notToday(e *events.Event, now time.Time) string {
	switch first, last := today(e, e.Starts()), today(e, e.Ends().Add(-time.Minute)); {
	case e.Status == events.Postponed:
		return "This event is postponed, and has no date yet. Whoever you check in counts as having come."
	case e.Status == events.Cancelled:
		return "This event is cancelled."
	case today(e, now).Before(first), today(e, now).After(last):
		return "This event is not today: " + e.When() + ". Undo what you check in to try it out."
	}
	return ""
}

func placeName(e *events.Event, id string) string {
	p, _ := e.Place(id)
	return p.Name
}

// checkInPage is door/check-in.
type checkInPage struct {
	setting
	Event    *events.Event
	Path     string
	Tabs     []web.Tab
	Aside    string // that the event is not today
	Offline  bool   // the copy for a browser to keep
	Kept     string // when that copy was made
	Result   *result
	Errors   []templates.FieldError
	Code     templates.Input
	Actions  templates.Radios
	Sessions templates.Select
	Scan     string // the id of the next scan: two clicks are one
	Counts
	Query     string
	Employers bool                           // are shown and searched
	prints    bool                           // whoever looks at the page may print badges
	left      map[string]events.Availability // what can be given at the door of each place
	Matches   []match
	Lines     []line
}

// match is somebody whose name was searched for. CanScan says whether a button can check them in.
type match struct {
	ID, Name, Place, Employer, Reference string
	Tag                                  templates.Tag
	CanScan                              bool
	Scan                                 string
	Give                                 *gift
}

// line is one of the last entries.
type line struct{ Name, Place, What, By, Visit, Badge string }

// badge is where the badge of a guest is printed, or "" for those who print none.
func (p *checkInPage) badge(g Guest) string {
	if !p.prints {
		return ""
	}
	return "/organise/events/" + p.Event.Slug + "/badges" + Choice{Guest: g.ID}.query()
}

func newCheckInPage(e *events.Event, s setting) *checkInPage {
	p := &checkInPage{setting: s, Event: e, Path: "/organise/events/" + e.Slug + "/check-in", Scan: uuid.NewString()}
	p.Code = templates.Input{ID: "code", Label: "Ticket, reference or name", Hint: "Scan a ticket, or type a reference or part of a name.", Autocomplete: "off"}
	p.Actions = templates.Radios{ID: "action", Legend: "At this door people", Value: string(s.Action), Inline: true,
		Options: []templates.Option{{Value: string(In), Text: "come in"}, {Value: string(Out), Text: "leave"}}}
	p.Sessions = templates.Select{ID: "session", Label: "Check-in for", Value: s.Session, Options: []templates.Option{{Text: "The whole event"}}}
	for _, session := range e.Sessions {
		if session.Learning() {
			p.Sessions.Options = append(p.Sessions.Options, templates.Option{Value: session.ID, Text: session.SessionHours() + " " + session.Title})
		}
	}
	return p
}

// said is an answer in words, with what whoever looks at the page may do about it.
func (p *checkInPage) said(e *events.Event, a Answer) result {
	r := wordsFor(e, a)
	switch {
	case a.Outcome == CameIn:
		r.Badge = p.badge(a.Guest)
	case p.gives(a.Guest):
		r.Give = newGift(a.Guest)
		r.Text = a.Guest.Name() + ", " + placeName(e, a.Guest.PlaceID) + ": they are on the waiting list, and a place is left."
	}
	return r
}

func (p *checkInPage) result(e *events.Event, a Answer) {
	r := p.said(e, a)
	p.Result = &r
}

// gives says whether a place that is left can be given to a guest here and now.
func (p *checkInPage) gives(g Guest) bool {
	return g.Status == registrations.Waiting && p.Action == In && p.left[g.PlaceID].Left > 0
}

func (p *checkInPage) wrong(message string) {
	p.Code.Error = message
	p.Errors = []templates.FieldError{{Field: "code", Message: message}}
}

// matches are those who were found; inside are the visits of those of them who are in.
func (p *checkInPage) matches(e *events.Event, found []Guest, inside map[string]Visit) {
	for _, g := range found {
		in, isIn := inside[g.ID]
		m := match{ID: g.ID, Name: g.Name(), Place: placeName(e, g.PlaceID), Employer: g.Employer, Reference: g.Reference, CanScan: g.Status == registrations.Confirmed || (p.Action == Out && isIn), Scan: uuid.NewString()}
		switch {
		case p.Action == In && isIn:
			m.CanScan, m.Tag = false, templates.Tag{Text: "In since " + clock(e, in.CameAt), Colour: "green"}
		case p.gives(g):
			m.Give, m.Tag = newGift(g), templates.Tag{Text: g.Status.Words(), Colour: "blue"}
		case !m.CanScan:
			m.Tag = templates.Tag{Text: g.Status.Words(), Colour: "red"}
		case p.Action == Out && !isIn:
			m.Tag = templates.Tag{Text: "Not in", Colour: "grey"}
		case p.Action == In && e.FromAfar(g.PlaceID):
			m.CanScan, m.Tag = false, templates.Tag{Text: "Attends online", Colour: "orange"}
		}
		p.Matches = append(p.Matches, m)
	}
}

func (p *checkInPage) recent(e *events.Event, seen []Seen) {
	for _, s := range seen {
		l := line{Name: s.Guest.Name(), Place: placeName(e, s.PlaceID), What: "Came in at " + clock(e, s.CameAt), By: s.CameBy, Visit: s.Visit.shown(), Badge: p.badge(s.Guest)}
		if !s.openEnded() {
			l.What, l.By = "Left at "+clock(e, s.LeftAt), s.LeftBy
		}
		p.Lines = append(p.Lines, l)
	}
}
