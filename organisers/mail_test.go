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
	notices + string(passwordChanged):      {dear, "The password of your account", "has been changed.", at, notYou, anew},
	notices + string(passwordReset):        {dear, "A new password has been chosen for your account", at, notYou, anew},
	notices + string(secondStepOn):         {dear, "has been turned on: it now asks for a code", at, notYou, anew},
	notices + string(secondStepOff):        {dear, "has been turned off: it no longer asks for a code", at, "It was done by Ada Lovelace.", unlikely},
	notices + string(recoveryCodesRenewed): {dear, "New recovery codes have been made", "no longer work", at, notYou, anew},
	notices + string(recoveryCodeUsed):     {dear, "with your password and one of your recovery codes", at, notYou, anew},
	notices + string(newRole):              {dear, "you are now an editor", at, "It was done by Ada Lovelace.", unlikely},
	notices + string(accountClosed):        {dear, "has been closed. You can no longer sign in.", at, "It was done by Ada Lovelace.", unlikely},
	notices + string(addressLeft):          {dear, "has another email address now. This one no longer signs in.", at, "It was done by Ada Lovelace.", unlikely},
	notices + string(addressTaken):         {dear, "This is now the email address of your account", "your password is as it was", at, "It was done by Ada Lovelace.", unlikely},
}

const (
	notices = kindNotice + "-"
	dear    = "Dear Bob O’Baker,"
	at      = "This was at 10am on Thursday 10 June 2027."
	anew    = "https://ukcp.example/organise/sign-in/forgotten"
)

// everyLetter is a letter of each kind, and of each piece of news.
func everyLetter(made time.Time) map[string]Letter {
	account := Organiser{Email: "bob@example.org", Mailbox: "bob@example.org", Name: "Bob O’Baker", Role: access.Editor}
	letters := map[string]Letter{}
	for kind, inviter := range map[string]string{kindInvitation: "Ada Lovelace", kindReset: ""} {
		letters[kind] = mailLink{kind: kind, id: "01941f29-7c00-7000-8000-0000000000aa", until: made.Add(72 * time.Hour)}.letter(account, inviter)
	}
	for what, words := range newsWords {
		who := ""
		if !words.password || what == secondStepOff { // turned off by another owner, of whom nobody asks for a new password
			who = "Ada Lovelace"
		}
		letters[notices+string(what)] = bulletin{what, made}.letter(account, who)
	}
	return letters
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
	seen := map[string]bool{}
	for name, letter := range everyLetter(made) {
		seen[letter.Kind] = true
		t.Run(name, func(t *testing.T) {
			kept, err := json.Marshal(letter.Snapshot)
			if err != nil {
				t.Fatal(err)
			}
			written, err := m.Compose(letter.Kind, kept)
			if err != nil {
				t.Fatal(err)
			}
			if len(said[name]) == 0 {
				t.Error("nobody says what it must say")
			}
			for _, words := range said[name] {
				for _, text := range []string{written.Text, written.HTML} {
					if text = strings.Join(strings.Fields(html.UnescapeString(text)), " "); !strings.Contains(text, words) {
						t.Errorf("it does not say %q: %s", words, text)
					}
				}
			}
			q := notify.Queued{ID: "01941f29-7c00-7000-8000-0000000000ff", Kind: letter.Kind, To: letter.To, Mailbox: letter.Mailbox, MessageID: "<01941f29@ukcp.example>", CreatedAt: made, MadeAt: made}
			got, err := notify.Bytes(from, q, notify.Mail{Subject: written.Subject, Text: written.Text, HTML: written.HTML, ReplyTo: written.ReplyTo}, made)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".eml")
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
	for _, kind := range MailKinds {
		if !seen[kind] {
			t.Errorf("no mail of the kind %s is read here", kind)
		}
	}
}
