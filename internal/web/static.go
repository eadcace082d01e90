package web

import (
	"strconv"
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
		if f.Gzip != nil && takesGzip(header(c, fiber.HeaderAcceptEncoding)) {
			c.Set(fiber.HeaderContentEncoding, "gzip")
			return c.Send(f.Gzip)
		}
		return c.Send(f.Body)
	})
}

// takesGzip reads Accept-Encoding (RFC 9110 12.5.3): a weight of 0 refuses.
func takesGzip(accepted string) bool {
	for coding := range strings.SplitSeq(strings.ToLower(accepted), ",") {
		name, parameter, _ := strings.Cut(coding, ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		weight, given := strings.CutPrefix(strings.ReplaceAll(parameter, " ", ""), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !given || (err == nil && q > 0)
	}
	return false
}
