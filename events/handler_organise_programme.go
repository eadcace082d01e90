package events

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

const (
	programmePath = eventPath + "/programme"
	sessionsPath  = programmePath + "/sessions"
	speakersPath  = programmePath + "/speakers"
)

func (h *Desk) programmeRoutes(d *web.Desk) {
	d.Get(programmePath, h.with(h.programme))
	d.Post(programmePath+"/shift", h.with(h.shift))
	d.Get(sessionsPath+"/new", h.with(h.newSession))
	d.Post(sessionsPath+"/new", h.with(h.addSession))
	d.Get(sessionsPath+"/:session", h.with(h.sessionForm))
	d.Post(sessionsPath+"/:session", h.with(h.changeSession))
	d.Post(sessionsPath+"/:session/move", h.with(h.moveSession))
	d.Get(sessionsPath+"/:session/delete", h.with(h.askSession))
	d.Post(sessionsPath+"/:session/delete", h.with(h.deleteSession))
	d.Get(speakersPath+"/new", h.with(h.newSpeaker))
	d.Post(speakersPath+"/new", h.with(h.addSpeaker))
	d.Get(speakersPath+"/:speaker", h.with(h.speakerForm))
	d.Post(speakersPath+"/:speaker", h.with(h.changeSpeaker))
	d.Post(speakersPath+"/:speaker/move", h.with(h.moveSpeaker))
	d.Get(speakersPath+"/:speaker/delete", h.with(h.askSpeaker))
	d.Post(speakersPath+"/:speaker/delete", h.with(h.deleteSpeaker))
}

func (h *Desk) programme(c *fiber.Ctx, e *Event) error {
	page := newProgrammePage(e)
	page.Tabs, page.Notice = web.EventTabs(c, e.Slug, "/programme"), noticeOf(c)
	return web.Render(c, "events/organise-programme", web.View{Title: e.Title + ": programme", NoIndex: true, Back: allEvents, Page: page})
}

// shift moves the programme to the day on which the event begins now.
func (h *Desk) shift(c *fiber.Ctx, e *Event) error {
	if err := h.editor.ShiftProgramme(c.UserContext(), e.ID, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/programme", "moved")
}

// part is the form of one part of an event: a session, a speaker, a place.
type part struct {
	heading, tab, path string
	shape              shape
	seen               string
	wrong              []fault.Field
	clashes            []templates.Clash
	danger             templates.Link
	uploads            bool // the form has a file
	groups             func(v values, wrong []fault.Field) []templates.FieldGroup
}

func (h *Desk) showPart(c *fiber.Ctx, e *Event, p part, v values, status int) error {
	page := templates.FormPage{Caption: e.Title, Heading: p.heading, Tabs: web.EventTabs(c, e.Slug, p.tab), Errors: errorsOf(p.wrong), Clashes: p.clashes,
		Groups: p.groups(v, p.wrong), Action: e.deskPath(p.path), Submit: templates.Button{Name: "step", Value: "save", Form: "Save"},
		Cancel: templates.Link{Href: e.deskPath(p.tab), Text: "Cancel"}, Danger: p.danger, Uploads: p.uploads}
	if p.seen != "" {
		page.Hidden = []templates.Button{{Name: seenField, Value: p.seen}}
	}
	c.Status(status)
	return web.Render(c, "organise/form", web.View{Title: e.Title + ": " + strings.ToLower(p.heading[:1]) + p.heading[1:], NoIndex: true, Back: allEvents,
		Error: len(p.wrong) > 0, Page: page})
}

// errClash ends a change that would undo what somebody else has done.
var errClash = errors.New("somebody else has changed it meanwhile")

func readSession(c *fiber.Ctx) values {
	v := sessionShape.read(fieldOf(c))
	var ids []string
	for _, id := range c.Request().PostArgs().PeekMulti("speakers") {
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	v["speakers"] = line(strings.Join(ids, ","))
	return v
}

func (e *Event) newSessionPart() part {
	return part{heading: "Add a session", tab: "/programme", path: "/programme/sessions/new", shape: sessionShape, groups: e.sessionGroups}
}

func (e *Event) sessionGroups(v values, wrong []fault.Field) []templates.FieldGroup {
	return sessionGroups(v, wrong, e.Speakers)
}

func (e *Event) sessionPart(s *Session) part {
	return part{heading: "Change a session", tab: "/programme", path: "/programme/sessions/" + s.ID, shape: sessionShape, groups: e.sessionGroups,
		danger: templates.Link{Href: e.deskPath("/programme/sessions/" + s.ID + "/delete"), Text: "Delete this session"}}
}

func (h *Desk) newSession(c *fiber.Ctx, e *Event) error {
	return h.showPart(c, e, e.newSessionPart(), values{"kind": "talk", "day": e.sessionDay(), "starts_time": e.nextStart()}, fiber.StatusOK)
}

func (h *Desk) addSession(c *fiber.Ctx, e *Event) error {
	v := readSession(c)
	s, wrong := v.session(&Session{EventID: e.ID}, e)
	if len(wrong) > 0 {
		p := e.newSessionPart()
		p.wrong = wrong
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	}
	if err := h.editor.AddSession(c.UserContext(), s, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/programme", "added")
}

// session finds the session of the address among the event's own.
func (e *Event) session(c *fiber.Ctx) (*Session, error) {
	for i := range e.Sessions {
		if e.Sessions[i].ID == c.Params("session") {
			return &e.Sessions[i], nil
		}
	}
	return nil, ErrNoSession
}

func (h *Desk) sessionForm(c *fiber.Ctx, e *Event) error {
	s, err := e.session(c)
	if err != nil {
		return err
	}
	p, v := e.sessionPart(s), sessionValues(s)
	p.seen = sessionShape.seen(v)
	return h.showPart(c, e, p, v, fiber.StatusOK)
}

func (h *Desk) changeSession(c *fiber.Ctx, e *Event) error {
	s, err := e.session(c)
	if err != nil {
		return err
	}
	v, p := readSession(c), e.sessionPart(s)
	p.seen = c.FormValue(seenField)
	if _, p.wrong = v.session(s, e); len(p.wrong) > 0 {
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	}
	err = h.editor.ChangeSession(c.UserContext(), e.ID, s.ID, web.By(c), func(stored *Session) error {
		var merged values
		now := sessionValues(stored)
		if merged, p.clashes = sessionShape.clashes(p.seen, v, now); len(p.clashes) > 0 {
			v, p.seen = merged, sessionShape.seen(now)
			return errClash
		}
		changed, _ := v.session(stored, e)
		*stored = *changed
		return nil
	})
	if errors.Is(err, errClash) {
		e.nameSpeakers(p.clashes)
		return h.showPart(c, e, p, v, fiber.StatusConflict)
	}
	if err != nil {
		return err
	}
	return h.to(c, e, "/programme", "saved")
}

// nameSpeakers writes names in place of ids.
func (e *Event) nameSpeakers(clashes []templates.Clash) {
	for i, clash := range clashes {
		if clash.Label != "Speakers" {
			continue
		}
		var names []string
		for _, sp := range e.Speakers {
			if strings.Contains(clash.Now, sp.ID) {
				names = append(names, sp.Name)
			}
		}
		clashes[i].Now = strings.Join(names, ", ")
	}
}

func (h *Desk) moveSession(c *fiber.Ctx, e *Event) error {
	s, err := e.session(c)
	if err != nil {
		return err
	}
	if err := h.editor.MoveSession(c.UserContext(), e.ID, s.ID, c.FormValue("to") == "up", web.By(c)); err != nil {
		return err
	}
	return c.Redirect(e.deskPath("/programme")+"#session-"+s.ID, fiber.StatusSeeOther)
}

// ask shows the question before a part is deleted.
func (h *Desk) ask(c *fiber.Ctx, e *Event, tab, heading, path string, paragraphs ...string) error {
	return h.askPart(c, e, templates.AskPage{Heading: heading, Paragraphs: paragraphs, Action: e.deskPath(path), Button: "Delete"}, tab)
}

// askPart shows the question before something of the event's goes.
func (h *Desk) askPart(c *fiber.Ctx, e *Event, page templates.AskPage, tab string) error {
	page.Caption, page.Tabs, page.Warning = e.Title, web.EventTabs(c, e.Slug, tab), true
	page.Cancel = templates.Link{Href: e.deskPath(tab), Text: "Keep it"}
	return web.Render(c, "organise/ask", web.View{Title: e.Title + ": " + strings.ToLower(page.Heading[:1]) + page.Heading[1:], NoIndex: true, Back: allEvents, Page: page})
}

func (h *Desk) askSession(c *fiber.Ctx, e *Event) error {
	s, err := e.session(c)
	if err != nil {
		return err
	}
	return h.ask(c, e, "/programme", "Delete this session?", "/programme/sessions/"+s.ID+"/delete", s.Title+", "+s.SessionHours(), "A session that people have been checked in at cannot be deleted. This cannot be undone.")
}

func (h *Desk) deleteSession(c *fiber.Ctx, e *Event) error {
	s, err := e.session(c)
	if err != nil {
		return err
	}
	if err := h.editor.RemoveSession(c.UserContext(), e.ID, s.ID, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/programme", "deleted")
}
