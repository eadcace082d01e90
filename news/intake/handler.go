package intake

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/news"
	"masterclass/templates"
)

const path = "/organise/sources"

// Handler answers the pages of the news sources.
type Handler struct {
	*Intake
	zone *time.Location
}

// NewHandler answers for the intake; dates are those of zone.
func NewHandler(n *Intake, zone *time.Location) *Handler { return &Handler{n, zone} }

// Desk adds the pages to the organisers' area.
func (h *Handler) Desk(d *web.Desk) {
	d.Get(path, h.show)
	d.Post(path, h.add)
	d.Post(path+"/:source/check", h.checkNow)
	d.Post(path+"/:source/remove", h.remove)
	d.Get(path+"/items/:item", h.item)
	d.Post(path+"/items/:item", h.publish)
	d.Post(path+"/items/:item/dismiss", h.dismiss)
}

func text(c *fiber.Ctx, name string) string {
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(c.FormValue(name), "\x00", ""), "\uFFFD"))
}

func editor(c *fiber.Ctx) news.Editor {
	p, _ := web.Principal(c)
	return news.Editor{Entry: web.By(c), Name: p.Name}
}

func (h *Handler) show(c *fiber.Ctx) error { return h.showSources(c, "", "", nil) }

func (h *Handler) showSources(c *fiber.Ctx, name, address string, errs []templates.FieldError) error {
	sources, err := h.Sources(c.UserContext())
	if err != nil {
		return err
	}
	waiting, err := h.Waiting(c.UserContext())
	if err != nil {
		return err
	}
	p := newSourcesPage(sources, waiting, h.zone)
	p.form(name, address, errs)
	p.Notice = templates.Notice{Text: notices[c.Query("done")], Success: true}
	return web.Render(c, "intake/sources", web.View{Title: "News sources", NoIndex: true, Error: len(errs) > 0,
		Back: &web.Back{Href: "/organise", Text: "Organisers’ area"}, Page: p})
}

var notices = map[string]string{"added": "The source is added.", "checked": "The source has been looked at.", "removed": "The source is removed.",
	"published": "The news is published.", "dismissed": "The news is dismissed."}

func done(c *fiber.Ctx, what string) error {
	return c.Redirect(path+"?done="+what, fiber.StatusSeeOther)
}

func problems(err error) (list []templates.FieldError) {
	if f, ok := fault.Of(err); ok {
		for _, field := range f.Fields {
			if field.Name == "slug" {
				field.Name = "title"
			}
			list = append(list, templates.FieldError{Field: field.Name, Message: field.Message})
		}
	}
	return list
}

func (h *Handler) add(c *fiber.Ctx) error {
	name, address := text(c, "name"), text(c, "url")
	_, err := h.Add(c.UserContext(), name, address, editor(c))
	if fault.Is(err, fault.Invalid) {
		c.Status(fiber.StatusUnprocessableEntity)
		return h.showSources(c, name, address, problems(err))
	}
	if err != nil {
		return err
	}
	return done(c, "added")
}

func (h *Handler) checkNow(c *fiber.Ctx) error {
	if err := h.Check(c.UserContext(), c.Params("source")); err != nil {
		return err
	}
	return done(c, "checked")
}

func (h *Handler) remove(c *fiber.Ctx) error {
	if err := h.Remove(c.UserContext(), c.Params("source"), editor(c)); err != nil {
		return err
	}
	return done(c, "removed")
}

func (h *Handler) item(c *fiber.Ctx) error {
	i, err := h.Item(c.UserContext(), c.Params("item"))
	if err != nil {
		return err
	}
	return h.showItem(c, i, Piece{Kind: news.News, Title: i.Title}, nil)
}

func (h *Handler) showItem(c *fiber.Ctx, i Item, p Piece, errs []templates.FieldError) error {
	return web.Render(c, "intake/item", web.View{Title: "Review: " + i.Title, NoIndex: true, Error: len(errs) > 0,
		Back: &web.Back{Href: path, Text: "News sources"}, Page: newItemPage(i, p, errs, h.zone)})
}

func (h *Handler) publish(c *fiber.Ctx) error {
	p := Piece{Kind: news.Kind(text(c, "kind")), Title: text(c, "title"), Summary: text(c, "summary")}
	_, err := h.Publish(c.UserContext(), c.Params("item"), p, editor(c))
	if fault.Is(err, fault.Invalid) {
		i, findErr := h.Item(c.UserContext(), c.Params("item"))
		if findErr != nil {
			return findErr
		}
		c.Status(fiber.StatusUnprocessableEntity)
		return h.showItem(c, i, p, problems(err))
	}
	if err != nil {
		return err
	}
	return done(c, "published")
}

func (h *Handler) dismiss(c *fiber.Ctx) error {
	if err := h.Dismiss(c.UserContext(), c.Params("item"), editor(c)); err != nil {
		return err
	}
	return done(c, "dismissed")
}
