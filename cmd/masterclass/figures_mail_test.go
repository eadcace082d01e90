package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/notify"
)

// A backlog is so many messages, and each takes the mail server so long.
const (
	backlog  = 10_000
	mailTime = time.Second
)

// slowMails are bursts while a backlog of mail goes out to a slow server, against bursts without any.
func slowMails(b *testing.B) []figure {
	var figures []figure
	for name, on := range map[string]func(*testing.B) stores{"SQLite, embedded Redis": func(*testing.B) stores { return stores{} }, "PostgreSQL, redis-server": durable} {
		figures = append(figures, measured("burst beside 10,000 messages to a slow mail server, "+name, "registrations/s", ">= 0.90", func(n int) (ours, without float64) {
			with := func() {
				ours = burstOf(b, burstPlan{on: on(b), name: fmt.Sprintf("slow_mail-%d", n), backlog: backlog}).rate
			}
			alone := func() { without = burstOf(b, burstPlan{on: on(b), name: fmt.Sprintf("no_mail-%d", n)}).rate }
			first, second := with, alone
			if n%2 == 0 { // neither always has the machine as the other left it
				first, second = alone, with
			}
			first()
			second()
			return ours, without
		}))
	}
	return figures
}

// queue puts messages into the outbox of a site that is not started yet, and has it send them by a slow server.
func (s *figureSite) queue(b *testing.B, n int) {
	b.Helper()
	s.settings = s.settings.with("SMTP_URL", "smtp://"+slowServer(b)+"?tls=none")
	db := openFigures(b, s.options)
	defer db.Close()
	o, err := notify.NewOutbox(context.Background(), db, "events.example.org", time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer o.Close()
	var messages []notify.Message
	for i := range n {
		address := fmt.Sprintf("person%d@trust%d.example.org", i, i%40)
		messages = append(messages, notify.Message{Kind: "message", To: mail.Address{Name: "Ann Example", Address: address}, Mailbox: address, EventID: s.event.ID,
			Snapshot: map[string]string{"Title": s.event.Title, "Slug": s.event.Slug, "Subject": "The rooms", "Body": strings.Repeat("What to bring. ", 80), "Greeting": "Ann Example"}})
	}
	if err := enqueueAll(db, o, messages); err != nil {
		b.Fatal(err)
	}
	if s.options.URL == "" {
		return
	}
	for _, query := range []string{"vacuum analyze", "checkpoint"} { // as after a minute, and not while the burst is measured
		if _, err := db.Exec(query); err != nil {
			b.Fatal(err)
		}
	}
}

func enqueueAll(db *store.DB, o *notify.Outbox, messages []notify.Message) error {
	return db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for len(messages) > 0 {
			some := messages[:min(500, len(messages))]
			if _, err := o.EnqueueAll(ctx, tx.Tx, some); err != nil {
				return err
			}
			messages = messages[len(some):]
		}
		return nil
	})
}

// slowMail is a mail server that takes every message, and its time.
type slowMail struct{}

func (slowMail) Reset()                               {}
func (slowMail) Logout() error                        { return nil }
func (slowMail) Mail(string, *smtp.MailOptions) error { return nil }
func (slowMail) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (slowMail) Data(r io.Reader) error {
	time.Sleep(mailTime)
	_, err := io.Copy(io.Discard, r)
	return err
}

// slowServer starts one and gives its address.
func slowServer(b *testing.B) string {
	b.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return slowMail{}, nil }))
	server.Domain, server.ErrorLog = "mx.example.org", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = server.Serve(l); close(ended) }()
	b.Cleanup(func() { _ = server.Close(); <-ended })
	return l.Addr().String()
}
