package site

import (
	"context"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/search"
	"masterclass/internal/typed"
	"masterclass/internal/web"
)

// SearchHandler answers the site's search.
type SearchHandler struct{ index *search.Index }

// NewSearchHandler searches the index.
func NewSearchHandler(x *search.Index) *SearchHandler { return &SearchHandler{x} }

// Routes adds the search.
func (h *SearchHandler) Routes(r fiber.Router) { r.Get(searchPath, h.search) }

var errNoSearchPage = fault.New(fault.NotFound, "There are not that many pages of results.")

// patience is how long a search waits for an instance that has just started.
const patience = 5 * time.Second

// search takes q, what is looked for, and for one group alone in, its name, and page, from 1.
func (h *SearchHandler) search(c *fiber.Ctx) error {
	page := newSearchPage(typed.Line(c.Query("q")))
	if page.tooLong() {
		c.Status(fiber.StatusUnprocessableEntity)
		return showSearch(c, page, 1)
	}
	if page.Query.Value == "" {
		return showSearch(c, page, 1)
	}
	in, number, err := searchedIn(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), patience)
	defer cancel()
	q := search.Query{Text: page.Query.Value, Group: in, Most: shownEach}
	if in != "" {
		q.First, q.Most = (number-1)*shownOfOne, shownOfOne
	}
	found, err := h.index.Search(ctx, q)
	if err != nil {
		return err
	}
	if err := page.results(found, in, number); err != nil {
		return err
	}
	return showSearch(c, page, number)
}

// searchedIn reads which group is looked at, and which page of it.
func searchedIn(c *fiber.Ctx) (in string, page int, err error) {
	in = c.Query("in")
	if in != "" && searchGroups[in] == "" {
		return "", 0, fault.New(fault.NotFound, "There is no such part of the site to search in.")
	}
	page = 1
	if text := c.Query("page"); text != "" {
		if page, err = strconv.Atoi(text); err != nil || page < 1 || page > lastOfGroup || in == "" {
			return "", 0, errNoSearchPage
		}
	}
	return in, page, nil
}

func showSearch(c *fiber.Ctx, page SearchPage, number int) error {
	web.Packs(c) // it shows what was looked for, and holds no secret
	return web.Render(c, "site/search", web.View{Title: page.title(number), NoIndex: true, Error: len(page.Errors) > 0, Section: "search", Page: page})
}
