package organisers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

var accountNotices = map[string]string{
	"name":     "Your name is changed.",
	"password": "Your password is changed. Your other sign-ins have ended.",
	"ended":    "The sign-in has ended.",
	"others":   "All your other sign-ins have ended.",
	"two-step": "Your second step is turned off.",
}

func (h *Handler) account(c *fiber.Ctx) error {
	return h.showAccount(c, session(c).Name, nil)
}

func (h *Handler) showAccount(c *fiber.Ctx, name string, problem error) error {
	s := session(c)
	places, err := h.organisers.Places(c.UserContext(), s.ID, c.Cookies(h.cookie))
	if err != nil {
		return err
	}
	page := h.newAccountPage(s, name, places, fieldErrors(problem)...)
	page.Notice = notice(accountNotices, c.Query("done"))
	if problem != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "organisers/account", web.View{Title: "Your account", NoIndex: true, Error: problem != nil, Page: page})
}

// notice is what was just done, in words, on the page that follows a redirect.
func notice(words map[string]string, done string) templates.Notice {
	return templates.Notice{Text: words[done], Success: true}
}

// rename takes the field name.
func (h *Handler) rename(c *fiber.Ctx) error {
	err := h.organisers.Rename(c.UserContext(), session(c).Principal, field(c, "name"), web.By(c))
	if hasFields(err) {
		return h.showAccount(c, field(c, "name"), err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(accountPath+"?done=name", fiber.StatusSeeOther)
}

// changePassword takes the fields present and password.
func (h *Handler) changePassword(c *fiber.Ctx) error {
	err := h.guessing(c, func() error {
		return h.organisers.ChangePassword(c.UserContext(), session(c).ID, field(c, "present"), field(c, "password"), c.Cookies(h.cookie), web.By(c))
	})
	if hasFields(err) {
		return h.showAccount(c, session(c).Name, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(accountPath+"?done=password", fiber.StatusSeeOther)
}

// guessing runs what asks for the account's own password within the limits on guessing it: a browser left open must not be a way to it.
func (h *Handler) guessing(c *fiber.Ctx, try func() error) error {
	mailbox, _ := mailboxOf(session(c).Email)
	return h.guess(c, h.limits.begin, mailbox, func() (bool, error) {
		err := try()
		var wrong *wrongPassword
		return errors.As(err, &wrong), err
	})
}

// endSignIns takes the field id of one sign-in, or all.
func (h *Handler) endSignIns(c *fiber.Ctx) error {
	s, done := session(c), "ended"
	var err error
	if field(c, "all") != "" {
		done, err = "others", h.organisers.EndOtherSignIns(c.UserContext(), s.ID, c.Cookies(h.cookie), web.By(c))
	} else {
		err = h.organisers.EndSignIn(c.UserContext(), s.ID, field(c, "id"), web.By(c))
	}
	if err != nil {
		return err
	}
	return c.Redirect(accountPath+"?done="+done, fiber.StatusSeeOther)
}

// hasFields says that the error is about values that can be mended in the form.
func hasFields(err error) bool {
	f, ok := fault.Of(err)
	return ok && len(f.Fields) > 0
}

// fieldErrors are the fields of such an error.
func fieldErrors(err error) (errs []templates.FieldError) {
	f, ok := fault.Of(err)
	if !ok {
		return nil
	}
	for _, field := range f.Fields {
		errs = append(errs, templates.FieldError{Field: field.Name, Message: field.Message})
	}
	return errs
}
