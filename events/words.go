package events

import (
	"fmt"
	"strings"
	"time"
)

// Clock writes a time as the NHS content guide does: 9:30am, 2pm, midday, midnight.
func Clock(t time.Time) string {
	switch {
	case t.Hour() == 12 && t.Minute() == 0:
		return "midday"
	case t.Hour() == 0 && t.Minute() == 0:
		return "midnight"
	case t.Minute() == 0:
		return t.Format("3pm")
	}
	return t.Format("3:04pm")
}

// Day writes a date as Thursday 11 March 2027.
func Day(t time.Time) string { return t.Format("Monday 2 January 2006") }

// Date is the event's day or days: 'Thursday 11 March 2027', 'Friday 23 to Sunday 25 October 2015'.
func (e *Event) Date() string {
	first, last := e.Starts(), e.LastDay()
	switch {
	case first.Format(LocalDate) == last.Format(LocalDate):
		return Day(first)
	case first.Year() != last.Year():
		return Day(first) + " to " + Day(last)
	case first.Month() != last.Month():
		return first.Format("Monday 2 January") + " to " + Day(last)
	}
	return first.Format("Monday 2") + " to " + Day(last)
}

// Hours is '9:30am to 4:45pm UK time (GMT)', or nothing for an all-day event. Where the clocks change in between, each time has
// its own zone.
func (e *Event) Hours() string {
	if e.AllDay {
		return ""
	}
	from, to := zoneWords(e.Starts()), zoneWords(e.Ends())
	if from != to {
		return Clock(e.Starts()) + " " + from + " to " + Clock(e.Ends()) + " " + to
	}
	return Clock(e.Starts()) + " to " + Clock(e.Ends()) + " " + from
}

// When is the date and the hours in one line.
func (e *Event) When() string {
	if e.AllDay {
		return e.Date()
	}
	return e.Date() + ", " + e.Hours()
}

// Moment is an instant in words in a zone: '10:15am on Thursday 11 March 2027'.
func Moment(t time.Time) string { return Clock(t) + " on " + Day(t) }

// zoneWords names the zone as its people know it.
func zoneWords(t time.Time) string {
	abbreviation, _ := t.Zone()
	name := t.Location().String()
	if name == "Europe/London" {
		return "UK time (" + abbreviation + ")"
	}
	if strings.HasPrefix(abbreviation, "+") || strings.HasPrefix(abbreviation, "-") {
		abbreviation = "UTC" + abbreviation
	}
	city := name[strings.LastIndex(name, "/")+1:]
	return strings.ReplaceAll(city, "_", " ") + " time (" + abbreviation + ")"
}

// CPDWords is 'About 5 hours 30 minutes', or nothing without a programme.
func (e *Event) CPDWords() string {
	d := e.CPD()
	hours, minutes := int(d.Hours()), int(d.Minutes())%60
	switch {
	case d == 0:
		return ""
	case minutes == 0:
		return count(hours, "hour")
	case hours == 0:
		return count(minutes, "minute")
	}
	return count(hours, "hour") + " " + count(minutes, "minute")
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// SessionHours is the time of a session: '9:30am to 10am', in the event's zone.
func (s Session) SessionHours() string {
	from, err1 := time.Parse(LocalTime, s.StartsLocal)
	to, err2 := time.Parse(LocalTime, s.EndsLocal)
	if err1 != nil || err2 != nil {
		return ""
	}
	return Clock(from) + " to " + Clock(to)
}
