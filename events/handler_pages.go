package events

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// Errors of pages below an event's own.
var (
	errNoSuchSpeaker = fault.New(fault.NotFound, "We could not find that speaker. The programme may have changed.")
	errNoSuchPicture = fault.New(fault.NotFound, "We could not find that picture.")
)

// partRoutes adds the pages below an event's own.
func (h *Handler) partRoutes(r fiber.Router) {
	r.Get("/events/:slug/programme", h.programme)
	r.Get("/events/:slug/speakers/:speaker", h.speaker)
	r.Get("/events/:slug/picture/:version.png", h.picture)
}

// part shows a page about a part of an event; below is the end of its address.
func (h *Handler) part(c *fiber.Ctx, below string, make func(e *Event, page ShowPage) (name string, v web.View, err error)) error {
	slug, site := c.Params("slug"), web.SiteOf(c)
	err := h.answers.Show(c, "/events/"+slug+below, func() (name string, v web.View, right func() bool, err error) {
		right = h.Fresh()
		e, err := h.events.BySlug(c.UserContext(), slug)
		if err != nil {
			return "", v, nil, err
		}
		page, err := newShowPage(e, nil, h.now(), site)
		if err != nil {
			return "", v, nil, err
		}
		page.Breadcrumbs = append(page.Breadcrumbs, templates.Link{Href: "/events/" + e.Slug, Text: e.Title})
		name, v, err = make(e, page)
		v.PictureText = e.Title + ", " + e.When()
		v.Section, v.NoIndex, v.Picture = "events", !e.Listed, e.picturePath(site.Name)
		return name, v, right, err
	})
	if errors.Is(err, ErrNotFound) && IsSlug(slug) {
		return h.moved(c, "/events/", below)
	}
	return err
}

// programme is the page of a programme alone, to be printed.
func (h *Handler) programme(c *fiber.Ctx) error {
	return h.part(c, "/programme", func(e *Event, page ShowPage) (string, web.View, error) {
		return "events/programme", web.View{Title: "Programme: " + e.Title, Page: page,
			Description: "The programme of " + e.Title + ", " + e.Date() + ", to print or to keep."}, nil
	})
}

// speaker is the page of somebody on the programme.
func (h *Handler) speaker(c *fiber.Ctx) error {
	path := c.Params("speaker")
	if !IsSlug(path) {
		return errNoSuchSpeaker
	}
	return h.part(c, "/speakers/"+path, func(e *Event, page ShowPage) (string, web.View, error) {
		s, ok := e.presenter(path)
		if !ok {
			return "", web.View{}, errNoSuchSpeaker
		}
		return "events/speaker", web.View{Title: s.Name + " – " + e.Title, Description: s.Biography, Canonical: "/events/" + e.Slug + "/speakers/" + e.SpeakerPath(s),
			Page: SpeakerPage{ShowPage: page, Speaker: s, Sessions: days(e.speaks(s), true)}}, nil
	})
}

// picture is what other sites show beside a link to the event. Its address changes with what it shows.
func (h *Handler) picture(c *fiber.Ctx) error {
	slug, site := c.Params("slug"), web.SiteOf(c)
	address := "/events/" + slug + "/picture/" + c.Params("version") + ".png"
	return h.answers.Serve(c, address, func() (*web.Answer, func() bool, error) {
		unchanged := h.events.Unchanged()
		e, err := h.events.Outline(c.UserContext(), slug)
		if err != nil {
			return nil, nil, err
		}
		if e.picturePath(site.Name) != address {
			return nil, nil, errNoSuchPicture
		}
		body, err := e.picture(site.Name)
		return &web.Answer{ContentType: "image/png", Body: body, CacheControl: "public, max-age=31536000, immutable"}, unchanged, err
	})
}
