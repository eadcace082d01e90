package registrations

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/notify"
)

// theirs finds the event and the registration of an address; one of another event is not found.
func (h *Handler) theirs(c *fiber.Ctx) (*events.Event, *Registration, error) {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return nil, nil, err
	}
	g, err := h.store.attendee(c.UserContext(), e.ID, c.Params("id"))
	return e, g, err
}

// holderField is whose registration a form was shown for: the generation. A place can be passed on while the form is open.
const holderField = "holder"

// shown is theirs for a form that was sent, with the registration as the form was shown for it: what is done to it under the lock is refused if it has
// gone to somebody else since.
func (h *Handler) shown(c *fiber.Ctx) (*events.Event, *Registration, error) {
	e, g, err := h.theirs(c)
	if err != nil || g.Erased() {
		return e, g, err
	}
	if held := body(c, holderField); held != "" && held != holder(g).Value {
		return nil, nil, errAnothers
	}
	return e, g, nil
}

// holder is the hidden field of a form about a registration.
func holder(g *Registration) Hidden {
	return Hidden{holderField, strconv.FormatInt(g.Generation, 10)}
}

// attendeeNotices are what the page of an attendee says after something was done.
var attendeeNotices = map[string]string{
	"edited": "Their details are changed.", "address": "The address is corrected, and we have written to it.", "given": "They have a place, and we have written to them.", "moved": "They are moved, and we have written to them.",
	"cancelled": "The registration is cancelled, and we have written to them.", "substituted": "The place is passed on, and we have written to both.",
	"approved": "The request is approved, and we have written to them.", "refused": "The request is refused, and we have written to them.",
	"resent": "The email is on its way again.", "note": "The note is kept.", "erased": "This person’s details are erased.",
	"needs": "Their requirements are changed.", "former": "What we held of whoever had this registration before is erased.",
}

func (h *Handler) attendee(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	return h.showAttendee(c, e, g, "", nil, fiber.StatusOK)
}

// showAttendee shows all of a registration, with a note that could not be kept.
func (h *Handler) showAttendee(c *fiber.Ctx, e *events.Event, g *Registration, note string, wrong []fault.Field, status int) error {
	parts, err := h.partsOf(c, e, g)
	if err != nil {
		return err
	}
	page := newAttendeePage(parts)
	page.Tabs, page.Notice = web.EventTabs(c, e.Slug, "/attendees"), noticeOf(c, attendeeNotices)
	page.Errors, page.Note.Value, page.Note.Error = fieldErrors(wrong), note, problemOf(wrong, "note")
	c.Status(status)
	return web.Render(c, "registrations/organise-attendee", web.View{Title: g.Name() + ", " + g.Reference + ": " + e.Title, NoIndex: true, Error: len(wrong) > 0,
		Back: &web.Back{Href: eventPath(e) + "/attendees", Text: "All attendees"}, Page: page})
}

func (h *Handler) partsOf(c *fiber.Ctx, e *events.Event, g *Registration) (a attendeeParts, err error) {
	ctx := c.UserContext()
	a = attendeeParts{event: e, g: g, now: h.now()}
	if g.Status == Waiting {
		if a.ahead, err = h.store.Ahead(ctx, g); err != nil {
			return a, err
		}
	}
	sealed, err := h.store.needsOf(ctx, g.ID)
	if err != nil {
		return a, err
	}
	a.hasNeeds = sealed != nil
	if len(e.Questions) > 0 {
		if a.answers, err = h.store.AnswersOf(ctx, g.ID); err != nil {
			return a, err
		}
	}
	if a.notes, err = h.store.notes(ctx, g.ID); err != nil {
		return a, err
	}
	if a.history, err = h.store.history(ctx, g.EventID, g.ID); err != nil {
		return a, err
	}
	if a.visits, err = h.store.visits(ctx, g.ID); err != nil {
		return a, err
	}
	a.messages, _, err = h.outbox.List(ctx, notify.Filter{RegistrationID: g.ID})
	return a, err
}

// done leads back to the attendee's page, which says what was done.
func done(c *fiber.Ctx, e *events.Event, g *Registration, what string) error {
	return c.Redirect(attendeePath(e, g)+"?done="+what, fiber.StatusSeeOther)
}

// ask shows a page that asks, with what is wrong with the answers.
func ask(c *fiber.Ctx, e *events.Event, page AskPage, wrong []fault.Field) error {
	page.Errors = fieldErrors(wrong)
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "registrations/organise-ask", web.View{Title: page.Heading + " " + page.Caption + ": " + e.Title, NoIndex: true, Error: len(wrong) > 0,
		Back: &web.Back{Href: page.Keep.Href}, Page: page})
}

// wrongFields are what needs mending in a form, if that is what the error says.
func wrongFields(err error) []fault.Field {
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		return f.Fields
	}
	return nil
}

func body(c *fiber.Ctx, name string) string { return string(c.Request().PostArgs().Peek(name)) }

func cancelPage(e *events.Event, g *Registration, reason string, wrong []fault.Field) AskPage {
	p := asking(e, g, "Cancel this registration?", "cancel", "Cancel the registration")
	p.Warning, p.Reason = true, reasonField(reason, wrong)
	p.Text = []string{"We write to them. A seat that comes free goes to whoever has waited longest. This cannot be taken back."}
	return p
}

func (h *Handler) askCancelFor(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	if g.Status == Cancelled {
		return done(c, e, g, "")
	}
	return ask(c, e, cancelPage(e, g, "", nil), nil)
}

func (h *Handler) cancelFor(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	err = h.CancelFor(c.UserContext(), g, e, body(c, "reason"), web.By(c))
	if wrong := wrongFields(err); wrong != nil {
		return ask(c, e, cancelPage(e, g, body(c, "reason"), wrong), wrong)
	}
	if err != nil {
		return err
	}
	return done(c, e, g, "cancelled")
}

func refusePage(e *events.Event, g *Registration, reason string, wrong []fault.Field) AskPage {
	p := asking(e, g, "Refuse this request?", "refuse", "Refuse the request")
	p.Warning, p.Reason = true, reasonField(reason, wrong)
	p.Text = []string{"We tell them that they cannot have a place. The seat that was kept for them goes to whoever has waited longest."}
	return p
}

func (h *Handler) askRefuse(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	if g.Status != Pending {
		return ErrNoRequest
	}
	return ask(c, e, refusePage(e, g, "", nil), nil)
}

func (h *Handler) refuse(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	_, err = h.Refuse(c.UserContext(), g, body(c, "reason"), web.By(c))
	if wrong := wrongFields(err); wrong != nil {
		return ask(c, e, refusePage(e, g, body(c, "reason"), wrong), wrong)
	}
	if err != nil {
		return err
	}
	return done(c, e, g, "refused")
}

func (h *Handler) approve(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	if _, err := h.Approve(c.UserContext(), g, web.By(c)); err != nil {
		return err
	}
	return done(c, e, g, "approved")
}

func (h *Handler) resendFor(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	if err := h.ResendFor(c.UserContext(), g, web.By(c)); err != nil {
		return err
	}
	return done(c, e, g, "resent")
}

func (h *Handler) resendMessage(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	if err := h.ResendMessage(c.UserContext(), g, c.Params("message"), web.By(c)); err != nil {
		return err
	}
	return done(c, e, g, "resent")
}

func (h *Handler) addNote(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	p, _ := web.Principal(c)
	err = h.AddNote(c.UserContext(), g, body(c, "note"), p.ID, web.By(c))
	if wrong := wrongFields(err); wrong != nil {
		return h.showAttendee(c, e, g, body(c, "note"), wrong, fiber.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return done(c, e, g, "note")
}
