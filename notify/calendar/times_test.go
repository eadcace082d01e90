package calendar_test

import (
	"strings"
	"testing"
	"time"

	"masterclass/notify/calendar"
)

// lines gives the content lines of one event that begin with one of names.
func lines(tb testing.TB, e calendar.Event, names ...string) []string {
	tb.Helper()
	b, err := calendar.File(e)
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, l := range unfold(b)[strings.Count(string(b[:strings.Index(string(b), "BEGIN:VEVENT")]), "\r\n"):] {
		for _, name := range names {
			if strings.HasPrefix(l, name) {
				out = append(out, l)
			}
		}
	}
	return out
}

func TestTimesAreWrittenInTheirZone(t *testing.T) {
	t.Parallel()
	london, kolkata := zone(t, "Europe/London"), zone(t, "Asia/Kolkata")
	at := time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)
	second := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC) // 01:30 for the second time
	cases := []struct {
		name         string
		starts, ends time.Time
		want         string
	}{
		{"in London", at.In(london), at.Add(time.Hour).In(london),
			"DTSTART;TZID=Europe/London:20260601T100000 DTEND;TZID=Europe/London:20260601T110000"},
		{"in two zones", at.In(london), at.Add(time.Hour).In(kolkata),
			"DTSTART;TZID=Europe/London:20260601T100000 DTEND;TZID=Asia/Kolkata:20260601T153000"},
		{"in UTC", at, at.Add(time.Hour), "DTSTART:20260601T090000Z DTEND:20260601T100000Z"},
		{"in a zone without a name", at.In(time.FixedZone("", 3600)), at.Add(time.Hour),
			"DTSTART:20260601T090000Z DTEND:20260601T100000Z"},
		{"in the machine's zone", at.In(time.Local), at.Add(time.Hour).In(time.Local),
			"DTSTART:20260601T090000Z DTEND:20260601T100000Z"},
		{"in a zone that nobody knows", at.In(time.FixedZone("Bath\r\nX-EVIL:1", 0)), at.Add(time.Hour),
			"DTSTART:20260601T090000Z DTEND:20260601T100000Z"},
		{"in a fixed zone that poses as another", at.In(time.FixedZone("Europe/London", -3600)), at.Add(time.Hour),
			"DTSTART;TZID=Europe/London:20260601T100000 DTEND:20260601T100000Z"},
		{"in the hour that comes twice", second.Add(-time.Hour).In(london), second.In(london),
			"DTSTART:20261025T003000Z DTEND:20261025T013000Z"},
		{"just outside that hour", second.Add(-90*time.Minute - time.Second).In(london), second.Add(30 * time.Minute).In(london),
			"DTSTART;TZID=Europe/London:20261025T005959 DTEND;TZID=Europe/London:20261025T020000"},
		{"at its first and last second", second.Add(-90 * time.Minute).In(london), second.Add(30*time.Minute - time.Second).In(london),
			"DTSTART:20261025T000000Z DTEND:20261025T015959Z"},
		{"with fractions of a second", at.Add(200), at.Add(900 * time.Millisecond), "DTSTART:20260601T090000Z"},
		{"with no length", at, at, "DTSTART:20260601T090000Z"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := summer(t)
			e.Starts, e.Ends = c.starts, c.ends
			if got := strings.Join(lines(t, e, "DTSTART", "DTEND"), " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAllDayEventsEndTheDayAfter(t *testing.T) {
	t.Parallel()
	e := symposium(t)
	if got := strings.Join(lines(t, e, "DTSTART", "DTEND"), " "); got != "DTSTART;VALUE=DATE:20261024 DTEND;VALUE=DATE:20261027" {
		t.Errorf("three days: %s", got)
	}
	e.Ends = e.Starts
	if got := strings.Join(lines(t, e, "DTSTART", "DTEND"), " "); got != "DTSTART;VALUE=DATE:20261024 DTEND;VALUE=DATE:20261025" {
		t.Errorf("one day: %s", got)
	}
	e.Starts = e.Ends.Add(12 * time.Hour)
	if _, err := calendar.File(e); err != nil {
		t.Errorf("the time of day of an all-day event matters: %v", err)
	}
}

func TestEachZoneUsedIsDescribedOnce(t *testing.T) {
	t.Parallel()
	feed, events := exampleFeed(t)
	b, err := feed.Encode(events)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, z := range readZones(t, b) {
		got = append(got, z.id)
	}
	if s := strings.Join(got, " "); s != "Europe/London Asia/Kolkata America/New_York" {
		t.Errorf("zones are %s", s)
	}
}

func TestTheSameFeedIsTheSameBytes(t *testing.T) {
	t.Parallel()
	feed, events := exampleFeed(t)
	first, _ := feed.Encode(events)
	second, _ := feed.Encode(events)
	if string(first) != string(second) {
		t.Error("the same feed gave two texts")
	}
}

func BenchmarkFeed200Events(b *testing.B) {
	feed, _ := exampleFeed(b)
	events := make([]calendar.Event, 200)
	for i := range events {
		events[i] = summer(b)
		events[i].Starts = events[i].Starts.AddDate(0, 0, 2*i)
		events[i].Ends = events[i].Ends.AddDate(0, 0, 2*i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := feed.Encode(events); err != nil {
			b.Fatal(err)
		}
	}
}
