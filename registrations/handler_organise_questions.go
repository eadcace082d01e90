package registrations

import (
	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
)

// answers shows what people have answered to the event's own questions, nobody by name.
func (h *EventDesk) answers(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	counts, people, err := h.store.countAnswers(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	page := newAnswersPage(e, counts, people)
	page.Tabs = web.EventTabs(c, e.Slug, "/questions")
	return web.Render(c, "registrations/organise-answers", web.View{Title: e.Title + ": answers", NoIndex: true,
		Back: &web.Back{Href: overviewOf(e) + "/questions", Text: "Questions"}, Page: page})
}
