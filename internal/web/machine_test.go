package web

import (
	"net"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

func TestOnlyAProgramOnThisMachineAsksFromThisMachine(t *testing.T) {
	t.Parallel()
	app := fiber.New()
	for name, c := range map[string]struct {
		peer, host string
		header     [2]string
		want       bool
	}{
		"a browser here":                        {"127.0.0.1", "localhost:8080", [2]string{}, true},
		"by its address":                        {"127.0.0.1", "127.0.0.1:8080", [2]string{}, true},
		"by another of its addresses":           {"127.0.0.7", "127.0.0.7", [2]string{}, true},
		"in capitals":                           {"127.0.0.1", "LOCALHOST:8080", [2]string{}, true},
		"over IPv6":                             {"::1", "[::1]:8080", [2]string{}, true},
		"over IPv6 without a port":              {"::1", "[::1]", [2]string{}, true},
		"a listener for both families":          {"::ffff:127.0.0.1", "localhost:8080", [2]string{}, true},
		"a phone in the same network":           {"192.168.1.7", "192.168.1.5:8080", [2]string{}, false},
		"who says to mean this machine":         {"192.168.1.7", "localhost:8080", [2]string{}, false},
		"who claims to come from here":          {"192.168.1.7", "localhost:8080", [2]string{"X-Forwarded-For", "127.0.0.1"}, false},
		"over IPv6 from elsewhere":              {"2001:db8::7", "localhost:8080", [2]string{}, false},
		"a proxy here":                          {"127.0.0.1", "localhost:8080", [2]string{"X-Forwarded-For", "198.51.100.7"}, false},
		"a proxy here, for here":                {"127.0.0.1", "localhost:8080", [2]string{"X-Forwarded-For", "127.0.0.1"}, false},
		"a proxy that says so by RFC 7239":      {"127.0.0.1", "localhost:8080", [2]string{"Forwarded", "for=198.51.100.7"}, false},
		"a proxy that says only its name":       {"127.0.0.1", "localhost:8080", [2]string{"Via", "1.1 caddy"}, false},
		"a proxy that says only the host":       {"127.0.0.1", "localhost:8080", [2]string{"X-Forwarded-Host", "events.example.org"}, false},
		"a proxy that says only the scheme":     {"127.0.0.1", "localhost:8080", [2]string{"X-Forwarded-Proto", "https"}, false},
		"a proxy with a header of its own":      {"127.0.0.1", "localhost:8080", [2]string{"X-Real-IP", "198.51.100.7"}, false},
		"a tunnel that says nothing":            {"127.0.0.1", "demo.example.org", [2]string{}, false},
		"a name that only begins like this one": {"127.0.0.1", "localhost.example.org", [2]string{}, false},
		"no name":                               {"127.0.0.1", "", [2]string{}, false},
	} {
		var asked fasthttp.Request
		asked.Header.SetHost(c.host)
		if c.header[0] != "" {
			asked.Header.Set(c.header[0], c.header[1])
		}
		var request fasthttp.RequestCtx
		request.Init(&asked, &net.TCPAddr{IP: net.ParseIP(c.peer), Port: 4711}, nil)
		ctx := app.AcquireCtx(&request)
		if got := FromThisMachine(ctx); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		app.ReleaseCtx(ctx)
	}
}
