package registrations

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"time"

	gomessage "github.com/emersion/go-message"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/notify"
)

// reminderMail is what a rule sends to somebody, who takes part online or is waited for in person.
func reminderMail(kind ReminderKind, online bool) notify.Message {
	e, g := mailEvent(), mailRegistration(Confirmed)
	e.Access, e.JoinURL, e.RegistrationClosesAt = "Step-free entrance and a hearing loop.", "https://meet.example/sact", e.StartsAt
	p := events.Place{ID: "p", Name: "In person", Waiting: 3}
	if online {
		p = events.Place{ID: "p", Name: "Online", Online: true}
	}
	return reminder(ReminderRule{Kind: kind}, e, p, g, made)
}

var attendeeDraft = Draft{
	ID: "01941f29-7c00-7000-8000-0000000000dd", Subject: "Rooms have changed",
	Body: "The *morning* is in **room 2**. See [the programme](/events/sact-masterclass#programme).\n\n## Bring\n\n- a laptop\n- your badge\n\n| When | Where |\n|---|---|\n| 9:30am | Foyer |\n",
}

func attendeeMail() notify.Message {
	return attendeeDraft.message(mailEvent(), mailRegistration(Confirmed))
}

func attendeeTest() notify.Message {
	s := attendeeDraft.snapshot(mailEvent(), somebody)
	s.Test = true
	return notify.Message{Kind: kindMessage, To: mail.Address{Address: "kim@ukcp.example"}, Mailbox: "kim@ukcp.example", Snapshot: s}
}

// headersOf reads a mail's headers by an independent parser.
func headersOf(t *testing.T, raw []byte) gomessage.Header {
	t.Helper()
	m, err := gomessage.Read(bytes.NewReader(raw))
	must(t, err)
	return m.Header
}

func TestWhatCanBeStoppedSaysSoAndNothingElseDoes(t *testing.T) {
	e := mailEvent()
	token, err := mailer(t).keys.Token(unsubscribePurpose(aboutReminders, "zoe@example.com"), mailRegistration(Confirmed).ID, 0)
	must(t, err)
	link := "https://ukcp.example/unsubscribe/" + token
	for _, kind := range []ReminderKind{Reminder, StillComing, Afterwards} {
		raw := compose(t, queued(t, reminderMail(kind, false), 0))
		h := headersOf(t, raw)
		if h.Get("List-Unsubscribe") != "<"+link+">" || h.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Errorf("a %s has %q and %q", kind, h.Get("List-Unsubscribe"), h.Get("List-Unsubscribe-Post"))
		}
		_, texts := parts(t, raw)
		for _, text := range texts {
			if strings.Count(text, link) != 1 {
				t.Errorf("a part of a %s has the link %d times:\n%s", kind, strings.Count(text, link), text)
			}
		}
	}
	offered := mailRegistration(Offered)
	offered.OfferedUntil = made.Add(time.Hour)
	for _, m := range []notify.Message{message(kindConfirmation, e, e.Places[0], mailRegistration(Confirmed)), message(kindOffer, e, e.Places[0], offered),
		message(kindCancellation, e, e.Places[0], mailRegistration(Confirmed)), message(kindWaiting, e, e.Places[0], mailRegistration(Waiting)), attendeeMail()} {
		raw := compose(t, queued(t, m, 0))
		if h := headersOf(t, raw); h.Has("List-Unsubscribe") || h.Has("List-Unsubscribe-Post") || bytes.Contains(raw, []byte("/unsubscribe/")) {
			t.Errorf("a %s can be stopped", m.Kind)
		}
	}
}

func TestAReminderSaysWhenAndWhereAndHowToJoin(t *testing.T) {
	for online, c := range map[bool]struct{ with, without []string }{
		false: {[]string{"Thursday 11 March 2027, 9:30am to 4:45pm UK time (GMT)", "Conference centre, Birmingham", "Step-free entrance", "7K3M-Q9PX", "/events/sact-masterclass#programme", "/cancel", "when you arrive"}, []string{"meet.example"}},
		true:  {[]string{"https://meet.example/sact", "Online", "7K3M-Q9PX"}, []string{"Conference centre", "when you arrive"}},
	} {
		types, texts := parts(t, compose(t, queued(t, reminderMail(Reminder, online), 0)))
		if got := strings.Join(types, ", "); got != "text/plain , text/html " {
			t.Errorf("the parts are %s: a reminder leaves the calendar alone", got)
		}
		for i, text := range texts {
			for _, w := range c.with {
				if !strings.Contains(text, w) {
					t.Errorf("%s, online %v: lacks %q", types[i], online, w)
				}
			}
			for _, w := range c.without {
				if strings.Contains(text, w) {
					t.Errorf("%s, online %v: says %q", types[i], online, w)
				}
			}
		}
	}
	_, texts := parts(t, compose(t, queued(t, reminderMail(StillComing, false), 0)))
	for _, text := range texts {
		if !strings.Contains(text, "People are waiting for a place.") || !strings.Contains(text, "/cancel") {
			t.Errorf("the question does not say that others wait, or how to cancel:\n%s", text)
		}
	}
}

func TestSubjectsFitOnALine(t *testing.T) {
	e := mailEvent()
	e.Title = "UKCP Systemic Anti-Cancer Therapy (SACT) Masterclass for everybody who prescribes, verifies and gives it"
	for _, kind := range []ReminderKind{Reminder, StillComing, Afterwards} {
		raw := compose(t, queued(t, reminder(ReminderRule{Kind: kind}, e, e.Places[0], mailRegistration(Confirmed), made), 0))
		subject, err := (&gomessage.Header{Header: headersOf(t, raw).Header}).Text("Subject")
		must(t, err)
		if n := len([]rune(subject)); n > 78 || !strings.Contains(subject, "UKCP Systemic") || !strings.HasSuffix(subject, "…") {
			t.Errorf("the subject of a %s has %d characters: %s", kind, n, subject)
		}
	}
}

func TestAMessageToAttendeesIsReadAsItWasWritten(t *testing.T) {
	raw := compose(t, queued(t, attendeeMail(), 0))
	h := headersOf(t, raw)
	if h.Get("Subject") != "Rooms have changed" || h.Get("To") != "=?UTF-8?b?Wm/DqyBPJ0JyaWVu?= <zoe@example.com>" || h.Get("Reply-To") != "<contact@ukcp.example>" {
		t.Errorf("%s to %s, answers to %s", h.Get("Subject"), h.Get("To"), h.Get("Reply-To"))
	}
	_, texts := parts(t, raw)
	for i, words := range [][]string{
		{"Dear Dr Zoë O'Brien,", "The morning is in room 2.", "the programme (https://ukcp.example/events/sact-masterclass#programme)", "- a laptop", "9:30am | Foyer", "7K3M-Q9PX"},
		{"Dear Dr Zoë O&#39;Brien,", "<strong>room 2</strong>", `href="https://ukcp.example/events/sact-masterclass#programme"`, "<li>a laptop</li>", ">Foyer</td>", "7K3M-Q9PX"},
	} {
		for _, w := range words {
			if text := strings.ReplaceAll(texts[i], "\r\n", "\n"); !strings.Contains(text, w) {
				t.Errorf("part %d lacks %q:\n%s", i, w, text)
			}
		}
	}
}

func TestAPreviewShowsNobodysOwnLink(t *testing.T) {
	p, err := mailer(t).PreviewMessage(mailEvent(), attendeeDraft)
	must(t, err)
	for _, text := range []string{p.Text, p.HTML} {
		if !strings.Contains(text, "Alex Example") || !strings.Contains(text, "https://ukcp.example/registrations/find") || !strings.Contains(text, "a laptop") {
			t.Errorf("the preview is\n%s", text)
		}
	}
	for _, d := range []Draft{{Subject: strings.Repeat("é", 79), Body: "x"}, {Subject: " ", Body: "x"}} {
		_, err := mailer(t).PreviewMessage(mailEvent(), d)
		if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != "subject" {
			t.Errorf("the subject %q gives %v", d.Subject, err)
		}
	}
}
