package registrations

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	gomessage "github.com/emersion/go-message"

	"masterclass/events"
	"masterclass/internal/secret"
	"masterclass/internal/web"
	"masterclass/notify"
	"masterclass/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	made = time.Date(2027, 1, 10, 9, 0, 0, 0, time.UTC)
	from = mail.Address{Name: "UK Chemotherapy Partnership", Address: "events@ukcp.example"}
)

func mailer(t *testing.T) *Mailer {
	t.Helper()
	keys, err := secret.New([]byte(strings.Repeat("k", 32)))
	must(t, err)
	mails, err := templates.ParseMail(templates.Embedded())
	must(t, err)
	site := web.Site{Name: "UK Chemotherapy Partnership", ContactEmail: "contact@ukcp.example", BaseURL: "https://ukcp.example"}
	return NewMailer(site, from, keys, mails)
}

func mailEvent() *events.Event {
	e := &events.Event{ID: "01941f29-7c00-7000-8000-000000000001", Slug: "sact-masterclass", UID: "01941f29-7c00-7000-8000-000000000001@masterclass", Title: "SACT Masterclass",
		Summary: "One day on safer treatment.", Venue: "Conference centre, Birmingham", Topics: "SACT, Safety", Sponsors: "No company has paid for this event.",
		StartsLocal: "2027-03-11T09:30", EndsLocal: "2027-03-11T16:45", TimeZone: "Europe/London", Status: events.Published,
		CreatedAt: made.UnixMilli(), UpdatedAt: made.UnixMilli(), Sequence: 2, Places: []events.Place{{ID: "p", Name: "In person"}}}
	if err := e.Settle(); err != nil {
		panic(err)
	}
	return e
}

func mailRegistration(s Status) *Registration {
	return &Registration{ID: "01941f29-7c00-7000-8000-0000000000aa", PlaceID: "p", Reference: "7K3M-Q9PX", Status: s,
		Person: Person{Title: "Dr", FirstName: "Zoë", LastName: "O'Brien", Email: "zoe@example.com", Mailbox: "zoe@example.com"}}
}

// queued is the row that the outbox would give for a message.
func queued(t *testing.T, m notify.Message, sequence int64) notify.Queued {
	t.Helper()
	text, err := json.Marshal(m.Snapshot)
	must(t, err)
	return notify.Queued{ID: "01941f29-7c00-7000-8000-0000000000ff", Kind: m.Kind, To: m.To, Mailbox: m.Mailbox, MessageID: "<01941f29@ukcp.example>",
		EventID: m.EventID, RegistrationID: m.RegistrationID, UID: m.UID, Sequence: sequence, Snapshot: text, CreatedAt: made, MadeAt: made}
}

func compose(t *testing.T, q notify.Queued) []byte {
	t.Helper()
	m, err := mailer(t).Composers()[q.Kind](q)
	must(t, err)
	raw, err := notify.Bytes(from, q, m, made)
	must(t, err)
	return raw
}

func refusal(reason string) ending { return ending{by: Organiser, mail: kindRefused, reason: reason} }

func TestEveryKindOfMailIsAsItWas(t *testing.T) {
	e := mailEvent()
	displaced := mailRegistration(Waiting)
	displaced.Displaced = true
	offered := mailRegistration(Offered)
	offered.OfferedUntil = time.Date(2027, 2, 3, 17, 0, 0, 0, time.UTC)
	third := mailRegistration(Waiting)
	third.Position = 3
	organisers := mailRegistration(Confirmed)
	organisers.Email, organisers.Mailbox = "Events@ukcp.example", "events@ukcp.example"
	invited := refusal("")
	invited.invited = true
	approves := mailEvent()
	approves.Approval = true
	links := notify.Message{Kind: kindLinks, To: mail.Address{Address: "zoe@example.com"},
		Snapshot: linksSnapshot{Registrations: []snapshot{snapshotOf(e, e.Places[0], mailRegistration(Confirmed))}}}
	for name, m := range map[string]notify.Message{
		"confirmation":      message(kindConfirmation, e, e.Places[0], mailRegistration(Confirmed)),
		"pending":           message(kindPending, e, e.Places[0], mailRegistration(Pending)),
		"waiting":           message(kindWaiting, e, e.Places[0], mailRegistration(Waiting)),
		"waiting-displaced": message(kindWaiting, e, e.Places[0], displaced),
		"waiting-third":     message(kindWaiting, e, e.Places[0], third),
		"cancellation":      message(kindCancellation, e, e.Places[0], mailRegistration(Confirmed)),
		"left-waiting-list": message(kindCancellation, e, e.Places[0], mailRegistration(Waiting)),
		"offer":             message(kindOffer, e, e.Places[0], offered),
		"offer-approval":    message(kindOffer, approves, approves.Places[0], offered),
		"lapsed":            message(kindLapsed, e, e.Places[0], offered),
		"links":             links,
		"request-withdrawn": message(kindCancellation, e, e.Places[0], mailRegistration(Pending)),
		"approved":          message(kindApproved, e, e.Places[0], mailRegistration(Confirmed)),
		"refused":           refusal("").message(e, e.Places[0], mailRegistration(Pending)),
		"refused-reason": refusal("This day is for those who prescribe.\n\nThe \"Acute Oncology\" day in May suits <your> team & is open to all.").
			message(e, e.Places[0], mailRegistration(Pending)),
		"refused-invited": invited.message(e, e.Places[0], mailRegistration(Pending)),
		"reminder":        reminderMail(Reminder, false), "reminder-online": reminderMail(Reminder, true), "still-coming": reminderMail(StillComing, false), "after": reminderMail(Afterwards, false),
		"message": attendeeMail(), "message-test": attendeeTest(),
		"confirmation-own": message(kindConfirmation, e, e.Places[0], organisers), "cancellation-own": message(kindCancellation, e, e.Places[0], organisers),
	} {
		t.Run(name, func(t *testing.T) {
			got := compose(t, queued(t, m, 3))
			file := filepath.Join("testdata", name+".eml")
			if *update {
				must(t, os.WriteFile(file, got, 0o644))
			}
			want, err := os.ReadFile(file)
			must(t, err)
			if !bytes.Equal(got, want) {
				t.Errorf("the mail is not as in %s (go test -update writes it anew):\n%s", file, got)
			}
		})
	}
}

// parts reads a mail by an independent parser: content type with its parameters, and text. Of the HTML with its picture it gives the HTML.
func parts(t *testing.T, raw []byte) (types []string, texts []string) {
	t.Helper()
	m, err := gomessage.Read(bytes.NewReader(raw))
	must(t, err)
	r := m.MultipartReader()
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return types, texts
		}
		must(t, err)
		if related := p.MultipartReader(); related != nil {
			p, err = related.NextPart()
			must(t, err)
		}
		kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		must(t, err)
		text, err := io.ReadAll(p.Body)
		must(t, err)
		types, texts = append(types, kind+" "+params["method"]), append(texts, string(text))
	}
}

func TestAConfirmationOnSiteCarriesTheTicketThatItsHTMLShows(t *testing.T) {
	e := mailEvent()
	g := mailRegistration(Confirmed)
	online := events.Place{ID: "online", EventID: e.ID, Name: "Online", Online: true}
	for name, c := range map[string]struct {
		kind   string
		place  events.Place
		ticket bool
	}{"on site": {kindConfirmation, e.Places[0], true}, "approved": {kindApproved, e.Places[0], true}, "from afar": {kindConfirmation, online, false}, "changed": {kindUpdated, e.Places[0], false}} {
		raw := compose(t, queued(t, message(c.kind, e, c.place, g), 1))
		_, texts := parts(t, raw)
		if shown := strings.Contains(texts[1], `src="cid:ticket"`); shown != c.ticket || bytes.Contains(raw, []byte("Content-ID: <ticket>")) != c.ticket {
			t.Errorf("%s: the ticket is shown: %v", name, shown)
		}
	}
	m, err := gomessage.Read(bytes.NewReader(compose(t, queued(t, message(kindConfirmation, e, e.Places[0], g), 1))))
	must(t, err)
	r := m.MultipartReader()
	_, err = r.NextPart()
	must(t, err)
	html, err := r.NextPart()
	must(t, err)
	related := html.MultipartReader()
	_, err = related.NextPart()
	must(t, err)
	image, err := related.NextPart()
	must(t, err)
	got, err := io.ReadAll(image.Body)
	must(t, err)
	code, err := ticketCode(mailer(t).keys, g.ID, g.Generation)
	must(t, err)
	if !bytes.Equal(got, code.PNG(ticketScale)) || image.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture is another: %d bytes of %s", len(got), image.Header.Get("Content-Type"))
	}
}

func TestAConfirmationInvitesAndItsCancellationTakesBack(t *testing.T) {
	e := mailEvent()
	read := map[string]*ical.Component{}
	for kind, method := range map[string]string{kindConfirmation: "REQUEST", kindCancellation: "CANCEL"} {
		types, texts := parts(t, compose(t, queued(t, message(kind, e, e.Places[0], mailRegistration(Confirmed)), map[string]int64{"REQUEST": 2, "CANCEL": 3}[method])))
		if got := strings.Join(types, ", "); got != "text/plain , text/html , text/calendar "+method {
			t.Fatalf("the parts of a %s are %s", kind, got)
		}
		c, err := ical.NewDecoder(strings.NewReader(texts[2])).Decode()
		must(t, err)
		if c.Props.Get("METHOD").Value != method {
			t.Errorf("the METHOD is %s", c.Props.Get("METHOD").Value)
		}
		read[method] = c.Events()[0].Component
	}
	request, cancel := read["REQUEST"], read["CANCEL"]
	for _, name := range []string{"UID", "ORGANIZER", "ATTENDEE", "DTSTART", "DTEND"} {
		if request.Props.Get(name).Value != cancel.Props.Get(name).Value {
			t.Errorf("%s differs: %s and %s", name, request.Props.Get(name).Value, cancel.Props.Get(name).Value)
		}
	}
	for name, want := range map[string][2]string{
		"SEQUENCE": {"2", "3"}, "STATUS": {"CONFIRMED", "CANCELLED"}, "ATTENDEE": {"mailto:zoe@example.com", "mailto:zoe@example.com"},
		"ORGANIZER": {"mailto:events@ukcp.example", "mailto:events@ukcp.example"}, "UID": {e.UID, e.UID}, "DTSTART": {"20270311T093000", "20270311T093000"},
		"SUMMARY": {"SACT Masterclass", "SACT Masterclass"}, "DTSTAMP": {"20270110T090000Z", "20270110T090000Z"},
	} {
		if got := [2]string{request.Props.Get(name).Value, cancel.Props.Get(name).Value}; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if cn := request.Props.Get("ATTENDEE").Params.Get("CN"); cn != "Zoë O'Brien" {
		t.Errorf("the attendee's name is %q", cn)
	}
}

func TestNobodyWhoTakesPartOnlineIsSentToTheVenue(t *testing.T) {
	e := mailEvent()
	online := events.Place{ID: "o", Name: "Online", Online: true}
	e.Places = append(e.Places, online)
	types, texts := parts(t, compose(t, queued(t, message(kindConfirmation, e, online, mailRegistration(Confirmed)), 0)))
	for i, text := range texts {
		if strings.Contains(text, "Conference centre") || !strings.Contains(text, "Online") {
			t.Errorf("the part %s says where:\n%s", types[i], text)
		}
	}
	if e.Where() != "Conference centre, Birmingham, or online" || e.WhereFor(e.Places[0]) != "Conference centre, Birmingham" {
		t.Errorf("the event is at %q, the first place at %q", e.Where(), e.WhereFor(e.Places[0]))
	}
}

func TestWhoOnlyWaitsIsNotInvited(t *testing.T) {
	e := mailEvent()
	for _, m := range []notify.Message{message(kindWaiting, e, e.Places[0], mailRegistration(Waiting)), message(kindCancellation, e, e.Places[0], mailRegistration(Waiting)),
		message(kindPending, e, e.Places[0], mailRegistration(Pending))} {
		if types, _ := parts(t, compose(t, queued(t, m, 0))); len(types) != 2 {
			t.Errorf("a %s has the parts %v", m.Kind, types)
		}
	}
}

func TestAMailboxDoesNotInviteItself(t *testing.T) {
	g := mailRegistration(Confirmed)
	g.Email, g.Mailbox = "Events@ukcp.example", "events@ukcp.example"
	e := mailEvent()
	for kind, status := range map[string]string{kindConfirmation: "CONFIRMED", kindCancellation: "CANCELLED"} {
		types, texts := parts(t, compose(t, queued(t, message(kind, e, e.Places[0], g), 4)))
		if len(types) != 3 || strings.Contains(types[2], "method") {
			t.Fatalf("the parts of a %s are %v", kind, types)
		}
		for _, name := range []string{"METHOD", "ORGANIZER", "ATTENDEE"} {
			if strings.Contains(texts[2], name) {
				t.Errorf("the entry in a %s has a %s:\n%s", kind, name, texts[2])
			}
		}
		for _, line := range []string{"UID:" + e.UID, "SEQUENCE:4", "STATUS:" + status} {
			if !strings.Contains(texts[2], line) {
				t.Errorf("the entry in a %s has no %s:\n%s", kind, line, texts[2])
			}
		}
	}
}

func TestHostileNamesBreakNoMail(t *testing.T) {
	e := mailEvent()
	e.Title = "Title\r\nBcc: eve@example.com\r\n\r\n<script>"
	g := mailRegistration(Confirmed)
	g.FirstName, g.LastName = "=cmd()<b>\"\r\nX-Evil: 1", "\u202eO'Brien; \\"+strings.Repeat("x", 300)
	raw := compose(t, queued(t, message(kindConfirmation, e, e.Places[0], g), 0))
	m, err := gomessage.Read(bytes.NewReader(raw))
	must(t, err)
	for _, name := range []string{"Bcc", "X-Evil"} {
		if m.Header.Has(name) {
			t.Errorf("the header %s was injected", name)
		}
	}
	_, texts := parts(t, raw)
	if strings.Contains(texts[1], "<script>") || strings.Contains(texts[1], "<b>\"") {
		t.Error("HTML was injected")
	}
	c, err := ical.NewDecoder(strings.NewReader(texts[2])).Decode()
	must(t, err)
	if n := len(c.Events()[0].Props.Values("ATTENDEE")); n != 1 {
		t.Errorf("%d attendees are invited", n)
	}
}
