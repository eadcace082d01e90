package organisers

import (
	"strings"

	"masterclass/internal/access"
	"masterclass/internal/qr"
	"masterclass/templates"
)

// accountPage is organisers/account.
type accountPage struct {
	Errors            []templates.FieldError
	Notice            templates.Notice
	Rows              []templates.Row
	Name              templates.Input
	Present, Password templates.Input
	Places            []placeRow
	Others            bool // there are sign-ins besides this one
	Email             string
}

// placeRow is a sign-in with its times in words.
type placeRow struct {
	Place
	BeganWords, SeenWords string
}

func (h *Handler) newAccountPage(s Session, name string, places []Place, errs ...templates.FieldError) accountPage {
	step := "Not set up"
	if s.SecondStep {
		step = "On: a code from your phone"
	}
	page := accountPage{Errors: errs, Email: s.Email, Others: len(places) > 1, Rows: []templates.Row{
		{Key: "Name", Value: s.Name}, {Key: "Email address", Value: s.Email}, {Key: "Role", Value: roleWords(s.Role)},
		{Key: "Second step of signing in", Value: step, Change: templates.Link{Href: twoStepPath}},
	}}
	page.Name = templates.Input{ID: "name", Label: "Name", Hint: "As colleagues see it", Value: name, Autocomplete: "name", Error: errorOf(errs, "name")}
	page.Present = templates.Input{ID: "present", Label: "Present password", Type: "password", Autocomplete: "current-password", Error: errorOf(errs, "present")}
	page.Password = templates.Input{ID: "password", Label: "New password", Type: "password", Autocomplete: "new-password", Hint: passwordHint, Error: errorOf(errs, "password")}
	for _, p := range places {
		page.Places = append(page.Places, placeRow{p, shortMoment(p.Began.In(h.Zone)), shortMoment(p.Seen.In(h.Zone))})
	}
	return page
}

const passwordHint = "At least 10 characters. Three words that do not belong together are easy to remember and hard to guess."

// setUpPage is organisers/two-step.
type setUpPage struct {
	Errors  []templates.FieldError
	Must    bool // nothing else opens before
	Picture qr.Code
	Secret  string // in groups of four
	Offer   string
	Email   string
	Code    templates.Input
	// Password is asked for unless the page must be passed: then it was given a moment ago.
	Password templates.Input
}

func newSetUpPage(s SetUp, email string, must bool, errs ...templates.FieldError) (setUpPage, error) {
	drawn, err := qr.New(s.URL)
	page := setUpPage{Errors: errs, Must: must, Picture: drawn, Secret: inFours(s.Secret), Offer: s.Sealed, Email: email,
		Code:     codeInput("Code", "The 6 digits that the app shows now.", errs),
		Password: ownPasswordInput("password", errs)}
	page.Code.InputMode, page.Code.Class = "numeric", "nhsuk-input--width-10"
	return page, err
}

func inFours(s string) string {
	var parts []string
	for ; len(s) > 4; s = s[4:] {
		parts = append(parts, s[:4])
	}
	return strings.Join(append(parts, s), " ")
}

// twoStepOnPage is organisers/two-step-on.
type twoStepOnPage struct {
	Errors                     []templates.FieldError
	Email                      string
	Left                       int
	Owner                      bool
	CodesPassword, OffPassword templates.Input
}

func newTwoStepOnPage(left int, s Session, errs ...templates.FieldError) twoStepOnPage {
	return twoStepOnPage{Errors: errs, Email: s.Email, Left: left, Owner: s.Role == access.Owner,
		CodesPassword: ownPasswordInput("codes-password", errs), OffPassword: ownPasswordInput("off-password", errs)}
}

// ownPasswordInput asks somebody who is signed in for their password, in the field password of the form.
func ownPasswordInput(id string, errs []templates.FieldError) templates.Input {
	return templates.Input{ID: id, Name: "password", Label: "Your password", Type: "password", Autocomplete: "current-password", Class: "nhsuk-input--width-20", Error: errorOf(errs, id)}
}

// codesPage is organisers/recovery-codes.
type codesPage struct{ Codes []string }
