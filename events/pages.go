package events

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"masterclass/internal/markdown"
	"masterclass/internal/web"
	"masterclass/templates"
)

// IndexPage is the list of events.
type IndexPage struct {
	Filter         Filter
	Fields         FilterFields
	Found          int // events that the filter lets through
	Upcoming, Past []templates.Card
	Older          templates.Link // to all that are over, where there are more than are shown
	Host, BaseURL  string         // of the feed to subscribe to
	Topics         []string
}

// SeriesPage is all events of a series.
type SeriesPage struct {
	Name           string
	Breadcrumbs    []templates.Link
	Upcoming, Past []templates.Card
}

// SpeakerPage is somebody on the programme of an event, with the sessions in which they speak.
type SpeakerPage struct {
	ShowPage
	Speaker  Speaker
	Sessions []ProgrammeDay
}

// PlaceLine is one place with what is left of it.
type PlaceLine struct {
	ID, Name string
	Capacity int64
	Badge    templates.Places
}

// ProgrammeDay is the programme of one day.
type ProgrammeDay struct {
	Name  string // empty when the event has one day
	Slots []Slot
}

// Action is the one thing to do on the event page: a link, or why there is none.
type Action struct {
	Link templates.Link
	Note string
}

// ShowPage is one event.
type ShowPage struct {
	Event         *Event
	Breadcrumbs   []templates.Link
	Description   template.HTML
	Notice        string // that the event is cancelled, postponed or over
	Places        []PlaceLine
	Live          bool               // what is left may change while the page is read
	Badges        []templates.Places // what the page's script makes new ones of
	Action        Action
	Add           []templates.Link // into calendars on the web; none unless it takes place
	Days          []ProgrammeDay
	Choose        *templates.Checkboxes // of the sessions for one's own calendar
	CPD           string
	Credits       int
	SeriesName    string
	Host, BaseURL string
	Past          bool
	Linked        map[string]any // for search engines

	Preview templates.Notice // that the page is not published: what would lead to another of its pages leads nowhere
}

// SpeakerLine is a speaker with the address of their page.
type SpeakerLine struct {
	Speaker
	Href string
}

// SpeakersOf are those who speak in a session.
func (p ShowPage) SpeakersOf(s Session) []SpeakerLine { return p.lines(s.Speakers) }

// Speakers are those of the event.
func (p ShowPage) Speakers() []SpeakerLine { return p.lines(p.Event.Speakers) }

func (p ShowPage) lines(speakers []Speaker) (list []SpeakerLine) {
	for _, s := range speakers {
		href := "/events/" + p.Event.Slug + "/speakers/" + p.Event.SpeakerPath(s)
		if p.Preview.Text != "" {
			href = "#speakers"
		}
		list = append(list, SpeakerLine{s, href})
	}
	return list
}

// ResourceFacts say what a resource that is a file is, and which session it is from.
func (p ShowPage) ResourceFacts(r Resource) string { return p.Event.resourceFacts(r) }

func newShowPage(e *Event, left map[string]Availability, now time.Time, site web.Site) (ShowPage, error) {
	description, err := markdown.HTML(e.Description)
	if err != nil {
		return ShowPage{}, err
	}
	state := registrationState(e, e.Registration(now), left)
	var add []templates.Link
	if e.Status == Published {
		add = e.AddLinks(site.BaseURL, e.Where())
	}
	return ShowPage{
		Add:   add,
		Event: e, Description: description, Notice: notice(e, now), Past: e.Past(now),
		Breadcrumbs: eventsTrail(),
		Places:      placeLines(e, left, state), Live: state != Closed, Badges: badges, Action: action(e, state, now), Days: days(e.Sessions, false), Choose: chooseSessions(e),
		CPD: e.CPDWords(), Credits: e.CPDCredits(), SeriesName: seriesName(e.Series), Host: site.Host(), BaseURL: site.BaseURL,
		Linked: linked(e, left, now, site),
	}, nil
}

// eventsTrail leads to the list of events.
func eventsTrail() []templates.Link {
	return []templates.Link{{Href: "/", Text: "Home"}, {Href: "/events", Text: "Events and meetings"}}
}

func notice(e *Event, now time.Time) string {
	switch {
	case e.Status == Cancelled:
		return "This event has been cancelled."
	case e.Status == Postponed:
		return "This event has been postponed. A new date will be announced here."
	case e.Past(now):
		return "This event is over."
	}
	return ""
}

// badges are one of each state, without words.
var badges = []templates.Places{{State: "open"}, {State: "few"}, {State: "waiting"}}

// placeLines shows what is left while people can register.
func placeLines(e *Event, left map[string]Availability, state RegistrationState) []PlaceLine {
	if state != Open && state != WaitingList && state != NotYetOpen {
		return nil
	}
	lines := make([]PlaceLine, 0, len(e.Places))
	for _, p := range e.Places {
		a := left[p.ID]
		lines = append(lines, PlaceLine{ID: p.ID, Name: p.Name, Capacity: p.Capacity, Badge: templates.Places{State: a.State(), Text: a.Words()}})
	}
	return lines
}

func action(e *Event, state RegistrationState, now time.Time) Action {
	link := "/events/" + e.Slug + "/register"
	switch {
	case state == Open:
		return Action{Link: templates.Link{Href: link, Text: "Register"}, Note: "Registration closes at " + e.moment(e.RegistrationClosesAt) + "."}
	case state == WaitingList:
		return Action{Link: templates.Link{Href: link, Text: "Join the waiting list"},
			Note: "Every place is taken. If one comes free, it goes to whoever has waited longest."}
	case state == NotYetOpen:
		return Action{Note: "Registration opens at " + e.moment(e.RegistrationOpensAt) + "."}
	case e.Status == Postponed:
		return Action{Note: "Whoever is registered keeps their place, and is told of the new date by email."}
	case e.Status == Published && !e.Past(now) && e.RegistrationClosesAt > 0:
		return Action{Note: "Registration has closed."}
	case e.Status == Published && !e.Past(now):
		return Action{Note: "This event does not take registrations here."}
	}
	return Action{}
}

func (e *Event) moment(ms int64) string { return Moment(time.UnixMilli(ms).In(e.zone())) }

// days parts sessions by their days; the only day needs no name unless named says so.
func days(sessions []Session, named bool) []ProgrammeDay {
	var list []ProgrammeDay
	var of [][]Session
	for _, s := range sessions {
		name := ""
		if t, err := time.Parse(LocalTime, s.StartsLocal); err == nil {
			name = Day(t)
		}
		if len(list) == 0 || list[len(list)-1].Name != name {
			list, of = append(list, ProgrammeDay{Name: name}), append(of, nil)
		}
		of[len(of)-1] = append(of[len(of)-1], s)
	}
	for i := range list {
		list[i].Slots = slots(of[i])
	}
	if len(list) == 1 && !named {
		list[0].Name = ""
	}
	return list
}

// seriesName makes a series' name of its slug: 'acute-oncology' is 'Acute oncology'.
func seriesName(slug string) string {
	if slug == "" {
		return ""
	}
	name := strings.ReplaceAll(slug, "-", " ")
	return strings.ToUpper(name[:1]) + name[1:]
}

// Cards are the events as cards of a list, with what is left of each; heading is the level of their headings.
func (h *Handler) Cards(ctx context.Context, es []*Event, heading int) ([]templates.Card, error) {
	var places []Place
	for _, e := range es {
		places = append(places, e.Places...)
	}
	left, err := h.left.Available(ctx, places)
	if err != nil {
		return nil, err
	}
	cards := make([]templates.Card, 0, len(es))
	for _, e := range es {
		cards = append(cards, card(e, heading, badge(e, left, h.now())))
	}
	return cards, nil
}

// NextEvent is the soonest upcoming event that takes place, on another page than its own. Its places are kept up to date there, as on its page.
type NextEvent struct {
	templates.Card
	Live   string // the address of its places, while they can change
	Lines  []PlaceLine
	Badges []templates.Places
}

// Next is the soonest upcoming event that takes place, for the home page; nil where there is none.
func (h *Handler) Next(ctx context.Context, heading int) (*NextEvent, error) {
	es, err := h.events.Upcoming(ctx, h.now())
	first := slices.IndexFunc(es, func(e *Event) bool { return e.Status == Published })
	if err != nil || first < 0 {
		return nil, err
	}
	e := es[first]
	left, err := h.left.Available(ctx, e.Places)
	if err != nil {
		return nil, err
	}
	state := registrationState(e, e.Registration(h.now()), left)
	next := &NextEvent{Card: card(e, heading, badge(e, left, h.now())), Badges: badges}
	if state == Open || state == WaitingList {
		next.Live, next.Lines, next.Card.Places = "/events/"+e.Slug+"/places", placeLines(e, left, state), templates.Places{}
	}
	return next, nil
}

func pastCards(es []*Event) []templates.Card {
	cards := make([]templates.Card, 0, len(es))
	for _, e := range es {
		cards = append(cards, card(e, 3, statusBadge(e)))
	}
	return cards
}

func card(e *Event, heading int, places templates.Places) templates.Card {
	c := templates.Card{
		Link: templates.Link{Href: "/events/" + e.Slug, Text: e.Title}, When: e.When(), Where: e.Where(), Summary: e.Summary, Places: places, Heading: heading,
	}
	if e.Status == Postponed {
		c.When, c.Month, c.Year = noDate+" It was to be "+e.Date()+".", "New date", "to come"
		return c
	}
	starts := e.Starts()
	c.Day, c.Month, c.Year = starts.Format("2"), starts.Format("Jan"), starts.Format("2006")
	return c
}

// noDate is when an event takes place that is postponed.
const noDate = "New date to be announced."

// statusBadge says that an event does not take place, or not on its day.
func statusBadge(e *Event) templates.Places {
	switch e.Status {
	case Cancelled:
		return templates.Places{State: "closed", Text: "Cancelled"}
	case Postponed:
		return templates.Places{State: "closed", Text: "Postponed"}
	}
	return templates.Places{}
}

// badge says in a word or two whether one can come.
func badge(e *Event, left map[string]Availability, now time.Time) templates.Places {
	state := registrationState(e, e.Registration(now), left)
	switch {
	case e.Status != Published:
		return statusBadge(e)
	case state == Open || state == WaitingList:
		return templates.Places{State: all(e, left).State(), Text: leftInAll(e, left)}
	case state == NotYetOpen:
		return templates.Places{State: "closed", Text: "Registration opens soon"}
	case e.Past(now):
		return templates.Places{}
	}
	return templates.Places{State: "closed", Text: "Registration closed"}
}

func all(e *Event, left map[string]Availability) (sum Availability) {
	for _, p := range e.Places {
		sum.Left, sum.Waiting = sum.Left+left[p.ID].Left, sum.Waiting+left[p.ID].Waiting
	}
	return sum
}

// leftInAll names each place where there are several: 59 seats in the hall and 300 online are not 359 of anything.
func leftInAll(e *Event, left map[string]Availability) string {
	if sum := all(e, left); len(e.Places) == 1 || sum.Left == 0 {
		return sum.Words()
	}
	var parts []string
	for _, p := range e.Places {
		words := "full"
		if n := left[p.ID].Left; n > 0 {
			words = fmt.Sprintf("%d left", n)
		}
		parts = append(parts, p.Name+": "+words)
	}
	return strings.Join(parts, ", ")
}
