package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Moved leads from a page whose address began with from, or was from, to where it is now. What was sent with a form is sent there once
// more, by the browser itself (RFC 9110 15.4.9), so that nothing that was typed is lost.
func Moved(c *fiber.Ctx, from, to string) error {
	if rest, ok := strings.CutPrefix(c.Path(), from+"/"); ok {
		to += "/" + rest
	}
	if query := c.Request().URI().QueryString(); len(query) > 0 {
		to += "?" + string(query)
	}
	if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead {
		return c.Redirect(to, fiber.StatusMovedPermanently)
	}
	return c.Redirect(to, fiber.StatusPermanentRedirect)
}
