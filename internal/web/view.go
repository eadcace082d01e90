package web

import (
	"bytes"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Site is what every page says of the installation.
type Site struct {
	Name, Strapline, ContactEmail string
	BaseURL                       string // without a slash at its end
}

// Host is the base URL without its scheme, for webcal: links.
func (s Site) Host() string {
	_, host, _ := strings.Cut(s.BaseURL, "://")
	return host
}

// Back is the link above a page's heading.
type Back struct{ Href, Text string }

// View is what the layout shows; Page is the page's own struct.
type View struct {
	Site        Site
	Title       string
	Description string // for search engines; one sentence
	Section     string // the navigation item to mark, such as "events"
	Path        string
	Canonical   string // the path to be known by, where that is not Path
	Picture     string // path of what other sites show beside a link to the page, 1200 by 630; PictureText says what is on it
	PictureText string
	Organiser   string // name of the signed-in organiser
	Nameless    bool   // does not say who is signed in, since it stays on a device
	Menu        []Tab  // the organiser's own navigation, in place of the site's
	Error       bool   // a form came back with errors: the title says so
	NoIndex     bool   // kept out of search engines
	Media       bool   // plays films or sound of the site's own
	Back        *Back
	Page        any
}

const (
	siteKey      = "site"
	requestIDKey = "request id"
)

// SiteOf gives the installation's names to handlers.
func SiteOf(c *fiber.Ctx) Site {
	s, _ := c.Locals(siteKey).(Site)
	return s
}

// RequestID is the id of the request in the log and on error pages.
func RequestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestIDKey).(string)
	return id
}

// Render shows the page in the layout.
func Render(c *fiber.Ctx, name string, v View) error {
	v.Site, v.Path = SiteOf(c), c.Path()
	if p, ok := Principal(c); ok {
		v.Menu = menu(p.Role, v.Path)
		if !v.Nameless {
			v.Organiser = p.Name
		}
	}
	if len(c.Response().Header.Peek(fiber.HeaderCacheControl)) == 0 {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	page, err := rendered(c, name, v)
	if err != nil {
		return err
	}
	if v.Media {
		allowMedia(c)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(page)
}

// rendered is the page. Not by Fiber's Render: of two pages that are the first at the same moment, one reads what the other has half written.
func rendered(c *fiber.Ctx, name string, v View) ([]byte, error) {
	var page bytes.Buffer
	err := c.App().Config().Views.Render(&page, name, v)
	return page.Bytes(), err
}

// Private keeps a page that is one person's own out of caches and search engines.
func Private(c *fiber.Ctx) {
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set("X-Robots-Tag", "noindex, nofollow")
}
