package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"masterclass/internal/web"
	"masterclass/registrations"
)

const refusalTime = time.Second

func refusalEmbedded(b *testing.B) []figure {
	return refusals(b, "refusal, SQLite, embedded Redis", "refusal_embedded", stores{})
}

func refusalRedis(b *testing.B) []figure {
	return refusals(b, "refusal, PostgreSQL, redis-server", "refusal_redis", durable(b))
}

// refusals are people turned away from a full place, against the refuser. Nothing is left of a refusal, so both run throughout.
func refusals(b *testing.B, what, name string, on stores) []figure {
	b.Helper()
	s := newFigureSite(b, on, 0)
	yardstick := startRole(b, "refuser", nil)
	ours, bare := s.client(), newLoadClient(s.event.Places[0].ID, yardstick.addr)
	ours.send(b, figureClients, warmTime)
	bare.send(b, figureClients, warmTime)
	return []figure{measured(what, "refusals/s", ">= 0.50", func(n int) (float64, float64) {
		var l load
		s.profiled(fmt.Sprintf("%s-%d", name, n), func() { l = ours.send(b, figureClients, refusalTime) })
		settled()
		return l.rate(b, 409), bare.send(b, figureClients, refusalTime).rate(b, 409)
	})}
}

// refusedText is what a full place answers.
const refusedText = `{"error":{"code":"full","message":"Every place is taken. You can join the waiting list."}}`

// refuser is the yardstick of refusals: a Fiber application with the settings of ours, which reads the JSON into the same fields and
// answers 409 from a constant.
func refuser() error {
	app := fiber.New(fiber.Config{
		CaseSensitive: true, Immutable: true, BodyLimit: web.BodyLimit, ReadBufferSize: 8 << 10, ReadTimeout: 30 * time.Second,
		IdleTimeout: 75 * time.Second, DisableStartupMessage: true, EnableTrustedProxyCheck: true,
	})
	app.Server().HeaderReceived = func(*fasthttp.RequestHeader) fasthttp.RequestConfig {
		return fasthttp.RequestConfig{MaxRequestBodySize: web.BodyLimit}
	}
	app.Get("/readyz", func(c *fiber.Ctx) error { return c.SendString("ready\n") })
	app.Post("/api/v1/events/:slug/registrations", func(c *fiber.Ctx) error {
		var req struct {
			registrations.Form
			Wait    bool              `json:"wait"`
			Step    string            `json:"step"`
			Answers map[string]string `json:"answers"`
		}
		if err := json.Unmarshal(c.Body(), &req); err != nil || req.Email == "" {
			return fiber.ErrBadRequest
		}
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Status(fiber.StatusConflict).SendString(refusedText)
	})
	ln, err := net.Listen("tcp", os.Getenv("MASTERCLASS_LISTEN"))
	if err != nil {
		return err
	}
	return app.Listener(ln)
}
