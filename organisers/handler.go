package organisers

import (
	"context"
	"errors"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
)

const (
	home       = "/organise"
	signInPath = "/organise/sign-in"
)

// Overview knows how the events stand.
type Overview interface {
	Overview(ctx context.Context) ([]EventLine, error)
}

// EventLine is an event on the organisers' first page; When is its date in words.
type EventLine struct {
	Title, When, Slug string
	Places            []PlaceLine
}

// PlaceLine is how one of the event's places stands.
type PlaceLine struct {
	Name                     string
	Taken, Capacity, Waiting int64
}

// Handler answers the sign-in pages and guards what is below /organise.
type Handler struct {
	organisers *Organisers
	overview   Overview
	proxies    web.Proxies
	limits     *limits
	pause      func(time.Duration)
	cookie     string
	secure     bool
}

// NewHandler makes the handler. With a base URL of https the cookie is Secure and has the __Host- prefix.
func NewHandler(o *Organisers, site web.Site, proxies web.Proxies, overview Overview, now func() time.Time) *Handler {
	h := &Handler{organisers: o, overview: overview, proxies: proxies, limits: newLimits(now), pause: time.Sleep, cookie: "organiser"}
	if strings.HasPrefix(site.BaseURL, "https://") {
		h.cookie, h.secure = "__Host-organiser", true
	}
	return h
}

// Routes adds the pages and the guard. Whatever else lies below /organise is added to the desk that it gives back.
func (h *Handler) Routes(r fiber.Router) *web.Desk {
	r.Get(signInPath, private, h.signInForm)
	r.Post(signInPath, private, h.signIn)
	r.Get(linkPath+":token", private, h.choosePasswordForm)
	r.Post(linkPath+":token", private, h.choosePassword)
	r.Post(home+"/sign-out", private, h.signOut)
	r.Use(home, h.guard)
	desk := web.NewDesk(r, h.organisers.Assigned)
	desk.Get(home, h.show)
	return desk
}

func private(c *fiber.Ctx) error {
	web.Private(c)
	return c.Next()
}

// guard sends who is not signed in to the sign-in page, and back afterwards.
func (h *Handler) guard(c *fiber.Ctx) error {
	// Fiber matches Use by prefix: only the next letter tells /organise/x from /organisers.
	if rest := c.Path()[len(home):]; rest != "" && rest[0] != '/' {
		return c.Next()
	}
	web.Private(c)
	p, err := h.organisers.Principal(c.UserContext(), c.Cookies(h.cookie))
	if errors.Is(err, ErrSignedOut) {
		return c.Redirect(signInFor(c), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	web.SetPrincipal(c, p, h.proxies.Address(c))
	return c.Next()
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

func (h *Handler) show(c *fiber.Ctx) error {
	p, _ := web.Principal(c)
	events, err := h.overview.Overview(c.UserContext())
	if err != nil {
		return err
	}
	return web.Render(c, "organisers/overview", web.View{Title: "Organisers’ area", NoIndex: true, Page: newOverviewPage(p, events)})
}
