package registrations

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-ical"
	gomessage "github.com/emersion/go-message"
)

const (
	manageLink   = "https://ukcp.example/registrations/AZQfKXwAcACAAAAAAAAAqpjQo8norWs3ihJDOZ_ZEDQ"
	calendarLink = "https://ukcp.example/calendars/AZQfKXwAcACAAAAAAAAAqr0XzUThXyiAMwi4i5aGmHE.ics"
)

// reading is what somebody has before them who opens a golden mail.
type reading struct {
	subject, to string
	says        []string // in the text and in the HTML
	not         []string
	calendar    map[string]string // of the invitation; nil: there is none
}

func TestGoldenMailsReadAsTheyShould(t *testing.T) {
	about := []string{"SACT Masterclass", "Thursday 11 March 2027, 9:30am to 4:45pm UK time (GMT)", "7K3M-Q9PX", "UK Chemotherapy Partnership", "contact@ukcp.example"}
	placed := append([]string{"Dear Dr Zoë O'Brien,", "Conference centre, Birmingham", "In person", "No company has paid for this event."}, about...)
	for name, want := range map[string]reading{
		"lapsed": {"Your offer is over: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"did not hear from you in time", "you are no longer on the list",
			"https://ukcp.example/events/sact-masterclass"}, placed...), []string{"/registrations/", "/calendars/"}, nil},
		"waiting": {"You are on the waiting list: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"Every place is taken", "goes to whoever has waited longest",
			"do not have a place yet", manageLink, calendarLink}, placed...), []string{"onfirmed"}, nil},
		"links": {"Your links to manage your registrations", "<zoe@example.com>", append([]string{"Somebody, most likely you, asked us", "Confirmed, reference", manageLink, calendarLink,
			"please do not share them"}, about...), []string{"Zoë"}, nil},
		"moved": {"Registered with another address: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"belongs to another address now", "do not work any more",
			"takes the event out of your calendar"}, about...), []string{"/registrations/", "/calendars/", "Zoë"}, map[string]string{
			"UID": "01941f29-7c00-7000-8000-000000000001@masterclass", "SEQUENCE": "7", "STATUS": "CANCELLED", "DTSTART": "20270311T093000", "DTEND": "20270311T164500",
			"DTSTAMP": "20270110T090000Z", "SUMMARY": "SACT Masterclass", "ORGANIZER": "mailto:events@ukcp.example", "ATTENDEE": "mailto:zoe@example.com",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
			must(t, err)
			want.check(t, raw)
		})
	}
}

func (want reading) check(t *testing.T, raw []byte) {
	t.Helper()
	m, err := gomessage.Read(bytes.NewReader(raw))
	must(t, err)
	for header, value := range map[string]string{"Subject": want.subject, "To": want.to, "From": `"UK Chemotherapy Partnership" <events@ukcp.example>`,
		"Reply-To": "<contact@ukcp.example>", "Message-Id": "<01941f29@ukcp.example>", "Auto-Submitted": "auto-generated", "Date": "Sun, 10 Jan 2027 09:00:00 +0000"} {
		if got, err := m.Header.Text(header); err != nil || got != value || len(m.Header.Map()[header]) != 1 {
			t.Errorf("%s is %q, %v; want %q once", header, got, err, value)
		}
	}
	kinds := "text/plain , text/html "
	if want.calendar != nil {
		kinds += ", text/calendar CANCEL"
	}
	types, texts := parts(t, raw)
	if got := strings.Join(types, ", "); got != kinds {
		t.Fatalf("its parts are %q, want %q", got, kinds)
	}
	for i, text := range texts[:2] {
		text = strings.Join(strings.Fields(strings.ReplaceAll(text, "&#39;", "'")), " ")
		for _, words := range want.says {
			if !strings.Contains(text, words) {
				t.Errorf("its %s does not say %q", types[i], words)
			}
		}
		for _, words := range want.not {
			if strings.Contains(text, words) {
				t.Errorf("its %s says %q", types[i], words)
			}
		}
	}
	if want.calendar != nil {
		checkCalendar(t, texts[2], want.calendar)
	}
}

// checkCalendar reads what takes an event out of a calendar.
func checkCalendar(t *testing.T, text string, want map[string]string) {
	t.Helper()
	c, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	must(t, err)
	if len(c.Events()) != 1 || c.Props.Get("METHOD").Value != "CANCEL" {
		t.Fatalf("it is %s of %d events", c.Props.Get("METHOD").Value, len(c.Events()))
	}
	props := c.Events()[0].Props
	for name, value := range want {
		if len(props.Values(name)) != 1 || props.Get(name).Value != value {
			t.Errorf("%s is %v, want %q", name, props.Values(name), value)
		}
	}
	if zone := props.Get("DTSTART").Params.Get("TZID"); zone != "Europe/London" {
		t.Errorf("it is in %q", zone)
	}
}
