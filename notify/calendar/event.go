package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// Status says whether an event takes place (RFC 5545 3.8.1.11).
type Status string

// The statuses of an event.
const (
	Confirmed Status = "CONFIRMED"
	Tentative Status = "TENTATIVE"
	Cancelled Status = "CANCELLED"
)

// Event is one VEVENT (RFC 5545 3.6.1).
type Event struct {
	// UID never changes and is never empty; the caller stores it. Characters
	// other than ASCII letters, digits and "-_.@+" are written as "-".
	UID string
	// Title, Description and Location are plain text, any bytes. Line breaks
	// stay, except in Title; what could disguise or add text goes.
	Title, Description, Location string
	// URL is absolute http or https; one that is not clean is left out.
	URL string
	// Starts and Ends are written in the zone of their Location, to the
	// second. They lie in the years 1972 to 9998, Ends not before Starts.
	Starts, Ends time.Time
	// AllDay makes an event of whole days: from Starts' date to Ends' date,
	// both included.
	AllDay bool
	// Sequence counts the revisions of time, place or status, from 0.
	Sequence int
	// Status is Confirmed if empty.
	Status Status
	// Created may be zero. Revised is needed: it is LAST-MODIFIED and, in
	// files and feeds, DTSTAMP (RFC 5545 3.8.7.2).
	Created, Revised time.Time
	// Categories are one category each; commas are part of the name.
	Categories []string
}

// check refuses what cannot be written as a right VEVENT.
func (e Event) check() error {
	switch {
	case strings.TrimSpace(e.UID) == "":
		return errors.New("the UID is empty")
	case e.Starts.IsZero():
		return errors.New("the start is missing")
	case !inSpan(e.Starts) || !inSpan(e.Ends):
		return fmt.Errorf("the years %d to %d are not all in 1972 to 9998", e.Starts.Year(), e.Ends.Year())
	case e.AllDay && date(e.Ends).Before(date(e.Starts)):
		return errors.New("the last day is before the first")
	case !e.AllDay && e.Ends.Before(e.Starts):
		return errors.New("the end is before the start")
	case e.Sequence < 0:
		return errors.New("the sequence is negative")
	case e.Revised.IsZero() || !writable(e.Revised) || !writable(e.Created):
		return errors.New("the time of the last revision is missing or has no four-digit year")
	}
	switch e.Status {
	case "", Confirmed, Tentative, Cancelled:
		return nil
	}
	return fmt.Errorf("unknown status %q", e.Status)
}

// component is the event as published; the zones of its times are noted in z.
func (e Event) component(z *zones) (*ics.VEvent, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("calendar: event %q: %w", e.UID, err)
	}
	v := ics.NewEvent(uid(e.UID))
	v.SetDtStampTime(e.Revised)
	v.SetModifiedAt(e.Revised)
	if !e.Created.IsZero() {
		v.SetCreatedTime(e.Created)
	}
	v.SetSequence(e.Sequence)
	e.addTimes(v, z)
	e.addTexts(v)
	v.SetStatus(ics.ObjectStatus(e.status()))
	v.SetTimeTransparency(ics.TransparencyOpaque)
	v.SetClass(ics.ClassificationPublic)
	for _, category := range e.Categories {
		addText(v, ics.ComponentPropertyCategories, line(category))
	}
	return v, nil
}

func (e Event) status() Status {
	if e.Status == "" {
		return Confirmed
	}
	return e.Status
}

// addTimes writes DTSTART and DTEND. DTEND is exclusive, so the day after the
// last (RFC 5545 3.6.1), and must be later than DTSTART (3.8.2.2): an event
// that ends as it starts has none.
func (e Event) addTimes(v *ics.VEvent, z *zones) {
	if e.AllDay {
		v.SetAllDayStartAt(date(e.Starts))
		v.SetAllDayEndAt(date(e.Ends).AddDate(0, 0, 1))
		return
	}
	z.add(v, ics.ComponentPropertyDtStart, e.Starts)
	if e.Ends.Truncate(time.Second).After(e.Starts.Truncate(time.Second)) {
		z.add(v, ics.ComponentPropertyDtEnd, e.Ends)
	}
}

func (e Event) addTexts(v *ics.VEvent) {
	addText(v, ics.ComponentPropertySummary, line(e.Title))
	addText(v, ics.ComponentPropertyDescription, text(e.Description))
	addText(v, ics.ComponentPropertyLocation, text(e.Location))
	addText(v, ics.ComponentPropertyUrl, link(e.URL))
}

// addText adds a property unless it would be empty.
func addText(v *ics.VEvent, name ics.ComponentProperty, value string) {
	if value != "" {
		v.AddProperty(name, value)
	}
}

// date is the day of t in its own zone, at midnight UTC.
func date(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// inSpan keeps a year four digits in any zone (RFC 5545 3.3.4) and well
// after the epoch at which a VTIMEZONE may begin.
func inSpan(t time.Time) bool {
	year := t.UTC().Year()
	return 1972 <= year && year <= 9998
}

// writable says whether the UTC form of t has a four-digit year.
func writable(t time.Time) bool {
	year := t.UTC().Year()
	return 1 <= year && year <= 9999
}
