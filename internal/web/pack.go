package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// packAbove is how many bytes a body has at least that is worth compressing: what is shorter fits into one packet as it is.
const packAbove = 1 << 10

const packsKey = "packs"

// Packs lets this answer be sent compressed. An answer is not unless its handler says so, because compression gives secrets away (BREACH,
// CVE-2013-3587): if a page holds both a secret and something that whoever attacks can choose, such as a query that is shown again, then its
// length tells, guess by guess, how much of the secret the guess has right, even through TLS. So no page with a secret in it says so: the
// registration form and its check page (a signed claim), what is behind people's own links (their token is in every form), the organisers'
// area, and what answers a form that was sent.
func Packs(c *fiber.Ctx) { c.Locals(packsKey, true) }

// packable are the types of answers, without their parameters, that compression makes smaller and that nobody reads bit by bit.
var packable = map[string]bool{
	"text/html": true, "text/plain": true, "text/calendar": true, "application/json": true, "application/xml": true, "application/atom+xml": true, "application/rss+xml": true,
}

// packed compresses answers that are made for one request alone. Those that are kept have their compressed bytes kept too (Cached).
func packed(c *fiber.Ctx) error {
	err := c.Next()
	if may, _ := c.Locals(packsKey).(bool); may && err == nil {
		pack(c)
	}
	return err
}

func pack(c *fiber.Ctx) {
	res := c.Response()
	kind, _, _ := strings.Cut(string(res.Header.ContentType()), ";")
	if !safe(c.Method()) || res.StatusCode() != fiber.StatusOK || res.IsBodyStream() || !packable[kind] || len(res.Header.Peek(fiber.HeaderContentEncoding)) > 0 ||
		len(res.Header.Peek(fiber.HeaderETag)) > 0 { // a tag is that of the very bytes (RFC 9110 8.8.3.3), and Cached has chosen them
		return
	}
	c.Vary(fiber.HeaderAcceptEncoding) // also where this one client gets it as it is
	if len(res.Body()) < packAbove || len(wanted(header(c, fiber.HeaderAcceptEncoding), gzipped)) == 0 {
		return
	}
	res.SetBodyRaw(fasthttp.AppendGzipBytesLevel(nil, res.Body(), fasthttp.CompressBestSpeed))
	c.Set(fiber.HeaderContentEncoding, gzipped)
}
