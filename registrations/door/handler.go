package door

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/registrations"
)

// Handler answers the pages of the door: check-in, badges and lists.
type Handler struct {
	*Door
	events    *events.Store
	registrar *registrations.Registrar
}

// NewHandler answers for the door; the registrar registers who walks in.
func NewHandler(d *Door, e *events.Store, r *registrations.Registrar) *Handler {
	return &Handler{Door: d, events: e, registrar: r}
}

const eventPath = "/organise/events/:slug"

// Desk adds the pages to the organisers' area.
func (h *Handler) Desk(d *web.Desk) {
	d.Get(eventPath+"/check-in", h.show)
	d.Post(eventPath+"/check-in", h.check)
	d.Post(eventPath+"/check-in/undo", h.undo)
	d.Post(eventPath+"/check-in/scans", h.scanAll)
	d.Get(eventPath+"/check-in/count", h.count)
	d.Get(eventPath+"/check-in/offline", h.offline)
	d.Post(eventPath+"/check-in/give", h.give)
	d.Get(eventPath+"/check-in/walk-in", h.walkInForm)
	d.Post(eventPath+"/check-in/walk-in", h.walkIn)
	d.Get(eventPath+"/attendance", h.attendance)
	d.Get(eventPath+"/attendance.csv", h.attendanceCSV)
	d.Get(eventPath+"/badges", h.badges)
	d.Get(eventPath+"/badges.pdf", h.badgesPDF)
	d.Get(eventPath+"/signing-in", h.signingIn)
	d.Get(eventPath+"/signing-in.pdf", h.signingInPDF)
}

// event is the one that the address names, with its programme.
func (h *Handler) event(c *fiber.Ctx) (*events.Event, error) {
	return h.events.BySlug(c.UserContext(), c.Params("slug"))
}

// setting is what a door is set to do: it stays from one scan to the next.
type setting struct {
	Action  Action
	Session string
}

// settingOf reads it from a query or a form; what is not known is the whole event, coming in.
func settingOf(get func(string) string, e *events.Event) setting {
	s := setting{Action: In}
	if get("action") == string(Out) {
		s.Action = Out
	}
	if id := get("session"); hasSession(e, id) {
		s.Session = id
	}
	return s
}

// query is the setting as the end of an address, with more names and values.
func (s setting) query(more ...string) string {
	q := url.Values{}
	if s.Action == Out {
		q.Set("action", string(Out))
	}
	if s.Session != "" {
		q.Set("session", s.Session)
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func form(c *fiber.Ctx) func(string) string {
	return func(name string) string { return strings.TrimSpace(string(c.Request().PostArgs().Peek(name))) }
}

func query(c *fiber.Ctx) func(string) string {
	return func(name string) string { return c.Query(name) }
}

// show is the page of the door: the answer to the last scan, the field for the next, who was searched for, and what was recorded last.
func (h *Handler) show(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	p, err := h.newPage(c, e, settingOf(query(c), e))
	if err != nil {
		return err
	}
	if visit := c.Query("done"); visit != "" {
		seen, err := h.VisitOf(c.UserContext(), e.ID, visit)
		if err != nil && !errors.Is(err, ErrNoVisit) {
			return err
		}
		if err == nil {
			p.result(e, Answer{Outcome: stillSo(Outcome(c.Query("was")), seen.Visit), Guest: seen.Guest, Visit: seen.Visit})
		}
	}
	if asked := c.Query("asked"); asked != "" {
		if err := h.asked(c, e, p, asked); err != nil {
			return err
		}
	}
	if undone := c.Query("undone"); undone != "" {
		p.Result = &result{Class: "already", Heading: "Undone", Text: "The last entry was taken back."}
		if why := notUndone[undone]; why != nil {
			p.Result = &result{Class: "already", Heading: "Nothing was undone", Text: why.Message}
		}
	}
	return h.render(c, e, p)
}

// offline is the page of the door that a browser keeps for when there is no connection: as it is before anybody has come, and without the name of
// whoever is signed in, since it may stay on a phone for long.
func (h *Handler) offline(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	p := newCheckInPage(e, setting{Action: In})
	now := h.now().In(e.Starts().Location())
	p.Offline, p.Kept, p.Tabs = true, events.Clock(now)+" on "+now.Format("Monday 2 January"), web.EventTabs(c, e.Slug, "/check-in")
	return web.Render(c, "door/check-in", web.View{Title: "Check-in: " + e.Title, NoIndex: true, Nameless: true, Page: p})
}

// notUndone is why an undo took nothing back, by its word in the page's address.
var notUndone = map[string]*fault.Error{"no": ErrOvertaken, "again": errInAgain}

// stillSo is an outcome of a moment ago, or what is so since: a page that is loaded again shows nobody green who has left.
func stillSo(was Outcome, v Visit) Outcome {
	switch last := v.last(); {
	case was == CameIn && last == Out:
		return AlreadyOut
	case was == WentOut && last == In:
		return AlreadyIn
	}
	return was
}

// newPage is the page of the door for whoever asks.
func (h *Handler) newPage(c *fiber.Ctx, e *events.Event, s setting) (p *checkInPage, err error) {
	p = newCheckInPage(e, s)
	principal, _ := web.Principal(c)
	p.prints = principal.Role != access.Steward // who only helps on the day prints nothing
	if h.mayGive(c, e) {
		p.left, err = h.registrar.LeftFor(c.UserContext(), e)
	}
	return p, err
}

// mayGive says whether places that are left can be given at the door to those who wait: once nobody is offered one any more, by whoever may register
// a walk-in; where organisers approve people, by them alone.
func (h *Handler) mayGive(c *fiber.Ctx, e *events.Event) bool {
	return e.ListRests(h.now()) && noWalkIn(c, e, h.now()) == "" && (!e.Approval || mayConfirm(c))
}

// give gives a place that is left to somebody who waits for it, and lets them in.
func (h *Handler) give(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	get := form(c)
	if !h.mayGive(c, e) {
		return errNoGift
	}
	g, err := h.guestOf(c.UserContext(), e.ID, get("id"))
	if err != nil {
		return err
	}
	seen := &registrations.Registration{ID: g.ID, Generation: g.Generation}
	if held, err := strconv.ParseInt(get("holder"), 10, 64); err == nil {
		seen.Generation = held
	}
	if _, err := h.registrar.Give(c.UserContext(), seen, web.By(c)); err != nil {
		return err
	}
	return h.letIn(c, e, g.ID, get("scan"))
}

var errNoGift = fault.New(fault.Conflict, "Places cannot be given at this door now. An organiser can give them on the page of the waiting list, once registration has closed.")

// asked says what has become of a walk-in whom an organiser has to approve.
func (h *Handler) asked(c *fiber.Ctx, e *events.Event, p *checkInPage, reference string) error {
	g, err := h.guestCalled(c.UserContext(), e.ID, reference)
	if errors.Is(err, registrations.ErrNotFound) {
		return nil
	}
	if err == nil && g.Status == registrations.Pending {
		p.Result = &result{Class: "already", Heading: "Ask an organiser to approve", Text: g.Name() + ", " + placeName(e, g.PlaceID) +
			": their request is kept, with reference " + g.Reference + ". Once an organiser has approved it, check them in by their name."}
	}
	return err
}

// render adds what every showing of the page needs.
func (h *Handler) render(c *fiber.Ctx, e *events.Event, p *checkInPage) (err error) {
	if p.Query = strings.TrimSpace(c.Query("q")); p.Query != "" {
		principal, _ := web.Principal(c)
		p.Employers = principal.Role != access.Steward // who only helps on the day sees names and places
		found, err := h.Find(c.UserContext(), e, p.Query, p.Employers, mostMatches)
		if err != nil {
			return err
		}
		inside, err := h.insideOf(c.UserContext(), e, p.Session, found)
		if err != nil {
			return err
		}
		p.matches(e, found, inside)
	}
	if p.Counts, err = h.Counts(c.UserContext(), e, p.Session); err != nil {
		return err
	}
	recent, err := h.Recent(c.UserContext(), e.ID, p.Session, recentLines)
	if err != nil {
		return err
	}
	p.recent(e, recent)
	p.Tabs, p.Aside = web.EventTabs(c, e.Slug, "/check-in"), notToday(e, h.now())
	return web.Render(c, "door/check-in", web.View{Title: "Check-in: " + e.Title, NoIndex: true, Error: len(p.Errors) > 0, Page: p})
}

// How many lines the page shows.
const (
	mostMatches = 20
	recentLines = 10
)

// check takes what was scanned or typed. What is neither a ticket nor a reference is looked for among the names.
func (h *Handler) check(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	get := form(c)
	s := settingOf(get, e)
	if get("code") == "" {
		return h.refuse(c, e, s, "Scan a ticket, or type a name or a reference")
	}
	principal, _ := web.Principal(c)
	a, err := h.Check(c.UserContext(), e, Scan{ID: get("scan"), Code: get("code"), SessionID: s.Session, Action: s.Action, By: web.By(c), ByName: principal.Name})
	switch {
	case err != nil:
		return err
	case a.Outcome == NotFound && looksLikeName(get("code")):
		return c.Redirect(c.Path()+s.query("q", get("code")), fiber.StatusSeeOther)
	case a.Visit.ID == "":
		return h.turnAway(c, e, s, a)
	}
	return c.Redirect(c.Path()+s.query("done", a.Visit.ID, "was", string(a.Outcome)), fiber.StatusSeeOther)
}

// looksLikeName tells a name from a ticket of another system and the like.
func looksLikeName(s string) bool { return len(s) <= 60 && !strings.ContainsAny(s, "0123456789:/") }

func (h *Handler) refuse(c *fiber.Ctx, e *events.Event, s setting, message string) error {
	p, err := h.newPage(c, e, s)
	if err != nil {
		return err
	}
	p.wrong(message)
	c.Status(fiber.StatusUnprocessableEntity)
	return h.render(c, e, p)
}

// turnAway says why somebody is not let in.
func (h *Handler) turnAway(c *fiber.Ctx, e *events.Event, s setting, a Answer) error {
	p, err := h.newPage(c, e, s)
	if err != nil {
		return err
	}
	p.result(e, a)
	c.Status(fiber.StatusUnprocessableEntity)
	return h.render(c, e, p)
}

func (h *Handler) undo(c *fiber.Ctx) error {
	e, err := h.event(c)
	if err != nil {
		return err
	}
	get := form(c)
	visit, was, _ := strings.Cut(get("visit"), ".") // a page says what it showed
	err = h.Undo(c.UserContext(), e.ID, visit, Action(was), web.By(c))
	undone := "1"
	for word, why := range notUndone {
		if errors.Is(err, why) {
			undone, err = word, nil
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(strings.TrimSuffix(c.Path(), "/undo")+settingOf(get, e).query("undone", undone), fiber.StatusSeeOther)
}
