package registrations

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/notify"
	"masterclass/templates"
)

func messagesOf(e *events.Event) string { return eventPath(e) + "/messages" }

func (h *MessageDesk) event(c *fiber.Ctx) (*events.Event, error) {
	return h.deskEvent(c.UserContext(), c.Params("slug"))
}

// sent lists what organisers have written to an event's people, and counts all that was sent about it.
func (h *MessageDesk) sent(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	list, err := h.SentMessages(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	t, err := h.outbox.Count(c.UserContext(), notify.Filter{EventID: e.ID, Kinds: shownKinds()})
	if err != nil {
		return err
	}
	page := newSentPage(e, list, t)
	page.Tabs = web.EventTabs(c, e.Slug, "/messages")
	return web.Render(c, "registrations/organise-messages", web.View{Title: "Messages: " + e.Title, NoIndex: true, Back: toEvents, Page: page})
}

// compose shows the form of a new message, with the id that it will have. The choice may come with the address, such as from a list of
// attendees.
func (h *MessageDesk) compose(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	d := Draft{ID: newMessageID(), EventID: e.ID, Filter: Filter{Statuses: []Status{Confirmed}, PlaceID: placeOf(e, c.Query("place")), Profession: line(c.Query("profession")),
		Search: searched(c.Query("q")), Attendance: attendanceOf(c.Query("attendance")), Answer: answerIn(e, c.Query("answer"))}}
	if s := Status(c.Query("status")); slices.Contains(addressable, s) {
		d.Filter.Statuses = []Status{s}
	}
	if c.Query("status") == anyStatus {
		d.Filter.Statuses = addressable
	}
	return h.showCompose(c, e, d, nil)
}

// placeOf is the id of a place of the event, or "" for every place.
func placeOf(e *events.Event, id string) string {
	if _, ok := e.Place(id); ok {
		return id
	}
	return ""
}

// readDraft reads a form of a message.
func readDraft(c *fiber.Ctx, e *events.Event) Draft {
	d := Draft{ID: body(c, "id"), EventID: e.ID, Subject: body(c, "subject"), Body: body(c, "body")}
	d.Filter = Filter{PlaceID: body(c, "place"), Profession: line(body(c, "profession")), Search: searched(body(c, "q")), Attendance: attendanceOf(body(c, "attendance")),
		Answer: readAnswerIs(body(c, "answer"))}
	for _, s := range c.Request().PostArgs().PeekMulti("statuses") {
		d.Filter.Statuses = append(d.Filter.Statuses, Status(s))
	}
	return d
}

func (h *MessageDesk) showCompose(c *fiber.Ctx, e *events.Event, d Draft, wrong []fault.Field) error {
	found, err := h.look(c.UserContext(), e, Look{})
	if err != nil {
		return err
	}
	chosen, n := d.Filter, 0
	if chosen.check() == nil { // else nobody is chosen, and the page says so
		if n, err = h.CountRecipients(c.UserContext(), e.ID, chosen); err != nil {
			return err
		}
	}
	page := newComposePage(e, d, found, n, wrong)
	page.Tabs = web.EventTabs(c, e.Slug, "/messages")
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "organise/form", web.View{Title: "Write a message: " + e.Title, NoIndex: true, Error: len(wrong) > 0,
		Back: &web.Back{Href: messagesOf(e), Text: "Messages"}, Page: page})
}

// composed takes each step of a message: preview, change, test, ask and send. Only the last two of them do something, and only the last one
// reaches anybody else.
func (h *MessageDesk) composed(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	d, step := readDraft(c, e), body(c, "step")
	if step == "change" {
		return h.showCompose(c, e, d, nil)
	}
	if err = d.ready(); err == nil && step == "send" {
		done, err := h.repeated(c, e, d)
		if done || err != nil {
			return err
		}
	}
	if err == nil && placeOf(e, d.Filter.PlaceID) != d.Filter.PlaceID { // never everybody instead of those of a place that is gone
		err = errNoSuchPlace
	}
	if err == nil && !d.Filter.Answer.known(e) { // as little of a question that is gone
		err = errNoSuchAnswer
	}
	var n int
	if err == nil {
		n, err = h.CountRecipients(c.UserContext(), e.ID, d.Filter)
	}
	if err == nil && n == 0 {
		err = errNobodyToWrite
	}
	if wrong := wrongFields(err); wrong != nil {
		return h.showCompose(c, e, d, wrong)
	}
	if err != nil {
		return err
	}
	switch step {
	case "test":
		return h.test(c, e, d, n)
	case "ask":
		return h.askSend(c, e, d, n, nil)
	case "send":
		return h.send(c, e, d, n)
	}
	return h.preview(c, e, d, n, templates.Notice{})
}

// repeated leads to the message if it was sent before: the second click of two is no mistake.
func (h *MessageDesk) repeated(c *fiber.Ctx, e *events.Event, d Draft) (bool, error) {
	m, err := h.SentMessage(c.UserContext(), e.ID, d.ID)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	if _, err := h.SendMessage(c.UserContext(), d, web.By(c)); err != nil { // it sends nothing: it says whether it is the same message
		return true, err
	}
	return true, c.Redirect(messagesOf(e)+"/"+m.ID, fiber.StatusSeeOther)
}

func (h *MessageDesk) preview(c *fiber.Ctx, e *events.Event, d Draft, n int, notice templates.Notice) error {
	p, err := h.mailer.PreviewMessage(e, d)
	if err != nil {
		return err
	}
	by, _ := web.Principal(c)
	page := newPreviewPage(e, d, p, n, by.Email)
	page.Tabs, page.Notice = web.EventTabs(c, e.Slug, "/messages"), notice
	return web.Render(c, "registrations/organise-message-preview", web.View{Title: "Look at your message: " + e.Title, NoIndex: true, Page: page})
}

func (h *MessageDesk) test(c *fiber.Ctx, e *events.Event, d Draft, n int) error {
	by, _ := web.Principal(c)
	if err := h.SendTest(c.UserContext(), d, by.Email, web.By(c)); err != nil {
		return err
	}
	return h.preview(c, e, d, n, templates.Notice{Text: "A test is on its way to " + by.Email + ".", Success: true})
}

func (h *MessageDesk) askSend(c *fiber.Ctx, e *events.Event, d Draft, n int, wrong []fault.Field) error {
	page := newAskSendPage(e, d, n, wrong)
	page.Tabs = web.EventTabs(c, e.Slug, "/messages")
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "registrations/organise-message-ask", web.View{Title: "Send this message? " + e.Title, NoIndex: true, Error: len(wrong) > 0, Page: page})
}

// send sends the message to as many as the person has ticked; if they have become more or fewer meanwhile, it asks again.
func (h *MessageDesk) send(c *fiber.Ctx, e *events.Event, d Draft, n int) error {
	switch counted, _ := strconv.Atoi(body(c, "count")); { // what is no number is nobody's count
	case counted != n:
		return h.askSend(c, e, d, n, []fault.Field{{Name: "confirm", Message: fmt.Sprintf("The list has changed meanwhile. Tick the box if the message is to go to %s now", headcount(n))}})
	case !bool(ticked(body(c, "confirm"))):
		return h.askSend(c, e, d, n, []fault.Field{{Name: "confirm", Message: "Tick the box to send the message"}})
	}
	if _, err := h.SendMessage(c.UserContext(), d, web.By(c)); err != nil {
		return err
	}
	return c.Redirect(messagesOf(e)+"/"+d.ID, fiber.StatusSeeOther)
}

// one finds a message of an address; one of another event is not found.
func (h *MessageDesk) one(c *fiber.Ctx) (*events.Event, SentMessage, notify.Tally, error) {
	e, err := h.event(c)
	if err != nil {
		return nil, SentMessage{}, notify.Tally{}, err
	}
	m, err := h.SentMessage(c.UserContext(), e.ID, c.Params("id"))
	if err != nil {
		return nil, m, notify.Tally{}, err
	}
	t, err := h.MessageProgress(c.UserContext(), m)
	return e, m, t, err
}

// sentOne shows a message, and how far it has come.
func (h *MessageDesk) sentOne(c *fiber.Ctx) error {
	e, m, t, err := h.one(c)
	if err != nil {
		return err
	}
	shown, err := h.mailer.PreviewMessage(e, Draft{Subject: m.Subject, Body: m.Body})
	if err != nil {
		return err
	}
	page := newSentOnePage(e, m, t, shown)
	page.Tabs = web.EventTabs(c, e.Slug, "/messages")
	return web.Render(c, "registrations/organise-message", web.View{Title: m.Subject + ": message about " + e.Title, NoIndex: true,
		Back: &web.Back{Href: messagesOf(e), Text: "Messages"}, Page: page})
}

// progress tells the page's script how far a message has come.
func (h *MessageDesk) progress(c *fiber.Ctx) error {
	_, m, t, err := h.one(c)
	if err != nil {
		return err
	}
	words := newProgress(m, t)
	return c.JSON(fiber.Map{"sent": t.Sent, "queued": t.Queued, "failed": t.Failed, "recipients": m.Recipients, "words": words.Words, "done": words.Done})
}
