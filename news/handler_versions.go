package news

import (
	"fmt"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
	"masterclass/templates"
)

// HistoryPage is what happened to an article.
type HistoryPage struct {
	Heading string
	Tabs    []web.Tab
	Rows    []HistoryRow
}

// HistoryRow is one version of it.
type HistoryRow struct {
	templates.Link
	When, By, Change string
	Current          bool
}

// VersionPage is one version, and what has become of it since.
type VersionPage struct {
	Heading, When, By string
	Tabs              []web.Tab
	Current           bool
	Version           string // the last one, for the form
	Action            string
	Body              string
	Changes           []Changed
}

func (h *Handler) versions(c *fiber.Ctx) error {
	a, err := h.room.Find(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	list, err := h.room.Versions(c.UserContext(), a.ID)
	if err != nil {
		return err
	}
	p := HistoryPage{Heading: a.Title, Tabs: articleTabs(a.ID, "/versions")}
	for _, v := range list {
		p.Rows = append(p.Rows, HistoryRow{Link: templates.Link{Href: fmt.Sprintf("%s/%s/versions/%d", deskPath, a.ID, v.Number), Text: fmt.Sprintf("Version %d", v.Number)},
			When: moment(v.SavedAt, h.zone), By: v.SavedBy, Change: v.Change, Current: v.Number == a.Version})
	}
	return web.Render(c, "news/desk-versions", web.View{Title: "History: " + a.Title, NoIndex: true, Back: toArticles, Page: p})
}

// numbered is the version that the address names.
func (h *Handler) numbered(c *fiber.Ctx) (Version, error) {
	n, err := strconv.ParseInt(c.Params("version"), 10, 64)
	if err != nil {
		return Version{}, ErrNoVersion
	}
	return h.room.Version(c.UserContext(), c.Params("id"), n)
}

func (h *Handler) version(c *fiber.Ctx) error {
	a, err := h.room.Find(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	v, err := h.numbered(c)
	if err != nil {
		return err
	}
	p := VersionPage{Heading: a.Title, When: moment(v.SavedAt, h.zone), By: v.SavedBy, Tabs: articleTabs(a.ID, "/versions"), Current: v.Number == a.Version,
		Version: strconv.FormatInt(a.Version, 10), Action: c.Path(), Body: v.Body, Changes: difference(v.Article, a, h.zone)}
	return web.Render(c, "news/desk-version", web.View{Title: fmt.Sprintf("Version %d: %s", v.Number, a.Title), NoIndex: true,
		Back: &web.Back{Href: deskPath + "/" + a.ID + "/versions", Text: "History"}, Page: p})
}

func (h *Handler) restore(c *fiber.Ctx) error {
	n, err := strconv.ParseInt(c.Params("version"), 10, 64)
	if err != nil {
		return ErrNoVersion
	}
	current, err := strconv.ParseInt(c.FormValue("version"), 10, 64)
	if err != nil {
		current = 0 // which is nobody's
	}
	a, err := h.room.Restore(c.UserContext(), c.Params("id"), n, current, editor(c))
	if err != nil {
		return err
	}
	return c.Redirect(deskPath+"/"+a.ID+"?done=restored", fiber.StatusSeeOther)
}
