package calendar

import "time"

// epoch is the local time from which a zone's first offset is given when it
// has not changed since; events are at least two years later.
var epoch = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// onset is an instant at which a zone's offset or name changes.
type onset struct {
	at time.Time // in UTC
	change
}

// change is what an onset changes: offsets in seconds east of UTC.
type change struct {
	from, to int
	name     string
	daylight bool
}

// wall is the local time just before the change, which is how DTSTART and
// RRULE give an onset (RFC 5545 3.6.5).
func (o onset) wall() time.Time {
	return o.at.Add(time.Duration(o.from) * time.Second)
}

// onsets are the change that was in force at first, and those after it before
// end.
func onsets(loc *time.Location, first, end time.Time) []onset {
	first = first.In(loc)
	all := []onset{constant(first)}
	if at := changeBefore(first); !at.IsZero() {
		all[0] = onsetAt(at)
	}
	for at := changeAfter(first, end); !at.IsZero(); at = changeAfter(at, end) {
		all = append(all, onsetAt(at))
	}
	labelDaylight(all)
	return all
}

// onsetAt describes the change at t.
func onsetAt(t time.Time) onset {
	_, from := t.Add(-time.Second).Zone()
	name, to := t.Zone()
	return onset{t.UTC(), change{from, to, name, t.IsDST()}}
}

// constant is the offset at t, given as in force since the epoch.
func constant(t time.Time) onset {
	name, offset := t.Zone()
	at := epoch.Add(-time.Duration(offset) * time.Second)
	return onset{at, change{offset, offset, name, t.IsDST()}}
}

// labelDaylight makes daylight mean ahead of standard time. Go follows the
// zone database, in which Irish winter is the daylight time, an hour behind;
// calendar programs know summer as the daylight time everywhere. Of two
// neighbours, one standard and one daylight, the one ahead is daylight.
func labelDaylight(all []onset) {
	was := make([]bool, len(all))
	for i, o := range all {
		was[i] = o.daylight
	}
	for i := range all {
		for _, j := range []int{i + 1, i - 1} {
			if 0 <= j && j < len(all) && was[i] != was[j] && all[i].to != all[j].to {
				all[i].daylight = all[i].to > all[j].to
				break
			}
		}
	}
}

// changeAfter is the first change of t's zone after t and before end, or the
// zero time. Past the last year that the zone database lists, ZoneBounds ends
// each year on its 365th day, where nothing changes, and on the 366th gives
// an end that has passed; so each bound is looked at, and the year is left.
func changeAfter(t, end time.Time) time.Time {
	for {
		_, bound := t.ZoneBounds()
		switch {
		case bound.IsZero():
			return time.Time{}
		case !bound.After(t):
			bound = time.Date(t.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC).In(t.Location())
		}
		if !bound.Before(end) {
			return time.Time{}
		}
		if changes(bound) {
			return bound
		}
		t = bound
	}
}

// changeBefore is the change that is in force at t, or the zero time if that
// was before the epoch.
func changeBefore(t time.Time) time.Time {
	for {
		bound, _ := t.ZoneBounds()
		if bound.Before(epoch) { // also when there is none
			return time.Time{}
		}
		if changes(bound) {
			return bound
		}
		t = bound.Add(-time.Second)
	}
}

// changes says whether the offset or its name is another at t than before.
func changes(t time.Time) bool {
	before, from := t.Add(-time.Second).Zone()
	name, to := t.Zone()
	return from != to || before != name
}
