package door

import (
	"bytes"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/registrations"
)

// chosen is whom the query asks for; a place of another event counts as none.
func chosen(c *fiber.Ctx, e *events.Event) Choice {
	if id := c.Query("id"); id != "" {
		return Choice{Guest: id}
	}
	p, ok := e.Place(c.Query("place"))
	switch {
	case ok:
		return Choice{Place: p.ID}
	case c.Query("place") == everybody:
		return Choice{Place: everybody}
	}
	return Choice{}
}

func (h *Handler) badges(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	p := newSheetPage(e, c.Path(), chosen(c, e))
	if p.Badges, err = h.Badges(c.UserContext(), e, chosen(c, e)); err != nil {
		return err
	}
	p.Tabs = web.EventTabs(c, e.Slug, "/badges")
	return web.Render(c, "door/badges", web.View{Title: "Badges: " + e.Title, NoIndex: true, Page: p})
}

func (h *Handler) badgesPDF(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	badges, err := h.Badges(c.UserContext(), e, chosen(c, e))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeBadges(&b, e, badges); err != nil {
		return err
	}
	return h.handOut(c, e, "badges, PDF", func() error { return sendPDF(c, "badges-"+e.Slug, b.Bytes()) })
}

func (h *Handler) signingIn(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	guests, err := h.at(c.UserContext(), e, chosen(c, e))
	if err != nil {
		return err
	}
	p := newSheetPage(e, c.Path(), chosen(c, e))
	p.Guests, p.Tabs = sheetLines(e, guests), web.EventTabs(c, e.Slug, "/badges")
	return web.Render(c, "door/signing-in", web.View{Title: "Signing-in sheet: " + e.Title, NoIndex: true, Page: p})
}

func (h *Handler) signingInPDF(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	guests, err := h.at(c.UserContext(), e, chosen(c, e))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeSigningIn(&b, e, sheetLines(e, guests)); err != nil {
		return err
	}
	return h.handOut(c, e, "signing-in sheet, PDF", func() error { return sendPDF(c, "signing-in-"+e.Slug, b.Bytes()) })
}

// handOut sends a file that has people's names, once the audit trail says so.
func (h *Handler) handOut(c *fiber.Ctx, e *events.Event, what string, send func() error) error {
	if err := h.registrar.NoteExport(c.UserContext(), e, what, registrations.Look{}, web.By(c)); err != nil {
		return err
	}
	return send()
}

// sendPDF answers with a file to save or print.
func sendPDF(c *fiber.Ctx, name string, body []byte) error {
	c.Set(fiber.HeaderContentType, "application/pdf")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`.pdf"`)
	return c.Send(body)
}

// attendancePage is door/attendance.
type attendancePage struct {
	Event *events.Event
	Tabs  []web.Tab
	Stays []stay
}

// attendance lists who was there and for how long: part attendance earns part of the CPD.
func (h *Handler) attendance(c *fiber.Ctx) error {
	e, list, err := h.stays(c)
	if err != nil {
		return err
	}
	p := attendancePage{Event: e, Tabs: web.EventTabs(c, e.Slug, "/check-in"), Stays: list}
	return web.Render(c, "door/attendance", web.View{Title: "Attendance: " + e.Title, NoIndex: true, Page: p})
}

func (h *Handler) attendanceCSV(c *fiber.Ctx) error {
	e, list, err := h.stays(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeStays(&b, list); err != nil {
		return err
	}
	return h.handOut(c, e, "attendance, csv", func() error {
		c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
		c.Set(fiber.HeaderContentDisposition, web.Attachment(e.Slug+"-attendance.csv"))
		return c.Send(b.Bytes())
	})
}

func (h *Handler) stays(c *fiber.Ctx) (*events.Event, []stay, error) {
	e, err := h.event(c)
	if err != nil {
		return nil, nil, err
	}
	visits, err := h.Visits(c.UserContext(), e.ID)
	return e, stays(e, visits, h.now()), err
}
