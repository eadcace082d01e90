package events

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
	"masterclass/templates"
)

func (e *Event) newSpeakerPart() part {
	return part{heading: "Add a speaker", tab: "/programme", path: "/programme/speakers/new", shape: speakerShape, groups: speakerGroups}
}

func (e *Event) speakerPart(s *Speaker) part {
	return part{heading: "Change a speaker", tab: "/programme", path: "/programme/speakers/" + s.ID, shape: speakerShape, groups: speakerGroups,
		danger: templates.Link{Href: e.deskPath("/programme/speakers/" + s.ID + "/delete"), Text: "Delete this speaker"}}
}

func (h *Desk) newSpeaker(c *fiber.Ctx, e *Event) error {
	return h.showPart(c, e, e.newSpeakerPart(), values{}, fiber.StatusOK)
}

func (h *Desk) addSpeaker(c *fiber.Ctx, e *Event) error {
	v := speakerShape.read(fieldOf(c))
	if wrong := speakerShape.check(v); len(wrong) > 0 {
		p := e.newSpeakerPart()
		p.wrong = wrong
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	}
	s := &Speaker{EventID: e.ID, Name: v["name"], Role: v["role"], Biography: v["biography"]}
	if err := h.editor.AddSpeaker(c.UserContext(), s, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/programme", "added")
}

// speaker finds the speaker of the address among the event's own.
func (e *Event) speaker(c *fiber.Ctx) (*Speaker, error) {
	for i := range e.Speakers {
		if e.Speakers[i].ID == c.Params("speaker") {
			return &e.Speakers[i], nil
		}
	}
	return nil, ErrNoSpeaker
}

func (h *Desk) speakerForm(c *fiber.Ctx, e *Event) error {
	s, err := e.speaker(c)
	if err != nil {
		return err
	}
	p, v := e.speakerPart(s), speakerValues(s)
	p.seen = speakerShape.seen(v)
	return h.showPart(c, e, p, v, fiber.StatusOK)
}

func (h *Desk) changeSpeaker(c *fiber.Ctx, e *Event) error {
	s, err := e.speaker(c)
	if err != nil {
		return err
	}
	v, p := speakerShape.read(fieldOf(c)), e.speakerPart(s)
	p.seen = c.FormValue(seenField)
	if p.wrong = speakerShape.check(v); len(p.wrong) > 0 {
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	}
	err = h.editor.ChangeSpeaker(c.UserContext(), e.ID, s.ID, web.By(c), func(stored *Speaker) error {
		var merged values
		now := speakerValues(stored)
		if merged, p.clashes = speakerShape.clashes(p.seen, v, now); len(p.clashes) > 0 {
			v, p.seen = merged, speakerShape.seen(now)
			return errClash
		}
		stored.Name, stored.Role, stored.Biography = v["name"], v["role"], v["biography"]
		return nil
	})
	if errors.Is(err, errClash) {
		return h.showPart(c, e, p, v, fiber.StatusConflict)
	}
	if err != nil {
		return err
	}
	return h.to(c, e, "/programme", "saved")
}

func (h *Desk) moveSpeaker(c *fiber.Ctx, e *Event) error {
	s, err := e.speaker(c)
	if err != nil {
		return err
	}
	if err := h.editor.MoveSpeaker(c.UserContext(), e.ID, s.ID, c.FormValue("to") == "up", web.By(c)); err != nil {
		return err
	}
	return c.Redirect(e.deskPath("/programme")+"#speaker-"+s.ID, fiber.StatusSeeOther)
}

func (h *Desk) askSpeaker(c *fiber.Ctx, e *Event) error {
	s, err := e.speaker(c)
	if err != nil {
		return err
	}
	return h.ask(c, e, "/programme", "Delete this speaker?", "/programme/speakers/"+s.ID+"/delete", s.Name+" is taken off the programme and out of every session. This cannot be undone.")
}

func (h *Desk) deleteSpeaker(c *fiber.Ctx, e *Event) error {
	s, err := e.speaker(c)
	if err != nil {
		return err
	}
	if err := h.editor.RemoveSpeaker(c.UserContext(), e.ID, s.ID, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/programme", "deleted")
}
