package registrations

import (
	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/secret"
	"masterclass/internal/web"
)

// errNoSubscription is the answer to every link that is wrong, so that it tells nothing.
var errNoSubscription = fault.New(fault.NotFound, "We could not find what to stop. The link may be incomplete: copy all of it from the email.")

// UnsubscribePage asks whether to stop reminders, or says what was done.
type UnsubscribePage struct {
	Path    string
	Stopped bool
	Resumed bool // just now
}

// subscriber finds who is meant by a link to unsubscribe: a registration of the mailbox.
func (h *Handler) subscriber(c *fiber.Ctx) (*Registration, error) {
	web.Private(c)
	token := c.Params("token")
	id, ok := secret.TokenID(token)
	if !ok {
		return nil, errNoSubscription
	}
	g, err := h.store.ByID(c.UserContext(), id)
	if fault.Is(err, fault.NotFound) {
		return nil, errNoSubscription
	}
	if err != nil {
		return nil, err
	}
	if !h.keys.Valid(token, unsubscribePurpose(aboutReminders, g.Mailbox), g.ID, 0) {
		return nil, errNoSubscription
	}
	return g, nil
}

// askUnsubscribe changes nothing: programs that look for viruses follow every link.
func (h *Handler) askUnsubscribe(c *fiber.Ctx) error {
	g, err := h.subscriber(c)
	if err != nil {
		return err
	}
	stopped, err := h.store.RemindersStopped(c.UserContext(), g.Mailbox)
	if err != nil {
		return err
	}
	return h.showUnsubscribe(c, UnsubscribePage{Stopped: stopped})
}

// unsubscribe takes the page's buttons, and what mail programs send for their users (RFC 8058): a body that says
// List-Unsubscribe=One-Click, as a form of either encoding. Whatever does not ask to resume, stops.
func (h *Handler) unsubscribe(c *fiber.Ctx) error {
	g, err := h.subscriber(c)
	if err != nil {
		return err
	}
	if string(c.Request().PostArgs().Peek("step")) == "resume" {
		if err := h.ResumeReminders(c.UserContext(), g, web.RequestID(c)); err != nil {
			return err
		}
		return h.showUnsubscribe(c, UnsubscribePage{Resumed: true})
	}
	if err := h.StopReminders(c.UserContext(), g, web.RequestID(c)); err != nil {
		return err
	}
	return h.showUnsubscribe(c, UnsubscribePage{Stopped: true})
}

func (h *Handler) showUnsubscribe(c *fiber.Ctx, p UnsubscribePage) error {
	p.Path = c.Path()
	title := "Stop reminders by email?"
	switch {
	case p.Stopped:
		title = "Reminders are stopped"
	case p.Resumed:
		title = "Reminders are on again"
	}
	return web.Render(c, "registrations/unsubscribe", web.View{Title: title, Section: "events", NoIndex: true, Page: p})
}

// forUnsubscribe sends the same wish again after an outage.
func forUnsubscribe(c *fiber.Ctx) AwayPage {
	p := AwayPage{Outcome: "We do not know whether your choice was kept. Trying again is safe: nothing is done twice."}
	if string(c.Request().PostArgs().Peek("step")) == "resume" {
		p.Hidden = append(p.Hidden, Hidden{"step", "resume"})
	}
	return p
}
