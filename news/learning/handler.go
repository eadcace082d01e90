package learning

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/secret"
	"masterclass/internal/typed"
	"masterclass/internal/web"
	"masterclass/news"
)

// Handler answers the public pages of e-learning.
type Handler struct{ *Learning }

// NewHandler shows the modules.
func NewHandler(l *Learning) *Handler { return &Handler{l} }

// Routes adds the pages. They go before those of articles, which would show a module as any other article.
func (h *Handler) Routes(r fiber.Router) {
	r.Get(modulesPath, h.index)
	r.Get(modulesPath+"/:slug", h.orMoved(h.start))
	r.Post(modulesPath+"/:slug/keep", h.orMoved(h.keep))
	r.Post(modulesPath+"/:slug/opening", h.orMoved(h.askOpening))
	h.reading(r, modulesPath+"/:slug", h.bySlug)
	r.Get(openingPath+":token", h.opening)
	r.Post(openingPath+":token", h.confirmOpening)
	r.Get(openingPath+":token/stop", h.askStop)
	r.Post(openingPath+":token/stop", h.stop)
	r.Get(placePath+":token", h.place)
	r.Post(placePath+":token", h.goOn)
	r.Post(placePath+":token/mail", h.mailPlace)
	h.reading(r, placePath+":token", h.byToken)
}

// reading adds what is read: the same pages with a place that is kept as without.
func (h *Handler) reading(r fiber.Router, base string, find func(c *fiber.Ctx) (reading, error)) {
	with := func(f func(c *fiber.Ctx, r reading) error) fiber.Handler {
		return h.orMoved(func(c *fiber.Ctx) error {
			found, err := find(c)
			if err != nil {
				return err
			}
			return f(c, found)
		})
	}
	r.Get(base+"/test", with(h.test))
	r.Post(base+"/test", with(h.answer))
	r.Get(base+"/result", with(h.result))
	r.Get(base+"/:page", with(h.page))
}

// orMoved leads on from an address that a module gave up, where next finds nothing.
func (h *Handler) orMoved(next fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		missing := next(c)
		slug := c.Params("slug")
		if slug == "" || !fault.Is(missing, fault.NotFound) {
			return missing
		}
		to, err := h.News.Moved(c.UserContext(), news.ELearning, slug, h.Now())
		if err != nil {
			return err
		}
		if to == "" {
			archived, err := h.News.Archived(c.UserContext(), news.ELearning, slug, h.Now())
			switch {
			case err != nil:
				return err
			case archived:
				return news.ErrGone
			}
			return missing
		}
		return web.Moved(c, modulesPath+"/"+slug, to)
	}
}

const modulesPath = "/e-learning"

// reading is a module that somebody reads; with a place that is kept, Progress has an id.
type reading struct {
	*Module
	Progress Progress
	Base     string // of the addresses
}

func (h *Handler) bySlug(c *fiber.Ctx) (reading, error) {
	m, err := h.Module(c.UserContext(), c.Params("slug"))
	if err != nil {
		return reading{}, err
	}
	if !m.Open() {
		return reading{}, errNoPage
	}
	return reading{Module: m, Base: m.Path()}, nil
}

// byToken finds a place by its link. Nobody else may see the link in a cache.
func (h *Handler) byToken(c *fiber.Ctx) (reading, error) {
	web.Private(c)
	id, ok := h.tokenID(c, placePurpose)
	if !ok {
		return reading{}, errNoProgress
	}
	p, m, err := h.Progress(c.UserContext(), id)
	if err != nil {
		return reading{}, err
	}
	if !m.Open() {
		return reading{}, fault.New(fault.NotFound, "This module is being changed and cannot be read just now. Your place is kept.")
	}
	return reading{Module: m, Progress: p, Base: placePath + c.Params("token")}, nil
}

func (h *Handler) tokenID(c *fiber.Ctx, purpose string) (string, bool) {
	id, ok := secret.TokenID(c.Params("token"))
	return id, ok && h.Keys.Valid(c.Params("token"), purpose, id, 0)
}

func (h *Handler) index(c *fiber.Ctx) error {
	modules, err := h.Modules(c.UserContext())
	if err != nil {
		return err
	}
	page := newIndexPage(modules)
	web.Packs(c)
	return web.Render(c, "learning/index", web.View{Title: page.Title, Description: page.Intro, Section: section, Page: page})
}

const section = "e-learning"

func (h *Handler) start(c *fiber.Ctx) error {
	m, err := h.Module(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	return h.showStart(c, m, "", nil)
}

func (h *Handler) showStart(c *fiber.Ctx, m *Module, email string, problem error) error {
	page, err := newStartPage(m, email, problem)
	if err != nil {
		return err
	}
	if c.Query("told") == "asked" {
		page.Notice.Text, page.Notice.Success = "Check your email: we have sent you a link to confirm your address.", true
	}
	if problem != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "learning/start", web.View{Title: m.Title + " – E-learning", Description: m.Summary, Section: section, Error: problem != nil, Page: page})
}

// page is one of the module's, by its number from 1.
func (h *Handler) page(c *fiber.Ctx, r reading) error {
	n, err := strconv.Atoi(c.Params("page"))
	if err != nil || n < 1 || n > len(r.Pages) || strconv.Itoa(n) != c.Params("page") {
		return errNoPage
	}
	page, err := newReadPage(r, n)
	if err != nil {
		return err
	}
	title := page.Title + " – " + page.Step + " – " + r.Title
	if r.Progress.ID != "" {
		title = page.Title + " – " + page.Step + ", place kept – " + r.Title
	}
	if r.Progress.ID == "" { // the address of a place that is kept is a secret, and stands in its pages
		web.Packs(c)
	}
	return web.Render(c, "learning/page", web.View{Title: title, Section: section, NoIndex: r.Progress.ID != "", Page: page})
}

// test asks the questions.
func (h *Handler) test(c *fiber.Ctx, r reading) error {
	if len(r.Questions) == 0 {
		return errNoPage
	}
	return h.showTest(c, r, make([][]int, len(r.Questions)), nil)
}

func (h *Handler) showTest(c *fiber.Ctx, r reading, chosen [][]int, wrong []fault.Field) error {
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "learning/test", web.View{Title: "Check what you know – " + r.Title, Section: section, NoIndex: true, Error: len(wrong) > 0,
		Page: newTestPage(r, chosen, wrong)})
}

// answer takes the fields q1, q2 and so on, and leads to a result whose address holds them.
func (h *Handler) answer(c *fiber.Ctx, r reading) error {
	if len(r.Questions) == 0 {
		return errNoPage
	}
	chosen, wrong := make([][]int, len(r.Questions)), []fault.Field(nil)
	score := 0
	for i, q := range r.Questions {
		name := "q" + strconv.Itoa(i+1)
		for _, value := range c.Request().PostArgs().PeekMulti(name) {
			if n, err := strconv.Atoi(string(value)); err == nil && n >= 0 && n < len(q.Answers) {
				chosen[i] = append(chosen[i], n)
			}
		}
		if len(chosen[i]) == 0 {
			wrong = append(wrong, fault.Field{Name: name, Message: "Choose an answer to question " + strconv.Itoa(i+1)})
		}
		if q.right(chosen[i]) {
			score++
		}
	}
	if len(wrong) > 0 {
		return h.showTest(c, r, chosen, wrong)
	}
	if r.Progress.ID != "" {
		if err := h.Advance(c.UserContext(), r.Progress, len(r.Pages), score == len(r.Questions)); err != nil {
			return err
		}
	}
	return c.Redirect(r.Base+"/result?a="+encode(chosen), fiber.StatusSeeOther)
}

// result says how many answers were right, and why. What does not fit the questions any more leads to the test.
func (h *Handler) result(c *fiber.Ctx, r reading) error {
	chosen, ok := decode(c.Query("a"), r.Questions)
	if !ok {
		return c.Redirect(r.Base+"/test", fiber.StatusSeeOther)
	}
	page := newResultPage(r, chosen)
	return web.Render(c, "learning/result", web.View{Title: "Your result – " + r.Title, Section: section, NoIndex: true, Page: page})
}

func field(c *fiber.Ctx, name string) string { return typed.Line(c.FormValue(name)) }
