package organisers

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

	"masterclass/internal/access"
	"masterclass/internal/web"
	"masterclass/notify"
	"masterclass/templates"
)

// said are the words without which a mail would not do what it is sent for, in its text and in its HTML.
var said = map[string][]string{
	kindInvitation: {"Dear Bob O’Baker,", "Ada Lovelace has added you", "as an editor", "https://ukcp.example/organise/sign-in/AZQfKXwAcACAAAAAAAAAquz-drEH2rT2qsu3NsMM09w",
		"works once, until", "10am on Sunday 13 June 2027", "If you did not expect this email"},
	kindReset: {"Dear Bob O’Baker,", "has asked for a new password", "https://ukcp.example/organise/sign-in/AZQfKXwAcACAAAAAAAAAqvIJ6RPgfiGhdhgsVT8Gfbg",
		"works once, until", "10am on Sunday 13 June 2027", "If you did not ask for this email"},
}

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
			if len(said[kind]) == 0 {
				t.Error("nobody says what it must say")
			}
			for _, words := range said[kind] {
				for _, text := range []string{written.Text, written.HTML} {
					if text = strings.Join(strings.Fields(html.UnescapeString(text)), " "); !strings.Contains(text, words) {
						t.Errorf("it does not say %q: %s", words, text)
					}
				}
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
