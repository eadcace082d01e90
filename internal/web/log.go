package web

import (
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
)

func newRequestID() string { return uuid.Must(uuid.NewV7()).String() } // fails only without entropy, which ends the program anyway

func stack() string { return string(debug.Stack()) }

// logged writes one line a request. It names the route, never the path: paths hold people's secret links.
func logged(cfg Config) fiber.Handler {
	return func(c *fiber.Ctx) error {
		began := time.Now()
		err := c.Next()
		if err != nil { // the error handler sets the status, so it goes first
			if herr := c.App().ErrorHandler(c, err); herr != nil {
				c.Status(fiber.StatusInternalServerError)
			}
		}
		took := time.Since(began)
		if cfg.Observe != nil {
			cfg.Observe(c.Method(), routeOf(c), c.Response().StatusCode(), took)
		}
		level := slog.LevelInfo
		if safe(c.Method()) && c.Response().StatusCode() < 400 {
			level = slog.LevelDebug
		}
		cfg.Log.LogAttrs(c.Context(), level, "request", slog.String("request", RequestID(c)), slog.String("method", c.Method()),
			slog.String("route", routeOf(c)), slog.Int("status", c.Response().StatusCode()), slog.Duration("took", took.Round(time.Microsecond)))
		return nil
	}
}

// routeOf is the pattern of the route that answered; middleware is mounted at "/". Where no route was looked for, Fiber
// makes one up of the path itself, without handlers.
func routeOf(c *fiber.Ctx) string {
	if r := c.Route(); len(r.Handlers) > 0 && (r.Path != "/" || c.Path() == "/") {
		return r.Path
	}
	return "(none)"
}
