package registrations

import (
	"bytes"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
	gomessage "github.com/emersion/go-message"

	"masterclass/events"
	"masterclass/notify"
)

// changedPlans is an event before and after its plans changed, with who comes, waits and takes part online.
type changedPlans struct {
	old, now                    *events.Event
	here, online, waits, offers *Registration
}

func changePlans() changedPlans {
	p := changedPlans{old: mailEvent(), now: mailEvent(), here: mailRegistration(Confirmed), online: mailRegistration(Confirmed), waits: mailRegistration(Waiting), offers: mailRegistration(Offered)}
	for _, e := range []*events.Event{p.old, p.now} {
		e.Places = append(e.Places, events.Place{ID: "o", Name: "Online", Online: true})
		e.JoinURL = "https://meet.example.org/sact"
	}
	p.online.PlaceID = "o"
	p.offers.OfferedUntil = time.Date(2027, 2, 3, 17, 0, 0, 0, time.UTC)
	p.now.StartsLocal, p.now.EndsLocal, p.now.Sequence = "2027-04-15T10:00", "2027-04-15T16:00", 3
	p.now.Venue, p.now.JoinURL = "Town hall, Leeds", "https://meet.example.org/sact-2"
	if err := p.now.Settle(); err != nil {
		panic(err)
	}
	return p
}

// tell is the message of a change to one person.
func (p changedPlans) tell(t *testing.T, status events.Status, g *Registration) notify.Message {
	t.Helper()
	p.now.Status = status
	n := newsOf(p.old, p.now, made)
	if status == events.Cancelled {
		n.kind, n.reason = kindEventCancelled, "The hall is flooded.\n\nWe hope to <meet> you in autumn."
		n.event = at(p.old, p.now)
	}
	m, ok := n.message(g, g.Status == Confirmed, nil)
	if !ok {
		t.Fatal("there is nothing to tell")
	}
	return m
}

// changeMails are the messages about changes, by the names of their golden files.
func changeMails(t *testing.T) map[string]notify.Message {
	p := func() changedPlans { return changePlans() }
	e, g := mailEvent(), mailRegistration(Confirmed)
	colleague := mailRegistration(Confirmed)
	colleague.Generation, colleague.FirstName, colleague.LastName, colleague.Email, colleague.Mailbox = 1, "Grace", "Example", "grace@example.com", "grace@example.com"
	asking := mailEvent()
	asking.Questions = questions()
	byHand := ending{by: Organiser, reason: "You asked us by telephone.", invited: true, mail: kindCancellation}
	there := p()
	online := *there.here
	online.PlaceID = "o"
	return map[string]notify.Message{
		"cancellation-organiser": byHand.message(e, e.Places[0], g), "updated-place": moveMessage(there.here, &online, there.old),
		"updated": p().tell(t, events.Published, p().here), "updated-online": p().tell(t, events.Published, p().online),
		"updated-waiting": p().tell(t, events.Published, p().waits), "updated-offered": p().tell(t, events.Published, p().offers),
		"postponed": p().tell(t, events.Postponed, p().here), "postponed-waiting": p().tell(t, events.Postponed, p().waits),
		"event-cancelled": p().tell(t, events.Cancelled, p().here), "event-cancelled-waiting": p().tell(t, events.Cancelled, p().waits),
		"moved": farewell(kindMoved, e, e.Places[0], g, true), "substituted": farewell(kindSubstituted, e, e.Places[0], g, true),
		"confirmation-instead": welcome(e, e.Places[0], colleague, handover{told: kindSubstituted}),
		"confirmation-asked":   welcome(asking, e.Places[0], colleague, handover{told: kindSubstituted}),
	}
}

func TestEveryKindOfMailAboutChangesIsAsItWas(t *testing.T) {
	for name, m := range changeMails(t) {
		t.Run(name, func(t *testing.T) {
			got := compose(t, queued(t, m, 7))
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

func TestMailAboutChangesSaysWhatItMustAndMovesTheCalendar(t *testing.T) {
	t.Parallel()
	old, moved := "20270311T093000", "20270415T100000"
	const oldWords, newWords = "Thursday 11 March 2027, 9:30am to 4:45pm UK time (GMT)", "Thursday 15 April 2027, 10am to 4pm UK time (BST)"
	for name, c := range map[string]struct {
		subject, method, starts, status, location string
		says, hides                               []string
	}{
		"updated": {"Changed: SACT Masterclass", "REQUEST", moved, "CONFIRMED", "Town hall, Leeds",
			[]string{"It was: " + oldWords, newWords, "It was: Conference centre, Birmingham", "Your place is still yours", "/registrations/"}, []string{"meet.example.org"}},
		"updated-online": {"Changed: SACT Masterclass", "REQUEST", moved, "CONFIRMED", "Online",
			[]string{newWords, "https://meet.example.org/sact-2", "It was: https://meet.example.org/sact"}, []string{"Town hall", "Birmingham"}},
		"updated-waiting":         {"Changed: SACT Masterclass", "", "", "", "", []string{newWords, "still on the waiting list", "Town hall"}, []string{"invitation"}},
		"updated-offered":         {"Changed: SACT Masterclass", "", "", "", "", []string{newWords, "5pm on Wednesday 3 February 2027"}, []string{"invitation"}},
		"postponed":               {"Postponed: SACT Masterclass", "CANCEL", old, "CANCELLED", "Town hall, Leeds", []string{"Thursday 11 March 2027", "Your place is kept", "out of your calendar"}, []string{"15 April"}},
		"postponed-waiting":       {"Postponed: SACT Masterclass", "", "", "", "", []string{"You keep your position"}, []string{"15 April", "calendar"}},
		"event-cancelled":         {"Event cancelled: SACT Masterclass", "CANCEL", old, "CANCELLED", "Town hall, Leeds", []string{"The hall is flooded.", "does not", "out of your calendar"}, []string{"/registrations/", "meet.example.org"}},
		"event-cancelled-waiting": {"Event cancelled: SACT Masterclass", "", "", "", "", []string{"The hall is flooded.", "Your position on the waiting list"}, []string{"/registrations/", "calendar"}},
		"moved":                   {"Registered with another address: SACT Masterclass", "CANCEL", old, "CANCELLED", "Conference centre, Birmingham", []string{"belongs to another", "do not work any more"}, []string{"/registrations/", "/calendars/", "Brien"}},
		"substituted":             {"Your place is passed on: SACT Masterclass", "CANCEL", old, "CANCELLED", "Conference centre, Birmingham", []string{"Dear Dr Zoë O'Brien", "A colleague takes your place"}, []string{"/registrations/", "/calendars/", "Grace"}},
		"confirmation-asked": {"Your place is confirmed: SACT Masterclass", "REQUEST", old, "CONFIRMED", "Conference centre, Birmingham",
			[]string{"has named you to take their place", "some questions that nobody can answer for you", "/details"}, []string{"Zoë", "Will you dine"}},
		"confirmation-instead": {"Your place is confirmed: SACT Masterclass", "REQUEST", old, "CONFIRMED", "Conference centre, Birmingham", []string{"has named you to take their place", "/registrations/"}, []string{"Zoë", "questions", "/details"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := changeMails(t)[name]
			raw := compose(t, queued(t, m, 7))
			read, err := gomessage.Read(bytes.NewReader(raw))
			must(t, err)
			if subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject")); err != nil || subject != c.subject {
				t.Errorf("the subject is %q, %v", subject, err)
			}
			types, texts := parts(t, raw)
			if (len(types) == 3) != (c.method != "") || (len(types) == 3 && types[2] != "text/calendar "+c.method) {
				t.Fatalf("the parts are %q", types)
			}
			for i, text := range texts[:2] {
				flat := strings.NewReplacer("&#39;", "'", "<strong>", "", "</strong>", "").Replace(text)
				if i == 0 {
					flat = strings.Join(strings.Fields(flat), " ")
				}
				for _, say := range c.says {
					if !strings.Contains(flat, say) {
						t.Errorf("the part %s does not say %q:\n%s", types[i], say, text)
					}
				}
				for _, hide := range c.hides {
					if strings.Contains(flat, hide) {
						t.Errorf("the part %s says %q:\n%s", types[i], hide, text)
					}
				}
			}
			if c.method == "" {
				return
			}
			cal, err := ical.NewDecoder(strings.NewReader(texts[2])).Decode()
			must(t, err)
			v := cal.Events()[0]
			location, err := v.Props.Get("LOCATION").Text()
			must(t, err)
			for got, want := range map[string]string{
				cal.Props.Get("METHOD").Value: c.method, v.Props.Get("SEQUENCE").Value: "7", v.Props.Get("DTSTART").Value: c.starts, v.Props.Get("STATUS").Value: c.status,
				v.Props.Get("UID").Value: mailEvent().UID, location: c.location, v.Props.Get("ATTENDEE").Value: "mailto:" + m.Mailbox, v.Props.Get("DTSTAMP").Value: "20270110T090000Z",
			} {
				if got != want {
					t.Errorf("the calendar has %q, want %q", got, want)
				}
			}
		})
	}
}

func TestSubjectsOfChangesStayShort(t *testing.T) {
	t.Parallel()
	for name, m := range changeMails(t) {
		s := m.Snapshot.(snapshot)
		s.Event.Title = strings.Repeat("Systemic anti-cancer therapy für alle ", 9)
		m.Snapshot = s
		read, err := gomessage.Read(bytes.NewReader(compose(t, queued(t, m, 7))))
		must(t, err)
		subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		must(t, err)
		if n := utf8.RuneCountInString(subject); n > 78 || n < 40 || !strings.HasSuffix(subject, "…") {
			t.Errorf("%s: the subject has %d characters: %s", name, n, subject)
		}
	}
}
