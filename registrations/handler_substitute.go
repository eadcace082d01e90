package registrations

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
	"masterclass/internal/web"
)

// SubstitutePage is the form that names a colleague. It does not ask for their health data: only they can consent to that.
type SubstitutePage struct {
	FormPage
	PlaceName, Reference, Path string
}

// substituteForm asks who takes the place. What cannot be passed on says so; what is over shows itself.
func (h *Handler) substituteForm(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	switch {
	case CanPassOn(g, e, h.now()):
		return h.showSubstitute(c, g, e, Form{Employer: g.Employer}, nil, fiber.StatusOK)
	case g.Status == Waiting:
		return ErrNoTransfer
	case g.Status == Pending || g.Status == Offered:
		return ErrNotYours
	case g.Status == Confirmed && e.Approval && !e.Past(h.now()):
		return ErrAskOrganisers
	}
	return c.Redirect("/registrations/"+c.Params("token"), fiber.StatusSeeOther)
}

// substitute gives the place to the colleague who was named. The link has no use after that, so the answer is a page for everybody.
func (h *Handler) substitute(c *fiber.Ctx) error {
	f := readColleague(c)
	if done, err := h.passedOnTo(c, f); err != nil || done {
		return h.toPassedOn(c, err)
	}
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	f.Place = g.PlaceID // which is not to be chosen here
	person, _, wrong := f.Person(e)
	if len(wrong) > 0 {
		return h.showSubstitute(c, g, e, f, wrong, fiber.StatusUnprocessableEntity)
	}
	_, err = h.Substitute(c.UserContext(), g, person, Needs{}, access.Entry{Actor: string(Attendee), RequestID: web.RequestID(c)})
	if errors.Is(err, ErrAlready) {
		wrong = []fault.Field{{Name: "email", Message: "Enter another email address: somebody has already registered for this event with this one"}}
		return h.showSubstitute(c, g, e, f, wrong, fiber.StatusConflict)
	}
	if f2, ok := fault.Of(err); ok && f2.Kind == fault.Invalid {
		return h.showSubstitute(c, g, e, f, f2.Fields, fiber.StatusUnprocessableEntity)
	}
	return h.toPassedOn(c, err)
}

func (h *Handler) toPassedOn(c *fiber.Ctx, err error) error {
	if err != nil {
		return err
	}
	web.Private(c)
	return c.Redirect("/registrations/passed-on", fiber.StatusSeeOther)
}

// passedOnTo says whether the link is the one before the present one and the place is its colleague's already: a second click, or another try
// after an answer that was lost.
func (h *Handler) passedOnTo(c *fiber.Ctx, f Form) (bool, error) {
	token := c.Params("token")
	id, ok := secret.TokenID(token)
	mailbox, problem := Mailbox(f.Email)
	if !ok || problem != "" {
		return false, nil
	}
	g, err := h.store.ByID(c.UserContext(), id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && g.Mailbox == mailbox && g.Generation > 0 && h.keys.Valid(token, managePurpose, g.ID, g.Generation-1), err
}

// readColleague reads the form; no health data is taken of somebody who is not there to consent, and no answer that they can give themselves.
func readColleague(c *fiber.Ctx) Form {
	f, _ := readForm(c)
	f.Dietary, f.AccessNeeds, f.Consent, f.Answers = "", "", false, nil
	return f
}

func (h *Handler) showSubstitute(c *fiber.Ctx, g *Registration, e *events.Event, f Form, wrong []fault.Field, status int) error {
	manage := "/registrations/" + c.Params("token")
	web.Private(c)
	c.Status(status)
	return web.Render(c, "registrations/substitute", web.View{
		Title: "Give your place to a colleague", Section: "events", Error: len(wrong) > 0, NoIndex: true,
		Back: &web.Back{Href: manage, Text: "Back to your registration"}, Page: newSubstitutePage(g, e, f, wrong, manage),
	})
}

func newSubstitutePage(g *Registration, e *events.Event, f Form, wrong []fault.Field, manage string) SubstitutePage {
	theirs := make([]fault.Field, 0, len(wrong))
	for _, w := range wrong {
		// The questions are those of the form, which asks people about themselves.
		theirs = append(theirs, fault.Field{Name: w.Name, Message: strings.Replace(w.Message, "Enter your ", "Enter your colleague’s ", 1)})
	}
	place, _ := e.Place(g.PlaceID)
	p := SubstitutePage{FormPage: fields(f, theirs), PlaceName: place.Name, Reference: g.Reference, Path: manage}
	p.Event = e
	p.Email.Hint = "We send them the confirmation and the calendar invitation here"
	p.Regulator.Hint = "GMC, NMC, GPhC or HCPC number, if they wish to give it"
	for _, field := range []*string{&p.Title.Autocomplete, &p.First.Autocomplete, &p.Last.Autocomplete, &p.Email.Autocomplete, &p.JobRole.Autocomplete, &p.Employer.Autocomplete} {
		*field = "off" // a browser would offer the person's own
	}
	return p
}

// passedOn is where a person is left who has given their place away.
func (h *Handler) passedOn(c *fiber.Ctx) error {
	return web.Render(c, "registrations/passed-on", web.View{Title: "Your place is passed on", Section: "events", NoIndex: true})
}

// postponed says that the date does not hold.
func (p *ManagePage) postponed() {
	if p.Registration.Status == Confirmed {
		p.Title = "Your place is kept"
	}
	for i, row := range p.Rows {
		if row.Key == "When" {
			p.Rows[i].Value = "Postponed, with no new date yet. It was to be " + row.Value
		}
	}
}

// forSubstitute keeps what was typed of the colleague while the database is away.
func forSubstitute(c *fiber.Ctx) AwayPage {
	p := forChange("your place was passed on")(c)
	p.Outcome += " Nothing that you typed is lost."
	for _, a := range readColleague(c).answers("", nil) {
		switch a.Name {
		case "place", "dietary", "access_needs", "consent_sensitive": // which are not asked there
		default:
			p.add(a)
		}
	}
	return p
}
