package events

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
)

// Routes adds the stream of an event's places.
func (l *Live) Routes(r fiber.Router) { r.Get("/events/:slug/places", l.places) }

// places streams what is left of an event's places as server-sent events: what is so now at once, then each change. Where nothing can
// change any more it is one event and the end, and whoever comes back after that is told to stay away.
func (l *Live) places(c *fiber.Ctx) error {
	slug := c.Params("slug")
	now, err := l.current(c.UserContext(), slug)
	if errors.Is(err, ErrNotFound) {
		return moved(c, l.events, "/events/", "/places")
	}
	if err != nil {
		return err
	}
	if !now.frame.Last {
		return l.streams.Serve(c, now.frame, func(s *web.Stream) func() { return l.join(slug, now, s) })
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	if c.Get("Last-Event-ID") == over {
		return c.SendStatus(fiber.StatusNoContent)
	}
	c.Set(fiber.HeaderContentType, web.EventStream)
	return c.Send(now.frame.Bytes)
}
