package registrations

import (
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/registrations/seats"
	"masterclass/templates"
)

// Handler answers the public's requests about registrations.
type Handler struct {
	*Registrar
	answers *web.Answers
	proxies web.Proxies
	zone    *time.Location
	finds   *web.Limiter // of requests for links, by network

	calendars keptCalendars
}

// NewHandler answers for the registrar and keeps private calendars ready in answers; zone is the one that stated times are in.
func NewHandler(r *Registrar, answers *web.Answers, proxies web.Proxies, zone *time.Location) *Handler {
	return &Handler{Registrar: r, answers: answers, proxies: proxies, zone: zone,
		finds: web.NewLimiterOf(hourlyFinds, time.Hour, r.now)}
}

// Routes adds the form, the pages behind secret links, and the JSON call.
func (h *Handler) Routes(r fiber.Router) {
	r.Get("/events/:slug/register", h.form)
	r.Post("/events/:slug/register", h.submit)
	r.Post("/api/v1/events/:slug/registrations", h.apiRegister)
	r.Get("/registrations/find", h.findForm)
	r.Post("/registrations/find", h.orAgain(h.find, forLinks))
	r.Get("/registrations/passed-on", h.passedOn) // before those of a token
	r.Get("/registrations/:token", h.manage)
	r.Get("/registrations/:token/substitute", h.substituteForm)
	r.Post("/registrations/:token/substitute", h.orAgain(h.substitute, forSubstitute))
	r.Get("/registrations/:token/cancel", h.askCancel)
	r.Post("/registrations/:token/cancel", h.orAgain(h.cancel, forChange("your cancellation went through")))
	r.Post("/registrations/:token/accept", h.orAgain(h.accept, forChange("you have accepted the place")))
	r.Post("/registrations/:token/decline", h.orAgain(h.decline, forChange("you have declined the place")))
	r.Get("/registrations/:token/details", h.details)
	r.Post("/registrations/:token/details", h.orAgain(h.changeDetails, forDetails))
	r.Post("/registrations/:token/resend", h.orAgain(h.resend, forResend))
	r.Get("/registrations/:token/invite.ics", h.invite)
	r.Post("/registrations/:token/calendars", h.renewCalendars)
	r.Get("/calendars/:token.ics", h.calendar)
	r.Get("/unsubscribe/:token", h.askUnsubscribe)
	r.Post("/unsubscribe/:token", h.orAgain(h.unsubscribe, forUnsubscribe))
}

// form shows the empty form, with the id of the registration to be in its claim.
func (h *Handler) form(c *fiber.Ctx) error {
	e, err := h.events.Outline(c.UserContext(), c.Params("slug"))
	if errors.Is(err, events.ErrNotFound) {
		slug, err := h.events.MovedTo(c.UserContext(), c.Params("slug"))
		if err != nil {
			return err
		}
		return c.Redirect("/events/"+slug+"/register", fiber.StatusMovedPermanently)
	}
	if err != nil {
		return err
	}
	if e.Registration(h.now()) != events.Open {
		return h.closed(c, e, fiber.StatusOK)
	}
	f := Form{Claim: seats.NewClaim(e.ID).Sign(h.keys)}
	if len(e.Places) == 1 {
		f.Place = e.Places[0].ID
	}
	return h.showForm(c, e, f, nil, fiber.StatusOK)
}

// attempt is what a person sends in order to register, as far as it is understood.
type attempt struct {
	form  Form
	step  string
	event *events.Event // nil until it is found
}

// submit takes the form and the check page, told apart by the step. In an outage nothing that was typed is lost.
func (h *Handler) submit(c *fiber.Ctx) error {
	var a attempt
	a.form, a.step = readForm(c)
	err := h.take(c, &a)
	if away(err) {
		return h.showAway(c, forAttempt(a), err)
	}
	return err
}

func (h *Handler) take(c *fiber.Ctx, at *attempt) error {
	e, err := h.events.Recent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	at.event = e
	f, step := &at.form, at.step
	claim, returning := seats.ReadClaim(h.keys, f.Claim, e.ID)
	if !returning { // none, or not ours, or for another event: worth nothing, so a new one takes its place
		claim = seats.NewClaim(e.ID)
		f.Claim = claim.Sign(h.keys)
	}
	if returning {
		if g, err := again(h.store.ByID(c.UserContext(), claim.ID)); err == nil {
			return h.toManage(c, g) // Back after the confirmation, or a second click
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	if e.Registration(h.now()) != events.Open {
		return h.closed(c, e, fiber.StatusConflict)
	}
	if step == "change" {
		return h.showForm(c, e, *f, nil, fiber.StatusOK)
	}
	person, place, wrong := f.Person(e)
	if wrong = append(wrong, f.asked(e)...); len(wrong) > 0 {
		return h.showForm(c, e, *f, wrong, fiber.StatusUnprocessableEntity)
	}
	a := Ask{Event: e, Place: place, Person: person, Needs: f.needs(), Answers: f.Answers, Claim: claim, Returning: returning, RequestID: web.RequestID(c)}
	if step == "confirm" || step == "wait" {
		a.Wait = step == "wait"
		return h.finish(c, a, *f)
	}
	return h.check(c, a, *f)
}

// check holds a seat and shows the answers. It is the one POST that answers with a page.
func (h *Handler) check(c *fiber.Ctx, a Ask, f Form) error {
	ctx := c.UserContext()
	claim, err := h.Hold(ctx, a, h.proxies.Address(c))
	if errors.Is(err, ErrFull) {
		return h.full(c, a, f)
	}
	if err != nil {
		return h.refused(c, a.Event, err)
	}
	f.Claim = claim.Sign(h.keys)
	web.Private(c)
	return web.Render(c, "registrations/check", web.View{
		Title: "Check your answers", Section: "events", NoIndex: true, Page: newCheckPage(a, f, claim, h.zone),
	})
}

// finish registers and sends the person to their own page, or says why not.
func (h *Handler) finish(c *fiber.Ctx, a Ask, f Form) error {
	g, err := h.Register(c.UserContext(), a)
	if errors.Is(err, ErrFull) {
		return h.full(c, a, f)
	}
	if err != nil {
		return h.refused(c, a.Event, err)
	}
	return h.toManage(c, g)
}

func (h *Handler) toManage(c *fiber.Ctx, g *Registration) error {
	link, err := manageURL(h.keys, "", g.ID, g.Generation)
	if err != nil {
		return err
	}
	web.Private(c)
	return c.Redirect(link, fiber.StatusSeeOther)
}

// full offers the waiting list, with nothing to type again.
func (h *Handler) full(c *fiber.Ctx, a Ask, f Form) error {
	web.Private(c)
	c.Status(fiber.StatusConflict)
	return web.Render(c, "registrations/full", web.View{
		Title: "Every place is taken", Section: "events", NoIndex: true, Page: newCheckPage(a, f, a.Claim, h.zone),
	})
}

// refused shows the pages of refusals that have one of their own.
func (h *Handler) refused(c *fiber.Ctx, e *events.Event, err error) error {
	switch {
	case errors.Is(err, ErrClosed):
		return h.closed(c, e, fiber.StatusConflict)
	case errors.Is(err, ErrAlready):
		c.Status(fiber.StatusConflict)
		return web.Render(c, "registrations/already", web.View{Title: "Already registered", Section: "events", NoIndex: true, Page: EventPage{Event: e}})
	}
	return err
}

func (h *Handler) closed(c *fiber.Ctx, e *events.Event, status int) error {
	c.Status(status)
	return web.Render(c, "registrations/closed", web.View{
		Title: "Registration is not open", Section: "events", NoIndex: true,
		Page: EventPage{Event: e, Why: whyClosed(e, h.now())},
	})
}

func (h *Handler) showForm(c *fiber.Ctx, e *events.Event, f Form, wrong []fault.Field, status int) error {
	left, err := h.seats.Available(c.UserContext(), e.Places)
	if err != nil {
		return err
	}
	web.Private(c)
	c.Status(status)
	return web.Render(c, "registrations/form", web.View{
		Title: "Register: " + e.Title, Section: "events", Error: len(wrong) > 0, NoIndex: true,
		Back: &web.Back{Href: "/events/" + e.Slug, Text: "Back to the event"},
		Page: newFormPage(e, f, left, wrong),
	})
}

// readForm takes the fields from the body alone; a query cannot fill in a form. Unknown fields are ignored.
func readForm(c *fiber.Ctx) (f Form, step string) {
	args := c.Request().PostArgs()
	get := func(name string) string { return string(args.Peek(name)) }
	f = Form{
		Title: get("title"), FirstName: get("first_name"), LastName: get("last_name"), Email: get("email"),
		Profession: get("profession"), JobRole: get("job_role"), Employer: get("employer"), RegulatorNumber: get("regulator_number"),
		Place: get("place"), Dietary: get("dietary"), AccessNeeds: get("access_needs"), Claim: get("claim"),
		Consent: ticked(get("consent_sensitive")),
	}
	f.Clean()
	f.Answers = AnswersIn(c)
	return f, get("step")
}

// AnswersIn are the answers that a form sends to an event's own questions; nil for none.
func AnswersIn(c *fiber.Ctx) (a Answers) {
	c.Request().PostArgs().VisitAll(func(name, value []byte) {
		id, ok := strings.CutPrefix(string(name), answerField)
		if v := lines(string(value)); ok && v != "" {
			if a == nil {
				a = Answers{}
			}
			a[id] = append(a[id], v)
		}
	})
	return a
}

func (f Form) needs() Needs { return Needs{Dietary: f.Dietary, Access: f.AccessNeeds} }

func fieldErrors(wrong []fault.Field) []templates.FieldError {
	list := make([]templates.FieldError, 0, len(wrong))
	for _, w := range wrong {
		list = append(list, templates.FieldError{Field: w.Name, Message: w.Message})
	}
	return list
}
