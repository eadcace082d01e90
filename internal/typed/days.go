package typed

import (
	"time"

	"masterclass/internal/fault"
)

// Days are the two ends of a filter by date, whose fields are "from" and "to": since the beginning of the first day until the end of the last, in
// the zone. A field that is empty is no end, and its time is zero. What is wrong says which field to mend.
func Days(from, to string, zone *time.Location) (since, until time.Time, wrong []fault.Field) {
	for _, d := range []struct {
		field, text string
		end         *time.Time
		days        int
	}{{"from", from, &since, 0}, {"to", to, &until, 1}} {
		if d.text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, d.text, zone)
		if err != nil {
			wrong = append(wrong, fault.Field{Name: d.field, Message: "Enter a date such as 2027-03-11"})
			continue
		}
		*d.end = day.AddDate(0, 0, d.days)
	}
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		wrong = append(wrong, fault.Field{Name: "to", Message: "The last day must not be before the first"})
	}
	return since, until, wrong
}
