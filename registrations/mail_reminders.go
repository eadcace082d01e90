package registrations

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"masterclass/events"
	"masterclass/internal/secret"
	"masterclass/notify"
	"masterclass/templates"
)

// The kinds of message that rules send.
const (
	kindReminder    = "reminder"
	kindStillComing = "still-coming"
	kindAfter       = "after"
)

// reminderSnapshot is what a reminder shows.
type reminderSnapshot struct {
	snapshot
	Access string // to the venue
	Online bool   `json:",omitempty"`
	Queue  bool   `json:",omitempty"` // somebody waits for the place, and can still be offered it
}

// reminder is the message of a rule. It is not about the entry in the person's calendar, which stays as it is.
func reminder(u ReminderRule, e *events.Event, p events.Place, g *Registration, now time.Time) notify.Message {
	m := message(string(u.Kind), e, p, g)
	m.UID, m.Sequence, m.Public = "", 0, false
	m.Snapshot = reminderSnapshot{snapshot: snapshotOf(e, p, g), Access: e.Access, Online: p.Online, Queue: p.Waiting > 0 && now.UnixMilli() < e.RegistrationClosesAt}
	return m
}

// reminderData is what the templates of reminders see.
type reminderData struct {
	mailData
	Queue       bool
	Online      bool
	Cancel      templates.Link // asks before it cancels
	About       templates.Link // the event's page
	Join        templates.Link
	Programme   string
	Unsubscribe string
}

// reminders composes what rules send: what, and the event's title, are the subject.
func (m *Mailer) reminders(what string) notify.Composer {
	return func(q notify.Queued) (notify.Mail, error) {
		var s reminderSnapshot
		if err := json.Unmarshal(q.Snapshot, &s); err != nil {
			return notify.Mail{}, fmt.Errorf("read the snapshot of a %s: %w", q.Kind, err)
		}
		out := notify.Mail{Subject: what + s.Event.Title, ReplyTo: m.site.ContactEmail}
		data, err := m.data(s.snapshot, out.Subject)
		if err != nil {
			return out, err
		}
		if out.Unsubscribe, err = unsubscribeURL(m.keys, m.site.BaseURL, q.RegistrationID, q.Mailbox); err != nil {
			return out, err
		}
		if q.Kind != kindAfter && s.Access != "" {
			data.Rows = slices.Insert(data.Rows, beforePlace(data.Rows), templates.Row{Key: "Access", Value: s.Access})
		}
		out.Text, out.HTML, err = m.mails.Render(q.Kind, reminderData{
			mailData: data, Queue: s.Queue, Online: s.Online, Cancel: templates.Link{Href: data.ManageURL + "/cancel", Text: "I cannot come"},
			About: templates.Link{Href: data.EventURL, Text: "See the event’s page"},
			Join:  templates.Link{Href: s.Join, Text: "Join online"}, Programme: data.EventURL + "#programme", Unsubscribe: out.Unsubscribe,
		})
		return out, err
	}
}

// beforePlace is where what belongs to getting there stands.
func beforePlace(rows []templates.Row) int {
	return max(0, slices.IndexFunc(rows, func(r templates.Row) bool { return r.Key == "Place" }))
}

// mailTopic is what a mailbox can ask not to be sent.
type mailTopic string

// aboutReminders are the messages of rules. Confirmations, offers and whatever else changes a registration cannot be stopped.
const aboutReminders mailTopic = "reminders"

// unsubscribePurpose binds a link to a topic and a mailbox: when a registration goes to somebody else, the links of the person before
// stop nobody's mail. It outlives the other links, since mail programs keep it.
func unsubscribePurpose(topic mailTopic, mailbox string) string {
	return "unsubscribe " + string(topic) + " " + mailbox
}

func unsubscribeURL(k *secret.Keys, base, id, mailbox string) (string, error) {
	token, err := k.Token(unsubscribePurpose(aboutReminders, mailbox), id, 0)
	if err != nil {
		return "", err
	}
	return base + "/unsubscribe/" + token, nil
}
