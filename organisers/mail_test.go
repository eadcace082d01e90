package organisers

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/mail"
	"os"
	"path/filepath"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/web"
	"masterclass/notify"
	"masterclass/templates"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEveryKindOfMailIsAsItWas(t *testing.T) {
	mails, err := templates.ParseMail(templates.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	from, made := mail.Address{Name: "UK Chemotherapy Partnership", Address: "events@ukcp.example"}, time.Date(2027, 6, 10, 9, 0, 0, 0, time.UTC)
	m := NewMailer(web.Site{Name: "UK Chemotherapy Partnership", ContactEmail: "contact@ukcp.example", BaseURL: "https://ukcp.example"}, testKeys(t), mails, london)
	account := Organiser{Email: "bob@example.org", Mailbox: "bob@example.org", Name: "Bob O’Baker", Role: access.Editor}
	for _, kind := range MailKinds {
		t.Run(kind, func(t *testing.T) {
			inviter := map[string]string{kindInvitation: "Ada Lovelace"}[kind]
			letter := mailLink{kind: kind, id: "01941f29-7c00-7000-8000-0000000000aa", until: made.Add(72 * time.Hour)}.letter(account, inviter)
			kept, err := json.Marshal(letter.Snapshot)
			if err != nil {
				t.Fatal(err)
			}
			written, err := m.Compose(kind, kept)
			if err != nil {
				t.Fatal(err)
			}
			q := notify.Queued{ID: "01941f29-7c00-7000-8000-0000000000ff", Kind: kind, To: letter.To, Mailbox: letter.Mailbox, MessageID: "<01941f29@ukcp.example>", CreatedAt: made, MadeAt: made}
			got, err := notify.Bytes(from, q, notify.Mail{Subject: written.Subject, Text: written.Text, HTML: written.HTML, ReplyTo: written.ReplyTo}, made)
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
