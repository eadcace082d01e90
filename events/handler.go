package events

import (
	"errors"
	"sync/atomic"
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
	seats   atomic.Int64 // how often seats were heard to have changed
}

// NewHandler answers from the store and keeps pages and calendars ready in answers; zone is the one that pages and the feed are in.
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

// freshFor is how old a page may be that shows what is left of places: holds lapse without a word.
const freshFor = time.Second

// Changed says that seats of an event may have changed: what shows them is made anew.
func (h *Handler) Changed(string) { h.seats.Add(1) }

// Fresh gives what says whether a page that shows events, and what is left of them, is still right. Ask for it before reading them.
func (h *Handler) Fresh() func() bool {
	unchanged, seats, made, then := h.events.Unchanged(), h.seats.Load(), time.Now(), h.now()
	return func() bool {
		return h.seats.Load() == seats && unchanged() && time.Since(made) < freshFor && h.now().Sub(then).Abs() < freshFor
	}
}

func (h *Handler) index(c *fiber.Ctx) error {
	return h.answers.Show(c, "/events", func() (string, web.View, func() bool, error) {
		right := h.Fresh()
		v, err := h.indexView(c)
		return "events/index", v, right, err
	})
}

func (h *Handler) indexView(c *fiber.Ctx) (v web.View, err error) {
	upcoming, err := h.events.Upcoming(c.UserContext(), h.now())
	if err != nil {
		return v, err
	}
	past, err := h.events.Past(c.UserContext(), h.now())
	if err != nil {
		return v, err
	}
	cards, err := h.Cards(c.UserContext(), upcoming, 3)
	if err != nil {
		return v, err
	}
	return web.View{
		Title: "Events and meetings", Section: "events",
		Description: "Masterclasses, study days and meetings for people who work in chemotherapy services.",
		Page:        IndexPage{Upcoming: cards, Past: pastCards(past), Topics: topics(upcoming), Host: web.SiteOf(c).Host(), BaseURL: web.SiteOf(c).BaseURL},
	}, nil
}

func (h *Handler) series(c *fiber.Ctx) error {
	slug := c.Params("series")
	return h.answers.Show(c, "/series/"+slug, func() (string, web.View, func() bool, error) {
		right := h.Fresh()
		v, err := h.seriesView(c, slug)
		return "events/series", v, right, err
	})
}

func (h *Handler) seriesView(c *fiber.Ctx, slug string) (v web.View, err error) {
	es, err := h.events.InSeries(c.UserContext(), slug)
	if err != nil {
		return v, err
	}
	if len(es) == 0 {
		return v, fault.New(fault.NotFound, "We could not find that series of events.")
	}
	cards, err := h.Cards(c.UserContext(), es, 2)
	return web.View{
		Title: "All events: " + seriesName(slug), Section: "events", Page: SeriesPage{Name: seriesName(slug), Events: cards},
	}, err
}

func (h *Handler) show(c *fiber.Ctx) error {
	slug := c.Params("slug")
	err := h.answers.Show(c, "/events/"+slug, func() (string, web.View, func() bool, error) {
		right := h.Fresh()
		v, err := h.showView(c, slug)
		return "events/show", v, right, err
	})
	if errors.Is(err, ErrNotFound) {
		return h.moved(c, "/events/", "")
	}
	return err
}

func (h *Handler) showView(c *fiber.Ctx, slug string) (v web.View, err error) {
	e, err := h.events.BySlug(c.UserContext(), slug)
	if err != nil {
		return v, err
	}
	left, err := h.left.Available(c.UserContext(), e.Places)
	if err != nil {
		return v, err
	}
	page, err := newShowPage(e, left, h.now(), web.SiteOf(c))
	return web.View{Title: e.Title, Description: e.Summary, Section: "events", NoIndex: !e.Listed, Page: page}, err
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
