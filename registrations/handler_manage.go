package registrations

import (
	"errors"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
	"masterclass/internal/seen"
	"masterclass/internal/web"
	"masterclass/notify/calendar"
)

// mine finds the registration and event of a secret link. A link that is wrong, revoked or of nobody gives the same answer;
// that of somebody who was erased is errGone.
func (h *Handler) mine(c *fiber.Ctx) (*Registration, *events.Event, error) {
	web.Private(c)
	token := c.Params("token")
	id, ok := secret.TokenID(token)
	if !ok {
		return nil, nil, ErrNotFound
	}
	g, err := h.store.ByID(c.UserContext(), id)
	if err != nil {
		return nil, nil, err
	}
	if !h.keys.Valid(token, managePurpose, g.ID, g.Generation) {
		return nil, nil, g.unlinked(h.keys, token)
	}
	e, err := h.events.ByID(c.UserContext(), g.EventID)
	return g, e, err
}

// notices are what a page says after something was done; the query only names one of them.
var notices = map[string]string{
	"resent":  "We have sent the email again.",
	"changed": "Your details are changed.",
	"renewed": "The old calendar addresses show nothing any more. Subscribe again with the new one below.",
}

// manage shows where a registration stands. Right after registering it is the confirmation page.
func (h *Handler) manage(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	ahead := 0
	if g.Status == Waiting {
		if ahead, err = h.store.Ahead(c.UserContext(), g); err != nil {
			return err
		}
	}
	needs, err := h.needs(c, g)
	if err != nil {
		return err
	}
	answers, err := h.answersAt(c, g, e)
	if err != nil {
		return err
	}
	page := newManagePage(c.Path(), g, e, needs, answers, ahead, h.now())
	link, err := calendarURL(h.keys, web.SiteOf(c).BaseURL, calendarPurpose, g.ID, g.CalendarGeneration)
	if err != nil {
		return err
	}
	page.calendars(link)
	if err := page.ticket(h.keys); err != nil {
		return err
	}
	if g.Status == Cancelled {
		refused, err := h.outbox.Told(c.UserContext(), g.ID, kindRefused)
		if err != nil {
			return err
		}
		if refused {
			page.refused()
		}
	}
	page.Notice.Text, page.Notice.Success = notices[c.Query("done")], true
	return web.Render(c, "registrations/manage", web.View{Title: page.Title, Section: "events", NoIndex: true, Page: page})
}

func (h *Handler) needs(c *fiber.Ctx, g *Registration) (Needs, error) {
	sealed, err := h.store.needsOf(c.UserContext(), g.ID)
	if err != nil || sealed == nil {
		return Needs{}, err
	}
	return openNeeds(h.keys, g.ID, sealed)
}

// answersAt are those to the event's own questions, where it has any.
func (h *Handler) answersAt(c *fiber.Ctx, g *Registration, e *events.Event) (Answers, error) {
	if len(e.Questions) == 0 {
		return nil, nil
	}
	return h.store.AnswersOf(c.UserContext(), g.ID)
}

// askCancel asks before anything is given up; mail scanners that follow links change nothing.
func (h *Handler) askCancel(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	manage := "/registrations/" + c.Params("token")
	if !Allows(g.Status, Cancelled, Attendee) || e.Past(h.now()) {
		return c.Redirect(manage, fiber.StatusSeeOther)
	}
	place, _ := e.Place(g.PlaceID)
	return web.Render(c, "registrations/cancel", web.View{
		Title: "Cancel your registration", Section: "events", NoIndex: true, Back: &web.Back{Href: manage, Text: "Back to your registration"},
		Page: CancelPage{Event: e, Registration: g, Place: place.Name, Path: manage, Waiting: place.Waiting > 0},
	})
}

func (h *Handler) cancel(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	if err := h.Cancel(c.UserContext(), g, e, web.RequestID(c)); err != nil {
		return err
	}
	return c.Redirect("/registrations/"+c.Params("token"), fiber.StatusSeeOther)
}

// accept takes an offer up.
func (h *Handler) accept(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	if err := h.Accept(c.UserContext(), g, e, web.RequestID(c)); err != nil {
		return err
	}
	return c.Redirect("/registrations/"+c.Params("token"), fiber.StatusSeeOther)
}

func (h *Handler) decline(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	if err := h.Decline(c.UserContext(), g, e, web.RequestID(c)); err != nil {
		return err
	}
	return c.Redirect("/registrations/"+c.Params("token"), fiber.StatusSeeOther)
}

// resend sends the person's own confirmation again, the very same bytes.
func (h *Handler) resend(c *fiber.Ctx) error {
	g, _, err := h.mine(c)
	if err != nil {
		return err
	}
	if err := h.Resend(c.UserContext(), g, web.RequestID(c)); err != nil {
		return err
	}
	return c.Redirect("/registrations/"+c.Params("token")+"?done=resent", fiber.StatusSeeOther)
}

// details shows the form to change what may be changed: not the address, which the link was sent to, nor the place.
func (h *Handler) details(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	if g.Status == Cancelled || e.Past(h.now()) {
		return c.Redirect("/registrations/"+c.Params("token"), fiber.StatusSeeOther)
	}
	f, err := h.formNow(c, g, e)
	if err != nil {
		return err
	}
	return h.showDetails(c, e, f, changing{seen: f.seenAs(e, true)}, fiber.StatusOK)
}

// formNow is the form as the record would fill it in.
func (h *Handler) formNow(c *fiber.Ctx, g *Registration, e *events.Event) (Form, error) {
	needs, err := h.needs(c, g)
	if err != nil {
		return Form{}, err
	}
	answers, err := h.answersAt(c, g, e)
	return formOf(g, needs, answers), err
}

func (h *Handler) showDetails(c *fiber.Ctx, e *events.Event, f Form, with changing, status int) error {
	manage := "/registrations/" + c.Params("token")
	c.Status(status)
	return web.Render(c, "registrations/details", web.View{
		Title: "Change your details", Section: "events", Error: len(with.wrong) > 0, NoIndex: true,
		Back: &web.Back{Href: manage, Text: "Back to your registration"},
		Page: newDetailsPage(e, f, with),
	})
}

func (h *Handler) changeDetails(c *fiber.Ctx) error { return unlessMeanwhile(c, h.tryDetails) }

// unlessMeanwhile runs what changes somebody as they were read a moment ago again when another change came between: now that one is seen.
func unlessMeanwhile(c *fiber.Ctx, change fiber.Handler) error {
	err := change(c)
	for range 3 {
		if !errors.Is(err, errMeanwhile) {
			break
		}
		err = change(c)
	}
	return err
}

func (h *Handler) tryDetails(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	if g.Status == Cancelled || e.Past(h.now()) {
		return ErrOver
	}
	f, _ := readForm(c)
	f.Email, f.Place = g.Email, g.PlaceID // not to be changed here
	with := changing{seen: body(c, seen.Field)}
	if with.seen != "" {
		now, err := h.formNow(c, g, e)
		if err != nil {
			return err
		}
		if merged, clashes := f.meanwhile(with.seen, now, e, true); len(clashes) > 0 {
			return h.showDetails(c, e, merged, changing{seen: now.seenAs(e, true), clashes: clashes}, fiber.StatusConflict)
		}
	}
	person, _, wrong := f.Person(e)
	if with.wrong = append(wrong, f.asked(e)...); len(with.wrong) > 0 {
		return h.showDetails(c, e, f, with, fiber.StatusUnprocessableEntity)
	}
	needs := f.needs()
	if err := h.Registrar.changeDetails(c.UserContext(), g, e, details{person: person, needs: &needs, answers: f.Answers, asSeen: with.seen != "",
		by: access.Entry{Actor: string(Attendee), RequestID: web.RequestID(c)}}); err != nil {
		return err
	}
	return c.Redirect("/registrations/"+c.Params("token")+"?done=changed", fiber.StatusSeeOther)
}

// invite gives a confirmed attendee the event for their calendar: the very entry that their invitation by mail and their private feed have, so that
// whichever comes last changes nothing.
func (h *Handler) invite(c *fiber.Ctx) error {
	g, e, err := h.mine(c)
	if err != nil {
		return err
	}
	if g.Status != Confirmed {
		return fault.New(fault.NotFound, "There is no calendar entry: this registration is not confirmed.")
	}
	sequences, err := h.outbox.Sequences(c.UserContext(), g.Mailbox)
	if err != nil {
		return err
	}
	entry := standingAt{g, e}.entries(web.SiteOf(c).BaseURL, events.Selection{}, sequences[e.UID])[0]
	body, err := calendar.File(entry)
	if err != nil {
		return fmt.Errorf("write the calendar file of event %s: %w", e.Slug, err)
	}
	return web.Cached(c, &web.Answer{ContentType: "text/calendar; charset=utf-8", Body: body, Revised: entry.Revised,
		CacheControl: "private, no-cache", Disposition: web.Attachment(e.Slug + ".ics")})
}
