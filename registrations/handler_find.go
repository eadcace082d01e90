package registrations

import (
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

// find mails the links. The answer is the same whether the address is known or not.
func (h *Handler) find(c *fiber.Ctx) error {
	f, _ := readForm(c)
	mailbox, problem := Mailbox(f.Email)
	if problem != "" {
		return h.showFind(c, f.Email, problem, fiber.StatusUnprocessableEntity)
	}
	if err := h.SendLinks(c.UserContext(), mailbox, web.RequestID(c)); err != nil {
		return err
	}
	web.Private(c)
	return web.Render(c, "registrations/find", web.View{Title: "Check your email", Section: "events", NoIndex: true, Page: FindPage{Sent: true}})
}
