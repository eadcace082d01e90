package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

// productID names this program in every file (RFC 5545 3.7.3).
const productID = "-//Masterclass//Masterclass 1.0//EN"

// pollEvery is how often a feed asks to be fetched: each hour (RFC 7986 5.7).
const pollEvery = "PT1H"

// Feed names and describes a calendar to subscribe to.
type Feed struct {
	Name, Description string         // plain text, any bytes
	Zone              *time.Location // the zone a client shows; nil is UTC
}

// File is one event to download, or what belongs to it, one entry at least:
// public, without METHOD, ORGANIZER and ATTENDEE. It fails on an event that
// Event's comments rule out.
func File(e Event, more ...Event) ([]byte, error) {
	return publish(header(""), append([]Event{e}, more...)...)
}

// Encode is a feed of events in the order given. It fails on the first event
// that Event's comments rule out, naming its UID.
func (f Feed) Encode(events []Event) ([]byte, error) {
	c := header("")
	if name := line(f.Name); name != "" {
		c.SetName(name) // NAME and X-WR-CALNAME
	}
	if description := text(f.Description); description != "" {
		c.SetXWRCalDesc(description)
	}
	c.SetXWRTimezone(newZones().nameOf(f.Zone))
	if len(events) == 0 {
		return f.empty(c)
	}
	c.SetRefreshInterval(pollEvery) // the library adds VALUE=DURATION
	c.SetXPublishedTTL(pollEvery)
	return publish(c, events...)
}

// empty is a feed without events: with its zone, since a calendar holds one component at least (RFC 5545 3.4).
func (f Feed) empty(c *ics.Calendar) ([]byte, error) {
	z := newZones()
	s := z.find(f.Zone)
	if s == nil {
		s = &span{loc: time.UTC}
	}
	z.cover(s, someYear)
	return write(c, z)
}

// someYear is any: a zone that no time is written in is right whatever it covers.
var someYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Request invites attendee, who is already registered and so has accepted
// (RFC 5546 3.2.2). made is when the message is written: DTSTAMP (RFC 5545
// 3.8.7.2). It fails as File does, on a cancelled event, a zero made, and an
// address that is not one. If attendee and organiser are the same mailbox,
// send File instead.
func Request(e Event, organiser, attendee Person, made time.Time) ([]byte, error) {
	if e.Status == Cancelled {
		return nil, fmt.Errorf("calendar: event %q is cancelled and invites nobody", e.UID)
	}
	return message(ics.MethodRequest, e, organiser, attendee, made)
}

// Cancel takes back what Request sent (RFC 5546 3.2.5): UID, people and times
// must be those of the request, Sequence higher. It fails as Request does.
func Cancel(e Event, organiser, attendee Person, made time.Time) ([]byte, error) {
	e.Status = Cancelled
	return message(ics.MethodCancel, e, organiser, attendee, made)
}

// publish adds the events to c as they are shown to everyone.
func publish(c *ics.Calendar, events ...Event) ([]byte, error) {
	z := newZones()
	vevents := make([]*ics.VEvent, len(events))
	for i, e := range events {
		v, err := e.component(z)
		if err != nil {
			return nil, err
		}
		vevents[i] = v
	}
	return write(c, z, vevents...)
}

// message is an iTIP message from organiser to the one attendee.
func message(m ics.Method, e Event, organiser, attendee Person, made time.Time) ([]byte, error) {
	if made.IsZero() || !writable(made) {
		return nil, errors.New("calendar: a message needs the time it is made")
	}
	from, err := organiser.organizer()
	if err != nil {
		return nil, fmt.Errorf("calendar: organiser: %w", err)
	}
	to, err := attendee.attendee()
	if err != nil {
		return nil, fmt.Errorf("calendar: attendee: %w", err)
	}
	z := newZones()
	v, err := e.component(z)
	if err != nil {
		return nil, err
	}
	v.SetDtStampTime(made)
	v.Properties = append(v.Properties, from, to)
	return write(header(m), z, v)
}

// header is a calendar without components; METHOD is left out when empty.
func header(m ics.Method) *ics.Calendar {
	c := ics.NewCalendar()
	c.SetProductId(productID)
	c.SetCalscale("GREGORIAN")
	if m != "" {
		c.SetMethod(m)
	}
	return c
}

// write puts the zones before the events that name them, and all of it into
// folded lines that end in CRLF (RFC 5545 3.1).
func write(c *ics.Calendar, z *zones, vevents ...*ics.VEvent) ([]byte, error) {
	for _, v := range z.components() {
		c.AddVTimezone(v)
	}
	for _, v := range vevents {
		c.AddVEvent(v)
	}
	var b bytes.Buffer
	if err := c.SerializeTo(&b, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("calendar: writing: %w", err)
	}
	return b.Bytes(), nil
}
