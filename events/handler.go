package events

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
)

// Handler answers the public's requests about events.
type Handler struct {
	events  *Store
	left    Availabilities
	answers *web.Answers
	zone    *time.Location
	now     func() time.Time
}

// NewHandler answers from the store and keeps calendars ready in answers; zone is the one that pages and the feed are in.
func NewHandler(events *Store, left Availabilities, answers *web.Answers, zone *time.Location, now func() time.Time) *Handler {
	return &Handler{events: events, left: left, answers: answers, zone: zone, now: now}
}

// Routes adds the pages, calendars and JSON of events.
func (h *Handler) Routes(r fiber.Router) {
	r.Get("/events", h.index)
	r.Get("/events.ics", h.feed)
	r.Get("/events/:slug.ics", h.file)
	r.Get("/events/:slug", h.show)
	r.Get("/series/:series", h.series)
	r.Get("/api/v1/events", h.apiIndex)
	r.Get("/api/v1/events/:slug", h.apiShow)
}

func (h *Handler) index(c *fiber.Ctx) error {
	upcoming, err := h.events.Upcoming(c.UserContext(), h.now())
	if err != nil {
		return err
	}
	past, err := h.events.Past(c.UserContext(), h.now())
	if err != nil {
		return err
	}
	cards, err := h.Cards(c.UserContext(), upcoming, 3)
	if err != nil {
		return err
	}
	return web.Render(c, "events/index", web.View{
		Title: "Events and meetings", Section: "events",
		Description: "Masterclasses, study days and meetings for people who work in chemotherapy services.",
		Page:        IndexPage{Upcoming: cards, Past: pastCards(past), Topics: topics(upcoming), Host: web.SiteOf(c).Host(), BaseURL: web.SiteOf(c).BaseURL},
	})
}

func (h *Handler) series(c *fiber.Ctx) error {
	es, err := h.events.InSeries(c.UserContext(), c.Params("series"))
	if err != nil {
		return err
	}
	if len(es) == 0 {
		return fault.New(fault.NotFound, "We could not find that series of events.")
	}
	cards, err := h.Cards(c.UserContext(), es, 2)
	if err != nil {
		return err
	}
	return web.Render(c, "events/series", web.View{
		Title: "All events: " + seriesName(c.Params("series")), Section: "events", Page: SeriesPage{Name: seriesName(c.Params("series")), Events: cards},
	})
}

func (h *Handler) show(c *fiber.Ctx) error {
	e, err := h.events.BySlug(c.UserContext(), c.Params("slug"))
	if errors.Is(err, ErrNotFound) {
		return h.moved(c, "/events/", "")
	}
	if err != nil {
		return err
	}
	left, err := h.left.Available(c.UserContext(), e.Places)
	if err != nil {
		return err
	}
	page, err := newShowPage(e, left, h.now(), web.SiteOf(c))
	if err != nil {
		return err
	}
	return web.Render(c, "events/show", web.View{
		Title: e.Title, Description: e.Summary, Section: "events", NoIndex: !e.Listed, Page: page,
	})
}

func (h *Handler) moved(c *fiber.Ctx, prefix, suffix string) error {
	return moved(c, h.events, prefix, suffix)
}

// moved sends whoever follows an old address to the present one.
func moved(c *fiber.Ctx, events *Store, prefix, suffix string) error {
	slug, err := events.MovedTo(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	return c.Redirect(prefix+slug+suffix, fiber.StatusMovedPermanently)
}
