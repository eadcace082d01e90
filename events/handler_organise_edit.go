package events

import (
	"errors"
	"html/template"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/markdown"
	"masterclass/internal/web"
	"masterclass/templates"
)

// newForm shows the empty form: a day event, four weeks ahead at the earliest, that nobody has to fill in times of night for.
func (h *Desk) newForm(c *fiber.Ctx) error {
	return h.showNew(c, values{"time_zone": h.zone.String(), "starts_time": "09:30", "ends_time": "16:30"}, nil, fiber.StatusOK)
}

func (h *Desk) showNew(c *fiber.Ctx, v values, wrong []fault.Field, status int) error {
	page := templates.FormPage{Heading: "Create an event", Lead: "It is kept as a draft until you publish it. Places and the programme come next.",
		Action: deskPath + "/new", Submit: templates.Button{Name: "step", Value: "check", Form: "Create the event"},
		Cancel: templates.Link{Href: deskPath, Text: "Cancel"}, Errors: errorsOf(wrong), Groups: detailGroups(sheet{v, wrong}, false)}
	return h.showForm(c, page, v, web.View{Title: "Create an event", Back: allEvents}, status)
}

// showForm shows a form of an event's details; the button that previews the description is answered by it too.
func (h *Desk) showForm(c *fiber.Ctx, page templates.FormPage, v values, view web.View, status int) error {
	page.Others = []templates.Button{{Name: "step", Value: "preview", Form: "Preview the description"}}
	if c.Method() == fiber.MethodPost && c.FormValue("step") == "preview" {
		html, err := markdown.HTML(v["description"])
		if err != nil {
			return err
		}
		if page.Preview = html; html == "" {
			page.Preview = template.HTML("<p>The description is empty.</p>")
		}
	}
	view.Page, view.NoIndex, view.Error = page, true, len(page.Errors) > 0
	c.Status(status)
	return web.Render(c, "organise/form", view)
}

func (h *Desk) create(c *fiber.Ctx) error {
	v := eventShape.read(fieldOf(c))
	if c.FormValue("step") == "preview" {
		return h.showNew(c, v, nil, fiber.StatusOK)
	}
	e, wrong := v.event(&Event{UID: newID()})
	if len(wrong) > 0 {
		return h.showNew(c, v, wrong, fiber.StatusUnprocessableEntity)
	}
	err := h.editor.Create(c.UserContext(), e, web.By(c))
	if errors.Is(err, ErrSlug) {
		v["slug"] = e.Slug
		return h.showNew(c, v, ErrSlug.Fields, fiber.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return h.to(c, e, "", "created")
}

// fieldOf reads the fields of the request's form.
func fieldOf(c *fiber.Ctx) func(string) string {
	return func(name string) string { return string(c.Request().PostArgs().Peek(name)) }
}

func (h *Desk) editForm(c *fiber.Ctx, e *Event) error {
	v := detailsOf(e)
	return h.showEdit(c, e, v, edited{seen: eventShape.seen(v)}, fiber.StatusOK)
}

// edited is what the form of an event's details shows besides the details.
type edited struct {
	seen      string
	wrong     []fault.Field
	clashes   []templates.Clash
	takePlace bool // of a postponed event: that it takes place at the times in the form
}

func (h *Desk) showEdit(c *fiber.Ctx, e *Event, v values, with edited, status int) error {
	page := templates.FormPage{Caption: e.Title, Heading: "Details", Tabs: web.EventTabs(c, e.Slug, "/edit"), Errors: errorsOf(with.wrong), Clashes: with.clashes,
		Groups: detailGroups(sheet{v, with.wrong}, true), Hidden: []templates.Button{{Name: seenField, Value: with.seen}}, Action: e.deskPath("/edit"),
		Submit: templates.Button{Name: "step", Value: "check", Form: "Save"}, Cancel: templates.Link{Href: e.deskPath(""), Text: "Cancel"}}
	if e.Status == Postponed {
		page.Groups = append(page.Groups, templates.FieldGroup{Heading: "The new date", Fields: []templates.Field{{Checkbox: &templates.Checkbox{
			ID: takesPlace, Label: "The event takes place at the times above", Checked: with.takePlace,
			Hint: "It is postponed now. Everybody who is registered or waits is told of the new date."}}}})
	}
	return h.showForm(c, page, v, web.View{Title: e.Title + ": details", Back: allEvents}, status)
}

const takesPlace = "takes_place"

// edit stores the details. When that means mail to people, it first says what they are told, and how many they are.
func (h *Desk) edit(c *fiber.Ctx, e *Event) error {
	v, step := eventShape.read(fieldOf(c)), c.FormValue("step")
	with := edited{seen: c.FormValue(seenField), takePlace: tick(c.FormValue(takesPlace)) == yes}
	if step == "preview" || step == "change" {
		return h.showEdit(c, e, v, with, fiber.StatusOK)
	}
	now := detailsOf(e)
	if merged, clashes := eventShape.clashes(with.seen, v, now); len(clashes) > 0 {
		with.seen, with.clashes = eventShape.seen(now), clashes
		return h.showEdit(c, e, merged, with, fiber.StatusConflict)
	}
	changed, wrong := v.event(e)
	if len(wrong) > 0 {
		with.wrong = wrong
		return h.showEdit(c, e, v, with, fiber.StatusUnprocessableEntity)
	}
	if e.Status == Postponed && with.takePlace {
		changed.Status = Published
	}
	if step != "save" {
		c2, err := h.plans.PreviewChange(c.UserContext(), e.ID, changed)
		if err != nil {
			return err
		}
		if c2.Recipients > 0 {
			return h.showPreview(c, e, changed, v, with, c2)
		}
	}
	return h.save(c, e, changed, v, with)
}

func (h *Desk) save(c *fiber.Ctx, e, changed *Event, v values, with edited) error {
	done, err := h.plans.ChangeEvent(c.UserContext(), changed, e.Version, web.By(c))
	switch {
	case errors.Is(err, ErrSlug):
		v["slug"], with.wrong = changed.Slug, ErrSlug.Fields
		return h.showEdit(c, e, v, with, fiber.StatusUnprocessableEntity)
	case errors.Is(err, ErrChanged):
		return h.again(c, e)
	case err != nil:
		return err
	case done.Recipients > 0:
		return h.to(c, changed, "", "told")
	}
	return h.to(c, changed, "", "saved")
}

// again tries once more when somebody changed the event between its being read and being stored: the form then tells of it, unless it was
// something that the form does not hold, such as the programme.
func (h *Desk) again(c *fiber.Ctx, old *Event) error {
	e, err := h.events.ByID(c.UserContext(), old.ID)
	if err != nil {
		return err
	}
	if e.Version == old.Version { // it cannot have been that
		return ErrChanged
	}
	return h.edit(c, e)
}

// previewPage is what a change means for people, before it is made.
type previewPage struct {
	Title      string
	Tabs       []web.Tab
	What       []string
	Recipients int
	Letters    []templates.Letter
	Hidden     []templates.Button
	Action     string
}

func (h *Desk) showPreview(c *fiber.Ctx, e, changed *Event, v values, with edited, means Change) error {
	letters, err := h.sample(e, changed)
	if err != nil {
		return err
	}
	hidden := append(eventShape.hidden(v), templates.Button{Name: seenField, Value: with.seen})
	if with.takePlace {
		hidden = append(hidden, templates.Button{Name: takesPlace, Value: yes})
	}
	return web.Render(c, "events/organise-preview", web.View{Title: e.Title + ": check the change", NoIndex: true, Back: allEvents, Page: previewPage{
		Title: e.Title, Tabs: web.EventTabs(c, e.Slug, "/edit"), What: means.What, Recipients: means.Recipients, Letters: letters,
		Hidden: hidden, Action: e.deskPath("/edit"),
	}})
}

// duplicateShape is the form of a copy.
var duplicateShape = shape{
	{"title", "Title", line, maxTitle, "Enter the title of the new event"},
	{"slug", "Web address", smallSlug, maxSlug, ""},
	{"starts_date", "First day", line, 0, ""},
}

func (h *Desk) duplicateForm(c *fiber.Ctx, e *Event) error {
	return h.showDuplicate(c, e, values{"title": e.Title}, nil, fiber.StatusOK)
}

func (h *Desk) showDuplicate(c *fiber.Ctx, e *Event, v values, wrong []fault.Field, status int) error {
	p := sheet{v, wrong}
	page := templates.FormPage{Caption: e.Title, Heading: "Duplicate this event", Tabs: web.EventTabs(c, e.Slug, ""), Errors: errorsOf(wrong),
		Lead: "The copy is a draft with the same details, places, questions and programme, and nobody registered. Times of day stay as they are.",
		Groups: []templates.FieldGroup{{Fields: []templates.Field{
			p.input(templates.Input{ID: "title", Label: "Title"}),
			p.input(templates.Input{ID: "slug", Label: "Web address", Prefix: "/events/", Optional: true, Hint: slugHint}),
			p.input(templates.Input{ID: "starts_date", Label: "First day of the new event", Type: "date", Class: "nhsuk-input--width-10", Hint: "The other dates, such as when registration closes, move by as many days"}),
		}}},
		Action: e.deskPath("/duplicate"), Submit: templates.Button{Name: "step", Value: "check", Form: "Make the copy"}, Cancel: templates.Link{Href: e.deskPath(""), Text: "Cancel"}}
	c.Status(status)
	return web.Render(c, "organise/form", web.View{Title: e.Title + ": duplicate", NoIndex: true, Back: allEvents, Error: len(wrong) > 0, Page: page})
}

func (h *Desk) duplicate(c *fiber.Ctx, e *Event) error {
	v := duplicateShape.read(fieldOf(c))
	wrong := duplicateShape.check(v)
	slug := v["slug"]
	first, more := startsPair.read(values{"starts_date": v["starts_date"]}, nil, true)
	wrong = append(wrong, more...)
	if slug == "" && len(more) == 0 {
		slug = slugOf(v["title"] + " " + first[:4])
	}
	wrong = append(wrong, v.checkAddresses(&Event{Title: v["title"], Slug: slug})...)
	if len(wrong) > 0 {
		return h.showDuplicate(c, e, v, wrong, fiber.StatusUnprocessableEntity)
	}
	made, err := h.editor.Duplicate(c.UserContext(), e, v["title"], slug, daysBetween(e.StartsLocal, first), web.By(c))
	switch {
	case errors.Is(err, ErrSlug):
		v["slug"] = slug
		return h.showDuplicate(c, e, v, ErrSlug.Fields, fiber.StatusUnprocessableEntity)
	case errors.Is(err, ErrDetails):
		return h.showDuplicate(c, e, v, []fault.Field{{Name: "starts_date", Message: "The event cannot take place on that day: the clocks skip its time, or calendars do not know the year"}},
			fiber.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return h.to(c, made, "", "duplicated")
}

// daysBetween is how many days lie between the days of two local times.
func daysBetween(from, to string) int {
	a, err1 := time.Parse(LocalDate, from[:len(LocalDate)])
	b, err2 := time.Parse(LocalDate, to[:len(LocalDate)])
	if err1 != nil || err2 != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}

func (h *Desk) askDiscard(c *fiber.Ctx, e *Event) error {
	if e.Status != Draft || e.taken() {
		return ErrNotDiscarded
	}
	return h.ask(c, e, "", "Delete this draft?", "/delete", "Its details, programme, places and questions are deleted, and its address is free again. This cannot be undone.")
}

func (h *Desk) discard(c *fiber.Ctx, e *Event) error {
	if err := h.editor.Discard(c.UserContext(), e, web.By(c)); err != nil {
		return err
	}
	return c.Redirect(deskPath+"?done=discarded", fiber.StatusSeeOther)
}
