package web

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/recover"
	"github.com/valyala/fasthttp"

	"masterclass/internal/fault"
)

// BodyLimit is how many bytes a request's body has at most.
const BodyLimit = 64 << 10

// Config is what the application around the domains needs.
type Config struct {
	Site      Site
	Views     fiber.Views
	Log       *slog.Logger
	RateLimit int          // unsafe requests a minute and client address; 0 for none
	Proxies   []*net.IPNet // whose X-Forwarded-For is believed
	Now       func() time.Time
	Away      func(error) bool // whether an error is an outage of the database; nil knows none

	// SignedIn says whether an organiser sends a request, by its cookies: large bodies of others are not read. Nil knows nobody.
	SignedIn func(ctx context.Context, cookie func(name string) string) (bool, error)

	Answers *Answers // what is kept ready; nil keeps nothing

	// Observe is told of each request that was answered, by its route's pattern; nil for nobody.
	Observe func(method, route string, status int, took time.Duration)

	begin func(*fiber.Ctx) // of New
}

// Application is the Fiber application and what domains need to know of its set-up.
type Application struct {
	*fiber.App
	Proxies Proxies
}

// New sets up the application; domains add their routes to it, then NotFound goes last by itself.
func New(cfg Config) *Application {
	under := &underway{signedIn: cfg.SignedIn}
	if under.signedIn == nil {
		under.signedIn = func(context.Context, func(string) string) (bool, error) { return false, nil }
	}
	cfg.begin = beginning(cfg.Site)
	app := fiber.New(fiber.Config{
		Views:                   cfg.Views,
		CaseSensitive:           true, // what is told apart by its path is told apart everywhere
		Immutable:               true, // else strings of the context change after the handler
		BodyLimit:               BodyLimit,
		ReadBufferSize:          8 << 10,          // of a request's headers: cookies and a long Referer together
		ReadTimeout:             30 * time.Second, // else a silent connection blocks the shutdown
		IdleTimeout:             75 * time.Second,
		ErrorHandler:            errorHandler(cfg, under),
		DisableStartupMessage:   true,
		DisableKeepalive:        false,
		EnableTrustedProxyCheck: true, // and nobody is trusted: X-Forwarded-Host and -Proto are not believed
		ServerHeader:            "",
	})
	app.Server().HeaderReceived = under.received
	app.Server().KeepHijackedConns = true // a stream goes on after the server is done with its request
	knownMethods(app.Server(), under)
	a := &Application{App: app, Proxies: cfg.Proxies}
	app.Use(quick(cfg), begun(cfg), packed, logged(cfg), recovered(cfg.Log), bounded)
	app.Use(plainBodies, sameOrigin(cfg.Site), limited(cfg, a.Proxies))
	return a
}

// underway knows which requests are for the API and have a body of unknown length: fasthttp forgets the path of one whose
// chunks it refuses; why a large body is not read; and which are held. It holds one entry a connection at most of each.
type underway struct {
	api      sync.Map
	refused  sync.Map // why, by the header
	holding  holding
	signedIn func(ctx context.Context, cookie func(name string) string) (bool, error)
}

// received is called between a request's headers and its body.
func (u *underway) received(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	u.done(h) // whatever broke before it could be answered
	if h.ContentLength() < 0 && strings.HasPrefix(string(h.RequestURI()), apiPath) {
		u.api.Store(h, nil)
	}
	kind := largerKind(string(h.Method()), h.RequestURI())
	if kind == nil {
		return fasthttp.RequestConfig{MaxRequestBodySize: BodyLimit}
	}
	if err := u.admit(kind, h); err != nil {
		u.refused.Store(h, err)
		return fasthttp.RequestConfig{MaxRequestBodySize: BodyLimit} // larger than that, it is refused before it is read
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: kind.limit, ReadTimeout: uploadTime}
}

// why is the reason why a request could not be read, where we know a better one than that it is too large.
func (u *underway) why(c *fiber.Ctx, err error) error {
	why, ok := u.refused.LoadAndDelete(&c.Request().Header)
	if fe, is := frameworkError(err); ok && is && fe.Code == fiber.StatusRequestEntityTooLarge {
		return why.(error) // received stores nothing else
	}
	return err
}

// done forgets a request that is answered.
func (u *underway) done(h *fasthttp.RequestHeader) {
	u.api.Delete(h)
	u.refused.Delete(h)
	u.holding.release(h)
}

// path gives a request that could not be read as much of its path back as its answer depends on.
func (u *underway) path(c *fiber.Ctx) {
	if _, ok := u.api.LoadAndDelete(&c.Request().Header); ok {
		c.Path(apiPath)
	}
}

// knownMethods refuses other methods before Fiber would, which answers them without our headers. What is answered is forgotten.
func knownMethods(s *fasthttp.Server, under *underway) {
	next := s.Handler
	s.Handler = func(c *fasthttp.RequestCtx) {
		defer under.done(&c.Request.Header)
		if !slices.Contains(fiber.DefaultMethods, string(c.Method())) {
			s.ErrorHandler(c, errors.New("unknown method")) // a 400
			return
		}
		next(c)
	}
}

// begun gives the request its id and the installation's names, and the answer its headers.
func begun(cfg Config) fiber.Handler {
	return func(c *fiber.Ctx) error {
		cfg.begin(c)
		return c.Next()
	}
}

// beginning prepares what every request begins with: most calendar programs are told no more than this and a status.
func beginning(site Site) func(*fiber.Ctx) {
	var names any = site // the same for all
	headers := secure(strings.HasPrefix(site.BaseURL, "https://"))
	return func(c *fiber.Ctx) {
		id := newRequestID()
		c.Locals(requestIDKey, id)
		c.Locals(siteKey, names)
		answer := &c.Response().Header
		answer.Set(fiber.HeaderXRequestID, id)
		for _, h := range headers {
			answer.SetCanonical(h.name, h.value)
		}
	}
}

// requestTime is how long one request may keep the database busy.
const requestTime = 20 * time.Second

// bounded gives the request's work a deadline: a database that stalls is answered with 503 and not waited for.
func bounded(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), requestTime)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// recovered turns a panic into an error with its stack in the log.
func recovered(log *slog.Logger) fiber.Handler {
	return recover.New(recover.Config{
		EnableStackTrace:  true,
		StackTraceHandler: func(c *fiber.Ctx, e any) { log.Error("panic", "request", RequestID(c), "panic", e, "stack", stack()) },
	})
}

const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// alike is a header that all answers have with the same value. The name is in its canonical form.
type alike struct{ name, value []byte }

// secure are the headers that keep every answer safe.
func secure(https bool) []alike {
	list := []alike{
		{[]byte(fiber.HeaderContentSecurityPolicy), []byte(contentPolicy)},
		{[]byte(fiber.HeaderXContentTypeOptions), []byte("nosniff")},
		{[]byte(fiber.HeaderReferrerPolicy), []byte("same-origin")}, // with no-referrer a browser sends Origin: null
		{[]byte(fiber.HeaderXFrameOptions), []byte("DENY")},
		{[]byte("Cross-Origin-Opener-Policy"), []byte("same-origin")},
		{[]byte("Permissions-Policy"), []byte("camera=(self), geolocation=(), microphone=(), payment=()")},
	}
	if https {
		list = append(list, alike{[]byte(fiber.HeaderStrictTransportSecurity), []byte("max-age=31536000")})
	}
	return list
}

// plainBodies refuses compressed bodies: 51 KB of gzip can be 52 MB of text, past the limit.
func plainBodies(c *fiber.Ctx) error {
	if enc := c.Get(fiber.HeaderContentEncoding); enc != "" && !strings.EqualFold(enc, "identity") {
		return fault.New(fault.Unsupported, "Send the request without Content-Encoding.")
	}
	return c.Next()
}

func safe(method string) bool {
	return method == fiber.MethodGet || method == fiber.MethodHead || method == fiber.MethodOptions || method == fiber.MethodTrace
}

const apiPath = "/api/"

func isAPI(c *fiber.Ctx) bool { return strings.HasPrefix(c.Path(), apiPath) }

// header joins the lines of a header that came more than once (RFC 9110 5.3): a proxy may have added its own.
func header(c *fiber.Ctx, name string) string {
	return string(bytes.Join(c.Request().Header.PeekAll(name), []byte(",")))
}
