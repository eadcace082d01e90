package door

import (
	"cmp"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/registrations"
	"masterclass/registrations/seats"
	"masterclass/templates"
)

// walkInPage is door/walk-in: the least that must be known of somebody who comes without a registration.
type walkInPage struct {
	Event  *events.Event
	Path   string
	Back   string
	Errors []templates.FieldError
	Fields []templates.Input
	Places templates.Radios
	Claim  string
	Ask    bool // an organiser has to approve whoever comes
	Past   bool // the event is over: nobody is written to

	Questions []registrations.QuestionField // the event's own: a queue stands at the door, so that they wait behind a summary
	Open      bool                          // the questions are shown from the start
}

func newWalkInPage(e *events.Event, f registrations.Form, left map[string]events.Availability, wrong []fault.Field) walkInPage {
	p := walkInPage{Event: e, Path: "/organise/events/" + e.Slug + "/check-in/walk-in", Back: "/organise/events/" + e.Slug + "/check-in", Claim: f.Claim}
	problems := map[string]string{}
	for _, w := range wrong {
		problems[w.Name] = registrations.ForOrganisers(w.Message)
		p.Errors = append(p.Errors, templates.FieldError{Field: w.Name, Message: problems[w.Name]})
	}
	field := func(id, label, value, kind string) {
		p.Fields = append(p.Fields, templates.Input{ID: id, Label: label, Value: value, Type: kind, Autocomplete: "off", Error: problems[id]})
	}
	field("first_name", "First name", f.FirstName, "")
	field("last_name", "Last name", f.LastName, "")
	field("email", "Email address", f.Email, "email")
	field("profession", "Profession", f.Profession, "")
	field("employer", "Employer", f.Employer, "")
	p.Places = templates.Radios{ID: "place", Legend: "Place", Value: f.Place, Error: problems["place"]}
	for _, l := range e.Places {
		if !l.Online {
			p.Places.Options = append(p.Places.Options, templates.Option{Value: l.ID, Text: l.Name, Hint: left[l.ID].Words()})
		}
	}
	p.Questions, p.Open = registrations.DeskQuestions(e, f.Answers, wrong), len(f.Answers) > 0
	if len(p.Places.Options) == 1 {
		p.Places.Value = p.Places.Options[0].Value
	}
	return p
}

func (h *Handler) showWalkIn(c *fiber.Ctx, e *events.Event, f registrations.Form, wrong []fault.Field, status int) error {
	left, err := h.registrar.LeftFor(c.UserContext(), e)
	if err != nil {
		return err
	}
	c.Status(status)
	p := newWalkInPage(e, f, left, wrong)
	p.Ask, p.Past = e.Approval && !mayConfirm(c), e.Past(h.now())
	return web.Render(c, "door/walk-in", web.View{Title: "Walk-in: " + e.Title, NoIndex: true, Error: len(wrong) > 0, Back: &web.Back{Href: p.Back, Text: "Back to check-in"}, Page: p})
}

// mayConfirm says whether whoever stands at the door decides on who comes: organisers and owners do.
func mayConfirm(c *fiber.Ctx) bool {
	p, _ := web.Principal(c)
	return p.Role == access.Owner || p.Role == access.Organiser
}

// noWalkIn says why nobody can be registered at the door now; "" if somebody can. A steward helps on the days around the event, and registers
// nobody at any other time.
func noWalkIn(c *fiber.Ctx, e *events.Event, now time.Time) string {
	if why := registrations.TakesNobody(e); why != "" || mayConfirm(c) || aroundNow(e, now) {
		return why
	}
	return "Walk-ins can be registered from the day before the event until the day after it. At any other time an organiser can add people to the list of attendees."
}

// aroundNow says whether it is the day before an event, one of its days, or the day after, by its own clock.
func aroundNow(e *events.Event, now time.Time) bool {
	starts, ends := e.Starts(), e.LastDay()
	from := time.Date(starts.Year(), starts.Month(), starts.Day()-1, 0, 0, 0, 0, starts.Location())
	until := time.Date(ends.Year(), ends.Month(), ends.Day()+2, 0, 0, 0, 0, ends.Location())
	return !now.Before(from) && now.Before(until)
}

// showNoWalkIn says in the place of the form why nobody can be registered here.
func showNoWalkIn(c *fiber.Ctx, e *events.Event, why string) error {
	return registrations.ShowClosed(c, e, "Add a walk-in", why, templates.Link{Href: "/organise/events/" + e.Slug + "/check-in", Text: "Back to check-in"})
}

func (h *Handler) walkInForm(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	if why := noWalkIn(c, e, h.now()); why != "" {
		return showNoWalkIn(c, e, why)
	}
	return h.showWalkIn(c, e, registrations.Form{Claim: seats.NewClaim(e.ID).Sign(h.keys)}, nil, fiber.StatusOK)
}

// walkIn registers somebody who stands at the door, while there is a seat, and checks them in. The form's claim makes two clicks one. On an event
// that asks for approval a steward's word is not enough: then the request is kept, and an organiser approves it.
func (h *Handler) walkIn(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	get := form(c)
	f := registrations.Form{FirstName: get("first_name"), LastName: get("last_name"), Email: get("email"), Profession: get("profession"), Employer: get("employer"), Place: get("place"), Claim: get("claim"), Answers: registrations.AnswersIn(c)}
	f.Clean()
	claim, returning := seats.ReadClaim(h.keys, f.Claim, e.ID)
	if !returning {
		claim = seats.NewClaim(e.ID)
		f.Claim = claim.Sign(h.keys)
	}
	person, place, wrong := f.Person(e)
	answers, unfit := f.Answers.Given(e)
	wrong = append(wrong, unfit...)
	if why := noWalkIn(c, e, h.now()); why != "" {
		wrong = append([]fault.Field{{Message: why}}, wrong...)
	}
	if len(wrong) > 0 {
		return h.showWalkIn(c, e, f, wrong, fiber.StatusUnprocessableEntity)
	}
	g, err := h.registrar.AddFor(c.UserContext(), registrations.Ask{Event: e, Place: place, Person: person, Answers: answers, Claim: claim, Returning: returning, RequestID: web.RequestID(c)}, mayConfirm(c), web.By(c))
	switch {
	case errors.Is(err, registrations.ErrFull):
		wrong = []fault.Field{{Name: "place", Message: "Every place is taken, or kept for somebody else"}}
	case errors.Is(err, registrations.ErrAlready):
		wrong = []fault.Field{{Name: "email", Message: "Somebody is registered with this address already: check them in by their name"}}
	case errors.Is(err, registrations.ErrClosed):
		wrong = []fault.Field{{Message: cmp.Or(registrations.TakesNobody(e), registrations.ErrClosed.Message)}}
	case err != nil:
		return err
	case g.Status == registrations.Pending:
		return c.Redirect("/organise/events/"+e.Slug+"/check-in"+setting{Action: In}.query("asked", g.Reference), fiber.StatusSeeOther)
	default:
		return h.letIn(c, e, g.ID, claim.ID)
	}
	return h.showWalkIn(c, e, f, wrong, fiber.StatusConflict)
}

// letIn checks in who was registered a moment ago.
func (h *Handler) letIn(c *fiber.Ctx, e *events.Event, registration, scan string) error {
	principal, _ := web.Principal(c)
	a, err := h.Check(c.UserContext(), e, Scan{ID: scan, Code: registration, Action: In, By: web.By(c), ByName: principal.Name})
	if err != nil {
		return err
	}
	if a.Visit.ID == "" { // registered, and yet not let in
		return h.turnAway(c, e, setting{Action: In}, a)
	}
	return c.Redirect("/organise/events/"+e.Slug+"/check-in"+setting{Action: In}.query("done", a.Visit.ID, "was", string(a.Outcome)), fiber.StatusSeeOther)
}
