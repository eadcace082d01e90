package learning

import (
	"encoding/json"
	"fmt"
	"net/mail"

	"masterclass/internal/secret"
	"masterclass/internal/web"
	"masterclass/templates"
)

// The kinds of mail of e-learning.
const (
	KindConfirm = "opening-confirm" // is it you who wants to be told?
	KindOpening = "opening"         // the module is open
	KindPlace   = "learning-place"  // the link to one's place
)

// MailKinds are the kinds of mail that a Mailer writes.
var MailKinds = []string{KindConfirm, KindOpening, KindPlace}

// Letter is what a transaction asks to be mailed. Its snapshot is kept as JSON and holds nothing secret.
type Letter struct {
	Kind     string
	To       mail.Address
	Mailbox  string
	Public   bool // caused by a public form: counts towards the hourly limit of the mailbox
	Snapshot any
}

// snapshot is all that a mail shows. Its link is derived when the bytes are made.
type snapshot struct{ ID, Slug, Title string }

// Mail is a mail in words.
type Mail struct{ Subject, Text, HTML, ReplyTo, Unsubscribe string }

// Mailer writes the mails of e-learning.
type Mailer struct {
	site  web.Site
	keys  *secret.Keys
	mails *templates.Mails
}

// NewMailer writes in the name of the site.
func NewMailer(site web.Site, keys *secret.Keys, mails *templates.Mails) *Mailer {
	return &Mailer{site: site, keys: keys, mails: mails}
}

// The purposes of tokens, and where they lead.
const (
	openingPurpose = "learning opening"
	placePurpose   = "learning place"
	openingPath    = "/learning/opening/"
	placePath      = "/learning/"
)

// mailData is what the templates see.
type mailData struct {
	Site        web.Site
	Subject     string
	Title       string
	Link        templates.Link
	Unsubscribe string
}

// Compose writes a mail of one of the MailKinds from the letter's snapshot.
func (m *Mailer) Compose(kind string, kept []byte) (Mail, error) {
	var s snapshot
	if err := json.Unmarshal(kept, &s); err != nil {
		return Mail{}, fmt.Errorf("read the snapshot of a mail of the kind %s: %w", kind, err)
	}
	purpose := openingPurpose
	if kind == KindPlace {
		purpose = placePurpose
	}
	token, err := m.keys.Token(purpose, s.ID, 0)
	if err != nil {
		return Mail{}, err
	}
	base := m.site.BaseURL
	data, out := mailData{Site: m.site, Title: s.Title}, Mail{ReplyTo: m.site.ContactEmail}
	switch kind {
	case KindConfirm:
		out.Subject, data.Link = "Please confirm: shall we tell you when it opens?", templates.Link{Href: base + openingPath + token, Text: "Confirm your address"}
	case KindOpening:
		out.Subject, data.Link = "Now open: "+s.Title, templates.Link{Href: base + "/e-learning/" + s.Slug, Text: "Start the module"}
		out.Unsubscribe = base + openingPath + token + "/stop"
		data.Unsubscribe = out.Unsubscribe
	default:
		out.Subject, data.Link = "Your place in: "+s.Title, templates.Link{Href: base + placePath + token, Text: "Go on learning"}
	}
	data.Subject = out.Subject
	out.Text, out.HTML, err = m.mails.Render(kind, data)
	return out, err
}
