package door

import (
	"time"

	"masterclass/events"
)

// nightOver is how long after midnight a day still is the day before: a dinner ends late.
const nightOver = 4 * time.Hour

// today begins the day of a moment, in the event's zone.
func today(e *events.Event, t time.Time) time.Time {
	t = t.In(e.Starts().Location()).Add(-nightOver)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location()).Add(nightOver)
}

// dayEnds is when whoever made that visit and was not checked out has left: when its session ends, or the last one of that day. On the event's
// last day, and where the programme does not say, it is the time of day at which the event ends.
func dayEnds(e *events.Event, v Visit) time.Time {
	ends, day := e.Ends(), today(e, v.CameAt)
	at := time.Date(day.Year(), day.Month(), day.Day(), ends.Hour(), ends.Minute(), 0, 0, day.Location())
	if at.Before(day) { // past midnight
		at = at.AddDate(0, 0, 1)
	}
	if last, ok := sessionsEnd(e, v.SessionID, day); ok && (v.SessionID != "" || last.After(at) || !at.Equal(ends)) {
		at = last
	}
	if at.Before(v.CameAt) {
		return v.CameAt
	}
	return at
}

// sessionsEnd is when a session ends that is on that day, or the last of all that are where none is named.
func sessionsEnd(e *events.Event, session string, day time.Time) (last time.Time, ok bool) {
	for _, s := range e.Sessions {
		ends, err := time.ParseInLocation(events.LocalTime, s.EndsLocal, day.Location())
		if err != nil || (session != "" && s.ID != session) || !today(e, ends.Add(-time.Minute)).Equal(day) || ends.Before(last) {
			continue
		}
		last, ok = ends, true
	}
	return last, ok
}

// openEnded says that nobody has checked the guest out of the visit: it lasts, or ended with its day.
func (v Visit) openEnded() bool { return v.LeftAt.IsZero() || v.LeftBy == dayEnded }

// severalDays says that an event is not over on the day on which it begins.
func severalDays(e *events.Event) bool {
	return today(e, e.Ends().Add(-time.Minute)).After(today(e, e.Starts()))
}

// plainDay says that whoever reads a time of day knows which day is meant.
func plainDay(e *events.Event, t time.Time) bool {
	return !severalDays(e) && today(e, t).Equal(today(e, e.Starts()))
}

// clock is a time in an answer at the door: '9:30am', or '9:30am on Thu 11 Mar' where the day needs saying.
func clock(e *events.Event, t time.Time) string {
	t = t.In(e.Starts().Location())
	if plainDay(e, t) {
		return events.Clock(t)
	}
	return events.Clock(t) + " on " + t.Format("Mon 2 Jan")
}

// dayEnded is by whom those have left whom nobody checked out.
const dayEnded = "the end of the day"
