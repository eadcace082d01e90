package organisers

import (
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// news is something that has happened to an account and that its owner hears of by mail, so that they notice what they have not done.
type news string

const (
	passwordChanged      news = "password-changed"
	passwordReset        news = "password-reset"
	secondStepOn         news = "two-step-on"
	secondStepOff        news = "two-step-off"
	recoveryCodesRenewed news = "recovery-codes"
	recoveryCodeUsed     news = "recovery-code"
	newRole              news = "role"
	accountClosed        news = "closed"
	addressLeft          news = "address-left"  // to the address before
	addressTaken         news = "address-taken" // to the one now
)

// told is how a piece of news is written: the subject, the sentence and what to do about it. The first two have the name of the site and the
// role put in.
type told struct {
	subject, sentence string
	advice            string
	password          bool // whoever has not done it had better choose a new password
}

const (
	notYou   = "If this was not you, choose a new password at once, and tell whoever looks after the site."
	unlikely = "If you did not expect this, answer this email or ask whoever looks after the site."
)

var newsWords = map[news]told{
	passwordChanged:      {"Your password for {site} has been changed", "The password of your account in the organisers’ area of {site} has been changed.", notYou, true},
	passwordReset:        {"You have a new password for {site}", "A new password has been chosen for your account in the organisers’ area of {site}, with a link that we had sent to this address.", notYou, true},
	secondStepOn:         {"Your second step for {site} is on", "The second step of signing in to the organisers’ area of {site} has been turned on: it now asks for a code from a phone.", notYou, true},
	secondStepOff:        {"Your second step for {site} is off", "The second step of signing in to the organisers’ area of {site} has been turned off: it no longer asks for a code from a phone.", notYou, true},
	recoveryCodesRenewed: {"New recovery codes for {site}", "New recovery codes have been made for your account in the organisers’ area of {site}. Those that you had before no longer work.", notYou, true},
	recoveryCodeUsed:     {"A recovery code for {site} was used", "Somebody has signed in to your account in the organisers’ area of {site} with your password and one of your recovery codes.", notYou, true},
	newRole:              {"Your role at {site} has changed", "Your account in the organisers’ area of {site} has another role: you are now {role}. Please sign in again.", unlikely, false},
	accountClosed:        {"Your account at {site} is closed", "Your account in the organisers’ area of {site} has been closed. You can no longer sign in.", unlikely, false},
	addressLeft:          {"Your email address at {site} has changed", "Your account in the organisers’ area of {site} has another email address now. This one no longer signs in.", unlikely, false},
	addressTaken:         {"Your email address at {site} has changed", "This is now the email address of your account in the organisers’ area of {site}. Sign in with it from now on; your password is as it was.", unlikely, false},
}

// bulletin is a piece of news of that moment.
type bulletin struct {
	what news
	at   time.Time
}

// letter tells it to the account; who is the name of somebody else who did it, "" for its owner. It counts towards no limit: nobody can have it
// sent who is not signed in.
func (n bulletin) letter(o Organiser, who string) Letter {
	return Letter{
		Kind: kindNotice, To: mail.Address{Name: o.Name, Address: o.Email}, Mailbox: o.Mailbox,
		Snapshot: snapshot{Name: o.Name, Role: o.Role, By: who, What: n.what, At: n.at.UnixMilli()},
	}
}

// composeNotice writes the mail of a piece of news.
func (m *Mailer) composeNotice(s snapshot) (Mail, error) {
	words, ok := newsWords[s.What]
	if !ok {
		return Mail{}, fmt.Errorf("a notice of the unknown news %q", s.What)
	}
	named := strings.NewReplacer("{site}", m.site.Name, "{role}", asRole(s.Role))
	data := mailData{
		Site: m.site, Subject: named.Replace(words.subject), Name: s.Name, By: s.By,
		News: named.Replace(words.sentence), When: moment(time.UnixMilli(s.At).In(m.zone)), Advice: words.advice,
	}
	if s.By != "" {
		data.Advice = unlikely
	} else if words.password {
		data.Link = m.site.BaseURL + forgottenPath
	}
	out := Mail{Subject: data.Subject, ReplyTo: m.site.ContactEmail}
	var err error
	out.Text, out.HTML, err = m.mails.Render(kindNotice, data)
	return out, err
}
