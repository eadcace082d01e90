package templates

import (
	"strings"
	"testing"
)

type sampleMail struct {
	Site struct {
		Name, ContactEmail string
	}
	Subject, Name string
	Manage        Link
	Facts         []Row
}

func TestEveryMailOfTheProgramParses(t *testing.T) {
	if _, err := ParseMail(Embedded()); err != nil {
		t.Fatal(err)
	}
}

func TestAMailIsTextAndHTML(t *testing.T) {
	mails, err := ParseMail(with(t, map[string]string{
		"emails/sample.txt":  "Dear {{.Name}},\n{{template \"footer\" .}}",
		"emails/sample.html": `{{define "body"}}<p>Dear {{.Name}},</p>{{template "mail-rows" .Facts}}{{template "mail-button" .Manage}}{{end}}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	m := sampleMail{Subject: "You have a place", Name: "Jo O'Neill <x>", Manage: Link{"https://example.org/m", "Manage"}, Facts: []Row{{Key: "When", Value: "Now & then"}}}
	m.Site.Name, m.Site.ContactEmail = "UK Chemotherapy Partnership", "help@example.org"
	plain, html, err := mails.Render("sample", m)
	if err != nil {
		t.Fatal(err)
	}
	want := "Dear Jo O'Neill <x>,\n\n--\nUK Chemotherapy Partnership\nQuestions? Write to help@example.org\n"
	if plain != want {
		t.Errorf("text:\n%q, want\n%q", plain, want)
	}
	for _, want := range []string{
		`<title>You have a place</title>`, `Dear Jo O&#39;Neill &lt;x&gt;,`, `Now &amp; then`,
		`href="https://example.org/m"`, `href="mailto:help@example.org"`, `name="color-scheme" content="light dark"`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the HTML lacks %s", want)
		}
	}
	if _, _, err := mails.Render("missing", m); err == nil {
		t.Error("a mail that does not exist was rendered")
	}
}

func TestAMailWithoutBothPartsIsAnError(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"text only": {"emails/half.txt": "x"},
		"HTML only": {"emails/half.html": `{{define "body"}}x{{end}}`},
		"no body":   {"emails/half.txt": "x", "emails/half.html": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseMail(with(t, files)); err == nil || !strings.Contains(err.Error(), "half") {
				t.Errorf("got %v, want an error that names the mail", err)
			}
		})
	}
}
