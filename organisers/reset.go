package organisers

import (
	"context"
	"net/mail"
	"time"

	"github.com/google/uuid"

	"masterclass/internal/fault"
	"masterclass/internal/secret"
)

const (
	resetLife     = time.Hour
	mailsAnHour   = 5 // to one mailbox
	resetWindow   = time.Hour
	resetSaysMany = "A new password has been asked for several times in the last hour. Use the link in the newest email, or wait an hour before you ask for another."
)

// Forgotten mails a link for choosing a new password, if the address has an account; whether it has one does not show. It is a fault of
// kind TooMany when five have been asked for in the last hour, with an account or without.
func (o *Organisers) Forgotten(ctx context.Context, email string, from Client) error {
	mailbox, ok := mailboxOf(email)
	if !ok {
		return invalid("email", badAddress)
	}
	link, err := o.newLink(kindReset, resetLife)
	if err != nil {
		return err
	}
	return o.records.askReset(ctx, mailbox, hashOf(o.keys.Sign("reset request", mailbox)), link, from, o.now())
}

var errManyMails = fault.New(fault.TooMany, resetSaysMany).After(resetWindow)

// mailLink is a link that goes out by mail. Only its id is put into the outbox: the token follows from it and the installation's secret
// when the mail's bytes are made, and the database has the token's hash, as of every link.
type mailLink struct {
	kind, id, hash string
	until          time.Time
}

func (o *Organisers) newLink(kind string, life time.Duration) (mailLink, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return mailLink{}, err
	}
	token, err := linkToken(o.keys, kind, id.String())
	return mailLink{kind, id.String(), hashOf(token), o.now().Add(life)}, err
}

func linkToken(k *secret.Keys, kind, id string) (string, error) {
	return k.Token("organisers' "+kind, id, 0)
}

// letter is the mail that carries the link to the account; inviter is who sends it, "" for nobody.
func (l mailLink) letter(o Organiser, inviter string) Letter {
	return Letter{
		Kind: l.kind, To: mail.Address{Name: o.Name, Address: o.Email}, Mailbox: o.Mailbox,
		Snapshot: snapshot{Link: l.id, Name: o.Name, Role: o.Role, By: inviter, Until: l.until.UnixMilli()},
	}
}
