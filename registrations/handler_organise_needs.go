package registrations

import (
	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
)

// CateringPage is for the caterer, on paper.
type CateringPage struct {
	Event *events.Event
	Meals []Meals
	Made  string
}

func (h *Handler) catering(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	meals, err := h.Catering(c.UserContext(), e, web.By(c))
	if err != nil {
		return err
	}
	return web.Render(c, "registrations/organise-catering", web.View{Title: "Catering: " + e.Title, NoIndex: true,
		Back: &web.Back{Href: eventPath(e) + "/attendees", Text: "All attendees"}, Page: CateringPage{Event: e, Meals: meals, Made: shortMoment(e, h.now())}})
}

// AccessPage lists who needs what on the day.
type AccessPage struct {
	Event *events.Event
	Path  string
	Needs []AccessNeed
	Made  string
}

func (h *Handler) accessNeeds(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	needs, err := h.AccessNeeds(c.UserContext(), e, web.By(c))
	if err != nil {
		return err
	}
	return web.Render(c, "registrations/organise-access-needs", web.View{Title: "Access requirements: " + e.Title, NoIndex: true,
		Back: &web.Back{Href: eventPath(e) + "/attendees", Text: "All attendees"},
		Page: AccessPage{Event: e, Path: eventPath(e) + "/attendees", Needs: needs, Made: shortMoment(e, h.now())}})
}
