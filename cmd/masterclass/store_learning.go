package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/news/learning"
	"masterclass/notify"
)

// learningMails hands the letters of e-learning to the outbox.
type learningMails struct{ *notify.Outbox }

// Enqueue writes the letter in the transaction.
func (m learningMails) Enqueue(ctx context.Context, tx *sql.Tx, l learning.Letter) error {
	_, err := m.Outbox.Enqueue(ctx, tx, notify.Message{Kind: l.Kind, To: l.To, Mailbox: l.Mailbox, Public: l.Public, Snapshot: l.Snapshot})
	return err
}

// PublicCount is the outbox's.
func (m learningMails) PublicCount(ctx context.Context, mailbox string, since time.Time) (int, error) {
	return m.Outbox.PublicCount(ctx, mailbox, since)
}

// learningAddresses are the addresses that e-learning keeps, for who erases a person.
type learningAddresses struct{ *learning.Learning }

// Kinds are those of e-learning's letters.
func (learningAddresses) Kinds() []string { return learning.MailKinds }

// Held names the modules that the mailbox wants to be told of.
func (l learningAddresses) Held(ctx context.Context, mailbox string) ([]string, error) {
	titles, err := l.WaitedFor(ctx, mailbox)
	for i, title := range titles {
		titles[i] = "A wish to be told when an e-learning module opens: " + title
	}
	return titles, err
}

// Erase deletes these wishes.
func (l learningAddresses) Erase(ctx context.Context, tx *sql.Tx, mailbox string, by access.Entry) error {
	return l.EraseWaiting(ctx, tx, mailbox, by)
}

// learningComposers are the kinds of mail of e-learning, as the worker wants them.
func learningComposers(m *learning.Mailer) map[string]notify.Composer {
	composers := map[string]notify.Composer{}
	for _, kind := range learning.MailKinds {
		composers[kind] = func(q notify.Queued) (notify.Mail, error) {
			mail, err := m.Compose(kind, q.Snapshot)
			return notify.Mail{Subject: mail.Subject, Text: mail.Text, HTML: mail.HTML, ReplyTo: mail.ReplyTo, Unsubscribe: mail.Unsubscribe}, err
		}
	}
	return composers
}

// sampleModule is a module of sample/learning.json, by its article's slug.
type sampleModule struct {
	Slug      string
	Pages     []struct{ Title, Body string }
	Questions []struct {
		Question, Explanation string
		Answers               []struct {
			Text  string
			Right bool
		}
	}
}

// addModules gives the sample's articles of e-learning their pages, where there are any.
func (a *App) addModules(ctx context.Context, tx bun.Tx) error {
	text, err := sampleFiles.ReadFile("sample/learning.json")
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var modules []sampleModule
	if err := d.Decode(&modules); err != nil {
		return fmt.Errorf("read the sample modules: %w", err)
	}
	for _, m := range modules {
		var pages []learning.Page
		for _, p := range m.Pages {
			pages = append(pages, learning.Page{Title: p.Title, Body: p.Body})
		}
		var questions []learning.Question
		for _, q := range m.Questions {
			question := learning.Question{Text: q.Question, Explanation: q.Explanation}
			for _, answer := range q.Answers {
				question.Answers = append(question.Answers, learning.Answer{Text: answer.Text, Right: answer.Right})
			}
			questions = append(questions, question)
		}
		if err := a.learning.Fill(ctx, tx, m.Slug, pages, questions); err != nil {
			return err
		}
	}
	return nil
}
