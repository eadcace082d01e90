package events

import (
	"errors"
	"fmt"
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
	h.partRoutes(r)
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

// index keeps the list of all events alone: what people look for is endless.
func (h *Handler) index(c *fiber.Ctx) error {
	f := newFilter(func(name string) string { return c.Query(name) })
	if f.Query() != "" {
		v, err := h.indexView(c, f)
		if err != nil {
			return err
		}
		web.Packs(c)
		return web.Render(c, "events/index", v)
	}
	return h.answers.Show(c, "/events", func() (string, web.View, func() bool, error) {
		right := h.Fresh()
		v, err := h.indexView(c, f)
		return "events/index", v, right, err
	})
}

func (h *Handler) indexView(c *fiber.Ctx, f Filter) (v web.View, err error) {
	upcoming, err := h.events.Upcoming(c.UserContext(), h.now())
	if err != nil {
		return v, err
	}
	past, err := h.events.Past(c.UserContext(), h.now())
	if err != nil {
		return v, err
	}
	site := web.SiteOf(c)
	page, shown := newIndexPage(f, upcoming, past, site.Host(), site.BaseURL)
	if page.Upcoming, err = h.Cards(c.UserContext(), shown, 3); err != nil {
		return v, err
	}
	title := "Events and meetings"
	if f.When == "past" {
		title = "Past events and meetings"
	}
	if f.Narrow() {
		title = fmt.Sprintf("%s found – %s", count(page.Found, "event"), title)
	}
	return web.View{
		Title: title, Section: "events", NoIndex: f.Query() != "", Page: page,
		Description: "Masterclasses, study days and meetings for people who work in chemotherapy services.",
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
	page := SeriesPage{Name: seriesName(slug), Breadcrumbs: eventsTrail()}
	upcoming, past := split(es, h.now())
	page.Past = pastCards(past)
	page.Upcoming, err = h.Cards(c.UserContext(), upcoming, 3)
	return web.View{Title: "All events: " + page.Name, Section: "events", Page: page,
		Description: "Every event of the series " + page.Name + ", those to come and those that are over."}, err
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
	if e.Resources, err = h.events.Resources(c.UserContext(), e.ID); err != nil {
		return v, err
	}
	left, err := h.left.Available(c.UserContext(), e.Places)
	if err != nil {
		return v, err
	}
	page, err := newShowPage(e, left, h.now(), web.SiteOf(c))
	return web.View{Title: e.Title, Description: e.Summary, Section: "events", NoIndex: !e.Listed, Page: page,
		Picture: e.picturePath(web.SiteOf(c).Name), PictureText: e.Title + ", " + e.When()}, err
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
