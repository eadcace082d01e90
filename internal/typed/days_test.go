package typed

import (
	"testing"
	"time"
)

func TestDaysAreFromMidnightToMidnightOfTheZone(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		from, to     string
		since, until string // RFC 3339, "" for no end
		wrong        string // the field
	}{
		{"", "", "", "", ""},
		{"2027-03-28", "2027-03-28", "2027-03-28T00:00:00Z", "2027-03-29T00:00:00+01:00", ""}, // a day of 23 hours
		{"2027-03-28", "", "2027-03-28T00:00:00Z", "", ""},
		{"", "2027-03-28", "", "2027-03-29T00:00:00+01:00", ""},
		{"yesterday", "2027-03-28", "", "2027-03-29T00:00:00+01:00", "from"},
		{"2027-03-28", "2027-02-30", "2027-03-28T00:00:00Z", "", "to"},
		{"2027-03-29", "2027-03-28", "2027-03-29T00:00:00+01:00", "2027-03-29T00:00:00+01:00", "to"},
	} {
		since, until, wrong := Days(tc.from, tc.to, london)
		field := ""
		if len(wrong) == 1 {
			field = wrong[0].Name
		}
		if in(since) != tc.since || in(until) != tc.until || field != tc.wrong || len(wrong) > 1 {
			t.Errorf("%s to %s is %s to %s, and %v is wrong", tc.from, tc.to, in(since), in(until), wrong)
		}
	}
}

func in(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}
