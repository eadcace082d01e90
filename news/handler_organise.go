package news

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// Desk adds the newsroom to the organisers' area.
func (h *Handler) Desk(d *web.Desk, room *Newsroom) {
	h.room = room
	d.Get(deskPath, h.desk)
	d.Get(deskPath+"/new", h.newArticle)
	d.Post(deskPath+"/new", h.create)
	d.Get(deskPath+"/:id", h.edit)
	d.Post(deskPath+"/:id", h.save)
	d.Get(deskPath+"/:id/files", h.files)
	d.Post(deskPath+"/:id/files", h.upload)
	d.Post(deskPath+"/:id/files/remove", h.removeFile)
	d.Get(deskPath+"/:id/versions", h.versions)
	d.Get(deskPath+"/:id/versions/:version", h.version)
	d.Post(deskPath+"/:id/versions/:version", h.restore)
}

// desk is the list of articles.
func (h *Handler) desk(c *fiber.Ctx) error {
	number, err := pageNumber(c.Query("page"))
	if err != nil {
		return err
	}
	f := Filter{Kind: Kind(c.Query("kind")), State: State(c.Query("state")), Text: strings.TrimSpace(plainText([]byte(c.Query("q")))), Page: number}
	if f.Kind != "" && !f.Kind.Valid() {
		f.Kind = ""
	}
	list, total, err := h.room.List(c.UserContext(), f)
	if err != nil {
		return err
	}
	counts, err := h.room.Counts(c.UserContext())
	if err != nil {
		return err
	}
	if number > 1 && len(list) == 0 {
		return errNoSuchPage
	}
	return web.Render(c, "news/desk", web.View{Title: "Articles", NoIndex: true, Back: &web.Back{Href: "/organise", Text: "Organisers’ area"},
		Page: newDeskPage(f, list, total, counts, h.now(), h.zone)})
}

var toArticles = &web.Back{Href: deskPath, Text: "Articles"}

// typed is what was sent with an article's page.
func typed(c *fiber.Ctx) form {
	args, f := c.Request().PostArgs(), form{}
	for _, name := range formFields {
		f[name] = plainText(args.Peek(name))
		if name != "body" {
			f[name] = strings.TrimSpace(f[name])
		}
	}
	return f
}

func editor(c *fiber.Ctx) Editor {
	p, _ := web.Principal(c)
	return Editor{Entry: web.By(c), Name: p.Name}
}

func (h *Handler) newArticle(c *fiber.Ctx) error {
	kind := Kind(c.Query("kind"))
	if !kind.Valid() {
		kind = ""
	}
	return h.showNew(c, form{"kind": string(kind), "state": string(Draft)}, nil, nil)
}

func (h *Handler) showNew(c *fiber.Ctx, f form, errs []templates.FieldError, preview *ShowPage) error {
	p := newArticlePage(f, errs)
	p.New, p.Heading, p.Action, p.Preview = true, "New article", deskPath+"/new", preview
	return web.Render(c, "news/desk-article", web.View{Title: "New article", NoIndex: true, Error: len(errs) > 0, Back: toArticles, Page: p})
}

func (h *Handler) create(c *fiber.Ctx) error {
	f := typed(c)
	a, err := f.article(h.now(), h.zone)
	if c.FormValue("do") == "preview" {
		preview, err := h.preview(c, a)
		if err != nil {
			return err
		}
		return h.showNew(c, f, nil, preview)
	}
	if err == nil {
		a, err = h.room.Create(c.UserContext(), a, editor(c))
	}
	if fault.Is(err, fault.Invalid) {
		c.Status(fiber.StatusUnprocessableEntity)
		return h.showNew(c, f, problems(err), nil)
	}
	if err != nil {
		return err
	}
	return c.Redirect(after(c, a), fiber.StatusSeeOther)
}

// after is where saving an article leads.
func after(c *fiber.Ctx, a Article) string {
	if c.FormValue("do") == "files" {
		return deskPath + "/" + a.ID + "/files"
	}
	return deskPath + "/" + a.ID + "?done=saved"
}

func (h *Handler) preview(c *fiber.Ctx, a Article) (*ShowPage, error) {
	if a.Status != Published || a.PublishedAt.IsZero() {
		a.PublishedAt = h.now()
	}
	s := sectionOf(a.Kind)
	if s.kind == "" {
		s = plain
	}
	p, err := h.showPage(c, s, a, nil)
	return &p, err
}

func (h *Handler) edit(c *fiber.Ctx) error {
	a, err := h.room.Find(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	return h.showEdit(c, a, formOf(a, h.now(), h.zone), func(p *ArticlePage) {
		switch c.Query("done") {
		case "saved":
			p.Notice = templates.Notice{Text: "The article is saved.", Success: true}
		case "restored":
			p.Notice = templates.Notice{Text: "The earlier version is restored.", Success: true}
		}
	})
}

// showEdit shows the article's page; more adds what the occasion asks for.
func (h *Handler) showEdit(c *fiber.Ctx, a Article, f form, more func(p *ArticlePage)) error {
	p := newArticlePage(f, nil)
	if more != nil {
		more(&p)
	}
	if len(p.Errors) > 0 {
		errs := p
		p = newArticlePage(f, p.Errors)
		p.Conflict = errs.Conflict
	}
	p.Heading, p.Action, p.Tag = a.Title, deskPath+"/"+a.ID, stateTag(a, h.now())
	p.Tabs = articleTabs(a.ID, "")
	if p.Public = ""; a.State(h.now()) == State(Published) {
		p.Public = a.Path()
	}
	return web.Render(c, "news/desk-article", web.View{Title: "Edit: " + a.Title, NoIndex: true, Error: len(p.Errors) > 0, Back: toArticles, Page: p})
}

func (h *Handler) save(c *fiber.Ctx) error {
	f, id := typed(c), c.Params("id")
	a, err := f.article(h.now(), h.zone)
	a.ID = id
	if c.FormValue("do") == "preview" {
		return h.showPreview(c, a, f)
	}
	if err == nil {
		_, err = h.room.Save(c.UserContext(), a, editor(c))
	}
	switch {
	case errors.Is(err, ErrChanged):
		return h.showConflict(c, a, f)
	case fault.Is(err, fault.Invalid):
		now, findErr := h.room.Find(c.UserContext(), id)
		if findErr != nil {
			return findErr
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return h.showEdit(c, now, f, func(p *ArticlePage) { p.Errors = problems(err) })
	case err != nil:
		return err
	}
	return c.Redirect(after(c, a), fiber.StatusSeeOther)
}

func (h *Handler) showPreview(c *fiber.Ctx, a Article, f form) error {
	now, err := h.room.Find(c.UserContext(), a.ID)
	if err != nil {
		return err
	}
	if a.Status == Published && a.PublishedAt.IsZero() && now.Status == Published {
		a.PublishedAt = now.PublishedAt
	}
	preview, err := h.preview(c, a)
	if err != nil {
		return err
	}
	return h.showEdit(c, now, f, func(p *ArticlePage) { p.Preview = preview })
}

// showConflict shows one's own text to send again, now on top of what somebody else has saved, which stands beside it.
func (h *Handler) showConflict(c *fiber.Ctx, mine Article, f form) error {
	theirs, err := h.room.Find(c.UserContext(), mine.ID)
	if err != nil {
		return err
	}
	last, err := h.room.Version(c.UserContext(), mine.ID, theirs.Version)
	if err != nil && !errors.Is(err, ErrNoVersion) {
		return err
	}
	if mine.Status != theirs.Status || mine.PublishedAt.IsZero() {
		mine.PublishedAt = theirs.PublishedAt // the state says it
	}
	f["version"] = strconv.FormatInt(theirs.Version, 10)
	conflict := &ConflictPage{By: last.SavedBy, When: moment(theirs.UpdatedAt, h.zone), Theirs: theirs.Body, Changes: difference(theirs, mine, h.zone)}
	c.Status(fiber.StatusConflict)
	return h.showEdit(c, theirs, f, func(p *ArticlePage) {
		p.Conflict, p.Errors = conflict, []templates.FieldError{{Field: "body", Message: ErrChanged.Message}}
	})
}
