package organisers

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/secret"
	"masterclass/internal/web"
	"masterclass/templates"
)

// The kinds of mail to organisers.
const (
	kindInvitation = "invitation"
	kindReset      = "password-reset"
	kindNotice     = "account-notice"
)

// MailKinds are the kinds of mail that a Mailer writes.
var MailKinds = []string{kindInvitation, kindReset, kindNotice}

// Letter is what a transaction asks to be mailed. Its snapshot is kept as JSON and holds nothing secret.
type Letter struct {
	Kind     string
	To       mail.Address
	Mailbox  string
	Snapshot any
}

// snapshot is all that a mail to an organiser shows. Its link is derived when the bytes are made.
type snapshot struct {
	Link  string `json:",omitempty"` // the link's id
	Name  string
	Role  access.Role
	By    string `json:",omitempty"`
	Until int64  `json:",omitempty"` // Unix milliseconds
	What  news   `json:",omitempty"` // of a notice
	At    int64  `json:",omitempty"` // of a notice: Unix milliseconds
}

// Mail is a mail in words.
type Mail struct{ Subject, Text, HTML, ReplyTo string }

// Mailer writes the mails to organisers.
type Mailer struct {
	site  web.Site
	keys  *secret.Keys
	mails *templates.Mails
	zone  *time.Location
}

// NewMailer writes in the name of the site; times are those of the zone.
func NewMailer(site web.Site, keys *secret.Keys, mails *templates.Mails, zone *time.Location) *Mailer {
	return &Mailer{site: site, keys: keys, mails: mails, zone: zone}
}

// mailData is what the templates of these mails see.
type mailData struct {
	Site            web.Site
	Subject         string
	Name, By, Role  string
	SignIn, Link    string // addresses
	Until           string // in words
	ChooseAPassword templates.Link

	News, When, Advice string // of a notice
}

// Compose writes a mail of one of the MailKinds from the letter's snapshot.
func (m *Mailer) Compose(kind string, letter []byte) (Mail, error) {
	var s snapshot
	if err := json.Unmarshal(letter, &s); err != nil {
		return Mail{}, fmt.Errorf("read the snapshot of a mail of the kind %s: %w", kind, err)
	}
	if kind == kindNotice {
		return m.composeNotice(s)
	}
	token, err := linkToken(m.keys, kind, s.Link)
	if err != nil {
		return Mail{}, err
	}
	subject := "Choose a new password for " + m.site.Name
	if kind == kindInvitation {
		subject = "You are invited to the organisers’ area of " + m.site.Name
	}
	link := m.site.BaseURL + linkPath + token
	data := mailData{
		Site: m.site, Subject: subject, Name: s.Name, By: s.By, Role: asRole(s.Role), SignIn: m.site.BaseURL + signInPath, Link: link,
		Until: moment(time.UnixMilli(s.Until).In(m.zone)), ChooseAPassword: templates.Link{Href: link, Text: "Choose a password"},
	}
	out := Mail{Subject: subject, ReplyTo: m.site.ContactEmail}
	out.Text, out.HTML, err = m.mails.Render(kind, data)
	return out, err
}

// asRole is what somebody is invited as.
func asRole(r access.Role) string {
	if r == access.Owner || r == access.Organiser || r == access.Editor {
		return "an " + string(r)
	}
	return "a " + string(r)
}
