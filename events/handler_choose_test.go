package events_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"masterclass/events"
	"masterclass/internal/store/storetest"
)

var (
	chooser = regexp.MustCompile(`(?s)<details[^>]* id="choose">.*?</details>`)
	boxes   = regexp.MustCompile(`name="session" type="checkbox" value="([^"]+)"`)
)

func TestSessionsAreChosenForOnesOwnCalendar(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	e, off, put := withProgramme(meeting("masterclass")), as(withProgramme(meeting("off")), events.Cancelled), as(withProgramme(meeting("put-off")), events.Postponed)
	one := withProgramme(meeting("one"))
	one.Sessions = one.Sessions[:2]
	mustInsert(t, db, e, off, put, one, meeting("none"))
	s := newSite(t, db, left{}, at(now))
	form := chooser.FindString(s.shows("/events/masterclass", 200).text)
	for _, text := range []string{`method="get" action="/events/masterclass.ics"`, `type="hidden" name="programme" value="1"`, "Choose sessions for your calendar", "Safer prescribing", "10am to midday", `type="submit"`} {
		if !strings.Contains(form, text) {
			t.Errorf("the form has no %s:\n%s", text, form)
		}
	}
	if strings.Contains(form, "Tea") || strings.Contains(form, " open") || strings.Contains(form, " checked") {
		t.Errorf("the form has a break, or is open, or a box is ticked:\n%s", form)
	}
	ids := boxes.FindAllStringSubmatch(form, -1)
	if len(ids) != 3 {
		t.Fatalf("%d sessions can be chosen", len(ids))
	}
	for name, c := range map[string]struct {
		chosen []string
		titles string
	}{
		"none is all of them": {nil, "Safer prescribing|Workshop A|Workshop B"},
		"one":                 {[]string{ids[1][1]}, "Workshop A"},
		"two":                 {[]string{ids[2][1], ids[0][1]}, "Safer prescribing|Workshop B"},
	} {
		a := s.shows("/events/masterclass.ics?"+url.Values{"programme": {"1"}, "session": c.chosen}.Encode(), 200)
		var titles []string
		for _, m := range regexp.MustCompile(`SUMMARY:(.+) – `).FindAllStringSubmatch(a.text, -1) {
			titles = append(titles, m[1])
		}
		if got := strings.Join(titles, "|"); got != c.titles || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: it holds %s, want %s", name, got, c.titles)
		}
	}
	for _, slug := range []string{"off", "put-off", "one", "none"} {
		if form := chooser.FindString(s.shows("/events/"+slug, 200).text); form != "" {
			t.Errorf("%s has %s", slug, form)
		}
	}
}
