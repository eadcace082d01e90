package events

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
	"masterclass/notify/calendar"
)

const calendarType = "text/calendar; charset=utf-8"

// feed answers calendar programs, which poll it every hour for years.
func (h *Handler) feed(c *fiber.Ctx) error {
	revised, err := h.events.FeedRevised(c.UserContext(), h.now()) // before the events: a change in between must look newer
	if err != nil {
		return err
	}
	es, err := h.events.ForFeed(c.UserContext(), h.now())
	if err != nil {
		return err
	}
	site := web.SiteOf(c)
	body, err := Feed(es, site.Name, site.Strapline, site.BaseURL, h.zone)
	if err != nil {
		return err
	}
	return web.Cached(c, calendarType, body, revised, "public, max-age=300")
}

// Feed writes the calendar to subscribe to.
func Feed(es []*Event, name, description, baseURL string, zone *time.Location) ([]byte, error) {
	entries := make([]calendar.Event, 0, len(es))
	for _, e := range es {
		entries = append(entries, e.Calendar(baseURL))
	}
	return calendar.Feed{Name: name, Description: description, Zone: zone}.Encode(entries)
}

// file answers one event to download.
func (h *Handler) file(c *fiber.Ctx) error {
	e, err := h.events.Outline(c.UserContext(), c.Params("slug"))
	if errors.Is(err, ErrNotFound) {
		return h.moved(c, "/events/", ".ics")
	}
	if err != nil {
		return err
	}
	body, err := calendar.File(e.Calendar(web.SiteOf(c).BaseURL))
	if err != nil {
		return fmt.Errorf("write the calendar file of event %s: %w", e.Slug, err)
	}
	Attach(c, e.Slug+".ics")
	return web.Cached(c, calendarType, body, time.UnixMilli(e.UpdatedAt), "public, max-age=300")
}

// Attach makes the answer a download with a file name (RFC 6266 4.3).
func Attach(c *fiber.Ctx, name string) {
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, name, url.PathEscape(name)))
}

// Calendar is the event as an entry of a calendar, with nothing personal in it.
func (e *Event) Calendar(baseURL string) calendar.Event {
	link := baseURL + "/events/" + e.Slug
	return calendar.Event{
		UID: e.UID, Title: e.calendarTitle(), Location: e.Where(), URL: link,
		Description: strings.TrimSpace(e.Summary + "\n\nDetails: " + link),
		Starts:      e.Starts(), Ends: e.LastDay(), AllDay: e.AllDay,
		Sequence: int(e.Sequence), Status: e.calendarStatus(),
		Created: time.UnixMilli(e.CreatedAt), Revised: time.UnixMilli(e.UpdatedAt),
		Categories: e.TopicList(),
	}
}

func (e *Event) calendarTitle() string {
	switch e.Status {
	case Cancelled:
		return "Cancelled: " + e.Title
	case Postponed:
		return "Postponed: " + e.Title
	}
	return e.Title
}

func (e *Event) calendarStatus() calendar.Status {
	switch e.Status {
	case Cancelled:
		return calendar.Cancelled
	case Postponed:
		return calendar.Tentative
	}
	return calendar.Confirmed
}
