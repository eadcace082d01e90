package calendar_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	ical "github.com/emersion/go-ical"

	"masterclass/notify/calendar"
)

// checkBytes asserts what RFC 5545 3.1 asks of every line, and that nothing
// in the text can be taken for the end of one or for an instruction.
func checkBytes(tb testing.TB, b []byte) {
	tb.Helper()
	rest, ends := strings.CutSuffix(string(b), "\r\n")
	if !ends {
		tb.Fatalf("the last line does not end in CRLF: %q", b)
	}
	for l := range strings.SplitSeq(rest, "\r\n") {
		if len(l) > 75 || len(l) == 0 {
			tb.Errorf("a line of %d octets: %q", len(l), l)
		}
		if !utf8.ValidString(l) {
			tb.Errorf("a line that is not UTF-8: %q", l)
		}
		if strings.ContainsFunc(l, forbidden) {
			tb.Errorf("a line with a control character, separator or bidi control: %q", l)
		}
	}
}

func forbidden(r rune) bool {
	return unicode.Is(unicode.Cc, r) || strings.ContainsRune("\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069", r)
}

// unfold gives the content lines (RFC 5545 3.1).
func unfold(b []byte) []string {
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(b), "\r\n ", ""), "\r\n"), "\r\n")
}

// parse reads b back with a library other than the one that wrote it.
func parse(tb testing.TB, b []byte) (*ical.Calendar, []*ical.Component) {
	tb.Helper()
	c, err := ical.NewDecoder(bytes.NewReader(b)).Decode()
	if err != nil {
		tb.Fatalf("reading back: %v\n%s", err, b)
	}
	var events []*ical.Component
	for _, child := range c.Children {
		if child.Name == ical.CompEvent {
			events = append(events, child)
		}
	}
	return c, events
}

func readText(tb testing.TB, c *ical.Component, name string) string {
	tb.Helper()
	s, err := c.Props.Text(name)
	if err != nil {
		tb.Fatalf("reading %s: %v", name, err)
	}
	return s
}

func TestTextsReadBackClean(t *testing.T) {
	t.Parallel()
	b, err := calendar.Request(summer(t), organiser, attendee, made)
	if err != nil {
		t.Fatal(err)
	}
	_, events := parse(t, b)
	e := events[0]
	for name, want := range map[string]string{
		"UID":         "01890a5d-ac96-774b-bcce-b302099a8057@events.example.org",
		"SUMMARY":     "SACT Masterclass: Élégie, part 1; \"intro\" \\ 日本語 and a title long enough to need folding twice over, at least",
		"DESCRIPTION": "Line one\nLine two, with; chars \\ and\nbare CR\nnew line\n\n👩‍👩‍👧‍👦 https://events.example.org/e/1?a=1,2;btxt.exe",
		"LOCATION":    "12 High St, Bath; UK",
		"STATUS":      "CONFIRMED",
	} {
		if got := readText(t, e, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"URL":           "https://events.example.org/events/sact-masterclass?from=calendar&v=1",
		"SEQUENCE":      "0",
		"DTSTAMP":       "20260302T081500Z",
		"LAST-MODIFIED": "20260301T093000Z",
		"CREATED":       "20260201T090000Z",
	} {
		if got := e.Props.Get(name).Value; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestCategoriesKeepTheirCommas(t *testing.T) {
	t.Parallel()
	b, err := calendar.File(summer(t))
	if err != nil {
		t.Fatal(err)
	}
	_, events := parse(t, b)
	var got []string
	for _, p := range events[0].Props.Values("CATEGORIES") {
		list, err := p.TextList()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, list...)
	}
	if len(got) != 2 || got[0] != "Study day" || got[1] != "Chemotherapy, SACT" {
		t.Errorf("categories are %q", got)
	}
}

func TestPeopleReadBack(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, address, cn, uri string }{
		{`O'Brien, Zoë; RN: "Z"`, "zoe@example.com", "O'Brien, Zoë; RN: ”Z”", "mailto:zoe@example.com"},
		{"a\r\nATTENDEE:mailto:b@c", "o'b+x_1@example.com", "a ATTENDEE:mailto:b@c", "mailto:o'b+x_1@example.com"},
		{" \x00\u202e", "zoe@example.com", "zoe@example.com", "mailto:zoe@example.com"},
		{"Q", `"a,b;c\\d"@example.com`, "Q", "mailto:%22a%2Cb%3Bc%5C%5Cd%22@example.com"},
		{"Q", `"a@b\"c"@example.com`, "Q", "mailto:%22a%40b%5C%22c%22@example.com"},
		{"Q", "zoë@exämple.com", "Q", "mailto:zo%C3%AB@ex%C3%A4mple.com"},
		{"Q", "a%b&c=d?e@example.com", "Q", "mailto:a%25b%26c%3Dd%3Fe@example.com"},
		{"Q", "zoe@[192.0.2.1]", "Q", "mailto:zoe@%5B192.0.2.1%5D"},
	}
	for _, c := range cases {
		b, err := calendar.Request(summer(t), organiser, calendar.Person{Name: c.name, Address: c.address}, made)
		if err != nil {
			t.Errorf("%q: %v", c.address, err)
			continue
		}
		checkBytes(t, b)
		_, events := parse(t, b)
		all := events[0].Props.Values("ATTENDEE")
		if len(all) != 1 {
			t.Fatalf("%d attendees", len(all))
		}
		p := all[0]
		if got := p.Params.Get("CN"); got != c.cn {
			t.Errorf("CN of %q is %q, want %q", c.name, got, c.cn)
		}
		if p.Value != c.uri {
			t.Errorf("address of %q is %q, want %q", c.address, p.Value, c.uri)
		}
		for name, want := range map[string]string{"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"} {
			if got := p.Params.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		from := events[0].Props.Get("ORGANIZER")
		if from.Value != "mailto:events@events.example.org" || from.Params.Get("CN") != "Masterclass, SACT: ”Team”" {
			t.Errorf("organiser is %+v", from)
		}
	}
}

func TestOnlyMessagesHaveMethodAndPeople(t *testing.T) {
	t.Parallel()
	feed, events := exampleFeed(t)
	public := map[string]func() ([]byte, error){
		"file": func() ([]byte, error) { return calendar.File(summer(t)) },
		"feed": func() ([]byte, error) { return feed.Encode(events) },
	}
	for name, encode := range public {
		b, err := encode()
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"METHOD", "ORGANIZER", "ATTENDEE", "X-LIC-LOCATION"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("the %s has %s", name, word)
			}
		}
	}
	request, _ := calendar.Request(summer(t), organiser, attendee, made)
	cancel, _ := calendar.Cancel(summer(t), organiser, attendee, made)
	for want, b := range map[string][]byte{"REQUEST CONFIRMED": request, "CANCEL CANCELLED": cancel} {
		c, events := parse(t, b)
		if got := readText(t, c.Component, "METHOD") + " " + readText(t, events[0], "STATUS"); got != want {
			t.Errorf("method and status are %s, want %s", got, want)
		}
	}
}

func TestCancelSpeaksOfWhatWasRequested(t *testing.T) {
	t.Parallel()
	e := summer(t)
	request, _ := calendar.Request(e, organiser, attendee, made)
	cancel, _ := calendar.Cancel(e, organiser, attendee, made)
	_, before := parse(t, request)
	_, after := parse(t, cancel)
	for _, name := range []string{"UID", "DTSTART", "DTEND", "ORGANIZER", "ATTENDEE"} {
		if a, b := before[0].Props.Get(name), after[0].Props.Get(name); a.Value != b.Value {
			t.Errorf("%s was %s, is %s", name, a.Value, b.Value)
		}
	}
}

func TestFeedDescribesItself(t *testing.T) {
	t.Parallel()
	feed, events := exampleFeed(t)
	b, err := feed.Encode(events)
	if err != nil {
		t.Fatal(err)
	}
	c, read := parse(t, b)
	if len(read) != len(events) {
		t.Errorf("%d events, want %d", len(read), len(events))
	}
	for name, want := range map[string]string{
		"VERSION": "2.0", "PRODID": "-//Masterclass//Masterclass 1.0//EN", "CALSCALE": "GREGORIAN",
		"NAME": "Masterclass, events", "X-WR-CALNAME": "Masterclass, events",
		"X-WR-CALDESC": "All events;\nnewest first", "X-WR-TIMEZONE": "Europe/London", "X-PUBLISHED-TTL": "PT1H",
	} {
		if got := readText(t, c.Component, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	refresh := c.Props.Get("REFRESH-INTERVAL")
	if d, err := refresh.Duration(); err != nil || d != time.Hour || strings.Join(refresh.Params.Values("VALUE"), "+") != "DURATION" {
		t.Errorf("refresh interval is %+v, %v", refresh, err)
	}
}

func TestAnEmptyFeedIsACalendar(t *testing.T) {
	t.Parallel()
	b, err := calendar.Feed{}.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	checkBytes(t, b)
	c, events := parse(t, b)
	if len(c.Children) != 1 || c.Children[0].Name != "VTIMEZONE" {
		t.Errorf("it has %d components; RFC 5545 3.4 asks for one at least", len(c.Children))
	}
	if len(events) != 0 || readText(t, c.Component, "X-WR-TIMEZONE") != "UTC" {
		t.Errorf("got %s", b)
	}
}

func TestOnlyCleanLinksAreWritten(t *testing.T) {
	t.Parallel()
	clean := map[string]string{
		"https://events.example.org":           "https://events.example.org",
		"http://events.example.org:8080/a?b=c": "http://events.example.org:8080/a?b=c",
		"https://events.example.org/é":         "https://events.example.org/%C3%A9",
		"":                                     "",
		"/events/1":                            "",
		"//events.example.org/1":               "",
		"javascript:alert(1)":                  "",
		"ftp://example.org/":                   "",
		"http:example.org":                     "",
		"https://":                             "",
		"https://:80/":                         "",
		"https://nhs.uk@evil.example/":         "",
		"https://a.example/\r\nATTENDEE:x":     "",
		"https://a.example/?q=\u2028":          "",
		"https://a.example/?q=a b":             "",
		"https://a.example/?q=\"":              "",
		"https://a\u202e.example/":             "",
	}
	for in, want := range clean {
		e := summer(t)
		e.URL = in
		b, err := calendar.File(e)
		if err != nil {
			t.Fatal(err)
		}
		checkBytes(t, b)
		_, events := parse(t, b)
		got := ""
		if p := events[0].Props.Get("URL"); p != nil {
			got = p.Value
		}
		if got != want {
			t.Errorf("%q was written as %q, want %q", in, got, want)
		}
	}
}
