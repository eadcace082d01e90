package calendar_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"masterclass/notify/calendar"
)

var update = flag.Bool("update", false, "write the files under testdata anew")

var (
	organiser = calendar.Person{Name: `Masterclass, SACT: "Team"`, Address: "events@events.example.org"}
	attendee  = calendar.Person{Name: "O'Brien, Zoë; RN\r\nX-EVIL:1", Address: "zoe.o'brien+sact@example.com"}
	made      = time.Date(2026, 3, 2, 8, 15, 0, 0, time.UTC)
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatalf("loading zone: %v", err)
	}
	return loc
}

// summer is an ordinary event, in British Summer Time, with awkward text.
func summer(tb testing.TB) calendar.Event {
	london := zone(tb, "Europe/London")
	return calendar.Event{
		UID:   "01890a5d-ac96-774b-bcce-b302099a8057@events.example.org",
		Title: "SACT Masterclass: Élégie, part 1; \"intro\" \\ 日本語\nand a title long enough to need folding twice over, at least",
		Description: "Line one\r\nLine two, with; chars \\ and\rbare CR\u2028new line\n\n" +
			"👩‍👩‍👧‍👦 https://events.example.org/e/1?a=1,2;b\x00\u202Etxt.exe\u202C",
		Location:   "12 High St, Bath; UK",
		URL:        "https://events.example.org/events/sact-masterclass?from=calendar&v=1",
		Starts:     time.Date(2026, 6, 1, 18, 30, 0, 0, london),
		Ends:       time.Date(2026, 6, 1, 20, 0, 0, 0, london),
		Created:    time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC),
		Revised:    time.Date(2026, 3, 1, 9, 30, 0, 0, london),
		Categories: []string{"Study day", "Chemotherapy, SACT"},
	}
}

// symposium is an event of three whole days, over the end of summer time.
func symposium(tb testing.TB) calendar.Event {
	london := zone(tb, "Europe/London")
	return calendar.Event{
		UID: "symposium@events.example.org", Title: "Symposium", AllDay: true,
		Starts:  time.Date(2026, 10, 24, 0, 0, 0, 0, london),
		Ends:    time.Date(2026, 10, 26, 0, 0, 0, 0, london),
		Revised: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
	}
}

// clockChanges are events across both changes of the clocks of 2026, one of
// them beginning in the hour that comes twice.
func clockChanges(tb testing.TB) []calendar.Event {
	london := zone(tb, "Europe/London")
	night := func(uid string, starts time.Time, hours int) calendar.Event {
		return calendar.Event{
			UID: uid, Title: "Night shift", Starts: starts.In(london),
			Ends:    starts.In(london).Add(time.Duration(hours) * time.Hour),
			Revised: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		}
	}
	return []calendar.Event{
		night("spring@x", time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC), 3),
		night("autumn@x", time.Date(2026, 10, 24, 22, 30, 0, 0, time.UTC), 4),
		night("twice-first@x", time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), 1),
		night("twice-second@x", time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), 2),
	}
}

func exampleFeed(tb testing.TB) (calendar.Feed, []calendar.Event) {
	cancelled := summer(tb)
	cancelled.UID, cancelled.Title, cancelled.Description = "cancelled@events.example.org", "Study day", ""
	cancelled.Status, cancelled.Sequence = calendar.Cancelled, 1
	online := calendar.Event{
		UID: "online@events.example.org", Title: "Online seminar", Status: calendar.Tentative,
		Starts:  time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC),
		Ends:    time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC),
		Revised: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
	}
	abroad := online
	abroad.UID, abroad.Status = "abroad@events.example.org", ""
	abroad.Starts = online.Starts.In(zone(tb, "Asia/Kolkata"))
	abroad.Ends = online.Ends.In(zone(tb, "America/New_York"))
	f := calendar.Feed{Name: "Masterclass, events", Description: "All events;\nnewest first", Zone: zone(tb, "Europe/London")}
	return f, []calendar.Event{summer(tb), cancelled, online, abroad, symposium(tb)}
}

func TestGoldenBytes(t *testing.T) {
	t.Parallel()
	feed, events := exampleFeed(t)
	clocks := calendar.Feed{Name: "Clocks", Zone: zone(t, "Europe/London")}
	revised := summer(t)
	revised.Sequence = 3
	cases := map[string]func() ([]byte, error){
		"file.ics":          func() ([]byte, error) { return calendar.File(summer(t)) },
		"all-day.ics":       func() ([]byte, error) { return calendar.File(symposium(t)) },
		"feed.ics":          func() ([]byte, error) { return feed.Encode(events) },
		"clock-changes.ics": func() ([]byte, error) { return clocks.Encode(clockChanges(t)) },
		"request.ics":       func() ([]byte, error) { return calendar.Request(summer(t), organiser, attendee, made) },
		"cancel.ics":        func() ([]byte, error) { return calendar.Cancel(revised, organiser, attendee, made) },
	}
	for name, encode := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := encode()
			if err != nil {
				t.Fatal(err)
			}
			checkBytes(t, got)
			compareGolden(t, name, got)
		})
	}
}

func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and read the difference. Got:\n%s", path, got)
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*calendar.Event){
		"no UID":                  func(e *calendar.Event) { e.UID = "" },
		"a UID of spaces":         func(e *calendar.Event) { e.UID = " \t" },
		"no start":                func(e *calendar.Event) { e.Starts = time.Time{} },
		"no end":                  func(e *calendar.Event) { e.Ends = time.Time{} },
		"an end before the start": func(e *calendar.Event) { e.Ends = e.Starts.Add(-time.Second) },
		"a last day before the first": func(e *calendar.Event) {
			e.AllDay, e.Ends = true, e.Starts.AddDate(0, 0, -1)
		},
		"a five-digit year":   func(e *calendar.Event) { e.Ends = e.Ends.AddDate(8000, 0, 0) },
		"no revision":         func(e *calendar.Event) { e.Revised = time.Time{} },
		"a negative sequence": func(e *calendar.Event) { e.Sequence = -1 },
		"an unknown status":   func(e *calendar.Event) { e.Status = "X\r\nATTENDEE:mailto:a@b" },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := summer(t)
			spoil(&e)
			if b, err := calendar.File(e); err == nil {
				t.Errorf("File wrote %q", b)
			}
			if b, err := (calendar.Feed{}).Encode([]calendar.Event{summer(t), e}); err == nil {
				t.Errorf("Encode wrote %q", b)
			}
			if b, err := calendar.Cancel(e, organiser, attendee, made); err == nil && name != "an unknown status" {
				t.Errorf("Cancel wrote %q", b)
			}
		})
	}
}

func TestNobodyIsInvitedToACancelledEventOrByAnUnknownClock(t *testing.T) {
	t.Parallel()
	e := summer(t)
	if _, err := calendar.Request(e, organiser, attendee, time.Time{}); err == nil {
		t.Error("a message without the time it is made was written")
	}
	e.Status = calendar.Cancelled
	if _, err := calendar.Request(e, organiser, attendee, made); err == nil {
		t.Error("an invitation to a cancelled event was written")
	}
}

func TestAddressesThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "zoe", "zoe@", "@example.com", "a@b.c, d@e.f", "zoe@example.com\r\nX-EVIL:1",
		"zoe@example.com\x00", "\"zoe\x7f\"@example.com", "mailto:zoe@example.com", "=?utf-8?q?a=0D=0A?= <a@b.c>\n",
	} {
		bad := calendar.Person{Name: "Zoë", Address: address}
		if b, err := calendar.Request(summer(t), organiser, bad, made); err == nil {
			t.Errorf("attendee %q was written: %s", address, b)
		}
		if b, err := calendar.Cancel(summer(t), bad, attendee, made); err == nil {
			t.Errorf("organiser %q was written: %s", address, b)
		}
	}
}
