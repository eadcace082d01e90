package templates

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	text "text/template"
)

// Mails renders emails by name, such as "confirmed", as plain text and as HTML.
type Mails struct {
	byName map[string]mail
}

type mail struct {
	text *text.Template
	html *template.Template
}

// ParseMail reads emails/<name>.txt and emails/<name>.html. The text file is the
// whole mail (and may use the partials of layout.txt); the HTML file defines
// "body", which layout.html wraps. A mail with only one of the two is an error.
func ParseMail(fsys fs.FS) (*Mails, error) {
	textLayout, err := text.New("layout").Option("missingkey=error").ParseFS(fsys, "emails/layout.txt")
	if err != nil {
		return nil, fmt.Errorf("parse the layout of mails: %w", err)
	}
	htmlLayout, err := template.New("layout").Option("missingkey=error").ParseFS(fsys, "emails/layout.html")
	if err != nil {
		return nil, fmt.Errorf("parse the layout of mails: %w", err)
	}
	names, err := mailNames(fsys)
	if err != nil {
		return nil, err
	}
	mails := &Mails{byName: make(map[string]mail, len(names))}
	for name := range names {
		m, err := parseMail(fsys, textLayout, htmlLayout, name)
		if err != nil {
			return nil, fmt.Errorf("parse mail %s: %w", name, err)
		}
		mails.byName[name] = m
	}
	return mails, nil
}

func mailNames(fsys fs.FS) (map[string]bool, error) {
	found, err := fs.Glob(fsys, "emails/*.*")
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, file := range found {
		if name := strings.TrimSuffix(path.Base(file), path.Ext(file)); name != "layout" {
			names[name] = true
		}
	}
	return names, nil
}

func parseMail(fsys fs.FS, textLayout *text.Template, htmlLayout *template.Template, name string) (m mail, err error) {
	if m.text, err = textLayout.Clone(); err != nil {
		return m, err
	}
	if m.text, err = m.text.ParseFS(fsys, "emails/"+name+".txt"); err != nil {
		return m, err
	}
	if m.html, err = htmlLayout.Clone(); err != nil {
		return m, err
	}
	if m.html, err = m.html.ParseFS(fsys, "emails/"+name+".html"); err != nil {
		return m, err
	}
	if m.html.Lookup("body") == nil {
		return m, fmt.Errorf(`the HTML file does not define "body"`)
	}
	return m, checkEscaping(m.html, "base")
}

// Render returns the mail called name as plain text and as HTML. Data has
// .Site.Name, .Site.ContactEmail, .Subject and whatever the mail itself shows.
func (m *Mails) Render(name string, data any) (plain, html string, err error) {
	mail, ok := m.byName[name]
	if !ok {
		return "", "", fmt.Errorf("render mail %q: there is no such mail", name)
	}
	var b bytes.Buffer
	if err := mail.text.ExecuteTemplate(&b, name+".txt", data); err != nil {
		return "", "", fmt.Errorf("render mail %q as text: %w", name, err)
	}
	plain = b.String()
	b.Reset()
	if err := mail.html.ExecuteTemplate(&b, "base", data); err != nil {
		return "", "", fmt.Errorf("render mail %q as HTML: %w", name, err)
	}
	return plain, b.String(), nil
}
