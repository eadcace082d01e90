package registrations

import (
	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/templates"
)

// ClosedPage says in the place of a form why nobody can be added, and leads on.
type ClosedPage struct {
	Caption, Heading string
	Why              string
	Links            []templates.Link
}

// takesNobody says to organisers why nobody can be added to an event; "" if somebody can.
var takesNobody = map[events.Status]string{
	events.Draft:     "This event is a draft, and a draft has no attendees. Publish it first.",
	events.Postponed: "This event is postponed. Give it its new date first.",
	events.Cancelled: "This event is cancelled, so nobody can be added to it.",
}

// TakesNobody says to organisers why nobody can be added to an event: it is not published. It is "" if somebody can.
func TakesNobody(e *events.Event) string { return takesNobody[e.Status] }

// ShowClosed says in the place of a form why nobody can be added; back is the page to go to.
func ShowClosed(c *fiber.Ctx, e *events.Event, heading, why string, back templates.Link) error {
	p := ClosedPage{Caption: e.Title, Heading: heading, Why: why, Links: []templates.Link{back}}
	if TakesNobody(e) != "" {
		p.Links = append(p.Links, templates.Link{Href: eventPath(e), Text: "The event"})
	}
	return web.Render(c, "registrations/organise-closed", web.View{Title: heading + ": " + e.Title, NoIndex: true, Back: &web.Back{Href: back.Href, Text: back.Text}, Page: p})
}
