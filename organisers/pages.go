package organisers

import (
	"strings"

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
			Hint: "At least 10 characters. Three words that do not belong together are easy to remember and hard to guess.",
		},
	}
}

// overviewPage is organisers/overview.
type overviewPage struct {
	Name, Role string
	Events     []EventLine
}

func newOverviewPage(p access.Principal, events []EventLine) overviewPage {
	role := string(p.Role)
	return overviewPage{Name: p.Name, Role: strings.ToUpper(role[:1]) + role[1:], Events: events}
}

func errorOf(errs []templates.FieldError, field string) string {
	for _, e := range errs {
		if e.Field == field {
			return e.Message
		}
	}
	return ""
}
