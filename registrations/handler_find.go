package registrations

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// FindPage asks for an address, or says that its answer is on the way.
type FindPage struct {
	Errors []templates.FieldError
	Email  templates.Input
	Sent   bool
}

func (h *Handler) findForm(c *fiber.Ctx) error {
	return h.showFind(c, "", "", fiber.StatusOK)
}

func (h *Handler) showFind(c *fiber.Ctx, email, problem string, status int) error {
	page := FindPage{Email: templates.Input{ID: "email", Label: "Email address", Hint: "The one that you registered with", Type: "email",
		Value: email, Error: problem, Autocomplete: "email"}}
	if problem != "" {
		page.Errors = fieldErrors([]fault.Field{{Name: "email", Message: problem}})
	}
	c.Status(status)
	return web.Render(c, "registrations/find", web.View{Title: "Find your registration", Section: "events", Error: problem != "", Page: page})
}

// hourlyFinds is how many requests for links a network may make in an hour. A whole hospital shares one, but nobody has so many
// mailboxes.
const hourlyFinds = 30

// mayFind counts a request for links, whatever mailbox it names, so that nobody tries addresses by the thousand.
func (h *Handler) mayFind(network string) error {
	if wait, ok := h.finds.Allow(network); !ok {
		return fault.New(fault.TooMany, "Links have been asked for too many times from your network. Please wait a few minutes, then try again.").After(max(wait, time.Second))
	}
	return nil
}

// find mails the links. The answer is the same whether the address is known or not.
func (h *Handler) find(c *fiber.Ctx) error {
	f, _ := readForm(c)
	mailbox, problem := Mailbox(f.Email)
	if problem != "" {
		return h.showFind(c, f.Email, problem, fiber.StatusUnprocessableEntity)
	}
	if err := h.mayFind(h.proxies.Address(c)); err != nil {
		return err
	}
	if err := h.SendLinks(c.UserContext(), mailbox, web.RequestID(c)); err != nil {
		return err
	}
	web.Private(c)
	return web.Render(c, "registrations/find", web.View{Title: "Check your email", Section: "events", NoIndex: true, Page: FindPage{Sent: true}})
}
