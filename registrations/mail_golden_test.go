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
	invites     bool              // it does, and the ticket is shown as a picture
}

func TestGoldenMailsReadAsTheyShould(t *testing.T) {
	about := []string{"SACT Masterclass", "Thursday 11 March 2027, 9:30am to 4:45pm UK time (GMT)", "7K3M-Q9PX", "UK Chemotherapy Partnership", "contact@ukcp.example"}
	placed := append([]string{"Dear Dr Zoë O'Brien,", "Conference centre, Birmingham", "In person", "No company has paid for this event."}, about...)
	for name, want := range map[string]reading{
		"lapsed": {"Your offer is over: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"did not hear from you in time", "you are no longer on the list",
			"https://ukcp.example/events/sact-masterclass"}, placed...), []string{"/registrations/", "/calendars/"}, nil, false},
		"waiting": {"You are on the waiting list: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"Every place is taken", "goes to whoever has waited longest",
			"do not have a place yet", manageLink, calendarLink}, placed...), []string{"onfirmed"}, nil, false},
		"links": {"Your links to manage your registrations", "<zoe@example.com>", append([]string{"Somebody, most likely you, asked us", "Confirmed, reference", manageLink, calendarLink,
			"please do not share them"}, about...), []string{"Zoë"}, nil, false},
		"offer": {"A place for you: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"is yours if you accept it before", "5pm on Wednesday 3 February 2027",
			manageLink, "goes to the next person on the waiting list"}, placed...), []string{"organisers, who look at", "confirmed", "/calendars/"}, nil, false},
		"offer-approval": {"A place for you: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"is kept for you if you accept it before", "5pm on Wednesday 3 February 2027",
			"sends your request to the organisers, who look at each one", manageLink}, placed...), []string{"it is yours", "confirmed", "/calendars/"}, nil, false},
		"pending": {"We have your request: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"we will write to you when they have decided",
			"A place is kept for you until then", "withdraw your request", manageLink}, placed...), []string{"confirmed", "/calendars/"}, nil, false},
		"approved": {"Your request is approved: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"your place is confirmed", "your reference",
			manageLink, calendarLink, "https://ukcp.example/events/sact-masterclass.ics"}, placed...), []string{"until then"}, theEvent("3", "CONFIRMED"), true},
		"refused": {"We cannot offer you a place: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"sorry that they cannot offer you one this time",
			"is free for somebody else", "https://ukcp.example/events", "please reply to this email"}, placed...), []string{"The organisers write", "/registrations/", "/calendars/"}, nil, false},
		"refused-reason": {"We cannot offer you a place: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"The organisers write:",
			"This day is for those who prescribe."}, placed...), []string{"/registrations/", "/calendars/"}, nil, false},
		"refused-invited": {"We cannot offer you a place: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"sorry that they cannot offer you one this time"}, placed...),
			[]string{"/registrations/", "/calendars/"}, theEvent("3", "CANCELLED"), false},
		"moved": {"Registered with another address: SACT Masterclass", "Zoë O'Brien <zoe@example.com>", append([]string{"belongs to another address now", "do not work any more",
			"takes the event out of your calendar"}, about...), []string{"/registrations/", "/calendars/", "Zoë"}, theEvent("7", "CANCELLED"), false},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
			must(t, err)
			want.check(t, raw)
		})
	}
}

// theEvent is what an invitation to it, or what takes it back, says.
func theEvent(sequence, status string) map[string]string {
	return map[string]string{
		"UID": "01941f29-7c00-7000-8000-000000000001@masterclass", "SEQUENCE": sequence, "STATUS": status, "DTSTART": "20270311T093000", "DTEND": "20270311T164500",
		"DTSTAMP": "20270110T090000Z", "SUMMARY": "SACT Masterclass", "ORGANIZER": "mailto:events@ukcp.example", "ATTENDEE": "mailto:zoe@example.com",
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
	method := "CANCEL"
	if want.invites {
		method = "REQUEST"
		if !bytes.Contains(raw, []byte("image/png")) || !strings.Contains(string(raw), "Content-ID: <ticket") {
			t.Error("it has no picture of the ticket")
		}
	}
	if want.calendar != nil {
		kinds += ", text/calendar " + method
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
		checkCalendar(t, texts[len(texts)-1], method, want.calendar)
	}
}

// checkCalendar reads what brings an event into a calendar, or takes it out.
func checkCalendar(t *testing.T, text, method string, want map[string]string) {
	t.Helper()
	c, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	must(t, err)
	if len(c.Events()) != 1 || c.Props.Get("METHOD").Value != method {
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
