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
	DidNotCome Attendance = "absent" // had a confirmed place and was never checked in
)

// attendanceOf reads a choice; what is none is everybody.
func attendanceOf(value string) Attendance {
	if a := Attendance(value); a == DidCome || a == DidNotCome {
		return a
	}
	return ""
}

// means says whether a registration of that status is chosen, whose person came or not.
func (a Attendance) means(s Status, came bool) bool {
	switch a {
	case DidCome:
		return came
	case DidNotCome:
		return s == Confirmed && !came
	}
	return true
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
