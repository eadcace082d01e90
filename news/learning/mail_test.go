package learning

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"masterclass/internal/secret"
	"masterclass/internal/web"
	"masterclass/news"
	"masterclass/notify"
	"masterclass/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEveryKindOfMailIsAsItWas(t *testing.T) {
	mails, err := templates.ParseMail(templates.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	from, made := mail.Address{Name: "UK Chemotherapy Partnership", Address: "events@ukcp.example"}, time.Date(2027, 6, 10, 9, 0, 0, 0, time.UTC)
	m := NewMailer(web.Site{Name: "UK Chemotherapy Partnership", ContactEmail: "contact@ukcp.example", BaseURL: "https://ukcp.example"}, keys, mails)
	module := &Module{Article: news.Article{Slug: "what-cancer-is", Title: "Module 1: What cancer is & <why>"}}
	for _, kind := range MailKinds {
		t.Run(kind, func(t *testing.T) {
			l := letter(kind, "ada@example.org", "01941f29-7c00-7000-8000-0000000000aa", module, true)
			kept, err := json.Marshal(l.Snapshot)
			if err != nil {
				t.Fatal(err)
			}
			w, err := m.Compose(kind, kept)
			if err != nil {
				t.Fatal(err)
			}
			q := notify.Queued{ID: "01941f29-7c00-7000-8000-0000000000ff", Kind: kind, To: l.To, Mailbox: l.Mailbox, MessageID: "<01941f29@ukcp.example>", CreatedAt: made, MadeAt: made}
			got, err := notify.Bytes(from, q, notify.Mail{Subject: w.Subject, Text: w.Text, HTML: w.HTML, ReplyTo: w.ReplyTo, Unsubscribe: w.Unsubscribe}, made)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", kind+".eml")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the mail is not as in %s (go test -update writes it anew):\n%s", file, got)
			}
		})
	}
}
