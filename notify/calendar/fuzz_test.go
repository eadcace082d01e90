package calendar_test

import (
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"masterclass/notify/calendar"
)

// fuzzed is every text that reaches a calendar from outside.
type fuzzed struct {
	title, description, location, uid, url, category, organiser, attendee, feed string
}

var nasty = []string{
	"", " ", "Study day", "a\r\nATTENDEE:mailto:evil@example.com", "a\nEND:VEVENT\nBEGIN:VEVENT", "a\rb", "\r\n \r\n\t",
	`"`, `a";X=":b`, `;:,\`, `\n\N\\`, `\`, "a\\\n", "^n^'^^", "👩‍👩‍👧‍👦👩🏽‍⚕️", "a\u2028b\u2029c\u0085d", "a\x00b\x1b[31m\x7f",
	"\xff\xfe\xc3", "\u202Egpj.exe\u202C\u2066x\u2069\u200F", "https://a.example/b?c=d", "https://a.example/\r\nX:1",
	strings.Repeat("é", 5000), strings.Repeat(" ", 300) + "x", strings.Repeat("日本 ", 100), strings.Repeat("<b>", 60),
	strings.Repeat("a", 74) + "é", strings.Repeat("a ", 60) + strings.Repeat("👍", 40), "\ufeff", "\u00a0a\u00a0", "a\tb\v\fc",
	"x\u200d\ufe0f" + strings.Repeat("\u0301", 200), "=?utf-8?q?=0D=0AX?=", "BEGIN:VCALENDAR",
}

// FuzzEventText puts any text everywhere at once, and reads all four kinds of
// calendar back.
func FuzzEventText(f *testing.F) {
	for i, s := range nasty {
		f.Add(s, s, s, s, s, s, s, s, s)
		next := nasty[(i+1)%len(nasty)]
		f.Add(s, next, s, "uid-"+next, next, s, next, s, next)
	}
	london := zone(f, "Europe/London")
	f.Fuzz(func(t *testing.T, title, description, location, uid, url, category, organiser, attendee, feed string) {
		in := fuzzed{title, description, location, uid, url, category, organiser, attendee, feed}
		e := calendar.Event{
			UID: uid, Title: title, Description: description, Location: location, URL: url,
			Starts: time.Date(2026, 6, 1, 18, 30, 0, 0, london), Ends: time.Date(2026, 6, 1, 20, 0, 0, 0, london),
			Created: made, Revised: made, Categories: []string{category},
		}
		from := calendar.Person{Name: organiser, Address: "events@example.org"}
		to := calendar.Person{Name: attendee, Address: "zoe@example.com"}
		file, err1 := calendar.File(e)
		feeds, err2 := calendar.Feed{Name: feed, Description: description, Zone: london}.Encode([]calendar.Event{e})
		request, err3 := calendar.Request(e, from, to, made)
		cancel, err4 := calendar.Cancel(e, from, to, made)
		for _, err := range []error{err1, err2, err3, err4} {
			if (err != nil) != (strings.TrimSpace(uid) == "") {
				t.Fatalf("UID %q: %v", uid, err)
			}
		}
		if err1 != nil {
			return
		}
		in.check(t, file, "")
		in.check(t, feeds, "feed")
		in.check(t, request, "REQUEST")
		in.check(t, cancel, "CANCEL")
	})
}

func (in fuzzed) check(t *testing.T, b []byte, kind string) {
	t.Helper()
	checkBytes(t, b)
	in.checkNames(t, b, kind)
	c, events := parse(t, b)
	e := events[0]
	for name, want := range map[string]string{
		"SUMMARY": oneLine(in.title), "DESCRIPTION": cleaned(in.description), "LOCATION": cleaned(in.location),
		"CATEGORIES": oneLine(in.category), "UID": plainUID(in.uid),
	} {
		if got := readText(t, e, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if kind == "feed" {
		for name, want := range map[string]string{
			"NAME": oneLine(in.feed), "X-WR-CALNAME": oneLine(in.feed), "X-WR-CALDESC": cleaned(in.description),
		} {
			if got := readText(t, c.Component, name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	}
	if kind == "REQUEST" || kind == "CANCEL" {
		for name, want := range map[string]string{
			"ORGANIZER": shownName(in.organiser, "events@example.org"),
			"ATTENDEE":  shownName(in.attendee, "zoe@example.com"),
		} {
			if got := e.Props.Get(name).Params.Get("CN"); got != want {
				t.Errorf("CN of %s is %q, want %q", name, got, want)
			}
		}
	}
	if p := e.Props.Get("URL"); p != nil {
		checkLink(t, p.Value)
	} else if plainLink.MatchString(in.url) {
		t.Errorf("a plain link %q was left out", in.url)
	}
}

var (
	plainLink = regexp.MustCompile(`^https?://[a-z0-9]+(\.[a-z0-9]+)*(/[A-Za-z0-9]*)*$`)
	linkText  = regexp.MustCompile(`^https?://[!-~]+$`)
	gaps      = regexp.MustCompile(`[ \n]+`)
	notPlain  = regexp.MustCompile(`[^A-Za-z0-9_.@+-]`)
)

func checkLink(t *testing.T, s string) {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !linkText.MatchString(s) || strings.ContainsAny(s, "\"<>\\^`{|}") {
		t.Errorf("the link %q is not clean", s)
	}
}

// checkNames counts every property in the file, so that none can be added.
func (in fuzzed) checkNames(t *testing.T, b []byte, kind string) {
	t.Helper()
	want := map[string]int{
		"BEGIN": 5, "END": 5, "VERSION": 1, "PRODID": 1, "CALSCALE": 1,
		"TZID": 1, "DTSTART": 3, "TZOFFSETFROM": 2, "TZOFFSETTO": 2, "TZNAME": 2, "RRULE": 2,
		"UID": 1, "DTSTAMP": 1, "LAST-MODIFIED": 1, "CREATED": 1, "SEQUENCE": 1, "DTEND": 1,
		"STATUS": 1, "TRANSP": 1, "CLASS": 1,
	}
	add := func(present bool, names ...string) {
		for _, name := range names {
			if present {
				want[name]++
			}
		}
	}
	add(oneLine(in.title) != "", "SUMMARY")
	add(cleaned(in.description) != "", "DESCRIPTION")
	add(cleaned(in.location) != "", "LOCATION")
	add(oneLine(in.category) != "", "CATEGORIES")
	add(kind == "feed", "X-WR-TIMEZONE", "REFRESH-INTERVAL", "X-PUBLISHED-TTL")
	add(kind == "feed" && oneLine(in.feed) != "", "NAME", "X-WR-CALNAME")
	add(kind == "feed" && cleaned(in.description) != "", "X-WR-CALDESC")
	add(kind == "REQUEST" || kind == "CANCEL", "METHOD", "ORGANIZER", "ATTENDEE")

	got := map[string]int{}
	for _, l := range unfold(b) {
		got[l[:strings.IndexAny(l, ";:")]]++
	}
	if got["URL"] <= 1 {
		delete(got, "URL") // whether there should be one is checked by value
	}
	if !maps.Equal(got, want) {
		t.Errorf("properties are %v, want %v\n%q", got, want, b)
	}
}

// cleaned says again, in other words, what text becomes.
func cleaned(s string) string {
	var out []rune
	for i, previous := 0, rune(0); i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		invalid := r == utf8.RuneError && size == 1
		switch {
		case invalid && previous == -1: // a run of bad bytes is one mark
		case r == '\n' && previous == '\r':
		case strings.ContainsRune("\n\v\f\r\u0085\u2028\u2029", r):
			out = append(out, '\n')
		case r == '\t':
			out = append(out, ' ')
		case unicode.Is(unicode.Cc, r), 0x202A <= r && r <= 0x202E, 0x2066 <= r && r <= 0x2069:
		default:
			out = append(out, r)
		}
		previous = r
		if invalid {
			previous = -1
		}
		i += size
	}
	return strings.Trim(string(out), " \n")
}

func oneLine(s string) string {
	return gaps.ReplaceAllString(cleaned(s), " ")
}

func shownName(name, address string) string {
	if oneLine(name) == "" {
		return address
	}
	return strings.ReplaceAll(oneLine(name), `"`, "”")
}

func plainUID(s string) string {
	return notPlain.ReplaceAllString(s, "-")
}
