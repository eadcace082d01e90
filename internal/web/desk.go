package web

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// Desk adds the organisers' pages to the application. Each answers only those whom access's table allows; a page without a rule
// there answers nobody. Who asks is known already: the guard on /organise has asked for a sign-in.
type Desk struct {
	router   fiber.Router
	assigned func(ctx context.Context, organiserID, slug string) (bool, error)
	moved    func(ctx context.Context, slug string) (string, error)
}

// NewDesk adds to the router; assigned says whether a steward is to help at the event of that slug, and moved gives the present slug of an
// event that had this one, or a fault of kind NotFound.
func NewDesk(router fiber.Router, assigned func(ctx context.Context, organiserID, slug string) (bool, error),
	moved func(ctx context.Context, slug string) (string, error)) *Desk {
	return &Desk{router: router, assigned: assigned, moved: moved}
}

// Get adds a page.
func (d *Desk) Get(pattern string, h fiber.Handler) {
	d.router.Get(pattern, d.allowed(fiber.MethodGet, pattern), h)
}

// Post adds an action.
func (d *Desk) Post(pattern string, h fiber.Handler) {
	d.router.Post(pattern, d.allowed(fiber.MethodPost, pattern), h)
}

var errNotYours = fault.New(fault.Forbidden, "Your account does not open this page. If you need it, ask an owner of the site to change your role.")

func (d *Desk) allowed(method, pattern string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		p, ok := Principal(c)
		if !ok || !access.May(p.Role, method, pattern) {
			return errNotYours
		}
		err := d.helps(c, p, c.Params("slug"))
		if err == nil {
			err = c.Next()
		}
		if strings.HasPrefix(pattern, eventPattern) && (fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden)) {
			return d.orMoved(c, p, err)
		}
		return err
	}
}

// helps refuses a steward at an event that is not theirs.
func (d *Desk) helps(c *fiber.Ctx, p access.Principal, slug string) error {
	if p.Role != access.Steward || slug == "" {
		return nil
	}
	theirs, err := d.assigned(c.UserContext(), p.ID, slug)
	if err == nil && !theirs {
		return errNotYours
	}
	return err
}

// orMoved leads on from an address that the event had once, or else answers refused.
func (d *Desk) orMoved(c *fiber.Ctx, p access.Principal, refused error) error {
	slug := c.Params("slug")
	now, err := d.moved(c.UserContext(), slug)
	if fault.Is(err, fault.NotFound) || now == slug {
		return refused
	}
	if err == nil {
		err = d.helps(c, p, now)
	}
	if err != nil {
		return err
	}
	return Moved(c, eventsPath+slug, eventsPath+now)
}

const (
	principalKey = "principal"
	addressKey   = "address"
)

// SetPrincipal says who is signed in, and from which address.
func SetPrincipal(c *fiber.Ctx, p access.Principal, address string) {
	c.Locals(principalKey, p)
	c.Locals(addressKey, address)
}

// Principal is who is signed in; false outside of the organisers' area.
func Principal(c *fiber.Ctx) (access.Principal, bool) {
	p, ok := c.Locals(principalKey).(access.Principal)
	return p, ok
}

// By begins the entry of the audit trail for what the signed-in organiser asks for.
func By(c *fiber.Ctx) access.Entry {
	p, _ := Principal(c)
	address, _ := c.Locals(addressKey).(string)
	return access.Entry{Actor: "organiser:" + p.ID, Address: address, RequestID: RequestID(c)}
}

// Tab is one of the pages that stand side by side, in the organisers' navigation or above an event's pages.
type Tab struct {
	Href, Text string
	Current    bool
}

type tab struct{ pattern, text string }

var menuTabs = []tab{
	{"/organise", "Dashboard"}, {"/organise/events", "Events"}, {"/organise/messages", "Messages"}, {"/organise/articles", "Articles"},
	{"/organise/learning", "E-learning"},
	{"/organise/sources", "News sources"}, {"/organise/team", "Team"}, {"/organise/audit", "Audit trail"}, {"/organise/settings", "Settings"}, {"/organise/account", "Your account"},
}

const (
	eventsPath   = "/organise/events/"
	eventPattern = eventsPath + ":slug"
)

var eventTabs = []tab{
	{eventPattern, "Overview"}, {eventPattern + "/edit", "Details"}, {eventPattern + "/programme", "Programme"}, {eventPattern + "/places", "Places"},
	{eventPattern + "/questions", "Questions"}, {eventPattern + "/attendees", "Attendees"}, {eventPattern + "/waiting-list", "Waiting list"},
	{eventPattern + "/check-in", "Check-in"}, {eventPattern + "/messages", "Messages"}, {eventPattern + "/badges", "Badges and lists"},
	{eventPattern + "/resources", "Resources"},
}

// menu are the parts of the organisers' area that the role may open; the one that holds the path is marked.
func menu(role access.Role, path string) []Tab {
	var tabs []Tab
	for _, t := range menuTabs {
		if access.May(role, fiber.MethodGet, t.pattern) {
			inside := path == t.pattern || (t.pattern != "/organise" && len(path) > len(t.pattern) && path[:len(t.pattern)+1] == t.pattern+"/")
			tabs = append(tabs, Tab{Href: t.pattern, Text: t.text, Current: inside})
		}
	}
	return tabs
}

// EventTabs are the pages of an event that the signed-in organiser may open; current is the end of one's path, such as "/attendees",
// or "" for the overview.
func EventTabs(c *fiber.Ctx, slug, current string) []Tab {
	p, _ := Principal(c)
	var tabs []Tab
	for _, t := range eventTabs {
		if access.May(p.Role, fiber.MethodGet, t.pattern) {
			end := t.pattern[len(eventPattern):]
			tabs = append(tabs, Tab{Href: "/organise/events/" + slug + end, Text: t.text, Current: end == current})
		}
	}
	return tabs
}
