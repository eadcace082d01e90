package registrations

import (
	"strings"
	"time"

	"masterclass/events"
)

// Audience is whom a rule writes to, of those whose registration is confirmed. What comes after the event goes to those of them who came; where
// nobody was checked in who takes part in the same way, in person or online, it is not known who came, and all of them are meant.
type Audience string

// Attendees are all whose registration is confirmed.
const Attendees Audience = "confirmed"

const atPlace = "place:"

// AtPlace are those with a certain place.
func AtPlace(placeID string) Audience { return Audience(atPlace + placeID) }

// reaches says whether those with a place are meant.
func (a Audience) reaches(p events.Place) bool { return a == Attendees || a == AtPlace(p.ID) }

// known says whether it is an audience of the event.
func (a Audience) known(e *events.Event) bool {
	id, one := strings.CutPrefix(string(a), atPlace)
	_, there := e.Place(id)
	return a == Attendees || (one && there)
}

// places are those of the event whose people the rule writes to at a moment: another rule may be due for them in its stead.
func (u ReminderRule) places(all []ReminderRule, e *events.Event, now time.Time) (ids []string) {
	for _, p := range e.Places {
		if u.Audience.reaches(p) && !u.replaced(all, e, p, now) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func (u ReminderRule) replaced(all []ReminderRule, e *events.Event, p events.Place, now time.Time) bool {
	for _, other := range all {
		if other.Audience.reaches(p) && u.yieldsTo(other) && !now.Before(other.Moment(e)) {
			return true
		}
	}
	return false
}

// yieldsTo says whether another rule for the same people replaces this one once it is due: a later one before the event or, of two at the same
// moment, the one that asks, since it says when and where as well. Of two that are the same, the one for their place alone counts.
func (u ReminderRule) yieldsTo(other ReminderRule) bool {
	same := other.Offset == u.Offset && other.Kind == u.Kind && u.Audience == Attendees && other.Audience != Attendees
	if !u.ahead() || !other.ahead() {
		return same
	}
	return same || other.Offset < u.Offset || (other.Offset == u.Offset && u.Kind == Reminder && other.Kind == StillComing)
}
