package notify

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	madeAt = time.Date(2026, 3, 2, 8, 15, 0, 0, time.FixedZone("BST", 3600))
	queued = Queued{ID: "01890a5d-ac96-774b-bcce-b302099a8057", MessageID: "<01890a5d-ac96-774b-bcce-b302099a8057@example.org>",
		To: netmail.Address{Name: "Zoë O'Brien, RN", Address: "zoe.o'brien+sact@example.com"}}
	ics        = []byte("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Élégie = 日本語\r\nEND:VCALENDAR\r\n")
	invitation = Mail{Subject: "Your place: Élégie, part 1", Text: "Dear Zoë,\n\nyou have a place.\n.\n", HTML: "<p>Dear Zoë,</p>\n", Calendar: ics,
		Method: "REQUEST", ReplyTo: "help@example.org"}
)

func TestAnInvitationIsAsItWas(t *testing.T) {
	t.Parallel()
	var first []byte
	for range 3 { // the library's boundary and order of headers are random
		raw := bytesOf(t, queued, invitation)
		if first != nil && !bytes.Equal(first, raw) {
			t.Fatalf("the same row made other bytes:\n%s\nand\n%s", first, raw)
		}
		first = raw
	}
	if *update {
		if err := os.WriteFile("testdata/invitation.eml", first, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/invitation.eml")
	if err != nil || !bytes.Equal(first, want) {
		t.Errorf("%v; -update if this is right:\n%s", err, first)
	}
}

func bytesOf(t testing.TB, q Queued, m Mail) []byte {
	t.Helper()
	raw, err := Bytes(sender, q, m, madeAt)
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, raw)
	return raw
}

// checkLines wants what any mail server takes: ASCII, lines of at most 998 octets that end in CRLF, no other CR or LF.
func checkLines(t testing.TB, raw []byte) {
	t.Helper()
	for _, line := range strings.SplitAfter(string(raw), "\r\n") {
		text := strings.TrimSuffix(line, "\r\n")
		if strings.ContainsAny(text, "\r\n\x00") || len(text) > 998 {
			t.Fatalf("a line that servers refuse: %.200q", line)
		}
		for _, c := range []byte(text) {
			if c >= utf8.RuneSelf {
				t.Fatalf("a line is not ASCII: %.200q", line)
			}
		}
	}
}

// read is a message as an independent parser reads it.
type read struct {
	mail.Header
	fields int      // of the header
	types  []string // of the parts, in order, with their parameters
	bodies [][]byte
}

func parse(t testing.TB, raw []byte) read {
	t.Helper()
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	r := read{Header: mail.Header{Header: e.Header}}
	for f := e.Header.Fields(); f.Next(); {
		r.fields++
	}
	add := func(e *message.Entity) {
		body, err := io.ReadAll(e.Body)
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := e.Header.ContentType()
		if err != nil || e.Header.Has("Content-Disposition") || e.Header.Has("Content-Id") {
			t.Fatalf("%v: the part's header is %v", err, e.Header)
		}
		r.types, r.bodies = append(r.types, mime.FormatMediaType(kind, params)), append(r.bodies, body)
	}
	parts := e.MultipartReader()
	if parts == nil {
		add(e)
		return r
	}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return r
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, raw)
		}
		add(p)
	}
}

func TestTheCalendarIsTheLastAlternative(t *testing.T) {
	t.Parallel()
	for method, kind := range map[string]string{
		"REQUEST": "text/calendar; charset=UTF-8; method=REQUEST", "CANCEL": "text/calendar; charset=UTF-8; method=CANCEL", "": "text/calendar; charset=UTF-8",
	} {
		m := invitation
		m.Method = method
		r := parse(t, bytesOf(t, queued, m))
		if got := strings.Join(r.types, "|"); got != "text/plain; charset=UTF-8|text/html; charset=UTF-8|"+kind {
			t.Errorf("the parts are %s", got)
		}
		for i, want := range []string{strings.ReplaceAll(m.Text, "\n", "\r\n"), strings.ReplaceAll(m.HTML, "\n", "\r\n"), string(ics)} {
			if string(r.bodies[i]) != want {
				t.Errorf("part %d is %q, want %q", i, r.bodies[i], want)
			}
		}
	}
}

func TestPlainMailHasNoParts(t *testing.T) {
	t.Parallel()
	r := parse(t, bytesOf(t, queued, Mail{Subject: "Hello", Text: "Dear Zoë"}))
	if len(r.types) != 1 || r.types[0] != "text/plain; charset=UTF-8" || string(r.bodies[0]) != "Dear Zoë" {
		t.Errorf("%v %q", r.types, r.bodies)
	}
	r = parse(t, bytesOf(t, queued, Mail{Subject: "Hello", Text: "Dear Zoë", HTML: "<p>Dear Zoë"}))
	if got := strings.Join(r.types, "|"); got != "text/plain; charset=UTF-8|text/html; charset=UTF-8" {
		t.Errorf("the parts are %s", got)
	}
}

func TestTheHeadersSayWhoAndWhat(t *testing.T) {
	t.Parallel()
	r := parse(t, bytesOf(t, queued, invitation))
	for name, want := range map[string]string{
		"Message-Id": queued.MessageID, "Date": "Mon, 02 Mar 2026 07:15:00 +0000", "Auto-Submitted": "auto-generated",
		"X-Auto-Response-Suppress": "All", "Mime-Version": "1.0", "Reply-To": "<help@example.org>",
	} {
		if got := r.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if s, err := r.Subject(); err != nil || s != invitation.Subject {
		t.Errorf("the subject is %q, %v", s, err)
	}
	checkAddress(t, r, "To", queued.To)
	checkAddress(t, r, "From", sender)
}

func checkAddress(t testing.TB, r read, header string, want netmail.Address) {
	t.Helper()
	list, err := r.AddressList(header)
	if err != nil || len(list) != 1 || list[0].Address != want.Address || list[0].Name != want.Name {
		t.Errorf("%s is %v (%q), %v; want %v", header, list, r.Get(header), err, want)
	}
}

func TestNamesArriveAsTheyWereTyped(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", "Ann", "Doe, Jane", `Jane "Jo" Doe`, "O'Brien; RN: (ward 3)", `back\slash`, `zoë\slash`, "Zoë", "Doe, Zoë", "日本語 名前", "a@b.example", "👩‍👩‍👧‍👦",
		"<script>", strings.Repeat("Zoë ", 30) + "Z", strings.Repeat("x", 128),
	} {
		q := queued
		q.To.Name = name
		checkAddress(t, parse(t, bytesOf(t, q, invitation)), "To", q.To)
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	plainFields := parse(t, bytesOf(t, queued, invitation)).fields
	for _, evil := range []string{"a\r\nBcc: eve@example.org", "a\nBcc: eve@example.org", "a\rBcc: eve@example.org", "a\u2028Bcc: eve@example.org",
		"a\x00b", "=?utf-8?q?a=0D=0ABcc:_eve@example.org?=", "a\r\n\r\nbody", "a\xff\xfe", "a, eve@example.org", `a" <eve@example.org>, "b`} {
		q, m := queued, invitation
		q.To.Name, m.Subject = evil, evil
		raw := bytesOf(t, q, m)
		r := parse(t, raw)
		if r.fields != plainFields || r.Has("Bcc") || len(r.types) != 3 {
			t.Errorf("%q got into the header:\n%s", evil, raw)
		}
		list, err := r.AddressList("To")
		if err != nil || len(list) != 1 || list[0].Address != queued.To.Address {
			t.Errorf("%q made the recipients %v, %v", evil, list, err)
		}
		if s, err := r.Subject(); err != nil || strings.ContainsAny(s, "\r\n\x00") {
			t.Errorf("%q made the subject %q, %v", evil, s, err)
		}
		for _, address := range []string{evil, evil + "@example.org", "ann@" + evil} {
			checkInert(t, address)
		}
	}
}

// checkInert wants an odd address to be refused for good, or to arrive as the one address that it is.
func checkInert(t *testing.T, address string) {
	t.Helper()
	q, m := queued, invitation
	q.To.Address, m.ReplyTo = address, address
	raw, err := Bytes(sender, q, m, madeAt)
	if err != nil {
		if !IsPermanent(err) || strings.Contains(err.Error(), "Bcc") {
			t.Errorf("%q as an address: %v", address, err)
		}
		return
	}
	checkLines(t, raw)
	r := parse(t, raw)
	checkAddress(t, r, "To", q.To)
	checkAddress(t, r, "Reply-To", netmail.Address{Address: address})
}

func TestAnOddSubjectIsMadeShort(t *testing.T) {
	t.Parallel()
	long := "The SACT Masterclass has moved to another lecture theatre in the other building of the hospital"
	for in, want := range map[string]string{
		"  two  \t spaces ":       "two spaces",
		long:                      "The SACT Masterclass has moved to another lecture theatre in the other…",
		strings.Repeat("x", 78):   strings.Repeat("x", 78),
		strings.Repeat("x", 79):   strings.Repeat("x", 77) + "…",
		strings.Repeat("é", 200):  strings.Repeat("é", 77) + "…",
		strings.Repeat("ab ", 26): strings.TrimSpace(strings.Repeat("ab ", 26)),
		"":                        "",
	} {
		r := parse(t, bytesOf(t, queued, Mail{Subject: in, Text: "x"}))
		got, err := r.Subject()
		if err != nil || got != want || utf8.RuneCountInString(got) > maxSubject {
			t.Errorf("%q became %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestMailThatNobodyCouldReadIsRefused(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]Mail{
		"no text":             {Subject: "x", HTML: "<p>x"},
		"a calendar, no HTML": {Subject: "x", Text: "x", Calendar: ics, Method: "REQUEST"},
		"an unknown method":   {Subject: "x", Text: "x", HTML: "x", Calendar: ics, Method: "REQUEST\r\nX: y"},
	} {
		if _, err := Bytes(sender, queued, m, madeAt); err == nil || IsPermanent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestATextCannotEndItsPart(t *testing.T) {
	t.Parallel()
	raw := bytesOf(t, queued, invitation)
	whole := parse(t, raw)
	_, params, err := mime.ParseMediaType(whole.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	m := invitation
	m.Text = fmt.Sprintf("--%[1]s--\n--%[1]s\nContent-Type: text/html\n\n<script>\n", params["boundary"])
	r := parse(t, bytesOf(t, queued, m))
	if len(r.types) != 3 || string(r.bodies[0]) != strings.ReplaceAll(m.Text, "\n", "\r\n") {
		t.Errorf("%v %q", r.types, r.bodies)
	}
}

func FuzzBytes(f *testing.F) {
	f.Add("Ann", "ann@example.org", "Hello", "Dear Ann", "<p>Dear Ann", "BEGIN:VCALENDAR\r\n")
	f.Add("Doe, \"Zoë\"\r\nBcc: x", "a b@example.org", "=?utf-8?q?x?=", ".\r\n--=_\r", "=_", "")
	f.Add("\xff\u2028 ", "\"a\\\"\"@[127.0.0.1]", strings.Repeat("é ", 90), "\x00", "", "\r")
	f.Fuzz(func(t *testing.T, name, address, subject, text, html, calendar string) {
		q := queued
		q.To = netmail.Address{Name: name, Address: address}
		m := Mail{Subject: subject, Text: text, HTML: html}
		want := 1
		if html != "" {
			want = 2
		}
		if calendar != "" {
			m.Calendar, m.Method, want = []byte(calendar), "REQUEST", 3
		}
		raw, err := Bytes(sender, q, m, madeAt)
		if err != nil {
			return
		}
		checkLines(t, raw)
		r := parse(t, raw)
		if len(r.types) != want {
			t.Fatalf("%d parts, want %d:\n%s", len(r.types), want, raw)
		}
		list, err := r.AddressList("To")
		if err != nil || len(list) != 1 || list[0].Address != address || list[0].Name != tidy(q.To).Name {
			t.Fatalf("the recipients are %v, %v, want %v:\n%s", list, err, q.To, raw)
		}
		if s, err := r.Subject(); err != nil || utf8.RuneCountInString(s) > maxSubject {
			t.Fatalf("the subject is %q, %v", s, err)
		}
		if again, err := Bytes(sender, q, m, madeAt); err != nil || !bytes.Equal(raw, again) {
			t.Fatalf("the same message made other bytes, %v", err)
		}
	})
}
