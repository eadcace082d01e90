package news

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
)

// feeds adds the feeds of a kind beside its list.
func (h *Handler) feeds(r fiber.Router, s section) {
	r.Get(s.path+".atom", h.feed(s, ".atom", "application/atom+xml; charset=utf-8", func(f feed, site web.Site) ([]byte, error) { return f.atom(site.Name) }))
	r.Get(s.path+".rss", h.feed(s, ".rss", "application/rss+xml; charset=utf-8", func(f feed, _ web.Site) ([]byte, error) { return f.rss() }))
}

func (h *Handler) feed(s section, ending, mime string, write func(f feed, site web.Site) ([]byte, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		return h.answers.Serve(c, s.path+ending, func() (*web.Answer, func() bool, error) {
			right, site := h.store.Fresh(h.now), web.SiteOf(c)
			f, err := h.feedOf(c, s, ending)
			if err != nil {
				return nil, nil, err
			}
			body, err := write(f, site)
			return &web.Answer{ContentType: mime, Body: body, Revised: f.updated.Truncate(time.Second), CacheControl: "public, max-age=300", Packs: true}, right, err
		})
	}
}

func (h *Handler) feedOf(c *fiber.Ctx, s section, ending string) (feed, error) {
	site := web.SiteOf(c)
	articles, updated, err := h.store.ForFeed(c.UserContext(), s.kind, h.now())
	if err != nil {
		return feed{}, err
	}
	f := feed{title: s.title + " – " + site.Name, intro: s.intro, language: "en-GB", home: site.BaseURL + s.path, self: site.BaseURL + s.path + ending, updated: updated}
	for _, a := range articles {
		known, err := h.store.FilesIn(c.UserContext(), a.Body)
		if err != nil {
			return feed{}, err
		}
		body, err := render(a.Body, known, site)
		if err != nil {
			return feed{}, err
		}
		f.items = append(f.items, feedItem{Article: a, href: site.BaseURL + a.Path(), html: absolute(string(body), site.BaseURL)})
	}
	return f, nil
}
