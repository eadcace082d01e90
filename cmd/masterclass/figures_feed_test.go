package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/store"
)

const (
	feedEvents = 500
	feedTime   = time.Second
	feedBody   = "FIGURES_FEED" // in the environment of the yardstick: the file that it answers
)

// feeds are calendar programs that poll the feed of many events: those who have it already against a handler that answers nothing, those who
// have not against one that answers the same bytes from memory.
func feeds(b *testing.B) []figure {
	s := figureSettings(b, stores{})
	fillFigures(b, s, figureEvent(b, 10))
	fillFeed(b, s.options())
	site := startRole(b, "site", s)
	body, tag := fetchPage(b, site.addr, "/events.ics")
	file := filepath.Join(b.TempDir(), "feed.ics")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		b.Fatal(err)
	}
	bare := startRole(b, "calendar", nil, feedBody+"="+file)
	turns := func(what, name, target string, ours, yardstick *loadClient, status int) figure {
		ours.send(b, figureClients, warmTime)
		yardstick.send(b, figureClients, warmTime)
		return measured(what, "requests/s", target, func(n int) (float64, float64) {
			var l load
			site.profiled(fmt.Sprintf("%s-%d", name, n), func() { l = ours.send(b, figureClients, feedTime) })
			return l.rate(b, status), yardstick.send(b, figureClients, feedTime).rate(b, 200)
		})
	}
	return []figure{
		turns("feed poll, nothing changed (304)", "feed_304", ">= 0.80", look(site.addr, "/events.ics", "If-None-Match: "+tag), look(bare.addr, "/nothing"), 304),
		turns(fmt.Sprintf("feed of %d events (200)", feedEvents), "feed_200", ">= 0.70", look(site.addr, "/events.ics"), look(bare.addr, "/events.ics"), 200),
	}
}

// fillFeed adds events to a database that has one.
func fillFeed(b *testing.B, o store.Options) {
	b.Helper()
	db := openFigures(b, o)
	err := db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for n := range feedEvents - 1 {
			e := figureEvent(b, 10)
			e.ID, e.Slug = uuid.Must(uuid.NewV7()).String(), fmt.Sprintf("figure-%d", n)
			e.UID = e.ID + "@figures"
			e.Places, e.Sessions, e.Speakers = nil, nil, nil
			if err := events.NewStore(db).Insert(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		b.Fatal(err)
	}
}

func fetchPage(b *testing.B, addr, path string) (body []byte, tag string) {
	b.Helper()
	res, err := (&http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}).Get("http://" + addr + path)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		b.Fatal(err)
	}
	return body, res.Header.Get("ETag")
}

// bareCalendar is the yardstick of feeds: a Fiber application that answers nothing, or bytes from memory.
func bareCalendar() error {
	body, err := os.ReadFile(os.Getenv(feedBody))
	if err != nil {
		return err
	}
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	app.Get("/readyz", func(c *fiber.Ctx) error { return c.SendString("ready\n") })
	app.Get("/nothing", func(*fiber.Ctx) error { return nil })
	app.Get("/events.ics", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
		return c.Send(body)
	})
	return serveRole(app)
}
