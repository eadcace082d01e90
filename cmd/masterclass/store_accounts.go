package main

import (
	"context"
	"database/sql"

	"masterclass/notify"
	"masterclass/organisers"
)

// accountMails hands the organisers' letters to the outbox.
type accountMails struct{ outbox *notify.Outbox }

// Enqueue writes the letter in the transaction.
func (m accountMails) Enqueue(ctx context.Context, tx *sql.Tx, l organisers.Letter) error {
	_, err := m.outbox.Enqueue(ctx, tx, notify.Message{Kind: l.Kind, To: l.To, Mailbox: l.Mailbox, Snapshot: l.Snapshot})
	return err
}

// Wake tells the worker that there is mail.
func (m accountMails) Wake() { m.outbox.Wake() }

// accountComposers are the organisers' kinds of mail, as the worker wants them.
func accountComposers(m *organisers.Mailer) map[string]notify.Composer {
	composers := map[string]notify.Composer{}
	for _, kind := range organisers.MailKinds {
		composers[kind] = func(q notify.Queued) (notify.Mail, error) {
			mail, err := m.Compose(kind, q.Snapshot)
			return notify.Mail{Subject: mail.Subject, Text: mail.Text, HTML: mail.HTML, ReplyTo: mail.ReplyTo}, err
		}
	}
	return composers
}
