package registrations

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/mail"

	"masterclass/events"
	"masterclass/internal/markdown"
	"masterclass/internal/web"
	"masterclass/notify"
)

// kindMessage is what organisers write to attendees.
const kindMessage = "message"

// messageSnapshot is what an organiser's message shows. A test and a preview are of no registration.
type messageSnapshot struct {
	Title, Slug   string // of the event
	Subject, Body string // as the organiser wrote them; the body is Markdown
	ID            string `json:",omitempty"`
	Generation    int64  `json:",omitempty"`
	Reference     string
	Greeting      string
	Test          bool `json:",omitempty"`
}

func (d Draft) snapshot(e *events.Event, g *Registration) messageSnapshot {
	return messageSnapshot{Title: e.Title, Slug: e.Slug, Subject: d.Subject, Body: d.Body, ID: g.ID, Generation: g.Generation, Reference: g.Reference, Greeting: g.Formal()}
}

func (d Draft) message(e *events.Event, g *Registration) notify.Message {
	return notify.Message{Kind: kindMessage, To: mail.Address{Name: g.Name(), Address: g.Recipient()}, Mailbox: g.Mailbox, EventID: e.ID, RegistrationID: g.ID,
		Topic: messageTopic(d.ID), Snapshot: d.snapshot(e, g)}
}

// somebody stands for the recipient in previews and tests: an organiser sees nobody's own link.
var somebody = &Registration{Reference: "7K3M-Q9PX", Person: Person{Title: "Dr", FirstName: "Alex", LastName: "Example"}}

// messageData is what the template of an organiser's message sees.
type messageData struct {
	Site      web.Site
	Subject   string
	Title     string
	EventURL  string
	ManageURL string
	Reference string
	Greeting  string
	Test      bool
	HTML      template.HTML
	Text      string
}

// toAttendees composes what organisers write. It is about the person's registration, so it cannot be stopped, and says why it comes.
func (m *Mailer) toAttendees(q notify.Queued) (notify.Mail, error) {
	var s messageSnapshot
	if err := json.Unmarshal(q.Snapshot, &s); err != nil {
		return notify.Mail{}, fmt.Errorf("read the snapshot of a %s: %w", q.Kind, err)
	}
	return m.composeMessage(s)
}

func (m *Mailer) composeMessage(s messageSnapshot) (notify.Mail, error) {
	out := notify.Mail{Subject: s.Subject, ReplyTo: m.site.ContactEmail}
	if s.Test {
		out.Subject = "Test: " + s.Subject
	}
	data := messageData{Site: m.site, Subject: s.Subject, Title: s.Title, EventURL: m.site.BaseURL + "/events/" + s.Slug, ManageURL: m.site.BaseURL + "/registrations/find",
		Reference: s.Reference, Greeting: s.Greeting, Test: s.Test}
	var err error
	if s.ID != "" {
		if data.ManageURL, err = manageURL(m.keys, m.site.BaseURL, s.ID, s.Generation); err != nil {
			return out, err
		}
	}
	if data.HTML, data.Text, err = markdown.Mail(s.Body, m.site.BaseURL); err != nil {
		return out, err
	}
	out.Text, out.HTML, err = m.mails.Render(kindMessage, data)
	return out, err
}

// MessagePreview is a message as one recipient would get it.
type MessagePreview struct {
	Subject, Text, HTML string
	Body                template.HTML // the organiser's own words alone, as they look on a page
}

// PreviewMessage shows a draft as somebody made up would get it. Errors for people: invalid fields.
func (m *Mailer) PreviewMessage(e *events.Event, d Draft) (MessagePreview, error) {
	if err := d.clean(); err != nil {
		return MessagePreview{}, err
	}
	mail, err := m.composeMessage(d.snapshot(e, somebody))
	if err != nil {
		return MessagePreview{}, err
	}
	body, err := markdown.Letter(d.Body, m.site.BaseURL)
	return MessagePreview{Subject: mail.Subject, Text: mail.Text, HTML: mail.HTML, Body: body}, err
}
