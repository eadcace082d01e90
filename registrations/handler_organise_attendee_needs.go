package registrations

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/seen"
	"masterclass/internal/web"
	"masterclass/templates"
)

// needsPage is registrations/organise-needs: the health data of one person, and the form that changes it while it is of use.
type needsPage struct {
	Caption, Path   string
	Rows            []templates.Row // where nothing can be changed any more
	Form            bool
	Holder          Hidden
	Seen            string
	Errors          []templates.FieldError
	Clashes         []templates.Clash
	Dietary, Access templates.Textarea
	Consent         templates.Checkbox
	Keep            templates.Link
}

// values are what two can change at the same time.
func (n Needs) values() []string { return []string{n.Dietary, n.Access} }

// mayChangeNeeds says whether health data of a registration can be kept still: it would be deleted at once, or is nobody's.
func (h *Handler) mayChangeNeeds(e *events.Event, g *Registration) bool {
	return g.Status != Cancelled && h.now().UnixMilli() < purgeAt(e)
}

// seeNeeds shows health data; every look is in the audit trail.
func (h *Handler) seeNeeds(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	return h.showNeeds(c, e, g, func(now Needs) (Form, changing) {
		return Form{Dietary: now.Dietary, AccessNeeds: now.Access, Consent: Flag(!now.Empty())}, changing{}
	}, fiber.StatusOK)
}

// showNeeds looks at the health data, which is noted, and shows what form makes of it.
func (h *Handler) showNeeds(c *fiber.Ctx, e *events.Event, g *Registration, form func(now Needs) (Form, changing), status int) error {
	now, err := h.SeeNeeds(c.UserContext(), g, web.By(c))
	if err != nil {
		return err
	}
	f, with := form(now)
	p := someone(f, with.wrong)
	page := needsPage{Caption: g.Formal() + ", " + g.Reference, Path: attendeePath(e, g) + "/needs", Form: h.mayChangeNeeds(e, g), Holder: holder(g), Seen: seen.Mark(now.values()),
		Errors: p.Errors, Clashes: with.clashes, Dietary: p.Dietary, Access: p.FormPage.Access, Consent: p.Consent, Keep: templates.Link{Href: attendeePath(e, g), Text: "Leave them as they are"},
		Rows: []templates.Row{{Key: "Dietary requirements", Value: now.Dietary}, {Key: "Access requirements", Value: now.Access}}}
	c.Status(status)
	return web.Render(c, "registrations/organise-needs", web.View{Title: "Requirements of " + g.Name() + ": " + e.Title, NoIndex: true, Error: len(with.wrong) > 0,
		Back: &web.Back{Href: attendeePath(e, g), Text: "Back to " + g.Name()}, Page: page})
}

// changeNeeds takes the fields dietary, access_needs and consent_sensitive, as the person has told them.
func (h *Handler) changeNeeds(c *fiber.Ctx) error { return unlessMeanwhile(c, h.tryNeeds) }

func (h *Handler) tryNeeds(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	if !h.mayChangeNeeds(e, g) {
		return errNoNeeds
	}
	f := Form{Dietary: body(c, "dietary"), AccessNeeds: body(c, "access_needs"), Consent: ticked(body(c, "consent_sensitive"))}
	f.Clean()
	if wrong := f.checkNeeds(); len(wrong) > 0 {
		return h.showNeeds(c, e, g, func(Needs) (Form, changing) { return f, changing{wrong: wrong} }, fiber.StatusUnprocessableEntity)
	}
	now, err := h.needsNow(c.UserContext(), g)
	if err != nil {
		return err
	}
	marks := body(c, seen.Field)
	if mine := f.needs(); marks != "" && mine != now && len(seen.Clashes(marks, mine.values(), now.values())) > 0 {
		return h.showNeeds(c, e, g, func(now Needs) (Form, changing) { return f.overNeeds(marks, now) }, fiber.StatusConflict)
	}
	if err := h.ChangeNeeds(c.UserContext(), g, e, f.needs(), web.By(c)); err != nil {
		return err
	}
	return done(c, e, g, "needs")
}

// overNeeds is the form on what others have changed meanwhile: what it left alone is as it is now.
func (f Form) overNeeds(marks string, now Needs) (Form, changing) {
	var with changing
	for _, clash := range seen.Clashes(marks, f.needs().values(), now.values()) {
		label, is, mine := "Dietary requirements", now.Dietary, &f.Dietary
		if clash.At == 1 {
			label, is, mine = "Access requirements", now.Access, &f.AccessNeeds
		}
		if clash.Taken {
			*mine = is
		}
		with.clashes = append(with.clashes, templates.Clash{Label: label, Now: is, Taken: clash.Taken})
	}
	return f, with
}

var errNoNeeds = fault.New(fault.Conflict, "This registration is cancelled, or the event is so long over that requirements are not kept any more.")

// needsNow is the health data of a registration, to be compared and not to be shown.
func (r *Registrar) needsNow(ctx context.Context, g *Registration) (n Needs, err error) {
	sealed, err := r.store.needsOf(ctx, g.ID)
	if err != nil || sealed == nil {
		return n, err
	}
	return openNeeds(r.keys, g.ID, sealed)
}

// ChangeNeeds writes the health data of a registration for an organiser whom the person has told it; empty needs delete it. The audit trail says
// that it was changed. Errors for people: ErrOver, errMeanwhile.
func (r *Registrar) ChangeNeeds(ctx context.Context, g *Registration, e *events.Event, n Needs, by access.Entry) error {
	return r.changeDetails(ctx, g, e, details{person: g.Person, needs: &n, asSeen: true, action: "health.changed", by: by})
}
