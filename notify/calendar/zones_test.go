package calendar_test

import (
	"archive/zip"
	"fmt"
	"go/build"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterclass/notify/calendar"
)

// vtimezone is a VTIMEZONE read by code that shares nothing with the writer.
type vtimezone struct {
	id     string
	blocks []observance
	onsets []begins // of all blocks and years, in order
}

// begins is an instant from which an offset is in force.
type begins struct {
	at     time.Time
	offset time.Duration
}

// observance is a STANDARD or DAYLIGHT part; wall times are held as UTC.
type observance struct {
	kind, name, rule string
	start            time.Time
	from, to         time.Duration
}

func readZones(tb testing.TB, b []byte) []vtimezone {
	tb.Helper()
	var zones []vtimezone
	inside := false
	for _, l := range unfold(b) {
		name, value, _ := strings.Cut(l, ":")
		switch {
		case l == "BEGIN:VTIMEZONE":
			inside = true
			zones = append(zones, vtimezone{})
		case l == "END:VTIMEZONE":
			inside = false
			zones[len(zones)-1].expand(tb)
		case inside:
			zones[len(zones)-1].read(tb, name, value)
		}
	}
	return zones
}

func (z *vtimezone) read(tb testing.TB, name, value string) {
	tb.Helper()
	switch name {
	case "TZID":
		z.id = value
		return
	case "BEGIN":
		z.blocks = append(z.blocks, observance{kind: value})
		return
	}
	o := &z.blocks[len(z.blocks)-1]
	switch name {
	case "DTSTART":
		t, err := time.Parse("20060102T150405", value)
		if err != nil {
			tb.Fatal(err)
		}
		o.start = t
	case "TZOFFSETFROM":
		o.from = readOffset(tb, value)
	case "TZOFFSETTO":
		o.to = readOffset(tb, value)
	case "TZNAME":
		o.name = value
	case "RRULE":
		o.rule = value
	case "END":
	default:
		tb.Fatalf("%s in a VTIMEZONE", name)
	}
}

func readOffset(tb testing.TB, s string) time.Duration {
	tb.Helper()
	var seconds int
	for i, unit := range []int{3600, 60, 1} {
		if len(s) < 3+2*i {
			break
		}
		n, err := strconv.Atoi(s[1+2*i : 3+2*i])
		if err != nil {
			tb.Fatal(err)
		}
		seconds += n * unit
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.Duration(seconds) * time.Second
}

// expand lists the onsets of every block.
func (z *vtimezone) expand(tb testing.TB) {
	tb.Helper()
	for _, o := range z.blocks {
		for _, at := range o.onsets(tb) {
			z.onsets = append(z.onsets, begins{at, o.to})
		}
	}
	slices.SortStableFunc(z.onsets, func(a, b begins) int { return a.at.Compare(b.at) })
}

// at is the offset in force at t: that of the latest onset not after it.
func (z vtimezone) at(tb testing.TB, t time.Time) time.Duration {
	tb.Helper()
	n := sort.Search(len(z.onsets), func(i int) bool { return z.onsets[i].at.After(t) })
	if n == 0 {
		tb.Fatalf("%s has no offset at %s", z.id, t)
	}
	return z.onsets[n-1].offset
}

// onsets are the instants at which the block's offset comes into force, as
// far as the tests look.
func (o observance) onsets(tb testing.TB) []time.Time {
	tb.Helper()
	out := []time.Time{o.start.Add(-o.from)}
	if o.rule == "" {
		return out
	}
	var month, nth int
	var day, until string
	for part := range strings.SplitSeq(o.rule, ";") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "FREQ":
		case "BYMONTH":
			month, _ = strconv.Atoi(value)
		case "BYDAY":
			nth, _ = strconv.Atoi(value[:len(value)-2])
			day = value[len(value)-2:]
		case "UNTIL":
			until = value
		default:
			tb.Fatalf("%s in a rule", key)
		}
	}
	if first := o.day(o.start.Year(), time.Month(month), nth, day); !first.Equal(o.start) {
		tb.Errorf("a rule %s that does not begin on its DTSTART %s", o.rule, o.start)
	}
	for year := o.start.Year() + 1; year <= 2200; year++ {
		onset := o.day(year, time.Month(month), nth, day).Add(-o.from)
		if until != "" && onset.Format("20060102T150405Z") > until {
			break
		}
		out = append(out, onset)
	}
	return out
}

// day counts through the month to its nth such weekday.
func (o observance) day(year int, month time.Month, nth int, day string) time.Time {
	var all []time.Time
	h, m, s := o.start.Clock()
	for d := 1; d <= 31; d++ {
		t := time.Date(year, month, d, h, m, s, 0, time.UTC)
		if t.Month() == month && strings.EqualFold(t.Weekday().String()[:2], day) {
			all = append(all, t)
		}
	}
	if nth < 0 {
		return all[len(all)+nth]
	}
	return all[nth-1]
}

// instant reads local time, which must be that of one instant only.
func (z vtimezone) instant(tb testing.TB, local string) (instant time.Time) {
	tb.Helper()
	wall, err := time.Parse("20060102T150405", local)
	if err != nil {
		tb.Fatal(err)
	}
	for _, o := range z.blocks {
		t := wall.Add(-o.to)
		if z.at(tb, t) != o.to {
			continue
		}
		if !instant.IsZero() && !instant.Equal(t) {
			tb.Errorf("%s in %s is both %s and %s", local, z.id, instant, t)
		}
		instant = t
	}
	return instant
}

var oddZones = strings.Fields(`Europe/London Europe/Dublin Europe/Paris Europe/Lisbon Europe/Istanbul Europe/Moscow
	Europe/Samara America/New_York America/Los_Angeles America/Sao_Paulo America/Havana America/Caracas America/St_Johns
	America/Nuuk America/Santiago America/Asuncion America/Argentina/Buenos_Aires America/Mexico_City America/Whitehorse
	Africa/Casablanca Africa/El_Aaiun Africa/Cairo Africa/Monrovia Africa/Windhoek Africa/Johannesburg Africa/Juba
	Asia/Kolkata Asia/Kathmandu Asia/Tehran Asia/Jerusalem Asia/Gaza Asia/Amman Asia/Pyongyang Asia/Singapore Asia/Tokyo
	Australia/Lord_Howe Australia/Sydney Australia/Perth Pacific/Apia Pacific/Chatham Pacific/Kiritimati Pacific/Norfolk
	Antarctica/Troll Antarctica/Macquarie Etc/GMT+5 EST5EDT`)

// randomEvents are a few events in one zone, hours or decades apart, some of
// them within an hour of a change of the clocks.
func randomEvents(r *rand.Rand, loc *time.Location) []calendar.Event {
	base := time.Date(1972, 1, 2, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(75*366*24*3600)) * time.Second)
	spread := []int64{3600, 30 * 24 * 3600, 400 * 24 * 3600, 40 * 366 * 24 * 3600}[r.IntN(4)]
	var events []calendar.Event
	for i := range 1 + r.IntN(4) {
		starts := base.Add(time.Duration(r.Int64N(spread)) * time.Second).In(loc)
		if _, end := starts.ZoneBounds(); !end.IsZero() && end.Year() < 2100 && r.IntN(2) == 0 {
			starts = end.Add(time.Duration(r.IntN(7201)-3600) * time.Second)
		}
		ends := starts.Add(time.Duration(1+r.IntN(100*3600)) * time.Second)
		events = append(events, calendar.Event{UID: fmt.Sprint(i), Starts: starts, Ends: ends, Revised: base})
	}
	return events
}

func TestZonesGiveTheOffsetsThatGoGives(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20260601, 5545))
	for _, name := range oddZones {
		loc := zone(t, name)
		for range 12 {
			events := randomEvents(r, loc)
			b, err := calendar.Feed{}.Encode(events)
			if err != nil {
				t.Fatal(err)
			}
			checkOffsets(t, r, loc, b, events)
		}
	}
}

// everyZone names all that Go has: those of the file from which time/tzdata is made.
func everyZone(t *testing.T) (names []string) {
	t.Helper()
	file := filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip")
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatalf("the test needs Go's own list of time zones, %s: %v", file, err)
	}
	defer z.Close()
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	return names
}

func TestEveryZoneGivesTheOffsetsThatGoGives(t *testing.T) {
	t.Parallel()
	names := everyZone(t)
	if len(names) < 400 || !slices.Contains(names, "Europe/London") {
		t.Fatalf("Go has only %d zones", len(names))
	}
	r := rand.New(rand.NewPCG(20260602, 5545))
	for _, name := range names {
		loc := zone(t, name)
		for range 2 {
			events := randomEvents(r, loc)
			b, err := calendar.Feed{}.Encode(events)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			checkOffsets(t, r, loc, b, events)
		}
	}
}

// checkOffsets compares with Go the times of the events, and the offsets at
// their starts and ends, between them, and a second either side of a change.
func checkOffsets(t *testing.T, r *rand.Rand, loc *time.Location, b []byte, events []calendar.Event) {
	t.Helper()
	_, read := parse(t, b)
	zones := readZones(t, b)
	if len(zones) == 0 {
		return // every time fell into an hour that comes twice
	}
	z := zones[0]
	var tzids []time.Time
	for i, e := range events {
		for name, want := range map[string]time.Time{"DTSTART": e.Starts, "DTEND": e.Ends} {
			p := read[i].Props.Get(name)
			if strings.HasSuffix(p.Value, "Z") {
				continue
			}
			tzids = append(tzids, want)
			if got := z.instant(t, p.Value); !got.Equal(want) || p.Params.Get("TZID") != loc.String() {
				t.Errorf("%s %s %s is %s, want %s\n%s", loc, name, p.Value, got, want.UTC(), b)
			}
		}
	}
	for _, instant := range between(r, tzids, loc) {
		_, want := instant.In(loc).Zone()
		if got := z.at(t, instant); got != time.Duration(want)*time.Second {
			t.Fatalf("%s at %s is %s, want %ds\n%s", loc, instant.UTC(), got, want, b)
		}
	}
}

// between picks instants from the first of times to the last, both included.
func between(r *rand.Rand, times []time.Time, loc *time.Location) []time.Time {
	first, last := times[0], times[0]
	for _, t := range times {
		if t.Before(first) {
			first = t
		}
		if t.After(last) {
			last = t
		}
	}
	picked := append([]time.Time{first, last}, times...)
	for range 6 {
		t := first.Add(time.Duration(r.Int64N(int64(last.Sub(first)) + 1)))
		picked = append(picked, t)
		if _, end := t.In(loc).ZoneBounds(); !end.IsZero() && end.Before(last) {
			picked = append(picked, end.Add(-time.Second), end)
		}
	}
	return picked
}

// blocksAt describes the parts of the VTIMEZONE of an event on that day.
func blocksAt(t *testing.T, zoneName string, day time.Time) string {
	t.Helper()
	e := summer(t)
	e.Starts = day.In(zone(t, zoneName))
	e.Ends = e.Starts.Add(time.Hour)
	b, err := calendar.File(e)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range readZones(t, b)[0].blocks {
		got = append(got, o.kind, o.name, o.to.String())
	}
	return strings.Join(got, " ")
}

func TestSummerIsTheDaylightTimeAlsoInIreland(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]string{
		"Europe/London":   "DAYLIGHT BST 1h0m0s STANDARD GMT 0s",
		"Europe/Dublin":   "DAYLIGHT IST 1h0m0s STANDARD GMT 0s",
		"Asia/Kolkata":    "STANDARD IST 5h30m0s",
		"America/Phoenix": "STANDARD MST -7h0m0s",
	} {
		if got := blocksAt(t, name, day); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestOnlyChangesOfTheClocksAreWritten(t *testing.T) {
	t.Parallel()
	for _, year := range []int{2026, 2028, 2040, 2096, 9998} { // Go's bounds are others from 2038, and in leap years
		day := time.Date(year, 12, 31, 12, 0, 0, 0, time.UTC)
		if got := blocksAt(t, "Europe/London", day); got != "STANDARD GMT 0s DAYLIGHT BST 1h0m0s" {
			t.Errorf("%d: %s", year, got)
		}
	}
}

func TestOffsetsMayHaveSeconds(t *testing.T) {
	t.Parallel()
	day := time.Date(1972, 1, 5, 12, 0, 0, 0, time.UTC)
	if got := blocksAt(t, "Africa/Monrovia", day); got != "STANDARD MMT -44m30s STANDARD GMT 0s" {
		t.Errorf("Liberia, two days before it gave up its own time: %s", got)
	}
}

// TestAFeedMayReachFarAhead would not end in time if far years cost much.
func TestAFeedMayReachFarAhead(t *testing.T) {
	t.Parallel()
	near, far := summer(t), summer(t)
	far.Starts, far.Ends = far.Starts.AddDate(7900, 0, 0), far.Ends.AddDate(7900, 0, 0)
	b, err := calendar.Feed{}.Encode([]calendar.Event{near, far})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(readZones(t, b)[0].blocks); n != 2 {
		t.Errorf("%d blocks, want 2", n)
	}
}
