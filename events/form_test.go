package events

import (
	"testing"
	"time"
)

func TestAnAddressIsMadeOfATitle(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"SACT Masterclass 2027": "sact-masterclass-2027", "Nurses’ day: what's new?": "nurses-day-whats-new", "Café & Crème": "cafe-and-creme",
		"  --  ": "", "日本": "", "A long title of a study day that goes on and on until the address would not fit on any poster": "a-long-title-of-a-study-day-that-goes-on-and-on-until-the-address-would-not-fit",
	} {
		if got := slugOf(title); got != want || (got != "" && !IsSlug(got)) {
			t.Errorf("%q becomes %q, want %q", title, got, want)
		}
	}
}

func TestDatesAndTimesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"09:30": "09:30", "9:30am": "09:30", "9.30 AM": "09:30", "2pm": "14:00", "midday": "12:00", "Midnight": "00:00", "16.45": "16:45",
		"": "", "25:00": "", "soon": ""} {
		if got, ok := readClock(s); got != want || ok != (want != "") {
			t.Errorf("the time %q is read as %q", s, got)
		}
	}
	for s, want := range map[string]string{"2027-03-11": "2027-03-11", "11/3/2027": "2027-03-11", "11 March 2027": "2027-03-11", "Thursday 11 March 2027": "2027-03-11",
		"31 February 2027": "", "03-11": ""} {
		if got, ok := readDate(s); got != want || ok != (want != "") {
			t.Errorf("the date %q is read as %q", s, got)
		}
	}
}

func TestAnHourThatComesTwiceIsTaken(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for date, want := range map[string]string{"2027-10-31": "2027-10-31T01:30", "2027-03-28": ""} {
		got, wrong := startsPair.read(values{"starts_date": date, "starts_time": "01:30"}, zone, false)
		if got != want || (len(wrong) == 0) != (want != "") {
			t.Errorf("1:30am on %s is read as %q, %v", date, got, wrong)
		}
	}
}

func TestWhatAFormShowsIsWhatItReads(t *testing.T) {
	t.Parallel()
	for _, e := range []*Event{
		{UID: "u", Slug: "a", Title: "A", TimeZone: "Europe/Paris", StartsLocal: "2027-03-11T09:30", EndsLocal: "2027-03-12T16:45", Listed: true, RegistrationClosesAt: 1_800_000_000_000 / 60_000 * 60_000},
		{UID: "u", Slug: "b", Title: "B", TimeZone: "UTC", StartsLocal: "2027-03-11T00:00", EndsLocal: "2027-03-11T00:00", AllDay: true, Approval: true, Topics: "Nursing, Safety", Sponsors: "One\nTwo"},
	} {
		if err := e.Settle(); err != nil {
			t.Fatal(err)
		}
		got, wrong := detailsOf(e).event(e)
		if len(wrong) > 0 {
			t.Fatalf("%s: %v", e.Slug, wrong)
		}
		a, b := *e, *got
		if detailsOf(&a)["starts_date"] != detailsOf(&b)["starts_date"] || eventShape.seen(detailsOf(&a)) != eventShape.seen(detailsOf(&b)) || Material(&a, &b) {
			t.Errorf("%+v becomes %+v", a, b)
		}
	}
}

func TestAFormTakesNobodysChangeBackUnseen(t *testing.T) {
	t.Parallel()
	s := shape{{"a", "A", line, 0, ""}, {"b", "B", line, 0, ""}, {"c", "C", line, 0, ""}, {"d", "D", line, 0, ""}}
	was, mine, now := values{"a": "1", "b": "1", "c": "1", "d": "1"}, values{"a": "2", "b": "1", "c": "2", "d": "2"}, values{"a": "1", "b": "3", "c": "3", "d": "2"}
	merged, clashes := s.clashes(s.seen(was), mine, now)
	if merged["a"] != "2" || merged["b"] != "3" || merged["c"] != "2" || merged["d"] != "2" {
		t.Errorf("the form holds %v", merged)
	}
	if len(clashes) != 3 || !clashes[0].Taken || clashes[1].Taken || clashes[1].Now != "3" || !clashes[2].Taken {
		t.Errorf("it says %+v", clashes)
	}
	if _, clashes := s.clashes(s.seen(was), mine, was); len(clashes) != 0 {
		t.Errorf("with nobody else's change it says %+v", clashes)
	}
	if merged, clashes := s.clashes("forged", mine, now); len(clashes) != 3 || merged["b"] != "1" {
		t.Errorf("a form from nowhere is %v, %+v", merged, clashes)
	}
}
