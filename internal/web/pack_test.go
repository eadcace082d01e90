package web

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

func TestOnlyWhatHoldsNoSecretIsCompressed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<p>Safer prescribing</p>", 100)
	a := newApp()
	page := func(kind, body string, status int, more ...func(c *fiber.Ctx)) fiber.Handler {
		return func(c *fiber.Ctx) error {
			for _, f := range more {
				f(c)
			}
			c.Set("Content-Type", kind)
			return c.Status(status).SendString(body)
		}
	}
	a.Get("/page", page("text/html; charset=utf-8", long, 200, Packs))
	a.Post("/page", page("text/html; charset=utf-8", long, 200, Packs))
	a.Get("/json", page("application/json", long, 200, Packs))
	a.Get("/secret", page("text/html; charset=utf-8", long, 200))
	a.Get("/short", page("text/html; charset=utf-8", "short", 200, Packs))
	a.Get("/wrong", page("text/html; charset=utf-8", long, 422, Packs))
	a.Get("/export", page("text/csv; charset=utf-8", long, 200, Packs))
	a.Get("/tagged", page("text/html; charset=utf-8", long, 200, Packs, func(c *fiber.Ctx) { c.Set("ETag", `"x"`) }))
	a.Get("/varied", page("text/html; charset=utf-8", long, 200, Packs, func(c *fiber.Ctx) { c.Set("Vary", "Cookie") }))
	a.Get("/fails", func(c *fiber.Ctx) error { Packs(c); return fault.New(fault.NotFound, long) })
	const yes, varies = "gzip", "Accept-Encoding"
	for _, c := range []struct{ name, method, path, accepts, coding, vary string }{
		{"a page", "GET", "/page", "gzip, br", yes, varies},
		{"its headers alone", "HEAD", "/page", "gzip", yes, varies},
		{"for who does not say", "GET", "/page", "", "", varies},
		{"for who refuses", "GET", "/page", "gzip;q=0, identity", "", varies},
		{"JSON", "GET", "/json", "gzip", yes, varies},
		{"what answers a form", "POST", "/page", "gzip", "", ""},
		{"what does not say that it may", "GET", "/secret", "gzip", "", ""},
		{"what is short", "GET", "/short", "gzip", "", varies},
		{"a form with errors", "GET", "/wrong", "gzip", "", ""},
		{"an export", "GET", "/export", "gzip", "", ""},
		{"what has a tag already", "GET", "/tagged", "gzip", "", ""},
		{"what varies otherwise too", "GET", "/varied", "gzip", yes, "Cookie, Accept-Encoding"},
		{"an error", "GET", "/fails", "gzip", "", ""},
	} {
		res, body := a.ask(t, c.method, c.path, "", "Accept-Encoding", c.accepts, "Sec-Fetch-Site", "same-origin")
		if got := res.Header.Get("Content-Encoding"); got != c.coding || res.Header.Get("Vary") != c.vary {
			t.Errorf("%s: %q, and varies by %q", c.name, got, res.Header.Get("Vary"))
		}
		if c.coding == "" || c.method == "HEAD" {
			continue
		}
		r, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if text, err := io.ReadAll(r); err != nil || string(text) != long {
			t.Errorf("%s: it holds %q (%v)", c.name, text, err)
		}
		if len(body) > len(long)/4 {
			t.Errorf("%s: %d of %d bytes are left", c.name, len(body), len(long))
		}
	}
}

func TestAPageThatPlaysFilmsMayDoSoWhenItIsKeptToo(t *testing.T) {
	t.Parallel()
	kept := NewAnswers(1 << 20)
	a := newApp(func(c *Config) { c.Answers = kept })
	a.Get("/film", func(c *fiber.Ctx) error {
		return kept.Show(c, "/film", func() (string, View, func() bool, error) {
			return "page", View{Media: true}, func() bool { return true }, nil
		})
	})
	for range 2 {
		if res, _ := a.ask(t, "GET", "/film", ""); !strings.Contains(res.Header.Get("Content-Security-Policy"), "media-src 'self'") {
			t.Errorf("its policy is %s", res.Header.Get("Content-Security-Policy"))
		}
	}
}
