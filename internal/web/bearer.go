package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

// Bearer opens what is behind it to whoever sends the token in the Authorization header (RFC 6750 2.1); without a token there is nothing
// behind it, for nobody.
func Bearer(token string, next fiber.Handler) fiber.Handler {
	want := sha256.Sum256([]byte(token))
	return func(c *fiber.Ctx) error {
		if token == "" {
			return fault.New(fault.NotFound, frameworkErrors[fiber.StatusNotFound])
		}
		scheme, sent, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
		got := sha256.Sum256([]byte(sent)) // of one length, so that the comparison tells nothing
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
			return c.Status(fiber.StatusUnauthorized).SendString("Send the token as Authorization: Bearer TOKEN.\n")
		}
		c.Set(fiber.HeaderCacheControl, "no-store")
		return next(c)
	}
}
