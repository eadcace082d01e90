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

// dayEnds is when whoever came then and was not checked out has left: at the time of day at which the event ends.
func dayEnds(e *events.Event, came time.Time) time.Time {
	ends, day := e.Ends().In(e.Starts().Location()), today(e, came)
	at := time.Date(day.Year(), day.Month(), day.Day(), ends.Hour(), ends.Minute(), 0, 0, day.Location())
	if at.Before(day) { // past midnight
		at = at.AddDate(0, 0, 1)
	}
	if at.Before(came) {
		return came
	}
	return at
}

// severalDays says that an event is not over on the day on which it begins.
func severalDays(e *events.Event) bool {
	return today(e, e.Ends().Add(-time.Minute)).After(today(e, e.Starts()))
}

// dayEnded is by whom those have left whom nobody checked out.
const dayEnded = "the end of the day"
