package web

import (
	"log/slog"
	"net"
	"strings"
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
}

// Application is the Fiber application and what domains need to know of its set-up.
type Application struct {
	*fiber.App
	Proxies Proxies
}

// New sets up the application; domains add their routes to it, then NotFound goes last by itself.
func New(cfg Config) *Application {
	app := fiber.New(fiber.Config{
		Views:                   cfg.Views,
		Immutable:               true, // else strings of the context change after the handler
		BodyLimit:               BodyLimit,
		ReadTimeout:             30 * time.Second, // else a silent connection blocks the shutdown
		IdleTimeout:             75 * time.Second,
		ErrorHandler:            errorHandler(cfg.Log),
		DisableStartupMessage:   true,
		DisableKeepalive:        false,
		EnableTrustedProxyCheck: true, // and nobody is trusted: X-Forwarded-Host and -Proto are not believed
		ServerHeader:            "",
	})
	app.Server().HeaderReceived = func(*fasthttp.RequestHeader) fasthttp.RequestConfig {
		return fasthttp.RequestConfig{MaxRequestBodySize: BodyLimit}
	}
	a := &Application{App: app, Proxies: cfg.Proxies}
	app.Use(identify(cfg), logged(cfg), recovered(cfg.Log), secured(cfg.Site))
	app.Use(plainBodies, sameOrigin(cfg.Site), limited(cfg, a.Proxies))
	return a
}

// identify gives the request its id and the installation's names.
func identify(cfg Config) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id := newRequestID()
		c.Locals(requestIDKey, id)
		c.Locals(siteKey, cfg.Site)
		c.Set(fiber.HeaderXRequestID, id)
		return c.Next()
	}
}

// recovered turns a panic into an error with its stack in the log.
func recovered(log *slog.Logger) fiber.Handler {
	return recover.New(recover.Config{
		EnableStackTrace:  true,
		StackTraceHandler: func(c *fiber.Ctx, e any) { log.Error("panic", "request", RequestID(c), "panic", e, "stack", stack()) },
	})
}

// secured sets the headers that every answer carries.
func secured(site Site) fiber.Handler {
	const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
	https := strings.HasPrefix(site.BaseURL, "https://")
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentSecurityPolicy, policy)
		c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
		c.Set(fiber.HeaderReferrerPolicy, "same-origin") // with no-referrer a browser sends Origin: null
		c.Set(fiber.HeaderXFrameOptions, "DENY")
		c.Set("Cross-Origin-Opener-Policy", "same-origin")
		c.Set("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=()")
		if https {
			c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
		}
		return c.Next()
	}
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

func isAPI(c *fiber.Ctx) bool { return strings.HasPrefix(c.Path(), "/api/") }
