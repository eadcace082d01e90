package registrations

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
)

// askErase shows what is held of a person, at every event, and asks what of it goes.
func (h *Handler) askErase(c *fiber.Ctx) error {
	e, g, err := h.theirs(c)
	if err != nil {
		return err
	}
	return h.showErase(c, e, g, nil)
}

func (h *Handler) showErase(c *fiber.Ctx, e *events.Event, g *Registration, wrong []fault.Field) error {
	if g.Erased() {
		return errErased
	}
	own, formers, err := h.holdings(c.UserContext(), g)
	if err != nil {
		return err
	}
	titles, err := h.titlesOf(c.UserContext(), append(formers, own))
	if err != nil {
		return err
	}
	return ask(c, e, erasePage(e, g, own, formers, titles, wrong), wrong)
}

// holdings are what is held of the person of a registration besides it, and of each who had it before.
func (h *Handler) holdings(ctx context.Context, g *Registration) (own Holding, formers []Holding, err error) {
	if own, err = h.Holding(ctx, g, g.Mailbox); err != nil {
		return own, nil, err
	}
	list, err := h.Formers(ctx, g)
	for _, mailbox := range list {
		former, err := h.Holding(ctx, g, mailbox)
		if err != nil {
			return own, nil, err
		}
		formers = append(formers, former)
	}
	return own, formers, err
}

// titlesOf are the events of registrations, by their ids.
func (h *Handler) titlesOf(ctx context.Context, list []Holding) (map[string]*events.Event, error) {
	found := map[string]*events.Event{}
	for _, held := range list {
		for _, g := range held.Registrations {
			if found[g.EventID] != nil {
				continue
			}
			e, err := h.Registrar.events.ByID(ctx, g.EventID)
			if err != nil {
				return nil, err
			}
			found[g.EventID] = e
		}
	}
	return found, nil
}

// erase deletes what was chosen. Nothing has to be chosen where there is no choice.
func (h *Handler) erase(c *fiber.Ctx) error {
	e, g, err := h.shown(c)
	if err != nil {
		return err
	}
	own, formers, err := h.holdings(c.UserContext(), g)
	if err != nil {
		return err
	}
	what := body(c, "what")
	switch {
	case what == eraseAll:
		err = h.EraseMailbox(c.UserContext(), g, g.Mailbox, web.By(c))
	case what == eraseThis || (what == "" && own.Empty() && len(formers) == 0):
		err = h.Erase(c.UserContext(), g, web.By(c))
	case what == "":
		return h.showErase(c, e, g, []fault.Field{{Name: "what", Message: "Choose what to erase"}})
	default:
		if err := h.EraseMailbox(c.UserContext(), g, what, web.By(c)); err != nil {
			return err
		}
		return done(c, e, g, "former")
	}
	if err != nil {
		return err
	}
	return done(c, e, g, "erased")
}
