package news

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
)

// Handler answers the public pages, and those of the newsroom.
type Handler struct {
	store   *Store
	answers *web.Answers
	room    *Newsroom // of the organisers' pages
	now     func() time.Time
	zone    *time.Location
}

// NewHandler shows what store has, and keeps pages and feeds ready in answers; dates are those of zone.
func NewHandler(store *Store, answers *web.Answers, now func() time.Time, zone *time.Location) *Handler {
	return &Handler{store: store, answers: answers, now: now, zone: zone}
}

// Routes adds a list and its articles for every kind that has one, and the plain pages.
func (h *Handler) Routes(r fiber.Router) {
	for _, s := range sections {
		r.Get(s.path, h.index(s))
		h.feeds(r, s)
		r.Get(s.path+"/:slug", h.show(s))
	}
	for _, slug := range plainPages {
		r.Get("/"+slug, func(c *fiber.Ctx) error { return h.page(c, slug) })
	}
	r.Get(pagesPath+"/:slug", func(c *fiber.Ctx) error { return h.page(c, c.Params("slug")) })
	r.Get("/.well-known/security.txt", h.securityTxt)
}

// index is the list of a kind.
func (h *Handler) index(s section) fiber.Handler {
	return func(c *fiber.Ctx) error {
		number, err := pageNumber(c.Query("page"))
		if err != nil {
			return err
		}
		address := s.path
		if number > 1 {
			address += "?page=" + strconv.Itoa(number)
		}
		return h.answers.Show(c, address, func() (string, web.View, func() bool, error) {
			right := h.store.Fresh(h.now)
			v, err := h.indexView(c, s, number)
			return "news/index", v, right, err
		})
	}
}

func (h *Handler) indexView(c *fiber.Ctx, s section, number int) (v web.View, err error) {
	articles, total, err := h.store.ByKind(c.UserContext(), s.kind, number, h.now())
	if err != nil {
		return v, err
	}
	page, err := newIndexPage(s, articles, number, total, h.zone)
	// Later pages stay out of search engines, whose canonical address would be the first page's.
	return web.View{Title: page.title(), Description: s.intro, Section: s.path[1:], NoIndex: number > 1, Page: page}, err
}

// show is one article of a kind that has a list.
func (h *Handler) show(s section) fiber.Handler {
	return func(c *fiber.Ctx) error {
		slug := c.Params("slug")
		err := h.answers.Show(c, s.path+"/"+slug, func() (string, web.View, func() bool, error) {
			right := h.store.Fresh(h.now)
			v, err := h.showView(c, s, slug)
			return "news/show", v, right, err
		})
		if fault.Is(err, fault.NotFound) {
			return h.moved(c, s.kind, err)
		}
		return err
	}
}

func (h *Handler) showView(c *fiber.Ctx, s section, slug string) (v web.View, err error) {
	a, err := h.store.BySlug(c.UserContext(), s.kind, slug, h.now())
	if err != nil {
		return v, err
	}
	more, err := h.store.More(c.UserContext(), a, moreLinks, h.now())
	if err != nil {
		return v, err
	}
	page, err := h.showPage(c, s, a, more)
	return web.View{Title: a.Title + " – " + s.title, Description: a.Summary, Section: s.path[1:], Page: page}, err
}

// moved leads from an address that an article gave up to its new one, or else answers missing.
func (h *Handler) moved(c *fiber.Ctx, kind Kind, missing error) error {
	return h.movedFrom(c, kind, c.Params("slug"), missing)
}

func (h *Handler) movedFrom(c *fiber.Ctx, kind Kind, slug string, missing error) error {
	to, err := h.store.Moved(c.UserContext(), kind, slug, h.now())
	if err != nil {
		return err
	}
	if to == "" {
		return h.gone(c, kind, slug, missing)
	}
	return c.Redirect(to, fiber.StatusMovedPermanently)
}

// ErrGone is for what was here and will not come back: search engines forget it sooner than what is missing. A draft that was published
// once may come back, and is missing until then.
var ErrGone = fault.New(fault.Gone, "What was here has been taken off the site: it was out of date. What has come after it may be found by searching.")

// gone says that an article was archived, or else answers missing.
func (h *Handler) gone(c *fiber.Ctx, kind Kind, slug string, missing error) error {
	archived, err := h.store.Archived(c.UserContext(), kind, slug, h.now())
	if err != nil {
		return err
	}
	if archived {
		return ErrGone
	}
	return missing
}

func (h *Handler) showPage(c *fiber.Ctx, s section, a Article, more []Article) (ShowPage, error) {
	known, err := h.store.FilesIn(c.UserContext(), a.Body+"\n"+a.Link)
	if err != nil {
		return ShowPage{}, err
	}
	return newShowPage(s, a, more, known, web.SiteOf(c), h.zone)
}

// page is a plain page: at the site's root if every site has it, else below pagesPath.
func (h *Handler) page(c *fiber.Ctx, slug string) error {
	address := Article{Kind: Page, Slug: slug}.Path()
	if c.Path() != address {
		return c.Redirect(address, fiber.StatusMovedPermanently)
	}
	err := h.answers.Show(c, address, func() (string, web.View, func() bool, error) {
		right := h.store.Fresh(h.now)
		v, err := h.pageView(c, slug)
		return "news/page", v, right, err
	})
	if fault.Is(err, fault.NotFound) {
		return h.movedFrom(c, Page, slug, err)
	}
	return err
}

func (h *Handler) pageView(c *fiber.Ctx, slug string) (v web.View, err error) {
	a, err := h.store.BySlug(c.UserContext(), Page, slug, h.now())
	if err != nil {
		return v, err
	}
	known, err := h.store.FilesIn(c.UserContext(), a.Body)
	if err != nil {
		return v, err
	}
	page, err := newPlainPage(a, known, web.SiteOf(c))
	return web.View{Title: a.Title, Description: a.Summary, Section: slug, Page: page}, err
}

// errNoSuchPage is the answer to a page number that the list does not have.
var errNoSuchPage = fault.New(fault.NotFound, "The list does not have that many pages.")

// pageNumber reads ?page=, which begins at 1.
func pageNumber(query string) (int, error) {
	if query == "" {
		return 1, nil
	}
	n, err := strconv.ParseUint(query, 10, 16) // 16 bits: no list is longer, and no offset overflows
	if err != nil || n == 0 {
		return 0, errNoSuchPage
	}
	return int(n), nil
}
