package registrations

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"masterclass/events"
)

func TestAnEventsChartReachesFromItsFirstRegistrationToNowOrItsEnd(t *testing.T) {
	t.Parallel()
	london, err := time.LoadLocation("Europe/London")
	must(t, err)
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, london) // the clocks go forward on 29 March
	e := &events.Event{EndsAt: monday.AddDate(0, 0, 40*7).UnixMilli(), TimeZone: "Europe/London", EndsLocal: monday.AddDate(0, 0, 40*7).Format(events.LocalTime)}
	at := func(days int) int64 { return monday.AddDate(0, 0, days).UnixMilli() / quarterHour }
	for name, c := range map[string]struct {
		quarters map[int64]int
		now      int // days after the Monday
		want     string
	}{
		"none":                  {nil, 10, "none"},
		"this week":             {map[int64]int{at(1): 3}, 2, "Week from: 2 Mar 3"},
		"until now":             {map[int64]int{at(0): 1, at(8): 2}, 28, "Week from: 2 Mar 1, 9 Mar 2, 16 Mar 0, 23 Mar 0, 30 Mar 0"},
		"past its end":          {map[int64]int{at(39 * 7): 4}, 60 * 7, "Week from: 30 Nov 4, 7 Dec 0"},
		"written down after it": {map[int64]int{at(40*7 + 8): 1}, 60 * 7, "Week from: 14 Dec 1"},
		"many weeks":            {map[int64]int{at(0): 1, at(13): 1, at(14): 5}, 13*7 + 1, "2 weeks from: 2 Mar 2, 16 Mar 5, 30 Mar 0, 13 Apr 0, 27 Apr 0, 11 May 0, 25 May 0"},
	} {
		got := "none"
		if chart := eventChart(e, c.quarters, monday.AddDate(0, 0, c.now), london); chart != nil {
			var bars []string
			for _, b := range chart.Bars {
				bars = append(bars, fmt.Sprint(b.Day, " ", b.Month, " ", b.Count))
			}
			got = chart.From + ": " + strings.Join(bars, ", ")
			if last := chart.Bars[len(chart.Bars)-1]; last.X+last.Width > chartWidth || len(chart.Bars) > mostBars {
				t.Errorf("%s: the chart is wider than its picture: %+v", name, last)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
