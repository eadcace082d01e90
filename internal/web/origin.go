package web

import (
	"mime"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

// sameOrigin refuses unsafe requests that another site may have caused. Pages want Sec-Fetch-Site, or else Origin,
// to say same origin; the API takes JSON alone, which a form of another site cannot send, and refuses what says that
// it is cross-site. One-click unsubscribing is posted by mail programs (RFC 8058) and exempt.
func sameOrigin(site Site) fiber.Handler {
	return func(c *fiber.Ctx) error {
		switch {
		case safe(c.Method()) || oneClick(c.Path()):
			return c.Next()
		case isAPI(c):
			return jsonOnly(c, site)
		case !fromHere(c, site):
			return fault.New(fault.Forbidden, "This request did not come from a page of this site. Go back, load the page again and try once more.")
		}
		return c.Next()
	}
}

// oneClick says whether mail programs post there for their users.
func oneClick(path string) bool {
	return strings.HasPrefix(path, "/unsubscribe/") || strings.HasPrefix(path, "/learning/opening/") && strings.HasSuffix(path, "/stop")
}

func jsonOnly(c *fiber.Ctx, site Site) error {
	if fetch := c.Get("Sec-Fetch-Site"); fetch == "cross-site" || (fetch == "" && c.Get(fiber.HeaderOrigin) != "" && !fromHere(c, site)) {
		return fault.New(fault.Forbidden, "Requests from pages of other sites are not taken.")
	}
	if kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); err != nil || kind != fiber.MIMEApplicationJSON {
		return fault.New(fault.Unsupported, "Send the body as application/json.")
	}
	return c.Next()
}

func fromHere(c *fiber.Ctx, site Site) bool {
	if fetch := c.Get("Sec-Fetch-Site"); fetch != "" {
		return fetch == "same-origin"
	}
	origin, err := url.Parse(c.Get(fiber.HeaderOrigin))
	if err != nil || origin.Host == "" {
		return false
	}
	return strings.EqualFold(origin.Host, string(c.Request().Host())) || strings.EqualFold(origin.Scheme+"://"+origin.Host, site.BaseURL)
}
