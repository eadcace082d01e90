package events

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

const (
	resourcesPath = eventPath + "/resources"
	resourcePath  = resourcesPath + "/:resource"
)

func (h *Desk) resourceRoutes(d *web.Desk) {
	d.Get(resourcesPath, h.with(h.resources))
	d.Get(resourcesPath+"/new", h.with(h.newResource))
	d.Post(resourcesPath+"/new", h.with(h.addResource))
	d.Get(resourcePath+"/edit", h.with(h.resourceForm))
	d.Post(resourcePath+"/edit", h.with(h.changeResource))
	d.Post(resourcePath+"/move", h.with(h.moveResource))
	d.Get(resourcePath+"/remove", h.with(h.askResource))
	d.Post(resourcePath+"/remove", h.with(h.removeResource))
}

func (h *Desk) resources(c *fiber.Ctx, e *Event) error {
	list, err := h.events.Resources(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	page := newResourcesPage(e, list, h.now())
	page.Tabs, page.Notice = web.EventTabs(c, e.Slug, "/resources"), noticeOf(c)
	return web.Render(c, "events/organise-resources", web.View{Title: e.Title + ": resources", NoIndex: true, Back: allEvents, Page: page})
}

func (e *Event) newResourcePart() part {
	return part{heading: "Add a resource", tab: "/resources", path: "/resources/new", shape: resourceShape, groups: e.resourceGroups(&Resource{}), uploads: true}
}

func (e *Event) resourcePart(r *Resource) part {
	return part{heading: "Change a resource", tab: "/resources", path: "/resources/" + r.ID + "/edit", shape: resourceShape, groups: e.resourceGroups(r), uploads: true,
		danger: templates.Link{Href: e.deskPath("/resources/" + r.ID + "/remove"), Text: "Remove this resource"}}
}

func (h *Desk) newResource(c *fiber.Ctx, e *Event) error {
	return h.showPart(c, e, e.newResourcePart(), values{"kind": "slides"}, fiber.StatusOK)
}

// upload reads the file that came with the form; nil without one. What is wrong with it is a field's error.
func (h *Desk) upload(c *fiber.Ctx) (Upload, []fault.Field, error) {
	if !strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return nil, nil, nil
	}
	form, err := c.MultipartForm()
	if err != nil {
		return nil, nil, fiber.ErrBadRequest
	}
	sent := form.File[fileField]
	if len(sent) == 0 {
		return nil, nil, nil // a browser sends an empty value for no file
	}
	r, err := sent[0].Open()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	file, err := h.editor.files.Read(sent[0].Filename, body)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		return nil, []fault.Field{{Name: fileField, Message: f.Message}}, nil
	}
	return file, nil, err
}

// sentOf reads the fields of a form that comes with a file, or of one that does not.
func sentOf(c *fiber.Ctx) func(string) string {
	form, err := c.MultipartForm()
	if err != nil {
		return fieldOf(c)
	}
	return func(name string) string { return strings.Join(form.Value[name][:min(1, len(form.Value[name]))], "") }
}

// again adds that the file must be chosen once more: a browser cannot be given it back.
func again(wrong []fault.Field, file Upload) []fault.Field {
	if file == nil || len(wrong) == 0 || slices.ContainsFunc(wrong, func(w fault.Field) bool { return w.Name == fileField }) {
		return wrong
	}
	return append(wrong, fault.Field{Name: fileField, Message: "Choose the file again: it is not kept until the rest is right"})
}

func (h *Desk) addResource(c *fiber.Ctx, e *Event) error {
	file, bad, err := h.upload(c)
	if err != nil {
		return err
	}
	v := resourceShape.read(sentOf(c))
	r, wrong := v.resource(&Resource{EventID: e.ID}, e, file != nil || len(bad) > 0)
	if wrong = again(append(wrong, bad...), file); len(wrong) > 0 {
		p := e.newResourcePart()
		p.wrong = wrong
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	}
	if err := h.editor.AddResource(c.UserContext(), r, file, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/resources", "added")
}

// resource finds the one of the address.
func (h *Desk) resource(c *fiber.Ctx, e *Event) (*Resource, error) {
	list, err := h.events.Resources(c.UserContext(), e.ID)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].ID == c.Params("resource") {
			return &list[i], nil
		}
	}
	return nil, ErrNoResource
}

func (h *Desk) resourceForm(c *fiber.Ctx, e *Event) error {
	r, err := h.resource(c, e)
	if err != nil {
		return err
	}
	p, v := e.resourcePart(r), resourceValues(r)
	p.seen = resourceShape.seen(v)
	return h.showPart(c, e, p, v, fiber.StatusOK)
}

func (h *Desk) changeResource(c *fiber.Ctx, e *Event) error {
	r, err := h.resource(c, e)
	if err != nil {
		return err
	}
	file, bad, err := h.upload(c)
	if err != nil {
		return err
	}
	sent := sentOf(c)
	v, p := resourceShape.read(sent), e.resourcePart(r)
	p.seen = sent(seenField)
	err = h.editor.ChangeResource(c.UserContext(), e.ID, r.ID, file, web.By(c), func(stored *Resource) error {
		now := resourceValues(stored)
		v[heldField], p.groups = now[heldField], e.resourceGroups(stored)
		if merged, clashes := resourceShape.clashes(p.seen, v, now); len(clashes) > 0 {
			v, p.seen, p.clashes = merged, resourceShape.seen(now), clashes
			return errClash
		}
		changed, wrong := v.resource(stored, e, file != nil || len(bad) > 0)
		if p.wrong = again(append(wrong, bad...), file); len(p.wrong) == 0 {
			*stored = *changed
		}
		return mend(p.wrong)
	})
	switch {
	case errors.Is(err, errClash):
		p.wrong = nil
		return h.showPart(c, e, p, v, fiber.StatusConflict)
	case len(p.wrong) > 0:
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return h.to(c, e, "/resources", "saved")
}

func (h *Desk) moveResource(c *fiber.Ctx, e *Event) error {
	id := c.Params("resource")
	if err := h.editor.MoveResource(c.UserContext(), e.ID, id, c.FormValue("to") == "up", web.By(c)); err != nil {
		return err
	}
	return c.Redirect(e.deskPath("/resources")+"#resource-"+id, fiber.StatusSeeOther)
}

func (h *Desk) askResource(c *fiber.Ctx, e *Event) error {
	r, err := h.resource(c, e)
	if err != nil {
		return err
	}
	return h.askPart(c, e, templates.AskPage{Heading: "Remove this resource?", Action: e.deskPath("/resources/" + r.ID + "/remove"), Button: "Remove",
		Paragraphs: []string{r.Title, "It goes from the event’s page at once. A file that was uploaded for it is deleted."}}, "/resources")
}

func (h *Desk) removeResource(c *fiber.Ctx, e *Event) error {
	if err := h.editor.RemoveResource(c.UserContext(), e.ID, c.Params("resource"), web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/resources", "removed")
}
