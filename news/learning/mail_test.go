package learning

import (
	"bytes"
	"encoding/json"
	"flag"
	"html"
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

// said are the words without which a mail would not do what it is sent for, in its text and in its HTML.
var said = map[string][]string{
	KindPlace: {"Module 1: What cancer is & <why>", "https://ukcp.example/learning/AZQfKXwAcACAAAAAAAAAqkyvjNFjfw1D4IZefznj6Qk", "says nothing of who you are"},
	KindConfirm: {"Module 1: What cancer is & <why>", "confirm that it was you", "https://ukcp.example/learning/opening/AZQfKXwAcACAAAAAAAAAqnL5IbiDirq5QtYJDxMBizU",
		"deleted within a week"},
	KindOpening: {"Module 1: What cancer is & <why>", "https://ukcp.example/e-learning/what-cancer-is",
		"https://ukcp.example/learning/opening/AZQfKXwAcACAAAAAAAAAqnL5IbiDirq5QtYJDxMBizU/stop"},
}

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
			if len(said[kind]) == 0 {
				t.Error("nobody says what it must say")
			}
			for _, words := range said[kind] {
				for _, text := range []string{w.Text, w.HTML} {
					if text = strings.Join(strings.Fields(html.UnescapeString(text)), " "); !strings.Contains(text, words) {
						t.Errorf("it does not say %q: %s", words, text)
					}
				}
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
