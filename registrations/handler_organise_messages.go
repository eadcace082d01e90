package registrations

import (
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/typed"
	"masterclass/internal/web"
	"masterclass/notify"
	"masterclass/templates"
)

// MessageDesk answers the organisers' requests about mail: the delivery log of the whole site, and what they write to an event's people.
type MessageDesk struct {
	*Registrar
	mailer *Mailer
	zone   *time.Location
}

// NewMessageDesk answers for the registrar; the mailer shows how messages look, and zone is the one that times are shown in.
func NewMessageDesk(r *Registrar, m *Mailer, zone *time.Location) *MessageDesk {
	return &MessageDesk{Registrar: r, mailer: m, zone: zone}
}

const logPath = "/organise/messages"

// Routes adds the pages.
func (h *MessageDesk) Routes(d *web.Desk) {
	d.Get(logPath, h.log)
	d.Get(logPath+"/retry", h.askRetry) // before those of an id
	d.Post(logPath+"/retry", h.retry)
	d.Get(logPath+"/:id", h.entry)
	d.Post(logPath+"/:id/resend", h.resendEntry)
	d.Post(logPath+"/:id/settle", h.settleEntry)
	d.Get(organiseEvent+"/messages", h.sent)
	d.Get(organiseEvent+"/messages/new", h.compose)
	d.Post(organiseEvent+"/messages/new", h.composed)
	d.Get(organiseEvent+"/messages/:id", h.sentOne)
	d.Get(organiseEvent+"/messages/:id/progress", h.progress)
}

// logLook is what the address of the log asks for.
type logLook struct{ State, Kind, Event, Text, From, To, After, Before string }

var logStates = []string{notify.StateQueued, notify.StateSent, notify.StateFailed, notify.StateSuperseded}

// readLook reads fields by their names, from an address or a form.
func readLook(value func(name string) string) logLook {
	l := logLook{State: value("state"), Kind: value("kind"), Event: value("event"), Text: line(value("q")), From: line(value("from")), To: line(value("to"))}
	if !slices.Contains(logStates, l.State) {
		l.State = ""
	}
	if kindWords[l.Kind] == "" {
		l.Kind = ""
	}
	if !isID(l.Event) {
		l.Event = ""
	}
	if runes := []rune(l.Text); len(runes) > maxLine {
		l.Text = string(runes[:maxLine])
	}
	if id := value("after"); isID(id) {
		l.After = id
	}
	if id := value("before"); isID(id) {
		l.Before = id
	}
	return l
}

func (l logLook) values() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"state": l.State, "kind": l.Kind, "event": l.Event, "q": l.Text, "from": l.From, "to": l.To, "after": l.After, "before": l.Before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (l logLook) path() string { return withQuery(logPath, l.values()) }

// whole is the look without its page.
func (l logLook) whole() logLook {
	l.After, l.Before = "", ""
	return l
}

// shownKinds are the kinds of message that the log shows: none of the organisers' own, whose links sign in.
func shownKinds() []string {
	kinds := make([]string, 0, len(kindWords))
	for k := range kindWords {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}

// concernKinds are the kinds whose failures are worth somebody's attention: that a wrong address could not be told so is what one expects.
func concernKinds() []string {
	return slices.DeleteFunc(shownKinds(), func(kind string) bool { return kind == kindMoved })
}

// filter is the look as the outbox reads it, with what is wrong with its dates.
func (l logLook) filter(zone *time.Location) (f notify.Filter, wrong []fault.Field) {
	f = notify.Filter{State: l.State, EventID: l.Event, Kind: l.Kind, Kinds: shownKinds(), Text: l.Text, After: l.After, Before: l.Before}
	f.Since, f.Until, wrong = typed.Days(l.From, l.To, zone)
	return f, wrong
}

var logNotices = map[string]string{"retried": "They are in the queue again."}

// log shows a page of the delivery log.
func (h *MessageDesk) log(c *fiber.Ctx) error {
	l := readLook(func(name string) string { return c.Query(name) })
	f, wrong := l.filter(h.zone)
	page := logPage{look: l, zone: h.zone, Errors: fieldErrors(wrong), Notice: noticeOf(c, logNotices)}
	var err error
	if page.events, err = h.store.eventNames(c.UserContext()); err != nil {
		return err
	}
	if len(wrong) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	} else {
		if page.tally, err = h.outbox.Count(c.UserContext(), f); err != nil {
			return err
		}
		if page.entries, page.more, err = h.outbox.List(c.UserContext(), f); err != nil {
			return err
		}
	}
	page.fill(wrong)
	return web.Render(c, "registrations/organise-log", web.View{Title: "Messages", NoIndex: true, Error: len(wrong) > 0, Page: page})
}

// logged finds a message of an address. Those of the organisers' own accounts are not found.
func (h *MessageDesk) logged(c *fiber.Ctx) (m notify.Entry, err error) {
	if !isID(c.Params("id")) {
		return m, errNoMessage
	}
	m, err = h.outbox.Entry(c.UserContext(), c.Params("id"))
	if err == nil && kindWords[m.Kind] == "" {
		return notify.Entry{}, errNoMessage
	}
	return m, err
}

var entryNotices = map[string]string{"resent": "The email is on its way again.", "settled": "It is marked as dealt with."}

// entry shows what became of a message, and what it says.
func (h *MessageDesk) entry(c *fiber.Ctx) error {
	m, err := h.logged(c)
	if err != nil {
		return err
	}
	words, err := h.outbox.Words(c.UserContext(), m.ID, h.mailer.Composers())
	erased := errors.Is(err, notify.ErrErased)
	if err != nil && !erased {
		return err
	}
	names, err := h.store.eventNames(c.UserContext())
	if err != nil {
		return err
	}
	gone, err := elsewhere(m, func(id string) (*Registration, error) { return h.store.ByID(c.UserContext(), id) })
	if err != nil {
		return err
	}
	page := newEntryPage(m, words, erased, gone, names, h.zone, h.now())
	page.Notice = noticeOf(c, entryNotices)
	return web.Render(c, "registrations/organise-entry", web.View{Title: page.Kind + ", " + page.Queued + ": message", NoIndex: true,
		Back: &web.Back{Href: logPath, Text: "All messages"}, Page: page})
}

func (h *MessageDesk) resendEntry(c *fiber.Ctx) error {
	m, err := h.logged(c)
	if err != nil {
		return err
	}
	if err := h.ResendEntry(c.UserContext(), m, web.By(c)); err != nil {
		return err
	}
	return c.Redirect(logPath+"/"+m.ID+"?done=resent", fiber.StatusSeeOther)
}

// settleEntry marks a message that failed as dealt with: by telephone, say.
func (h *MessageDesk) settleEntry(c *fiber.Ctx) error {
	m, err := h.logged(c)
	if err != nil {
		return err
	}
	if err := h.SettleEntry(c.UserContext(), m, web.By(c)); err != nil && (!m.Settled || !errors.Is(err, notify.ErrNotFailed)) { // twice is once
		return err
	}
	return c.Redirect(logPath+"/"+m.ID+"?done=settled", fiber.StatusSeeOther)
}

var errNothingFailed = fault.Coded(fault.Conflict, "nothing_failed", "No such message has failed, so there is nothing to try again.")

// failures are the failed messages that an address or a form means, and how many they are.
func (h *MessageDesk) failures(c *fiber.Ctx, value func(string) string) (l logLook, f notify.Filter, n int64, err error) {
	l = readLook(value).whole()
	l.State = notify.StateFailed
	f, wrong := l.filter(h.zone)
	if len(wrong) > 0 {
		return l, f, 0, fault.InvalidFields(wrong)
	}
	t, err := h.outbox.Count(c.UserContext(), f)
	if err == nil && t.Failed == 0 {
		err = errNothingFailed
	}
	return l, f, t.Failed, err
}

func (h *MessageDesk) askRetry(c *fiber.Ctx) error {
	l, _, n, err := h.failures(c, func(name string) string { return c.Query(name) })
	if err != nil {
		return err
	}
	page := templates.AskPage{Heading: "Try failed messages again?", Action: logPath + "/retry", Button: "Try again",
		Paragraphs: []string{upTo(n, "message") + " could not be delivered. Each is tried again for up to 48 hours, as it was written.",
			"A message that failed because of a wrong address fails again: correct the address on the attendee’s page instead."},
		Cancel: templates.Link{Href: l.path(), Text: "Leave them as they are"}}
	if l.narrowed() {
		page.Paragraphs = append(page.Paragraphs, "These are the messages that you have searched for. Others that failed stay as they are.")
	}
	for name, values := range l.values() {
		page.Hidden = append(page.Hidden, templates.Button{Name: name, Value: values[0]})
	}
	slices.SortFunc(page.Hidden, func(a, b templates.Button) int { return cmpText(a.Name, b.Name) })
	return web.Render(c, "organise/ask", web.View{Title: page.Heading, NoIndex: true, Back: &web.Back{Href: l.path(), Text: "Failed messages"}, Page: page})
}

func (h *MessageDesk) retry(c *fiber.Ctx) error {
	l, f, _, err := h.failures(c, func(name string) string { return body(c, name) })
	if errors.Is(err, errNothingFailed) { // a second click
		return c.Redirect(logPath, fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	if _, err := h.RetryFailed(c.UserContext(), f, web.By(c)); err != nil {
		return err
	}
	l.State = notify.StateQueued
	return c.Redirect(withQuery(logPath, with(l.values(), "done", "retried")), fiber.StatusSeeOther)
}

func with(q url.Values, name, value string) url.Values {
	q.Set(name, value)
	return q
}
