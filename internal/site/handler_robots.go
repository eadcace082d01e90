package site

import (
	"context"
	"encoding/xml"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/news"
)

// How long what programs read may be old: nobody waits for it.
const (
	mapFor  = 10 * time.Minute
	signFor = time.Hour
)

const (
	plainText = "text/plain; charset=utf-8"
	forAnHour = "public, max-age=3600"
)

// robotRoutes adds what is for search engines.
func (h *Handler) robotRoutes(r fiber.Router) {
	r.Get("/sitemap.xml", h.siteMap)
	r.Get("/robots.txt", h.robots)
}

// closed are the ways that lead to people's own pages, which search engines have no use for. Private calendars are not among them: Google
// Calendar obeys this when it subscribes, so their answers ask by a header not to be found.
var closed = []string{"/organise", "/registrations/", "/unsubscribe/"}

// robots answers crawlers (RFC 9309).
func (h *Handler) robots(c *fiber.Ctx) error {
	return h.answers.Serve(c, "/robots.txt", func() (*web.Answer, func() bool, error) {
		text := "User-agent: *\n"
		for _, path := range closed {
			text += "Disallow: " + path + "\n"
		}
		text += "\nSitemap: " + web.SiteOf(c).BaseURL + "/sitemap.xml\n"
		return &web.Answer{ContentType: plainText, Body: []byte(text), CacheControl: forAnHour}, h.freshFor(signFor), nil
	})
}

func (h *Handler) freshFor(d time.Duration) func() bool {
	made := h.now()
	return func() bool { return h.now().Sub(made).Abs() < d }
}

// addresses is a site map (sitemaps.org).
type addresses struct {
	XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []address `xml:"url"`
}

type address struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

func (h *Handler) siteMap(c *fiber.Ctx) error {
	return h.answers.Serve(c, "/sitemap.xml", func() (*web.Answer, func() bool, error) {
		unchanged, fresh := h.events.Unchanged(), h.freshFor(mapFor)
		list, err := h.addresses(c.UserContext(), web.SiteOf(c).BaseURL)
		if err != nil {
			return nil, nil, err
		}
		body, err := xml.Marshal(addresses{URLs: list})
		if err != nil {
			return nil, nil, fmt.Errorf("write the site map: %w", err)
		}
		body = append([]byte(xml.Header), body...)
		return &web.Answer{ContentType: "application/xml; charset=utf-8", Body: body, CacheControl: forAnHour, Packs: true},
			func() bool { return unchanged() && fresh() }, nil
	})
}

// mostAddresses is what a site map may hold (sitemaps.org).
const mostAddresses = 50000

// addresses are the pages that anybody may find, each once.
func (h *Handler) addresses(ctx context.Context, base string) ([]address, error) {
	own, err := h.events.Addresses(ctx)
	if err != nil {
		return nil, err
	}
	paths, err := h.articlePaths(ctx)
	if err != nil {
		return nil, err
	}
	list := []address{{Loc: base + "/"}}
	for _, a := range own {
		list = append(list, address{base + a.Path, lastMod(a)})
	}
	for _, path := range paths {
		list = append(list, address{Loc: base + path})
	}
	return list[:min(len(list), mostAddresses)], nil
}

func lastMod(a events.Address) string {
	if a.Revised.IsZero() {
		return ""
	}
	return a.Revised.UTC().Format(time.RFC3339)
}

// articlePaths are the lists of articles, the articles and the plain pages.
func (h *Handler) articlePaths(ctx context.Context) (paths []string, err error) {
	for _, kind := range append(news.Kinds(), news.Page) {
		articles, err := h.news.Latest(ctx, kind, mostAddresses, h.now())
		if err != nil {
			return nil, err
		}
		if kind != news.Page {
			paths = append(paths, kind.Path())
		}
		for _, a := range articles {
			paths = append(paths, a.Path())
		}
	}
	return paths, nil
}
