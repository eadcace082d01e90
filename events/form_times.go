package events

import (
	"fmt"
	"strings"
	"time"

	"masterclass/internal/fault"
)

// dateLayouts and clockLayouts are the ways in which people and browsers write them.
var (
	dateLayouts  = []string{LocalDate, "2/1/2006", "2-1-2006", "2.1.2006", "2 January 2006", "2 Jan 2006", "Monday 2 January 2006"}
	clockLayouts = []string{"15:04", "15:04:05", "15.04", "3:04pm", "3.04pm", "3pm", "1504"}
)

// readDate gives a date as LocalDate.
func readDate(s string) (string, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(LocalDate), true
		}
	}
	return "", false
}

// readClock gives a time of day as 15:04.
func readClock(s string) (string, bool) {
	s = strings.ToLower(strings.ReplaceAll(s, " ", ""))
	switch s {
	case "midday", "noon":
		return "12:00", true
	case "midnight":
		return "00:00", true
	}
	for _, layout := range clockLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("15:04"), true
		}
	}
	return "", false
}

// timed is a pair of fields, such as starts_date and starts_time.
type timed struct {
	name  string // starts
	what  string // the event starts
	clock string // the time that an empty one stands for, "" if one must be given
	empty bool   // both may be empty
}

// read gives the local time in the fields, "" for none, and what is wrong with them. A time that the clocks skip in the zone is wrong.
func (p timed) read(v values, zone *time.Location, allDay bool) (string, []fault.Field) {
	date, clock := v[p.name+"_date"], v[p.name+"_time"]
	wrong := func(field, message string) (string, []fault.Field) {
		return "", []fault.Field{{Name: p.name + "_" + field, Message: message}}
	}
	switch {
	case date == "" && p.empty && clock == "":
		return "", nil
	case date == "":
		return wrong("date", "Enter the date on which "+p.what)
	}
	day, ok := readDate(date)
	if !ok {
		return wrong("date", "Enter a date, such as 11 March 2027")
	}
	if allDay {
		return day + "T00:00", nil
	}
	if clock == "" {
		clock = p.clock
	}
	if clock == "" {
		return wrong("time", "Enter the time at which "+p.what)
	}
	clock, ok = readClock(clock)
	if !ok {
		return wrong("time", "Enter a time, such as 9:30am or 16:45")
	}
	local := day + "T" + clock
	if zone == nil {
		return local, nil
	}
	t, err := time.ParseInLocation(LocalTime, local, zone)
	if err != nil || t.Format(LocalTime) != local {
		return wrong("time", fmt.Sprintf("There is no such time on that day in %s: the clocks go forward. Choose an earlier or a later time", zone))
	}
	return local, nil
}

// instant is a local time as Unix milliseconds, 0 for none.
func instant(local string, zone *time.Location) int64 {
	if t, err := time.ParseInLocation(LocalTime, local, zone); err == nil && local != "" {
		return t.UnixMilli()
	}
	return 0
}

// put writes a local time into the pair's fields.
func (p timed) put(v values, local string) {
	v[p.name+"_date"], v[p.name+"_time"], _ = strings.Cut(local, "T")
}

// localOf is an instant in the zone, "" for none.
func localOf(ms int64, zone *time.Location) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).In(zone).Format(LocalTime)
}
