package web

import "github.com/gofiber/fiber/v2"

// AllowMedia lets this answer's page play films and sound that are the site's own; no other page may.
func AllowMedia(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, contentPolicy+"; media-src 'self'")
}
