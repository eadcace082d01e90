package news

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
)

// securitySlug is the plain page for those who have found a weakness. Its link, if it has one, is where they report it.
const securitySlug = "security"

// securityTxt answers as RFC 9116 asks for. It expires in half a year, so that nobody writes to a site that has been left alone.
func (h *Handler) securityTxt(c *fiber.Ctx) error {
	site := web.SiteOf(c)
	a, err := h.store.BySlug(c.UserContext(), Page, securitySlug, h.now())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	var b strings.Builder
	contact := "mailto:" + site.ContactEmail
	if strings.HasPrefix(a.Link, "https://") {
		contact = a.Link
	}
	b.WriteString("Contact: " + contact + "\n")
	b.WriteString("Expires: " + h.now().UTC().Truncate(24*time.Hour).AddDate(0, 6, 0).Format(time.RFC3339) + "\n")
	b.WriteString("Preferred-Languages: en\n")
	if strings.HasPrefix(site.BaseURL, "https://") {
		b.WriteString("Canonical: " + site.BaseURL + "/.well-known/security.txt\n")
		if err == nil {
			b.WriteString("Policy: " + site.BaseURL + a.Path() + "\n")
		}
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	return c.SendString(b.String())
}
