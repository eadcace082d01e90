package organisers

import (
	"masterclass/internal/access"
	"masterclass/templates"
)

// signInPage is organisers/sign-in. The password is never shown again.
type signInPage struct {
	Errors          []templates.FieldError
	Email, Password templates.Input
	Next            string
}

func newSignInPage(email, next string, errs ...templates.FieldError) signInPage {
	return signInPage{
		Errors:   errs,
		Email:    templates.Input{ID: "email", Label: "Email address", Type: "email", Value: email, Autocomplete: "username", Error: errorOf(errs, "email")},
		Password: templates.Input{ID: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Error: errorOf(errs, "password")},
		Next:     next,
	}
}

// choosePasswordPage is organisers/choose-password.
type choosePasswordPage struct {
	Errors      []templates.FieldError
	Name, Email string
	Password    templates.Input
}

func newChoosePasswordPage(o Organiser, errs ...templates.FieldError) choosePasswordPage {
	return choosePasswordPage{
		Errors: errs, Name: o.Name, Email: o.Email,
		Password: templates.Input{
			ID: "password", Label: "Password", Type: "password", Autocomplete: "new-password", Error: errorOf(errs, "password"),
			Hint: passwordHint,
		},
	}
}

// codePage is organisers/code.
type codePage struct {
	Errors []templates.FieldError
	Code   templates.Input
	Next   string
}

func newCodePage(next string, errs ...templates.FieldError) codePage {
	return codePage{Errors: errs, Next: next, Code: codeInput("Code", "The 6 digits that the app on your phone shows now, or one of your recovery codes.", errs)}
}

// codeInput is not numeric: recovery codes have letters.
func codeInput(label, hint string, errs []templates.FieldError) templates.Input {
	return templates.Input{ID: "code", Label: label, Hint: hint, Autocomplete: "one-time-code", Class: "nhsuk-input--width-20", Error: errorOf(errs, "code")}
}

// forgottenPage is organisers/forgotten. It shows no address once it is sent.
type forgottenPage struct {
	Errors []templates.FieldError
	Email  templates.Input
	Sent   bool
}

func forgottenInput(email, problem string) templates.Input {
	return templates.Input{ID: "email", Label: "Email address", Hint: "The one that you sign in with", Type: "email", Value: email, Autocomplete: "username", Error: problem}
}

// overviewPage is organisers/overview, the first page of stewards and editors.
type overviewPage struct {
	Name, Role string
	Steward    bool
	Events     []eventRow       // a steward's
	Links      []templates.Link // an editor's
}

// eventRow is an event with the organisers' pages that a steward may open.
type eventRow struct {
	EventLine
	Links []templates.Link
}

func newEventRow(e EventLine) eventRow {
	if e.Draft {
		return eventRow{EventLine: e}
	}
	return eventRow{EventLine: e, Links: []templates.Link{{Href: home + "/events/" + e.Slug + "/check-in", Text: "Check in"}}}
}

// newsroom are the first pages of the newsroom.
var newsroom = []templates.Link{{Href: home + "/articles", Text: "Articles"}, {Href: home + "/articles/new", Text: "Write an article"}, {Href: home + "/sources", Text: "News sources"}}

// newsroomLinks are those of them that the role may open.
func newsroomLinks(role access.Role) (links []templates.Link) {
	for _, l := range newsroom {
		if access.May(role, "GET", l.Href) {
			links = append(links, l)
		}
	}
	return links
}

func errorOf(errs []templates.FieldError, field string) string {
	for _, e := range errs {
		if e.Field == field {
			return e.Message
		}
	}
	return ""
}
