package web

import "github.com/gofiber/fiber/v2"

// allowMedia lets this answer's page play films and sound that are the site's own; no other page may.
func allowMedia(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, contentPolicy+"; media-src 'self'")
}
