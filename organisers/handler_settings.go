package organisers

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
)

// settings shows owners what the site runs with; nothing can be changed there.
func (h *Handler) settings(c *fiber.Ctx) error {
	s := session(c)
	last, err := h.organisers.LastMailTest(c.UserContext(), s.ID)
	if err != nil {
		return err
	}
	page := h.newSettingsPage(s, h.Installation.Settings(), h.Installation.Doing(c.UserContext()), last)
	if c.Query("done") == "tested" {
		page.tested(last)
	}
	return web.Render(c, "organisers/settings", web.View{Title: "Settings", NoIndex: true, Page: page})
}

// testMail sends a message to the owner's own address.
func (h *Handler) testMail(c *fiber.Ctx) error {
	s := session(c)
	if wait, ok := h.tests.Allow(s.ID); !ok {
		return errManyTests.After(wait)
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), testTime)
	defer cancel()
	said, taken := h.Installation.TestMail(ctx, s.Name, s.Email)
	if err := h.organisers.NoteMailTest(c.UserContext(), s.ID, MailTest{Said: said, Taken: taken}, web.By(c)); err != nil {
		return err
	}
	return c.Redirect(settingsPath+"?done=tested", fiber.StatusSeeOther)
}
