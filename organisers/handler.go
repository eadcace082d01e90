package organisers

import (
	"context"
	"errors"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/web"
)

const (
	home          = "/organise"
	signInPath    = "/organise/sign-in"
	codePath      = "/organise/sign-in/code"
	forgottenPath = "/organise/sign-in/forgotten"
	accountPath   = "/organise/account"
	twoStepPath   = "/organise/account/two-step"
	teamPath      = "/organise/team"
	auditPath     = "/organise/audit"
	settingsPath  = "/organise/settings"
)

// Overview knows the events in any state that stewards can help at, which are not over for long, and those of the ids whenever they were.
type Overview interface {
	Overview(ctx context.Context, ids []string) ([]EventLine, error)
}

// EventLine is an event on a steward's first page; When is its date in words, and State what is not as with most, such as 'unlisted'.
type EventLine struct {
	ID, Title, When, Slug, State string
	Draft                        bool // nobody can be checked in yet
}

// Words are the date and the state.
func (e EventLine) Words() string {
	if e.State == "" {
		return e.When
	}
	return e.When + ", " + e.State
}

// Options are what the pages need besides the accounts.
type Options struct {
	Site     web.Site
	Proxies  web.Proxies
	Overview Overview
	// Moved gives the present slug of an event that had this one, or a fault of kind NotFound.
	Moved func(ctx context.Context, slug string) (string, error)
	// Dashboard answers with the first page of owners and organisers.
	Dashboard fiber.Handler
	Trail     *access.Reader
	// Installation is what the site runs with.
	Installation Installation
	Zone         *time.Location
	Now          func() time.Time
	// OwnersWithoutCode says of a request whether an owner needs no second step for it: of a demonstration on one's own machine. Without it, none
	// goes without.
	OwnersWithoutCode func(c *fiber.Ctx) bool
}

// Handler answers the sign-in pages, guards what is below /organise, and shows accounts, the team, the audit trail and the settings.
type Handler struct {
	Options
	organisers *Organisers
	limits     *limits
	tests      *web.Limiter // of the way that mail goes, by account
	pause      func(time.Duration)
	cookie     string
	secure     bool
}

// NewHandler makes the handler. With a base URL of https the cookies are Secure and have the __Host- prefix.
func NewHandler(o *Organisers, options Options) *Handler {
	h := &Handler{Options: options, organisers: o, limits: newLimits(options.Now), tests: web.NewLimiter(testsAMinute, options.Now), pause: time.Sleep, cookie: "organiser"}
	if strings.HasPrefix(options.Site.BaseURL, "https://") {
		h.cookie, h.secure = "__Host-organiser", true
	}
	return h
}

// Routes adds the pages and the guard. Whatever else lies below /organise is added to the desk that it gives back.
func (h *Handler) Routes(r fiber.Router) *web.Desk {
	r.Get(signInPath, private, h.signInForm)
	r.Post(signInPath, private, h.signIn)
	r.Get(codePath, private, h.codeForm)
	r.Post(codePath, private, h.sendCode)
	r.Get(forgottenPath, private, h.forgottenForm)
	r.Post(forgottenPath, private, h.forgotten)
	r.Get(linkPath+":token", private, h.choosePasswordForm)
	r.Post(linkPath+":token", private, h.choosePassword)
	r.Post(home+"/sign-out", private, h.signOut)
	r.Use(home, h.guard)
	desk := web.NewDesk(r, h.organisers.Assigned, h.Moved)
	desk.Get(home, h.show)
	h.accountRoutes(desk)
	h.teamRoutes(desk)
	desk.Get(auditPath, h.audit)
	desk.Get(settingsPath, h.settings)
	desk.Post(settingsPath+"/mail", h.testMail)
	return desk
}

func (h *Handler) accountRoutes(desk *web.Desk) {
	desk.Get(accountPath, h.account)
	desk.Post(accountPath+"/name", h.rename)
	desk.Post(accountPath+"/password", h.changePassword)
	desk.Post(accountPath+"/sign-ins", h.endSignIns)
	desk.Get(twoStepPath, h.twoStep)
	desk.Post(twoStepPath, h.confirmTwoStep)
	desk.Post(twoStepPath+"/off", h.turnOffTwoStep)
	desk.Post(twoStepPath+"/codes", h.renewCodes)
}

func (h *Handler) teamRoutes(desk *web.Desk) {
	desk.Get(teamPath, h.team)
	desk.Post(teamPath, h.invite)
	desk.Get(teamPath+"/:id", h.showOne)
	desk.Post(teamPath+"/:id", h.changeMember)
	desk.Post(teamPath+"/:id/invite", h.inviteAgain)
	desk.Post(teamPath+"/:id/address", h.changeAddress)
	desk.Post(teamPath+"/:id/sign-ins", h.endSignInsOf)
	desk.Post(teamPath+"/:id/two-step", h.takeSecondStep)
	desk.Get(teamPath+"/:id/remove", h.removeForm)
	desk.Post(teamPath+"/:id/remove", h.remove)
}

func private(c *fiber.Ctx) error {
	web.Private(c)
	return c.Next()
}

const sessionKey = "organisers' session"

// session is who is signed in, as the guard found them.
func session(c *fiber.Ctx) Session {
	s, _ := c.Locals(sessionKey).(Session)
	return s
}

// guard sends who is not signed in to the sign-in page, and back afterwards; and an owner without a second step to where it is set up.
func (h *Handler) guard(c *fiber.Ctx) error {
	// Fiber matches Use by prefix: only the next letter tells /organise/x from /organisers.
	if rest := c.Path()[len(home):]; rest != "" && rest[0] != '/' {
		return c.Next()
	}
	web.Private(c)
	s, err := h.organisers.Principal(c.UserContext(), c.Cookies(h.cookie))
	if errors.Is(err, ErrSignedOut) {
		return c.Redirect(signInFor(c), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	if h.mustSetUp(c, s) && c.Path() != twoStepPath {
		return c.Redirect(twoStepPath, fiber.StatusSeeOther)
	}
	c.Locals(sessionKey, s)
	web.SetPrincipal(c, s.Principal, h.Proxies.Address(c))
	return c.Next()
}

// mustSetUp says that the account may open nothing before it has a second step.
func (h *Handler) mustSetUp(c *fiber.Ctx, s Session) bool {
	return s.Role == access.Owner && !s.SecondStep && (h.OwnersWithoutCode == nil || !h.OwnersWithoutCode(c))
}

// client is where the request comes from.
func (h *Handler) client(c *fiber.Ctx) Client {
	return Client{Address: h.Proxies.Address(c), Browser: browserWords(c.Get(fiber.HeaderUserAgent)), RequestID: web.RequestID(c)}
}

// signInFor is the sign-in page that leads back here, if here can be opened again.
func signInFor(c *fiber.Ctx) string {
	next := localNext(c.OriginalURL())
	if next == home || (c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead) {
		return signInPath
	}
	return signInPath + "?next=" + url.QueryEscape(next)
}

// localNext is where to go after signing in: a page below /organise of this site, whatever was asked for.
func localNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || len(next) > 2000 || strings.ContainsAny(next, "\\\r\n\t") {
		return home
	}
	below := strings.HasPrefix(u.Path, home+"/") && path.Clean(u.Path) == strings.TrimSuffix(u.Path, "/")
	if !below || strings.HasPrefix(u.Path, signInPath) || u.Path == home+"/sign-out" {
		return home
	}
	return u.RequestURI()
}

// show is the first page: for a steward with the events to check in at, for an editor with the newsroom.
func (h *Handler) show(c *fiber.Ctx) error {
	p, _ := web.Principal(c)
	if p.Role == access.Owner || p.Role == access.Organiser {
		return h.Dashboard(c)
	}
	page := overviewPage{Name: p.Name, Role: roleWords(p.Role), Steward: p.Role == access.Steward}
	if !page.Steward {
		page.Links = newsroomLinks(p.Role)
		return web.Render(c, "organisers/overview", web.View{Title: "Organisers’ area", NoIndex: true, Page: page})
	}
	events, err := h.assigned(c, p)
	if err != nil {
		return err
	}
	for _, e := range events {
		page.Events = append(page.Events, newEventRow(e))
	}
	return web.Render(c, "organisers/overview", web.View{Title: "Organisers’ area", NoIndex: true, Page: page})
}

// assigned are the events that are not over for long at which a steward helps.
func (h *Handler) assigned(c *fiber.Ctx, p access.Principal) ([]EventLine, error) {
	events, err := h.Overview.Overview(c.UserContext(), nil)
	if err != nil {
		return nil, err
	}
	m, err := h.organisers.Member(c.UserContext(), p.ID)
	return slices.DeleteFunc(events, func(e EventLine) bool { return !slices.Contains(m.Events, e.ID) }), err
}
