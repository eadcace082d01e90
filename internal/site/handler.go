package site

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/news"
	"masterclass/templates"
)

// Handler answers for the home page.
type Handler struct {
	events  *events.Handler
	news    *news.Store
	answers *web.Answers
	now     func() time.Time
}

// NewHandler shows what the domains have, and keeps pages ready in answers.
func NewHandler(e *events.Handler, n *news.Store, answers *web.Answers, now func() time.Time) *Handler {
	return &Handler{events: e, news: n, answers: answers, now: now}
}

// Routes adds the home page, and what programs read.
func (h *Handler) Routes(r fiber.Router) {
	r.Get("/", h.home)
	h.robotRoutes(r)
}

// HomePage is the front door. A section without content is not shown.
type HomePage struct {
	Name, Strapline string
	Next            *events.NextEvent
	Sections        []Section
	More            []More
}

// More is a link of the last section, with what it says of where it leads.
type More struct {
	templates.Link
	Rest string
}

// Section is the latest of one kind of article.
type Section struct {
	Title, Intro string
	More         templates.Link
	Articles     []news.Article
	Look         string // "stories", "modules" or "headlines"
	Soon         bool   // there is nothing yet, but there will be
}

// sections are the kinds on the home page, in their order, with how many of each.
var sections = []struct {
	kind news.Kind
	n    int
	look string
	more string
}{
	{news.ServiceDevelopment, 4, "stories", "All service developments"}, {news.ELearning, 6, "modules", "About our e-learning"},
	{news.Video, 4, "stories", "All videos"}, {news.WhatsNew, 4, "headlines", "Everything that is new"}, {news.News, 5, "headlines", "All news"},
}

func (h *Handler) home(c *fiber.Ctx) error {
	return h.answers.Show(c, "/", func() (string, web.View, func() bool, error) {
		right := h.events.Fresh() // and with it the news, which is no older
		v, err := h.homeView(c)
		return "site/home", v, right, err
	})
}

func (h *Handler) homeView(c *fiber.Ctx) (v web.View, err error) {
	s := web.SiteOf(c)
	page := HomePage{Name: s.Name, Strapline: s.Strapline}
	if page.Next, err = h.events.Next(c.UserContext(), 3); err != nil {
		return v, err
	}
	for _, want := range sections {
		articles, err := h.news.Latest(c.UserContext(), want.kind, want.n, h.now())
		if err != nil {
			return v, err
		}
		soon := want.kind == news.ELearning && len(articles) == 0
		if len(articles) > 0 || soon {
			page.Sections = append(page.Sections, Section{
				Title: want.kind.Title(), Intro: want.kind.Intro(), Look: want.look, Soon: soon,
				More: templates.Link{Href: want.kind.Path(), Text: want.more}, Articles: articles,
			})
		}
	}
	page.More, err = h.more(c)
	return web.View{Description: s.Strapline, Page: page}, err
}

// more leads to what has no section of its own, as far as there is any.
func (h *Handler) more(c *fiber.Ctx) (list []More, err error) {
	for _, want := range []struct {
		kind news.Kind
		rest string
	}{{news.Document, " to adapt for your own service"}, {news.Expert, " by topic"}} {
		some, err := h.news.Latest(c.UserContext(), want.kind, 1, h.now())
		if err != nil {
			return nil, err
		}
		if len(some) > 0 {
			list = append(list, More{Link: templates.Link{Href: want.kind.Path(), Text: want.kind.Title()}, Rest: want.rest})
		}
	}
	return list, nil
}
