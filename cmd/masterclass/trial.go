package main

import (
	"context"
	"net/mail"
	"time"

	"github.com/google/uuid"

	"masterclass/notify"
)

// sendTest delivers one message, signed as all are, without the outbox.
func (c *Config) sendTest(ctx context.Context, d notify.Deliverer, to mail.Address) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	q := notify.Queued{ID: id.String(), Kind: "test", To: to, MessageID: "<" + id.String() + "@" + host(c.From.Address) + ">"}
	raw, err := notify.Bytes(c.From, q, notify.Mail{
		Subject: "Test message from " + c.SiteName, Text: "This is a test message from " + c.SiteName + " at " + c.BaseURL + ".\n\nMail from the site can reach you.\n",
	}, time.Now())
	if err != nil {
		return err
	}
	if raw, err = c.DKIM.Sign(raw); err != nil {
		return err
	}
	return d.Deliver(ctx, c.From.Address, to.Address, raw, q.ID)
}

// mailWay is how a command sends mail: folder is where it goes that is written to files.
func (c *Config) mailWay() (d notify.Deliverer, folder string, err error) {
	if c.SMTP != nil {
		return c.SMTP, "", nil
	}
	data, err := openDataDir(c)
	if err != nil {
		return nil, "", err
	}
	folder = data.Join("mail")
	return notify.Files{Dir: folder}, folder, nil
}

// tookTest says what became of a test message; folder is where mail goes that is written to files, and mailbox the other place to look.
func (c *Config) tookTest(folder, mailbox string) string {
	if c.SMTP == nil {
		return "No MASTERCLASS_SMTP_URL is set, so the message is a file in " + folder + "."
	}
	return "The message was taken by " + c.SMTP.String() + ". Look into " + mailbox + "."
}

// refusedTest begins to say why there is no test message.
func (c *Config) refusedTest() string {
	if c.SMTP == nil {
		return "the message could not be written"
	}
	return "the message was not taken by " + c.SMTP.String()
}
