package events

import (
	"slices"
	"strings"
	"time"
)

// movedFrom adds the start of the event as it was before a change to those that it had before, if people could see it then and rely on it:
// a draft's nobody saw, and an event that is over or cancelled is put right and not moved.
func movedFrom(old, e *Event, now time.Time) string {
	shown := old.Status == Published && !old.Past(now) || old.Status == Postponed
	same := old.StartsAt == e.StartsAt
	if old.AllDay || e.AllDay {
		same = old.Starts().Format(time.DateOnly) == e.Starts().Format(time.DateOnly)
	}
	if !shown || same {
		return old.MovedFrom
	}
	return strings.TrimPrefix(old.MovedFrom+","+old.linkedTime(old.Starts()), ",")
}

// earlierStarts are when the event was to start before it was moved, the first of them first, each once. One that it has come back to is
// not among them. They are days for what lasted all day, else times with their distance from UTC (RFC 3339).
func (e *Event) earlierStarts() []string {
	var list []string
	for start := range strings.SplitSeq(e.MovedFrom, ",") {
		if start != "" && !slices.Contains(list, start) && start != e.linkedTime(e.Starts()) {
			list = append(list, start)
		}
	}
	return list
}

// previousStarts are those to tell search engines of: one, or a list of several; nil for none. Of a postponed event, whose date is open, its
// date as it was is the last of them.
func (e *Event) previousStarts() any {
	list := e.earlierStarts()
	if e.Status == Postponed {
		list = append(list, e.linkedTime(e.Starts()))
	}
	switch {
	case len(list) == 0 || e.Status == Cancelled:
		return nil
	case len(list) == 1:
		return list[0]
	}
	return list
}

// Moved says from when the event was moved, such as "Moved from 3 March 2027 and 10 March 2027", or is empty. Of a day that stays, it names the
// time.
func (e *Event) Moved() string {
	var from []string
	if e.Status != Published { // there is no date now to which it was moved
		return ""
	}
	for _, start := range e.earlierStarts() {
		if words := e.movedWords(start); words != "" && !slices.Contains(from, words) {
			from = append(from, words)
		}
	}
	switch n := len(from); n {
	case 0:
		return ""
	case 1:
		return "Moved from " + from[0]
	default:
		return "Moved from " + strings.Join(from[:n-1], ", ") + " and " + from[n-1]
	}
}

func (e *Event) movedWords(start string) string {
	if day, err := time.Parse(time.DateOnly, start); err == nil {
		return date(day)
	}
	t, err := time.Parse(time.RFC3339, start)
	switch {
	case err != nil:
		return ""
	case t.Format(time.DateOnly) == e.Starts().Format(time.DateOnly) && !e.AllDay:
		return Clock(t) + " on " + date(t)
	}
	return date(t)
}

func date(t time.Time) string { return t.Format("2 January 2006") }
