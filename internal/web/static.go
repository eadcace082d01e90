package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

// StaticFile is a file whose path changes with its content.
type StaticFile struct {
	ContentType string
	Body, Gzip  []byte
}

// Static serves files that never change under their path.
func Static(r fiber.Router, find func(path string) (StaticFile, bool)) {
	r.Get("/assets/*", func(c *fiber.Ctx) error {
		f, ok := find(c.Path())
		if !ok {
			return fault.New(fault.NotFound, "We could not find that file.")
		}
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
		c.Set(fiber.HeaderContentType, f.ContentType)
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if f.Gzip != nil && strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
			c.Set(fiber.HeaderContentEncoding, "gzip")
			return c.Send(f.Gzip)
		}
		return c.Send(f.Body)
	})
}
