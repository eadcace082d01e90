package events

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// Plans changes what people are told of by mail, and how many there may be: the registrar does.
type Plans interface {
	PreviewChange(ctx context.Context, eventID string, e *Event) (Change, error)
	ChangeEvent(ctx context.Context, e *Event, version int64, by access.Entry) (Change, error)
	ChangePlace(ctx context.Context, seen, changed Place, by access.Entry) (given int64, err error)
}

// Desk answers the organisers' requests about events.
type Desk struct {
	events *Store
	editor *Editor
	plans  Plans
	sample Sample
	zone   *time.Location
	now    func() time.Time
}

// Sample gives the message that tells somebody made up of a change; none if the change means nothing to anybody.
type Sample func(old, changed *Event) ([]templates.Letter, error)

// NewDesk answers from the store. zone is that of new events.
func NewDesk(editor *Editor, plans Plans, sample Sample, zone *time.Location, now func() time.Time) *Desk {
	return &Desk{events: editor.store, editor: editor, plans: plans, sample: sample, zone: zone, now: now}
}

const (
	deskPath  = "/organise/events"
	eventPath = deskPath + "/:slug"
)

// Routes adds the pages.
func (h *Desk) Routes(d *web.Desk) {
	d.Get(deskPath, h.index)
	d.Get(deskPath+"/new", h.newForm)
	d.Post(deskPath+"/new", h.create)
	d.Get(eventPath, h.with(h.overview))
	d.Get(eventPath+"/preview", h.with(h.preview))
	d.Get(eventPath+"/edit", h.with(h.editForm))
	d.Post(eventPath+"/edit", h.with(h.edit))
	d.Post(eventPath+"/publish", h.with(h.publish))
	d.Post(eventPath+"/draft", h.with(h.takeOff))
	d.Post(eventPath+"/list", h.with(h.list))
	d.Post(eventPath+"/unlist", h.with(h.unlist))
	d.Get(eventPath+"/delete", h.with(h.askDiscard))
	d.Post(eventPath+"/delete", h.with(h.discard))
	d.Get(eventPath+"/duplicate", h.with(h.duplicateForm))
	d.Post(eventPath+"/duplicate", h.with(h.duplicate))
	h.programmeRoutes(d)
	h.placeRoutes(d)
	h.questionRoutes(d)
	h.resourceRoutes(d)
}

// with finds the event of the address. From one that it had once the desk leads on.
func (h *Desk) with(do func(c *fiber.Ctx, e *Event) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		e, err := h.events.AnyBySlug(c.UserContext(), c.Params("slug"))
		if err != nil {
			return err
		}
		return do(c, e)
	}
}

func (e *Event) deskPath(rest string) string { return deskPath + "/" + e.Slug + rest }

// to leads to a page of the event, which says what was done.
func (h *Desk) to(c *fiber.Ctx, e *Event, rest, done string) error {
	return c.Redirect(e.deskPath(rest)+"?done="+done, fiber.StatusSeeOther)
}

// notices are what a page says after something was done; the query only names one of them.
var notices = map[string]string{
	"created":    "The event is kept as a draft. Nobody else sees it yet.",
	"saved":      "Your changes are saved.",
	"published":  "The event is on the site.",
	"draft":      "The event is a draft again and off the site.",
	"listed":     "The event is in the list of events, the calendar and the sitemap.",
	"unlisted":   "The event is found by its link only.",
	"duplicated": "This is the copy: a draft. Look through its details before you publish it.",
	"postponed":  "The event is postponed. Everybody who is registered or waits is told.",
	"cancelled":  "The event is cancelled. Everybody who was registered or waited is told.",
	"added":      "It is added.",
	"deleted":    "It is deleted.",
	"retired":    "The question is not asked any more. What people have answered stays.",
	"asked":      "The question is asked again, after the others.",
	"removed":    "It is removed.",
	"moved":      "The programme is moved to the day of the event.",
	"discarded":  "The draft is deleted.",
	"told":       "Your changes are saved, and everybody concerned is told by email.",
}

func noticeOf(c *fiber.Ctx) templates.Notice {
	return templates.Notice{Text: notices[c.Query("done")], Success: true}
}

func (h *Desk) index(c *fiber.Ctx) error {
	es, err := h.events.All(c.UserContext(), h.now())
	if err != nil {
		return err
	}
	page := newDeskIndex(es, c.Query("state"), h.now())
	page.Notice = noticeOf(c)
	return web.Render(c, "events/organise-index", web.View{Title: "Events to organise", NoIndex: true, Page: page})
}

func (h *Desk) overview(c *fiber.Ctx, e *Event) error {
	page := newDeskOverview(e, h.now(), web.SiteOf(c).BaseURL)
	page.Tabs, page.Notice = web.EventTabs(c, e.Slug, ""), noticeOf(c)
	return web.Render(c, "events/organise-overview", web.View{Title: e.Title + ": overview", NoIndex: true, Back: allEvents, Page: page})
}

// preview shows the page of a draft as it will be once it is published; of any other event the page itself is there.
func (h *Desk) preview(c *fiber.Ctx, e *Event) (err error) {
	if e.Status != Draft {
		return c.Redirect("/events/"+e.Slug, fiber.StatusSeeOther)
	}
	if e.Resources, err = h.events.Resources(c.UserContext(), e.ID); err != nil {
		return err
	}
	page, err := newPreview(e, h.now(), web.SiteOf(c))
	if err != nil {
		return err
	}
	return web.Render(c, "events/show", web.View{Title: "Preview: " + e.Title, NoIndex: true, Back: &web.Back{Href: e.deskPath(""), Text: "Back to the overview"}, Page: page})
}

var allEvents = &web.Back{Href: deskPath, Text: "All events"}

// What cannot be done with an event in the state that it is in.
var (
	errNotDraft = fault.Coded(fault.Conflict, "not_draft", "Only a draft can be published. A postponed event takes place again when its details have its new date.")
	errNotShown = fault.Coded(fault.Conflict, "not_shown", "A cancelled event stays on the site, so that people find out that it does not take place.")
)

// become stores another state of the event, and says so.
func (h *Desk) become(c *fiber.Ctx, e *Event, action, done string, change func(*Event)) error {
	changed := *e
	change(&changed)
	by := web.By(c)
	by.Action = action
	if changed.Status != e.Status || changed.Listed != e.Listed {
		if _, err := h.plans.ChangeEvent(c.UserContext(), &changed, e.Version, by); err != nil {
			return err
		}
	}
	return h.to(c, e, "", done)
}

func (h *Desk) publish(c *fiber.Ctx, e *Event) error {
	if e.Status != Draft && e.Status != Published {
		return errNotDraft
	}
	return h.become(c, e, "event.published", "published", func(e *Event) { e.Status = Published })
}

func (h *Desk) takeOff(c *fiber.Ctx, e *Event) error {
	if e.Status == Cancelled {
		return errNotShown
	}
	return h.become(c, e, "event.unpublished", "draft", func(e *Event) { e.Status = Draft })
}

func (h *Desk) list(c *fiber.Ctx, e *Event) error {
	return h.become(c, e, "event.listed", "listed", func(e *Event) { e.Listed = true })
}

func (h *Desk) unlist(c *fiber.Ctx, e *Event) error {
	return h.become(c, e, "event.unlisted", "unlisted", func(e *Event) { e.Listed = false })
}
