package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/templates"
)

const (
	pageTime = time.Second
	pageBody = "FIGURES_PAGE" // in the environment of the yardstick: the file that it answers
)

// restlessFor is how long a page is right in the figure of cold pages. The site's own are right for a second, or until it hears of seats that
// changed, five times a second at most: it renders 20 times less often than is measured here.
const restlessFor = 10 * time.Millisecond

// pages are people who look at the front door: pages that are ready against a handler that answers the same bytes from memory, and a page
// that keeps going stale against one that is rendered for each request. Of the latter, what those who come in the same moment share is the
// saving: one of them has the page rendered, and the others wait for it.
func pages(b *testing.B) []figure {
	s := figureSettings(b, stores{})
	fillFigures(b, s, figureEvent(b, 60))
	site := startRole(b, "site", s)
	address := "/events/" + masterclass
	body, tag := fetchPage(b, site.addr, address)
	front, _ := fetchPage(b, site.addr, "/")
	bare := startRole(b, "pages", nil, pageBody+"="+keepFile(b, body))
	bareFront := startRole(b, "pages", nil, pageBody+"="+keepFile(b, front))
	restless := startRole(b, "restless", nil)
	turns := func(what, target string, ours, yardstick *loadClient, status int) figure {
		ours.send(b, figureClients, warmTime)
		yardstick.send(b, figureClients, warmTime)
		return measured(what, "requests/s", target, func(n int) (float64, float64) {
			var l load
			site.profiled(fmt.Sprintf("pages-%s-%d", target, n), func() { l = ours.send(b, figureClients, pageTime) })
			return l.rate(b, status), yardstick.send(b, figureClients, pageTime).rate(b, 200)
		})
	}
	return []figure{
		turns(fmt.Sprintf("event page, %d KB (200)", len(body)>>10), ">= 0.80", look(site.addr, address), look(bare.addr, "/page"), 200),
		turns("event page, nothing changed (304)", ">= 0.80", look(site.addr, address, "If-None-Match: "+tag), look(bare.addr, "/nothing"), 304),
		turns(fmt.Sprintf("home page, %d KB (200)", len(front)>>10), ">= 0.80", look(site.addr, "/"), look(bareFront.addr, "/page"), 200),
		turns("event page, stale 100 times a second", ">= 5", look(restless.addr, "/page"), look(bare.addr, "/rendered"), 200),
	}
}

// look asks for a page.
func look(addr, path string, headers ...string) *loadClient {
	text := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nX-Comer: "
	digits := len(text)
	text += fmt.Sprintf("%0*d\r\n", figureDigits, 0)
	for _, h := range headers {
		text += h + "\r\n"
	}
	return &loadClient{addrs: []string{addr}, text: []byte(text + "\r\n"), digits: digits}
}

func keepFile(b *testing.B, body []byte) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "page.html")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

// pageView is the sample's Masterclass as its page shows it.
func pageView() (web.View, error) {
	_, list, err := sampleEvents(time.Now(), time.UTC)
	if err != nil {
		return web.View{}, err
	}
	for _, e := range list {
		if e.Slug == masterclass {
			return web.View{Title: e.Title, Section: "events", Page: events.ShowPage{Event: e, Live: true,
				Days: []events.ProgrammeDay{{Slots: slotsOf(e.Sessions)}}, CPD: e.CPDWords()}}, e.Settle()
		}
	}
	return web.View{}, fmt.Errorf("the sample has no %s", masterclass)
}

// slotsOf are sessions that do not overlap.
func slotsOf(sessions []events.Session) (list []events.Slot) {
	for _, s := range sessions {
		list = append(list, events.Slot{Session: s})
	}
	return list
}

// barePages is the yardstick of pages: a Fiber application that answers bytes from memory, nothing, or a page that it renders each time.
func barePages() error {
	body, err := os.ReadFile(os.Getenv(pageBody))
	if err != nil {
		return err
	}
	view, err1 := pageView()
	pages, err2 := templates.Parse(templates.Embedded(), nil)
	if err1 != nil || err2 != nil {
		return errors.Join(err1, err2)
	}
	html := func(c *fiber.Ctx, body []byte) error {
		c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
		return c.Send(body)
	}
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	app.Get("/readyz", func(c *fiber.Ctx) error { return c.SendString("ready\n") })
	app.Get("/nothing", func(*fiber.Ctx) error { return nil })
	app.Get("/page", func(c *fiber.Ctx) error { return html(c, body) })
	app.Get("/rendered", func(c *fiber.Ctx) error {
		var page bytes.Buffer
		if err := pages.Render(&page, "events/show", view); err != nil {
			return err
		}
		return html(c, page.Bytes())
	})
	return serveRole(app)
}

// restlessPages serves, by what the site serves pages with, a page that is never right for long.
func restlessPages() error {
	view, err1 := pageView()
	pages, err2 := templates.Parse(templates.Embedded(), nil)
	if err1 != nil || err2 != nil {
		return errors.Join(err1, err2)
	}
	kept := web.NewAnswers(keptBytes)
	app := web.New(web.Config{Views: pages, Log: slog.New(slog.DiscardHandler), Now: time.Now, Answers: kept})
	app.Get("/readyz", func(c *fiber.Ctx) error { return c.SendString("ready\n") })
	app.Get("/page", func(c *fiber.Ctx) error {
		return kept.Show(c, "/page", func() (string, web.View, func() bool, error) {
			made := time.Now()
			return "events/show", view, func() bool { return time.Since(made) < restlessFor }, nil
		})
	})
	return serveRole(app.App)
}

func serveRole(app *fiber.App) error {
	ln, err := net.Listen("tcp", os.Getenv("MASTERCLASS_LISTEN"))
	if err != nil {
		return err
	}
	return app.Listener(ln)
}
