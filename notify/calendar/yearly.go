package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// yearly is a day such as the last Sunday in March (RFC 5545 3.3.10).
type yearly struct {
	month   time.Month
	weekday time.Weekday
	nth     int // 1 to 4, or -1 for the last
}

// String is the rule as RRULE has it.
func (y yearly) String() string {
	day := strings.ToUpper(y.weekday.String()[:2])
	return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", y.month, y.nth, day)
}

// in is the day's number in its month of that year.
func (y yearly) in(year int) int {
	if y.nth < 0 {
		last := time.Date(year, y.month+1, 0, 0, 0, 0, 0, time.UTC)
		return last.Day() - (int(last.Weekday()-y.weekday)+7)%7
	}
	first := time.Date(year, y.month, 1, 0, 0, 0, 0, time.UTC)
	return 1 + (int(y.weekday-first.Weekday())+7)%7 + 7*(y.nth-1)
}

// after is the instant, a year on from o, at which the rule has its next
// onset.
func (y yearly) after(o onset) time.Time {
	w := o.wall()
	next := time.Date(w.Year()+1, y.month, y.in(w.Year()+1), w.Hour(), w.Minute(), w.Second(), 0, time.UTC)
	return next.Add(-time.Duration(o.from) * time.Second)
}

// yearlies are the rules that give the day of w: it may be both the fourth
// and the last of its kind. No rule has a fifth, which not every year has.
func yearlies(w time.Time) []yearly {
	var rules []yearly
	for _, nth := range []int{-1, (w.Day()-1)/7 + 1} {
		y := yearly{w.Month(), w.Weekday(), nth}
		if nth <= 4 && y.in(w.Year()) == w.Day() {
			rules = append(rules, y)
		}
	}
	return rules
}

// longestRun is how many of the onsets, from the first, one rule explains, a
// year apart and at the same time of day; and that rule.
func longestRun(all []onset) (int, yearly) {
	rules := yearlies(all[0].wall())
	for i := 1; i < len(all); i++ {
		left := slices.DeleteFunc(slices.Clone(rules), func(y yearly) bool {
			return !y.after(all[i-1]).Equal(all[i].at)
		})
		if len(left) == 0 {
			return i, rules[0]
		}
		rules = left
	}
	return len(all), rules[0]
}
