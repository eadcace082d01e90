package registrations

import (
	"time"

	"masterclass/events"
)

// Presence is when somebody was at an event: at the whole of it, or at any of its sessions.
type Presence struct {
	Came time.Time
	Left time.Time // of whom nobody is in any more; zero for who is still there, or was not checked out
}

// Attendance chooses registrations by whether their people came.
type Attendance string

// The choices of who came; any other value, such as the empty one, chooses everybody.
const (
	DidCome    Attendance = "came"
	DidNotCome Attendance = "absent" // had a confirmed place on site and was never checked in; where all take part online, any confirmed place
)

// attendanceOf reads a choice; what is none is everybody.
func attendanceOf(value string) Attendance {
	if a := Attendance(value); a == DidCome || a == DidNotCome {
		return a
	}
	return ""
}

// means says whether a registration of that status is chosen, whose person came or not, or takes part from afar, where no door counts them.
func (a Attendance) means(s Status, came, afar bool) bool {
	switch a {
	case DidCome:
		return came
	case DidNotCome:
		return s == Confirmed && !came && !afar
	}
	return true
}

// onSite is the condition that a registration of that name in a query is expected at the door: FromAfar is the same for one that was read.
func onSite(g string) string {
	return g + `.place_id in (select p.id from places p where p.event_id = ` + g + `.event_id
		and (not p.online or not exists (select 1 from places o where o.event_id = ` + g + `.event_id and not o.online)))`
}

// Visit is one stay at an event or at one of its sessions.
type Visit struct {
	SessionID string // "" for the whole event
	Session   string // its title
	Presence
}

// words are a visit in one line: when, and of what.
func (v Visit) words(e *events.Event) string {
	text := shortMoment(e, v.Came)
	if !v.Left.IsZero() {
		left := v.Left.In(e.Starts().Location())
		if sameDay(v.Came.In(left.Location()), left) {
			text += " to " + events.Clock(left)
		} else {
			text += " to " + shortMoment(e, left)
		}
	}
	if v.SessionID == "" {
		return text
	}
	return text + ": " + v.Session
}

func sameDay(a, b time.Time) bool {
	return a.YearDay() == b.YearDay() && a.Year() == b.Year()
}
