package learning

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/markdown"
	"masterclass/internal/typed"
	"masterclass/internal/web"
	"masterclass/templates"
)

// Desk answers the organisers' pages of e-learning.
type Desk struct{ *Learning }

// NewDesk changes the modules.
func NewDesk(l *Learning) *Desk { return &Desk{l} }

const (
	deskPath   = "/organise/learning"
	modulePath = deskPath + "/:slug"
)

// Routes adds the pages.
func (h *Desk) Routes(d *web.Desk) {
	d.Get(deskPath, h.index)
	d.Get(modulePath, h.with(h.module))
	d.Get(modulePath+"/publish", h.with(h.askPublish))
	d.Post(modulePath+"/publish", h.with(h.publish))
	d.Post(modulePath+"/unpublish", h.with(h.unpublish))
	for _, k := range []kind{pageKind, questionKind} {
		d.Get(modulePath+k.path+"/new", h.with(h.newForm(k)))
		d.Post(modulePath+k.path+"/new", h.with(h.add(k)))
		d.Get(modulePath+k.path+"/:id", h.with(h.form(k)))
		d.Post(modulePath+k.path+"/:id", h.with(h.change(k)))
		d.Post(modulePath+k.path+"/:id/move", h.with(h.moveOne(k)))
		d.Get(modulePath+k.path+"/:id/delete", h.with(h.ask(k)))
		d.Post(modulePath+k.path+"/:id/delete", h.with(h.delete(k)))
	}
}

func (h *Desk) with(f func(c *fiber.Ctx, m *Module) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		slug := c.Params("slug")
		m, err := h.AnyModule(c.UserContext(), slug)
		if errors.Is(err, errNoModule) {
			return h.orMoved(c, slug)
		}
		if err != nil {
			return err
		}
		return f(c, m)
	}
}

// orMoved leads on from an address that a module gave up, with what was sent there.
func (h *Desk) orMoved(c *fiber.Ctx, slug string) error {
	now, err := h.movedTo(c.UserContext(), slug)
	if err != nil {
		return err
	}
	return web.Moved(c, deskPath+"/"+slug, deskPath+"/"+now)
}

func (h *Desk) index(c *fiber.Ctx) error {
	modules, err := h.AnyModules(c.UserContext())
	if err != nil {
		return err
	}
	return web.Render(c, "learning/organise-index", web.View{Title: "E-learning", NoIndex: true, Page: newDeskIndex(modules)})
}

var deskNotices = map[string]string{"added": "Added.", "saved": "Your changes are saved.", "deleted": "Deleted.", "published": "The module is open.", "unpublished": "The module is coming soon again."}

func (h *Desk) module(c *fiber.Ctx, m *Module) error {
	page := newDeskModule(m)
	if words := deskNotices[c.Query("done")]; words != "" {
		page.Notice = templates.Notice{Text: words, Success: true}
	}
	return web.Render(c, "learning/organise-module", web.View{Title: m.Title + ": e-learning", NoIndex: true, Back: allModules, Page: page})
}

var allModules = &web.Back{Href: deskPath, Text: "All modules"}

func (m *Module) deskPath() string { return deskPath + "/" + m.Slug }

func done(c *fiber.Ctx, m *Module, what string) error {
	return c.Redirect(m.deskPath()+"?done="+what, fiber.StatusSeeOther)
}

// askPublish asks before people are written to.
func (h *Desk) askPublish(c *fiber.Ctx, m *Module) error {
	if len(m.Pages) == 0 {
		return errNoPages
	}
	told := "Nobody has asked to be told."
	if m.Waiting > 0 {
		told = "We then write to " + people(m.Waiting) + " who asked to be told, and delete their addresses."
	}
	return web.Render(c, "organise/ask", web.View{Title: m.Title + ": publish", NoIndex: true, Back: allModules, Page: templates.AskPage{
		Caption: m.Title, Heading: "Publish this module?", Paragraphs: []string{"Everybody can then read its " + counted(len(m.Pages), "page") + ".", told},
		Action: m.deskPath() + "/publish", Button: "Publish", Cancel: templates.Link{Href: m.deskPath(), Text: "Not yet"},
	}})
}

func (h *Desk) publish(c *fiber.Ctx, m *Module) error {
	if err := h.Publish(c.UserContext(), m, web.By(c)); err != nil {
		return err
	}
	return done(c, m, "published")
}

func (h *Desk) unpublish(c *fiber.Ctx, m *Module) error {
	if err := h.Unpublish(c.UserContext(), m, web.By(c)); err != nil {
		return err
	}
	return done(c, m, "unpublished")
}

// kind is what a module has several of: pages or questions.
type kind struct {
	path, noun, table string
	read              func(c *fiber.Ctx) draft
	stored            func(m *Module, id string) (draft, bool)
}

var (
	pageKind     = kind{"/pages", "page", pagesTable, readPage, storedPage}
	questionKind = kind{"/questions", "question", questionsTable, readQuestion, storedQuestion}
)

// draft is a page or question in a form.
type draft interface {
	identity() (id, label string, version int64)
	versioned(id string, version int64) draft
	fields(wrong map[string]string) []templates.Field
	values() [][2]string // names and values, for a clash
	add(c *fiber.Ctx, l *Learning, m *Module, by access.Entry) error
	change(c *fiber.Ctx, l *Learning, m *Module, by access.Entry) error
}

func readPage(c *fiber.Ctx) draft {
	return Page{Title: field(c, "title"), Body: typed.Markup(c.FormValue("body"))}
}

func readQuestion(c *fiber.Ctx) draft {
	q := Question{Text: field(c, "question"), Explanation: field(c, "explanation")}
	right := map[string]bool{}
	for _, v := range c.Request().PostArgs().PeekMulti("right") {
		right[string(v)] = true
	}
	for i := range maxAnswers {
		n := strconv.Itoa(i + 1)
		if text := field(c, "answer_"+n); text != "" {
			q.Answers = append(q.Answers, Answer{text, right[n]})
		}
	}
	return q
}

func storedPage(m *Module, id string) (draft, bool) {
	for _, p := range m.Pages {
		if p.ID == id {
			return p, true
		}
	}
	return nil, false
}

func storedQuestion(m *Module, id string) (draft, bool) {
	for _, q := range m.Questions {
		if q.ID == id {
			return q, true
		}
	}
	return nil, false
}

func (p Page) add(c *fiber.Ctx, l *Learning, m *Module, by access.Entry) error {
	return l.AddPage(c.UserContext(), m, p, by)
}

func (p Page) change(c *fiber.Ctx, l *Learning, m *Module, by access.Entry) error {
	return l.ChangePage(c.UserContext(), m, p, by)
}

func (q Question) add(c *fiber.Ctx, l *Learning, m *Module, by access.Entry) error {
	return l.AddQuestion(c.UserContext(), m, q, by)
}

func (q Question) change(c *fiber.Ctx, l *Learning, m *Module, by access.Entry) error {
	return l.ChangeQuestion(c.UserContext(), m, q, by)
}

func (h *Desk) newForm(k kind) func(c *fiber.Ctx, m *Module) error {
	return func(c *fiber.Ctx, m *Module) error {
		empty := draft(Page{})
		if k.noun == questionKind.noun {
			empty = Question{}
		}
		return showForm(c, m, k, "", empty, nil, nil, fiber.StatusOK)
	}
}

func showForm(c *fiber.Ctx, m *Module, k kind, id string, d draft, problem error, clashes []templates.Clash, status int) error {
	page, err := newForm(m, k, id, d, problem, clashes, c.FormValue("step") == "preview")
	if err != nil {
		return err
	}
	return web.Render(c.Status(status), "organise/form", web.View{Title: m.Title + ": " + strings.ToLower(page.Heading[:1]) + page.Heading[1:], NoIndex: true,
		Back: &web.Back{Href: m.deskPath(), Text: "Back to the module"}, Error: len(page.Errors) > 0, Page: page})
}

// preview shows the text as it will be and stores nothing.
func preview(d draft) (text string, ok bool) {
	p, ok := d.(Page)
	return p.Body, ok
}

func (h *Desk) add(k kind) func(c *fiber.Ctx, m *Module) error {
	return func(c *fiber.Ctx, m *Module) error {
		d := k.read(c)
		if c.FormValue("step") == "preview" {
			return showForm(c, m, k, "", d, nil, nil, fiber.StatusOK)
		}
		err := d.add(c, h.Learning, m, web.By(c))
		if fault.Is(err, fault.Invalid) {
			return showForm(c, m, k, "", d, err, nil, fiber.StatusUnprocessableEntity)
		}
		if err != nil {
			return err
		}
		return done(c, m, "added")
	}
}

func (h *Desk) form(k kind) func(c *fiber.Ctx, m *Module) error {
	return func(c *fiber.Ctx, m *Module) error {
		d, ok := k.stored(m, c.Params("id"))
		if !ok {
			return errNoPart
		}
		return showForm(c, m, k, c.Params("id"), d, nil, nil, fiber.StatusOK)
	}
}

var errNoPart = fault.New(fault.NotFound, "The module has no such page or question. Somebody may have deleted it.")

func (h *Desk) change(k kind) func(c *fiber.Ctx, m *Module) error {
	return func(c *fiber.Ctx, m *Module) error {
		id := c.Params("id")
		now, ok := k.stored(m, id)
		if !ok {
			return errNoPart
		}
		version, err := strconv.ParseInt(c.FormValue("version"), 10, 64)
		if err != nil {
			return errChanged
		}
		d := k.read(c).versioned(id, version)
		if c.FormValue("step") == "preview" {
			return showForm(c, m, k, id, d, nil, nil, fiber.StatusOK)
		}
		err = d.change(c, h.Learning, m, web.By(c))
		switch {
		case fault.Is(err, fault.Invalid):
			return showForm(c, m, k, id, d, err, nil, fiber.StatusUnprocessableEntity)
		case fault.Is(err, fault.Conflict):
			_, _, version = now.identity()
			return showForm(c, m, k, id, d.versioned(id, version), nil, clashesOf(now, d), fiber.StatusConflict)
		case err != nil:
			return err
		}
		return done(c, m, "saved")
	}
}

func (h *Desk) moveOne(k kind) func(c *fiber.Ctx, m *Module) error {
	return func(c *fiber.Ctx, m *Module) error {
		if _, ok := k.stored(m, c.Params("id")); !ok {
			return errNoPart
		}
		if err := h.move(c.UserContext(), m, k.table, "learning."+k.noun+"-moved", c.Params("id"), c.FormValue("to") == "up", web.By(c)); err != nil {
			return err
		}
		return c.Redirect(m.deskPath()+"#"+k.noun+"-"+c.Params("id"), fiber.StatusSeeOther)
	}
}

func (h *Desk) ask(k kind) func(c *fiber.Ctx, m *Module) error {
	return func(c *fiber.Ctx, m *Module) error {
		d, ok := k.stored(m, c.Params("id"))
		if !ok {
			return errNoPart
		}
		id, label, version := d.identity()
		return web.Render(c, "organise/ask", web.View{Title: m.Title + ": delete a " + k.noun, NoIndex: true, Back: &web.Back{Href: m.deskPath(), Text: "Back to the module"}, Page: templates.AskPage{
			Caption: m.Title, Heading: "Delete this " + k.noun + "?", Paragraphs: []string{label, "This cannot be undone."}, Warning: true, Button: "Delete",
			Action: m.deskPath() + k.path + "/" + id + "/delete", Hidden: []templates.Button{{Name: "version", Value: strconv.FormatInt(version, 10)}},
			Cancel: templates.Link{Href: m.deskPath(), Text: "Keep it"},
		}})
	}
}

func (h *Desk) delete(k kind) func(c *fiber.Ctx, m *Module) error {
	return func(c *fiber.Ctx, m *Module) error {
		if _, ok := k.stored(m, c.Params("id")); !ok {
			return errNoPart
		}
		version, err := strconv.ParseInt(c.FormValue("version"), 10, 64)
		if err != nil {
			return errChanged
		}
		if err := h.remove(c.UserContext(), m, k.table, "learning."+k.noun+"-deleted", c.Params("id"), version, web.By(c)); err != nil {
			return err
		}
		return done(c, m, "deleted")
	}
}

// rendered is a preview as HTML.
var rendered = markdown.HTML
