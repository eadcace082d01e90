package registrations

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"masterclass/events"
)

// quarterHour is in milliseconds: no zone's midnight is between two of them.
const quarterHour = int64(15 * time.Minute / time.Millisecond)

// mondayOf is the beginning of a moment's week.
func mondayOf(at time.Time, zone *time.Location) time.Time {
	at = at.In(zone)
	return time.Date(at.Year(), at.Month(), at.Day()-(int(at.Weekday())+6)%7, 0, 0, 0, 0, zone)
}

// firstWeek is the Monday that the chart of all events begins with.
func firstWeek(now time.Time, zone *time.Location) time.Time {
	return mondayOf(now, zone).AddDate(0, 0, -7*(weeks-1))
}

// weekly puts quarters of an hour, as the record counts registrations by, into so many weeks; the last one is that of now, and a week begins on Monday.
func weekly(quarters map[int64]int, now time.Time, zone *time.Location) (starts []time.Time, counts []int) {
	return spans(quarters, firstWeek(now, zone), 1, weeks)
}

// spans puts quarters of an hour into n spans of so many weeks each, from a Monday.
func spans(quarters map[int64]int, first time.Time, each, n int) (starts []time.Time, counts []int) {
	for i := range n {
		starts = append(starts, first.AddDate(0, 0, 7*each*i))
	}
	counts = make([]int, n)
	for q, made := range quarters {
		at := time.UnixMilli(q * quarterHour)
		i, exact := slices.BinarySearchFunc(starts, at, time.Time.Compare)
		if !exact {
			i--
		}
		if i >= 0 {
			counts[i] += made
		}
	}
	return starts, counts
}

// chart is a bar for each span of time, drawn by the server. ID tells it from another one on the page.
type chart struct {
	ID, Title, Total string
	From             string // what heads the column of times in the table
	Desc             string
	Bars             []chartBar
}

// chartBar is a span of time, and the day and month that stand below it. X, Y, Width, Height and the rest are units of the picture, 400 wide and
// 192 high.
type chartBar struct {
	Week, Count                     string
	Day, Month                      string
	X, Y, Width, Height, Middle, At int
}

// The picture's measures.
const (
	chartBase  = 150
	chartRise  = 120
	chartWidth = 400
	mostBars   = 12 // whose days can be read on a phone
)

// newChart has a bar for each span of so many weeks.
func newChart(id string, starts []time.Time, counts []int, each int) chart {
	c := chart{ID: id, Title: "Registrations by week", From: "Week from", Desc: "Registrations by the week that begins on each Monday. "}
	if each > 1 {
		c.Title, c.From, c.Desc = fmt.Sprintf("Registrations by %d weeks", each), fmt.Sprintf("%d weeks from", each), fmt.Sprintf("Registrations by the %d weeks that begin on each of these Mondays. ", each)
	}
	total, most := 0, 1
	for _, n := range counts {
		total, most = total+n, max(most, n)
	}
	step := chartWidth / max(weeks, len(counts))
	var said []string
	for i, n := range counts {
		height := n * chartRise / most
		if n > 0 {
			height = max(height, 2)
		}
		b := chartBar{Week: starts[i].Format("Monday 2 January 2006"), Count: thousands(n), Day: starts[i].Format("2"), Month: starts[i].Format("Jan"), X: i*step + step/6, Y: chartBase - height,
			Width: step * 2 / 3, Height: height, Middle: i*step + step/2, At: chartBase - height - 6}
		c.Bars, said = append(c.Bars, b), append(said, b.Day+" "+b.Month+": "+b.Count)
	}
	c.Total = counted(total, "registration")
	c.Desc += strings.Join(said, ", ") + "."
	return c
}

// eventChart is of the registrations for one event, from the first of them to now or to the end of the event; nil for none. Weeks stand together
// where they are many.
func eventChart(e *events.Event, quarters map[int64]int, now time.Time, zone *time.Location) *chart {
	if len(quarters) == 0 {
		return nil
	}
	var made []int64
	for q := range quarters {
		made = append(made, q)
	}
	first, last := mondayOf(time.UnixMilli(slices.Min(made)*quarterHour), zone), time.UnixMilli(slices.Max(made)*quarterHour)
	if until := now; last.Before(until) {
		if e.Ends().Before(until) {
			until = e.Ends()
		}
		if last.Before(until) {
			last = until
		}
	}
	n := 0
	for at := first; !at.After(last); at = at.AddDate(0, 0, 7) {
		n++
	}
	each := (n + mostBars - 1) / mostBars
	starts, counts := spans(quarters, first, each, (n+each-1)/each)
	c := newChart("event", starts, counts, each)
	return &c
}
