package calendar

import (
	"strings"
	"time"
	_ "time/tzdata" // the zone database, for machines that have none

	ics "github.com/arran4/golang-ical"
)

// The forms of a DATE-TIME (RFC 5545 3.3.5).
const (
	localForm = "20060102T150405"
	utcForm   = "20060102T150405Z"
)

// zones gathers the zones that one calendar's local times name, each with the
// span of time its VTIMEZONE must be right for.
type zones struct {
	byName map[string]*span // nil where the name is no zone: such times are UTC
	order  []*span          // those used, first used first
}

// span is a zone, and the first and last instant written in it.
type span struct {
	loc         *time.Location
	first, last time.Time
}

func newZones() *zones {
	return &zones{byName: map[string]*span{}}
}

// add writes t in its own zone, as local time with TZID, or in UTC where it
// has no zone that others know, or where local time could mean two instants.
func (z *zones) add(v *ics.VEvent, name ics.ComponentProperty, t time.Time) {
	s := z.find(t.Location())
	if s == nil || repeated(t.In(s.loc)) {
		v.AddProperty(name, t.UTC().Format(utcForm))
		return
	}
	z.cover(s, t)
	v.AddProperty(name, t.In(s.loc).Format(localForm), ics.WithTZID(s.loc.String()))
}

// nameOf is the zone's name, or "UTC".
func (z *zones) nameOf(loc *time.Location) string {
	if s := z.find(loc); s != nil {
		return s.loc.String()
	}
	return "UTC"
}

// find is the database's zone of that name. A fixed zone may carry any name,
// so it is the database's rules that count, here and in the VTIMEZONE.
func (z *zones) find(loc *time.Location) *span {
	name := loc.String()
	s, known := z.byName[name]
	if !known {
		s = load(name)
		z.byName[name] = s
	}
	return s
}

func load(name string) *span {
	switch name {
	case "", "Local", "UTC", "Etc/UTC":
		return nil
	}
	if !nameable(name) {
		return nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return &span{loc: loc}
}

// nameable says whether name can stand in a parameter as it is.
func nameable(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !isWord(r) && !strings.ContainsRune("/_-+", r)
	})
}

// cover widens s to t.
func (z *zones) cover(s *span, t time.Time) {
	if s.first.IsZero() {
		z.order = append(z.order, s)
		s.first, s.last = t, t
		return
	}
	if t.Before(s.first) {
		s.first = t
	}
	if t.After(s.last) {
		s.last = t
	}
}

// components are the VTIMEZONEs of the zones used.
func (z *zones) components() []*ics.VTimezone {
	all := make([]*ics.VTimezone, 0, len(z.order))
	for _, s := range z.order {
		all = append(all, s.component())
	}
	return all
}

// repeated says whether another instant has the same local time as t, as in
// the hour before and the hour after the clocks go back. Local time then means
// the first (RFC 5545 3.3.5), but not all programs read it so.
func repeated(t time.Time) bool {
	if last := changeBefore(t); !last.IsZero() && t.Sub(last) < goneBack(last) {
		return true
	}
	next := changeAfter(t, t.AddDate(0, 0, 2))
	return !next.IsZero() && next.Sub(t) <= goneBack(next)
}

// goneBack is how far clocks go back at t, below zero if they go forward.
func goneBack(t time.Time) time.Duration {
	_, before := t.Add(-time.Second).Zone()
	_, now := t.Zone()
	return time.Duration(before-now) * time.Second
}
