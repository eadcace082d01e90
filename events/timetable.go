package events

import (
	"slices"
	"strconv"
	"time"

	"masterclass/templates"
)

// Slot is a part of a day's programme: one session, or several that overlap, which a wide page shows beside each other.
type Slot struct {
	Session        // the only one, where there is one
	Beside  []Cell // several, in the order in which they are read
	Columns int    // of those
	from    int64  // in minutes
	to      int64
}

// Cell is a session of several that overlap, with its place in their grid. Column, Row and Height begin at 1; all are 0 where the grid would
// be too large, and the sessions stay below each other.
type Cell struct {
	Session
	Column, Row, Height int
}

// The largest grid that the style sheet has classes for.
const (
	mostColumns = 6
	mostRows    = 16
)

// Class names the place in the grid for the style sheet: without inline styles, each place is a class.
func (c Cell) Class() string {
	if c.Column == 0 {
		return ""
	}
	return " app-col-" + strconv.Itoa(c.Column) + " app-row-" + strconv.Itoa(c.Row) + " app-tall-" + strconv.Itoa(c.Height)
}

// Hours is the time that all of the slot takes.
func (s Slot) Hours() string {
	at := func(minutes int64) string { return Clock(time.Unix(minutes*60, 0).UTC()) }
	return at(s.from) + " to " + at(s.to)
}

// chooseSessions is the choice of sessions for one's own calendar; nil where there is nothing to choose.
func chooseSessions(e *Event) *templates.Checkboxes {
	choice := &templates.Checkboxes{ID: "session", Legend: "Which sessions?", Hint: "With none ticked, the file has all of them"}
	several := e.Starts().Format(LocalDate) != e.LastDay().Format(LocalDate)
	for _, s := range e.Sessions {
		from, err := time.Parse(LocalTime, s.StartsLocal)
		if err != nil || !s.Learning() {
			continue
		}
		hint := s.SessionHours()
		if several {
			hint = Day(from) + ", " + hint
		}
		choice.Options = append(choice.Options, templates.Option{Value: s.ID, Text: s.Title, Hint: hint})
	}
	if e.Status != Published || len(choice.Options) < 2 {
		return nil
	}
	return choice
}

// minutes are a session's start and end; one whose times cannot be read, or that ends before it starts, takes no time.
func (s Session) minutes() (from, to int64) {
	starts, err1 := time.Parse(LocalTime, s.StartsLocal)
	ends, err2 := time.Parse(LocalTime, s.EndsLocal)
	if err1 != nil {
		return 0, 0
	}
	if from = starts.Unix() / 60; err2 != nil {
		return from, from
	}
	return from, max(from, ends.Unix()/60)
}

// slots gathers sessions, in order of their start, that overlap.
func slots(sessions []Session) []Slot {
	var list []Slot
	var group []Session
	var began, end int64
	flush := func() {
		if len(group) > 0 {
			list = append(list, newSlot(group, began, end))
		}
		group = nil
	}
	for _, s := range sessions {
		from, to := s.minutes()
		if len(group) == 0 || from >= end {
			flush()
			began, end = from, to
		}
		group, end = append(group, s), max(end, to)
	}
	flush()
	return list
}

func newSlot(group []Session, from, to int64) Slot {
	if len(group) == 1 {
		return Slot{Session: group[0], from: from, to: to}
	}
	slot := Slot{from: from, to: to}
	var marks []int64 // where a row of the grid begins
	for _, s := range group {
		a, b := s.minutes()
		marks = append(marks, a, b)
		slot.Beside = append(slot.Beside, Cell{Session: s})
	}
	slices.Sort(marks)
	marks = slices.Compact(marks)
	slot.Columns = arrange(slot.Beside)
	for i := range slot.Beside {
		c := &slot.Beside[i]
		a, b := c.minutes()
		c.Row = slices.Index(marks, a) + 1
		c.Height = max(1, slices.Index(marks, b)+1-c.Row)
	}
	if slot.Columns > mostColumns || len(marks)-1 > mostRows {
		slot.Columns = 0
		for i := range slot.Beside {
			slot.Beside[i].Column = 0
		}
	}
	return slot
}

// arrange gives each cell a column, the same to the sessions of a room as long as they do not overlap, and says how many columns there are.
func arrange(cells []Cell) (columns int) {
	var rooms []string // of each column
	var ends []int64
	for i := range cells {
		from, to := cells[i].minutes()
		column := -1
		for n, room := range rooms {
			if room == cells[i].Room && room != "" && ends[n] <= from {
				column = n
			}
		}
		if column < 0 {
			rooms, ends = append(rooms, cells[i].Room), append(ends, to)
			column = len(rooms) - 1
		}
		ends[column] = to
		cells[i].Column = column + 1
	}
	return len(rooms)
}
