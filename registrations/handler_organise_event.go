package registrations

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// EventDesk answers the organisers' requests about events that need the registrar: those that tell everybody, and reminders.
type EventDesk struct {
	*Registrar
	mailer *Mailer
}

// NewEventDesk answers for the registrar; the mailer shows how messages look.
func NewEventDesk(r *Registrar, m *Mailer) *EventDesk { return &EventDesk{r, m} }

const organiseEvent = "/organise/events/:slug"

// Routes adds the pages.
func (h *EventDesk) Routes(d *web.Desk) {
	d.Get(organiseEvent+"/postpone", h.askPostpone)
	d.Post(organiseEvent+"/postpone", h.postpone)
	d.Get(organiseEvent+"/cancel", h.askCancel)
	d.Post(organiseEvent+"/cancel", h.cancel)
	d.Get(organiseEvent+"/reminders", h.reminders)
	d.Post(organiseEvent+"/reminders", h.addReminder)
	d.Post(organiseEvent+"/reminders/:rule/remove", h.removeReminder)
	d.Get(organiseEvent+"/questions/answers", h.answers)
}

func (h *EventDesk) event(c *fiber.Ctx) (*events.Event, error) {
	return h.events.AnyBySlug(c.UserContext(), c.Params("slug"))
}

func overviewOf(e *events.Event) string { return "/organise/events/" + e.Slug }

var errNobodyKnows = fault.Coded(fault.Conflict, "draft", "Nobody has seen this draft, so there is nothing to call off.")

// held says whether an event can be called off.
func (h *EventDesk) held(e *events.Event) error {
	switch {
	case e.Status == events.Draft:
		return errNobodyKnows
	case e.Status == events.Published && e.Past(h.now()):
		return ErrEventOver
	}
	return nil
}

// hearers are who is told of news: how many, who they are in words, and what each kind of them reads.
type hearers struct {
	all     int
	list    []string
	letters []templates.Letter
}

// hearing says who is told when an event is called off.
func (h *EventDesk) hearing(c *fiber.Ctx, n news, invited bool) (to hearers, err error) {
	standings, err := h.store.countStandings(c.UserContext(), n.event.ID)
	if err != nil {
		return to, err
	}
	for _, s := range []struct {
		status Status
		words  string
	}{{Confirmed, "with a confirmed place"}, {Pending, "waiting to be approved"}, {Offered, "with the offer of a place"}, {Waiting, "on the waiting list"}} {
		count, placeID := 0, ""
		for _, p := range n.event.Places {
			if at := standings[standingKind{p.ID, s.status}]; at > 0 {
				count, placeID = count+at, cmp.Or(placeID, p.ID)
			}
		}
		letters, err := h.mailer.sample(n, standingKind{placeID, s.status}, invited && s.status == Confirmed)
		if err != nil {
			return to, err
		}
		if count > 0 {
			to.all, to.list = to.all+count, append(to.list, fmt.Sprintf("%s %s", headcount(count), s.words))
		}
		for _, l := range letters {
			l.Title = "See the email to people " + s.words
			to.letters = append(to.letters, l)
		}
	}
	return to, nil
}

func headcount(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

func tellsWhom(all int) string {
	if all == 0 {
		return "Nobody is registered, so nobody is told."
	}
	if all == 1 {
		return "1 person is told by email at once:"
	}
	return headcount(all) + " are told by email at once:"
}

func (h *EventDesk) askPage(c *fiber.Ctx, e *events.Event, page templates.AskPage, status int) error {
	page.Caption, page.Tabs = e.Title, web.EventTabs(c, e.Slug, "")
	page.Cancel = templates.Link{Href: overviewOf(e), Text: "Keep it as it is"}
	page.Hidden = []templates.Button{{Name: "version", Value: strconv.FormatInt(e.Version, 10)}}
	c.Status(status)
	return web.Render(c, "organise/ask", web.View{Title: e.Title + ": " + strings.ToLower(page.Button), NoIndex: true, Error: len(page.Errors) > 0,
		Back: &web.Back{Href: overviewOf(e), Text: "Overview"}, Page: page})
}

// askedVersion is that of the event on the page which asked.
func askedVersion(c *fiber.Ctx) int64 {
	n, _ := strconv.ParseInt(c.FormValue("version"), 10, 64) // what is no number is the version of nothing
	return n
}

func (h *EventDesk) askPostpone(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	if err := h.held(e); err != nil {
		return err
	}
	if e.Status != events.Published {
		return c.Redirect(overviewOf(e), fiber.StatusSeeOther)
	}
	to, err := h.hearing(c, newsOfPostponing(e, h.now()), true)
	if err != nil {
		return err
	}
	return h.askPage(c, e, templates.AskPage{Heading: "Postpone this event?", Action: overviewOf(e) + "/postpone", Button: "Postpone the event", Warning: true, List: to.list, Letters: to.letters,
		Paragraphs: []string{e.When(), "Everybody keeps their place or their turn. The event leaves their calendars until you enter its new date, and nobody can register meanwhile.", tellsWhom(to.all)},
	}, fiber.StatusOK)
}

func (h *EventDesk) postpone(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	if _, err := h.PostponeEvent(c.UserContext(), e.ID, askedVersion(c), web.By(c)); err != nil {
		return err
	}
	return c.Redirect(overviewOf(e)+"?done=postponed", fiber.StatusSeeOther)
}

func (h *EventDesk) askCancel(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	if e.Status == events.Cancelled {
		return c.Redirect(overviewOf(e), fiber.StatusSeeOther)
	}
	return h.showCancel(c, e, cancelling{}, fiber.StatusOK)
}

// cancelling is what an organiser has sent who cancels an event; the zero value is for the first look.
type cancelling struct {
	reason string
	sent   bool
	wrong  []fault.Field
}

// reasonToCome stands in the email while no reason could be typed yet.
const reasonToCome = "(Your reason stands here, if you give one.)"

// news are what is told: with the reason as it was typed, once there could be one.
func (a cancelling) news(e *events.Event) news {
	n := newsOfCancelling(e)
	if n.reason = reasonToCome; a.sent {
		n.reason = lines(a.reason)
	}
	return n
}

func (h *EventDesk) showCancel(c *fiber.Ctx, e *events.Event, a cancelling, status int) error {
	if err := h.held(e); err != nil {
		return err
	}
	to, err := h.hearing(c, a.news(e), e.Status == events.Published)
	if err != nil {
		return err
	}
	page := templates.AskPage{Heading: "Cancel this event?", Action: overviewOf(e) + "/cancel", Button: "Cancel the event", Warning: true, List: to.list, Letters: to.letters, Errors: fieldErrors(a.wrong),
		Paragraphs: []string{e.When(), "Every registration ends, and the event stays on the site as cancelled. This cannot be undone.", tellsWhom(to.all)},
		Fields: []templates.Field{
			{Textarea: &templates.Textarea{ID: "reason", Label: "Reason", Rows: 3, MaxLength: maxReason, Optional: true, Hint: "It is part of the email", Value: a.reason, Error: problemOf(a.wrong, "reason")}},
			{Checkbox: &templates.Checkbox{ID: "confirm", Label: "Yes, cancel the event and tell everybody", Error: problemOf(a.wrong, "confirm")}},
		}}
	if len(page.Letters) > 0 {
		page.Letters[0].Open = a.sent
		page.Others = []templates.Button{{Name: "step", Value: "look", Form: "Look at the email"}}
	}
	return h.askPage(c, e, page, status)
}

// cancel does it once that is confirmed. Until then it shows the email with the reason in it.
func (h *EventDesk) cancel(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	a := cancelling{reason: c.FormValue("reason"), sent: true}
	switch {
	case e.Status == events.Cancelled: // by a first click
	case c.FormValue("step") == "look":
		if a.wrong = checkReason(lines(a.reason)); len(a.wrong) == 0 {
			return h.showCancel(c, e, a, fiber.StatusOK)
		}
	case !bool(ticked(c.FormValue("confirm"))):
		a.wrong = []fault.Field{{Name: "confirm", Message: "Tick the box to cancel the event"}}
	}
	if len(a.wrong) > 0 {
		return h.showCancel(c, e, a, fiber.StatusUnprocessableEntity)
	}
	_, err = h.CancelEvent(c.UserContext(), e.ID, askedVersion(c), a.reason, web.By(c))
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid && len(f.Fields) > 0 {
		a.wrong = f.Fields
		return h.showCancel(c, e, a, fiber.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return c.Redirect(overviewOf(e)+"?done=cancelled", fiber.StatusSeeOther)
}

// reminderNotices are what the page of reminders says after something was done.
var reminderNotices = map[string]string{"added": "The reminder is added.", "removed": "The reminder is removed."}

func (h *EventDesk) reminders(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	return h.showReminders(c, e, reminderForm{Kind: string(Reminder), Unit: "days", Audience: string(Attendees)}, nil, fiber.StatusOK)
}

func (h *EventDesk) showReminders(c *fiber.Ctx, e *events.Event, f reminderForm, wrong []fault.Field, status int) error {
	rules, err := h.PreviewReminders(c.UserContext(), e)
	if err != nil {
		return err
	}
	page := newRemindersPage(e, rules, f, wrong)
	page.Tabs, page.Notice = web.EventTabs(c, e.Slug, ""), templates.Notice{Text: reminderNotices[c.Query("done")], Success: true}
	c.Status(status)
	return web.Render(c, "registrations/organise-reminders", web.View{Title: e.Title + ": reminders", NoIndex: true, Error: len(wrong) > 0,
		Back: &web.Back{Href: overviewOf(e), Text: "Overview"}, Page: page})
}

func (h *EventDesk) addReminder(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	f := reminderForm{Kind: line(c.FormValue("kind")), Number: line(c.FormValue("offset")), Unit: line(c.FormValue("unit")), Audience: line(c.FormValue("audience"))}
	rule := ReminderRule{EventID: e.ID, Kind: ReminderKind(f.Kind), Offset: f.offset(), Audience: Audience(f.Audience)}
	_, err = h.AddReminder(c.UserContext(), rule, web.By(c))
	if bad, ok := fault.Of(err); ok && bad.Kind == fault.Invalid {
		return h.showReminders(c, e, f, bad.Fields, fiber.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return c.Redirect(overviewOf(e)+"/reminders?done=added", fiber.StatusSeeOther)
}

// removeReminder takes one of the event's own rules away.
func (h *EventDesk) removeReminder(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	rules, err := h.Reminders(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	for _, u := range rules {
		if u.ID != c.Params("rule") {
			continue
		}
		if err := h.RemoveReminder(c.UserContext(), u.ID, web.By(c)); err != nil {
			return err
		}
		return c.Redirect(overviewOf(e)+"/reminders?done=removed", fiber.StatusSeeOther)
	}
	return ErrNoRule
}

// reminderForm is what an organiser types of a rule.
type reminderForm struct{ Kind, Number, Unit, Audience string }

// offset is 0 for what is no number of hours or days.
func (f reminderForm) offset() time.Duration {
	n, err := strconv.Atoi(f.Number)
	if err != nil || n < 0 || n > 10_000 {
		return 0
	}
	if f.Unit == "hours" {
		return time.Duration(n) * time.Hour
	}
	return time.Duration(n) * day
}
