package events

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

const placesPath = eventPath + "/places"

func (h *Desk) placeRoutes(d *web.Desk) {
	d.Get(placesPath, h.with(h.places))
	d.Get(placesPath+"/new", h.with(h.newPlace))
	d.Post(placesPath+"/new", h.with(h.addPlace))
	d.Get(placesPath+"/:place", h.with(h.placeForm))
	d.Post(placesPath+"/:place", h.with(h.changePlace))
	d.Post(placesPath+"/:place/move", h.with(h.movePlace))
	d.Get(placesPath+"/:place/delete", h.with(h.askPlace))
	d.Post(placesPath+"/:place/delete", h.with(h.deletePlace))
}

func (h *Desk) places(c *fiber.Ctx, e *Event) error {
	page := newPlacesPage(e, h.now())
	page.Tabs, page.Notice = web.EventTabs(c, e.Slug, "/places"), noticeOf(c)
	page.Notice.Text += givenWords(c.Query("given"))
	return web.Render(c, "events/organise-places", web.View{Title: e.Title + ": places", NoIndex: true, Back: allEvents, Page: page})
}

// givenWords says who got the seats that a larger capacity has set free, if anybody waited for them.
func givenWords(given string) string {
	switch n, err := strconv.Atoi(given); {
	case err != nil || n < 1:
		return ""
	case n == 1:
		return " 1 person who waited has a place now, or the offer of one, and is told by email."
	default:
		return fmt.Sprintf(" %d people who waited have a place now, or the offer of one, and are told by email.", n)
	}
}

func (e *Event) newPlacePart() part {
	return part{heading: "Add a place", tab: "/places", path: "/places/new", shape: placeShape, groups: placeGroups}
}

func (e *Event) placePart(p Place) part {
	return part{heading: "Change a place", tab: "/places", path: "/places/" + p.ID, shape: placeShape, groups: placeGroups,
		danger: templates.Link{Href: e.deskPath("/places/" + p.ID + "/delete"), Text: "Delete this place"}}
}

func (h *Desk) newPlace(c *fiber.Ctx, e *Event) error {
	return h.showPart(c, e, e.newPlacePart(), values{}, fiber.StatusOK)
}

func (h *Desk) addPlace(c *fiber.Ctx, e *Event) error {
	v := placeShape.read(fieldOf(c))
	made, wrong := v.place(Place{EventID: e.ID}, e)
	if len(wrong) == 0 {
		err := h.editor.AddPlace(c.UserContext(), &made, web.By(c))
		f, told := fault.Of(err)
		switch {
		case err == nil:
			return h.to(c, e, "/places", "added")
		case !told || f.Kind != fault.Invalid:
			return err
		}
		wrong = f.Fields // somebody else was first
	}
	p := e.newPlacePart()
	p.wrong = wrong
	return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
}

func (h *Desk) placeForm(c *fiber.Ctx, e *Event) error {
	place, ok := e.Place(c.Params("place"))
	if !ok {
		return ErrNoPlace
	}
	p, v := e.placePart(place), placeValues(&place)
	p.seen = placeShape.seen(v)
	return h.showPart(c, e, p, v, fiber.StatusOK)
}

// changePlace stores the name and the capacity together, so that neither is changed where the other cannot be. What a larger capacity sets
// free goes to those who wait.
func (h *Desk) changePlace(c *fiber.Ctx, e *Event) error {
	place, ok := e.Place(c.Params("place"))
	if !ok {
		return ErrNoPlace
	}
	v, p := placeShape.read(fieldOf(c)), e.placePart(place)
	p.seen = c.FormValue(seenField)
	now := placeValues(&place)
	if merged, clashes := placeShape.clashes(p.seen, v, now); len(clashes) > 0 {
		p.seen, p.clashes = placeShape.seen(now), clashes
		return h.showPart(c, e, p, merged, fiber.StatusConflict)
	}
	changed, wrong := v.place(place, e)
	if p.wrong = wrong; len(wrong) > 0 {
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	}
	given, err := h.plans.ChangePlace(c.UserContext(), place, changed, web.By(c))
	if errors.Is(err, ErrPlaceChanged) {
		return h.placeAgain(c, place)
	}
	if f, told := fault.Of(err); told && f.Kind == fault.Invalid {
		p.wrong = f.Fields
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return h.to(c, e, "/places", "saved&given="+strconv.FormatInt(given, 10))
}

// placeAgain answers once more when somebody changed the place between its being read and being stored: the form then tells of it.
func (h *Desk) placeAgain(c *fiber.Ctx, old Place) error {
	e, err := h.events.ByID(c.UserContext(), old.EventID)
	if err != nil {
		return err
	}
	return h.changePlace(c, e)
}

func (h *Desk) movePlace(c *fiber.Ctx, e *Event) error {
	place, ok := e.Place(c.Params("place"))
	if !ok {
		return ErrNoPlace
	}
	if err := h.editor.MovePlace(c.UserContext(), e.ID, place.ID, c.FormValue("to") == "up", web.By(c)); err != nil {
		return err
	}
	return c.Redirect(e.deskPath("/places")+"#place-"+place.ID, fiber.StatusSeeOther)
}

func (h *Desk) askPlace(c *fiber.Ctx, e *Event) error {
	place, ok := e.Place(c.Params("place"))
	if !ok {
		return ErrNoPlace
	}
	return h.ask(c, e, "/places", "Delete this place?", "/places/"+place.ID+"/delete", place.Name, "A place that anybody has ever registered for cannot be deleted. This cannot be undone.")
}

func (h *Desk) deletePlace(c *fiber.Ctx, e *Event) error {
	place, ok := e.Place(c.Params("place"))
	if !ok {
		return ErrNoPlace
	}
	if err := h.editor.RemovePlace(c.UserContext(), e.ID, place.ID, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/places", "deleted")
}
