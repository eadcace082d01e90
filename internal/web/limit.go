package web

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/time/rate"

	"masterclass/internal/fault"
)

// maxLimiterKeys bounds a limiter's memory; past it, keys that have their whole allowance back are forgotten.
const maxLimiterKeys = 20_000

// Limiter allows each key so many events in a window of time, all at once if need be. Safe for concurrent use.
type Limiter struct {
	most   int
	window time.Duration
	now    func() time.Time

	mu   sync.Mutex
	keys map[string]*rate.Limiter
}

// NewLimiter allows perMinute events a key; 0 allows everything.
func NewLimiter(perMinute int, now func() time.Time) *Limiter {
	return NewLimiterOf(perMinute, time.Minute, now)
}

// NewLimiterOf allows most events a key in any window; 0 allows everything.
func NewLimiterOf(most int, window time.Duration, now func() time.Time) *Limiter {
	return &Limiter{most: most, window: window, now: now, keys: map[string]*rate.Limiter{}}
}

// Allow takes one event from the key's allowance, or says how long to wait.
func (l *Limiter) Allow(key string) (time.Duration, bool) {
	if l.most == 0 {
		return 0, true
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.keys[key]
	if k == nil {
		if len(l.keys) >= maxLimiterKeys {
			l.forget(now)
		}
		k = rate.NewLimiter(rate.Limit(float64(l.most)/l.window.Seconds()), l.most)
		l.keys[key] = k
	}
	if k.AllowN(now, 1) {
		return 0, true
	}
	return time.Duration((1 - k.TokensAt(now)) / float64(k.Limit()) * float64(time.Second)), false
}

func (l *Limiter) forget(now time.Time) {
	for key, k := range l.keys {
		if k.TokensAt(now) >= float64(l.most) {
			delete(l.keys, key)
		}
	}
	if len(l.keys) >= maxLimiterKeys {
		clear(l.keys) // a flood from everywhere: start again rather than grow
	}
}

// TooMany is the answer to who asks too often.
func TooMany(wait time.Duration) error {
	return fault.New(fault.TooMany, "There have been too many requests from your network. Please wait a minute, then try again.").After(max(wait, time.Second))
}

// limited holds unsafe requests of one client address to the rate limit.
func limited(cfg Config, proxies Proxies) fiber.Handler {
	l := NewLimiter(cfg.RateLimit, cfg.Now)
	return func(c *fiber.Ctx) error {
		if cfg.RateLimit == 0 || safe(c.Method()) {
			return c.Next()
		}
		if wait, ok := l.Allow(proxies.Address(c)); !ok {
			return TooMany(wait)
		}
		return c.Next()
	}
}

// Proxies are the networks whose X-Forwarded-For is believed.
type Proxies []*net.IPNet

// Address is the client's address: the connection's, or, behind proxies that are believed, the rightmost address of
// X-Forwarded-For that is not one of them. What stands further left was written by the client. Of IPv6 it is the
// network of 64 bits, since one customer has all of its addresses.
func (p Proxies) Address(c *fiber.Ctx) string {
	addr := c.Context().RemoteIP()
	if !p.trusts(addr) {
		return customer(addr)
	}
	hops := strings.Split(header(c, fiber.HeaderXForwardedFor), ",")
	for _, text := range slices.Backward(hops) {
		hop := hopAddress(strings.TrimSpace(text))
		if hop == nil {
			break
		}
		addr = hop
		if !p.trusts(hop) {
			break
		}
	}
	return customer(addr)
}

// forwarding are the headers by which proxies say that they pass on what somebody else has asked.
var forwarding = []string{fiber.HeaderXForwardedFor, fiber.HeaderXForwardedHost, fiber.HeaderXForwardedProto, fiber.HeaderForwarded, fiber.HeaderVia, "X-Real-Ip"}

// FromThisMachine says that a program on this very machine asks, and for nobody else: its connection comes from here, no proxy, trusted or not, has
// left a mark, and it asked for this machine by one of its own names.
func FromThisMachine(c *fiber.Ctx) bool {
	for _, name := range forwarding {
		if len(c.Request().Header.Peek(name)) > 0 {
			return false
		}
	}
	return c.Context().RemoteIP().IsLoopback() && Loopback(string(c.Request().Host()))
}

// Loopback says that the host, with or without a port, is a name or an address that a machine has for itself.
func Loopback(host string) bool {
	name := strings.Trim(host, "[]")
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || (ip != nil && ip.IsLoopback())
}

// hopAddress reads an address, with or without a port.
func hopAddress(text string) net.IP {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	return net.ParseIP(strings.Trim(text, "[]"))
}

func customer(ip net.IP) string {
	if ip.To4() != nil || len(ip) != net.IPv6len {
		return ip.String()
	}
	return ip.Mask(net.CIDRMask(64, 128)).String() + "/64"
}

func (p Proxies) trusts(ip net.IP) bool {
	for _, n := range p {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}
