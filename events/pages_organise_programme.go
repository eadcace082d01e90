package events

import (
	"strings"
	"time"

	"masterclass/internal/web"
	"masterclass/templates"
)

// deskSession is a session in the organisers' programme; Up and Down say whether it can change its turn with one that starts at the same time.
type deskSession struct {
	Session
	Hours, KindWords, Names string
	Path                    string
	Warnings                []string
	Up, Down                bool
}

// Label names it beside its buttons.
func (s deskSession) Label() string { return s.Title }

type deskDay struct {
	Name     string
	Sessions []deskSession
}

// orderedPart is a speaker or a place with the buttons that change its turn.
type orderedPart struct {
	ID, Name, Text, Path string
	Up, Down             bool
}

// Label names it beside its buttons.
func (p orderedPart) Label() string { return p.Name }

// programmePage is events/organise-programme.
type programmePage struct {
	Title       string
	Tabs        []web.Tab
	Notice      templates.Notice
	Path        string
	CPD         string
	Credits     int
	Sponsors    string
	Days        []deskDay
	Speakers    []orderedPart
	Warnings    int
	Off         bool // no session is on a day of the event, which must have moved
	ShiftedDate string
}

func newProgrammePage(e *Event) programmePage {
	path := e.deskPath("/programme")
	page := programmePage{Title: e.Title, Path: path, CPD: e.CPDWords(), Credits: e.CPDCredits(), Sponsors: e.Sponsors, Off: e.programmeIsOff() != 0, ShiftedDate: dayWords(e.StartsLocal)}
	warnings := e.ProgrammeWarnings()
	page.Warnings = len(warnings)
	for i, s := range e.Sessions {
		row := deskSession{Session: s, Hours: s.SessionHours(), KindWords: kindWords(s.Kind), Names: names(s.Speakers), Path: path + "/sessions/" + s.ID, Warnings: warnings[s.ID]}
		row.Up = i > 0 && e.Sessions[i-1].StartsLocal == s.StartsLocal
		row.Down = i+1 < len(e.Sessions) && e.Sessions[i+1].StartsLocal == s.StartsLocal
		name := dayWords(s.StartsLocal)
		if n := len(page.Days); n == 0 || page.Days[n-1].Name != name {
			page.Days = append(page.Days, deskDay{Name: name})
		}
		day := &page.Days[len(page.Days)-1]
		day.Sessions = append(day.Sessions, row)
	}
	for i, sp := range e.Speakers {
		page.Speakers = append(page.Speakers, orderedPart{ID: sp.ID, Name: sp.Name, Text: sp.Role, Path: path + "/speakers/" + sp.ID, Up: i > 0, Down: i+1 < len(e.Speakers)})
	}
	return page
}

func names(speakers []Speaker) string {
	var list []string
	for _, sp := range speakers {
		list = append(list, sp.Name)
	}
	return strings.Join(list, ", ")
}

// programmeIsOff is by how many days the programme has to move to begin on the event's first day, when no session is on a day of the event.
func (e *Event) programmeIsOff() int {
	first, last := e.StartsLocal[:len(LocalDate)], e.EndsLocal[:len(LocalDate)]
	for _, s := range e.Sessions {
		if day := s.StartsLocal[:len(LocalDate)]; first <= day && day <= last {
			return 0
		}
	}
	if len(e.Sessions) == 0 {
		return 0
	}
	return daysBetween(e.Sessions[0].StartsLocal, e.StartsLocal)
}

type deskPlace struct {
	Place
	Path     string
	Up, Down bool
	ToGive   bool // seats are left beside people who wait, and nobody is offered them any more
}

// Label names it beside its buttons.
func (p deskPlace) Label() string { return p.Name }

// placesPage is events/organise-places.
type placesPage struct {
	Title  string
	Tabs   []web.Tab
	Notice templates.Notice
	Path   string
	Places []deskPlace

	WaitingList string // where organisers give what is left
}

func newPlacesPage(e *Event, now time.Time) placesPage {
	page := placesPage{Title: e.Title, Path: e.deskPath("/places"), WaitingList: e.deskPath("/waiting-list")}
	toGive := e.Status == Published && e.ListRests(now)
	for i, p := range e.Places {
		page.Places = append(page.Places, deskPlace{Place: p, Path: page.Path + "/" + p.ID, Up: i > 0, Down: i+1 < len(e.Places),
			ToGive: toGive && p.Waiting > 0 && p.Taken < p.Capacity})
	}
	return page
}
