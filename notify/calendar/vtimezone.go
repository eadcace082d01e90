package calendar

import (
	"fmt"
	"slices"
	"time"

	ics "github.com/arran4/golang-ical"
)

// component is the VTIMEZONE, right from the first instant to the last. It
// begins a year early and ends two years late, so that both halves of a
// yearly rule are seen often enough to be written as a rule.
func (s *span) component() *ics.VTimezone {
	v := ics.NewTimezone(s.loc.String())
	end := s.last.AddDate(2, 0, 0)
	for _, b := range blocks(onsets(s.loc, s.first.AddDate(-1, 0, 0), end), end) {
		v.Components = append(v.Components, b.component())
	}
	return v
}

// block is one STANDARD or DAYLIGHT part: an onset, and the rule by which it
// comes again each year, if it does.
type block struct {
	onset
	rule string
}

// blocks sorts the onsets by what they change, and each sort into runs of
// years that one rule explains. Onsets are known up to end.
func blocks(all []onset, end time.Time) []block {
	var out []block
	for len(all) > 0 {
		same, rest := alike(all)
		for len(same) > 0 {
			n, r := longestRun(same)
			out = append(out, runBlocks(same[:n], r, end)...)
			same = same[n:]
		}
		all = rest
	}
	slices.SortStableFunc(out, func(a, b block) int { return a.at.Compare(b.at) })
	return out
}

// alike takes the onsets that change what the first does out of the rest.
func alike(all []onset) (same, rest []onset) {
	for _, o := range all {
		if o.change == all[0].change {
			same = append(same, o)
		} else {
			rest = append(rest, o)
		}
	}
	return same, rest
}

// runBlocks is one block with a rule, or one for each onset where there are
// too few to call it a rule. A rule that ended before end says until when.
func runBlocks(run []onset, r yearly, end time.Time) []block {
	const few = 3
	if len(run) < few {
		out := make([]block, len(run))
		for i, o := range run {
			out[i] = block{onset: o}
		}
		return out
	}
	last := run[len(run)-1]
	rule := r.String()
	if r.after(last).Before(end) {
		rule += ";UNTIL=" + last.at.Format(utcForm)
	}
	return []block{{run[0], rule}}
}

// component writes the block (RFC 5545 3.6.5).
func (b block) component() ics.Component {
	var base ics.ComponentBase
	base.AddProperty(ics.ComponentPropertyDtStart, b.wall().Format(localForm))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), utcOffset(b.from))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), utcOffset(b.to))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzname), b.name)
	if b.rule != "" {
		base.AddRrule(b.rule)
	}
	if b.daylight {
		return &ics.Daylight{ComponentBase: base}
	}
	return &ics.Standard{ComponentBase: base}
}

// utcOffset is seconds east of UTC as +hhmm or +hhmmss (RFC 5545 3.3.14).
func utcOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	s := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		s += fmt.Sprintf("%02d", seconds%60)
	}
	return s
}
