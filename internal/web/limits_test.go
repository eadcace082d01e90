package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

func TestBodiesOverTheLimitAreRefusedReadably(t *testing.T) {
	t.Parallel()
	address := newApp().listen(t)
	const size = 3 << 20 // much more than the buffers of a connection hold
	huge := strings.Repeat("x", size)
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 16<<10, strings.Repeat("x", 16<<10))
	head := "POST %s HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n"
	for name, body := range map[string]string{
		"with a length":           fmt.Sprintf("Content-Length: %d\r\n\r\n%s", size, huge),
		"in chunks":               "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, 100) + "0\r\n\r\n",
		"with a length, not sent": "Content-Length: 100000000000\r\n\r\n",
		"a chunk larger than all": "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\nxxxx",
		"one byte more":           fmt.Sprintf("Content-Length: %d\r\n\r\n%s", BodyLimit+1, huge[:BodyLimit+1]),
		"that is asked for":       fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%s", size, huge),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, page := send(t, address, "POST", fmt.Sprintf(head, "/form")+body)
			if res.StatusCode != 413 || !strings.Contains(page, "too large") {
				t.Errorf("a page answers %d: %s", res.StatusCode, page)
			}
			res, text := send(t, address, "POST", fmt.Sprintf(head, "/api/v1/things")+body)
			var answer struct {
				Error struct{ Code, Message string }
			}
			if err := json.Unmarshal([]byte(text), &answer); err != nil || res.StatusCode != 413 || !strings.Contains(answer.Error.Message, "too large") {
				t.Errorf("the API answers %d: %s", res.StatusCode, text)
			}
		})
	}
	res, text := send(t, address, "POST", fmt.Sprintf(head, "/api/v1/things")+fmt.Sprintf("Content-Length: %d\r\n\r\n%s", BodyLimit, huge[:BodyLimit]))
	if res.StatusCode != 200 || text != fmt.Sprint(BodyLimit) {
		t.Errorf("a body of just the limit answers %d: %s", res.StatusCode, text)
	}
}

func TestCompressedBodiesAreRefused(t *testing.T) {
	t.Parallel()
	a := newApp()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 2<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for encoding, want := range map[string]int{"gzip": 415, "GZIP": 415, "deflate": 415, "br": 415, "identity, gzip": 415, "identity": 200} {
		for _, path := range []string{"/form", "/api/v1/things"} {
			res, _ := a.ask(t, "POST", path, bomb.String(), "Content-Encoding", encoding, "Content-Type", "application/json", "Sec-Fetch-Site", "same-origin")
			if res.StatusCode != want {
				t.Errorf("%s: %s answers %d, want %d", encoding, path, res.StatusCode, want)
			}
		}
	}
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2027, time.March, 11, 9, 30, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestUnsafeRequestsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	c := newClock()
	a := newApp(func(cfg *Config) { cfg.RateLimit, cfg.Now, cfg.Proxies = 3, c.Now, networks(t, "0.0.0.0/32") })
	post := func(from string) *http.Response {
		res, _ := a.ask(t, "POST", "/form", "", "Sec-Fetch-Site", "same-origin", "X-Forwarded-For", from)
		return res
	}
	for range 3 {
		if res := post("192.0.2.1"); res.StatusCode != 200 {
			t.Fatalf("within the limit it answers %d", res.StatusCode)
		}
	}
	if res := post("192.0.2.1"); res.StatusCode != 429 || res.Header.Get("Retry-After") != "20" {
		t.Errorf("past the limit it answers %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	if res, text := a.ask(t, "POST", "/api/v1/things", "{}", "Content-Type", "application/json", "X-Forwarded-For", "192.0.2.1"); res.StatusCode != 429 || !strings.Contains(text, `"too_many"`) {
		t.Errorf("the API answers %d: %s", res.StatusCode, text)
	}
	if res := post("192.0.2.2"); res.StatusCode != 200 {
		t.Errorf("another address is answered %d", res.StatusCode)
	}
	if res, _ := a.ask(t, "GET", "/", "", "X-Forwarded-For", "192.0.2.1"); res.StatusCode != 200 {
		t.Errorf("reading is answered %d", res.StatusCode)
	}
	c.pass(20 * time.Second)
	if first, second := post("192.0.2.1"), post("192.0.2.1"); first.StatusCode != 200 || second.StatusCode != 429 {
		t.Errorf("20 seconds later it answers %d, then %d", first.StatusCode, second.StatusCode)
	}
	for i := range 3 { // one customer has all addresses of a network of 64 bits
		post(fmt.Sprintf("2001:db8::%d", i+1))
	}
	if res := post("2001:db8::ffff:1"); res.StatusCode != 429 {
		t.Errorf("another address of the same IPv6 network is answered %d", res.StatusCode)
	}
	if res := post("2001:db8:0:1::1"); res.StatusCode != 200 {
		t.Errorf("another IPv6 network is answered %d", res.StatusCode)
	}
}

func TestALimitOfZeroIsNone(t *testing.T) {
	t.Parallel()
	l := NewLimiter(0, newClock().Now)
	for range 10_000 {
		if _, ok := l.Allow("a"); !ok {
			t.Fatal("it limits")
		}
	}
	if len(l.keys) != 0 {
		t.Error("it remembers")
	}
}

func TestTheLimiterForgetsRatherThanGrow(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := NewLimiter(2, c.Now)
	l.Allow("busy")
	l.Allow("busy")
	for i := range maxLimiterKeys - 1 {
		l.Allow(fmt.Sprint(i))
	}
	c.pass(30 * time.Second) // all but the busy one have their allowance back
	l.Allow("one more")
	if n := len(l.keys); n != 2 {
		t.Errorf("it remembers %d keys", n)
	}
	for range 1 {
		l.Allow("busy")
	}
	if _, ok := l.Allow("busy"); ok {
		t.Error("it forgot who has no allowance left")
	}
	for i := range 3 * maxLimiterKeys { // a flood, at one moment
		l.Allow(fmt.Sprint("flood", i))
		if len(l.keys) > maxLimiterKeys {
			t.Fatalf("it remembers %d keys", len(l.keys))
		}
	}
}

func TestTheLimiterIsExactUnderContention(t *testing.T) {
	t.Parallel()
	l := NewLimiter(100, newClock().Now)
	var allowed sync.Map
	var wg sync.WaitGroup
	for i := range 400 {
		wg.Go(func() {
			if _, ok := l.Allow("a"); ok {
				allowed.Store(i, true)
			}
		})
	}
	wg.Wait()
	n := 0
	allowed.Range(func(any, any) bool { n++; return true })
	if n != 100 {
		t.Errorf("%d were allowed", n)
	}
}

func networks(t testing.TB, cidrs ...string) (list []*net.IPNet) {
	t.Helper()
	for _, cidr := range cidrs {
		_, n, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n)
	}
	return list
}

func TestTheClientIsTheRightmostAddressThatIsNoProxy(t *testing.T) {
	t.Parallel()
	believed := []string{"0.0.0.0/32", "10.0.0.0/8", "fd00::/8"} // 0.0.0.0 is where these requests come from
	for _, c := range []struct {
		proxies   []string
		forwarded []string
		want      string
	}{
		{nil, []string{"192.0.2.1"}, "0.0.0.0"},
		{[]string{"10.0.0.0/8"}, []string{"192.0.2.1"}, "0.0.0.0"},
		{believed, nil, "0.0.0.0"},
		{believed, []string{"192.0.2.1"}, "192.0.2.1"},
		{believed, []string{"198.51.100.9, 192.0.2.1"}, "192.0.2.1"},
		{believed, []string{"198.51.100.9,192.0.2.1 , 10.1.2.3"}, "192.0.2.1"},
		{believed, []string{"10.9.9.9, 192.0.2.1, 10.1.2.3, 10.1.2.4"}, "192.0.2.1"},
		{believed, []string{"198.51.100.9", "192.0.2.1"}, "192.0.2.1"}, // a proxy may add a line of its own
		{believed, []string{"198.51.100.9", "192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
		{believed, []string{"10.1.2.3, 10.1.2.4"}, "10.1.2.3"},
		{believed, []string{"192.0.2.1:4711"}, "192.0.2.1"},
		{believed, []string{"[2001:db8::1]:4711"}, "2001:db8::/64"},
		{believed, []string{"2001:db8::1, fd00::1"}, "2001:db8::/64"},
		{believed, []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{believed, []string{"192.0.2.1, nonsense, 10.1.2.3"}, "10.1.2.3"},
		{believed, []string{"192.0.2.1, "}, "0.0.0.0"},
		{believed, []string{"unknown"}, "0.0.0.0"},
	} {
		a := newApp(func(cfg *Config) { cfg.Proxies = networks(t, c.proxies...) })
		a.Get("/who", func(ctx *fiber.Ctx) error { return ctx.SendString(a.Proxies.Address(ctx)) })
		var headers []string
		for _, line := range c.forwarded {
			headers = append(headers, "X-Forwarded-For", line)
		}
		if _, who := a.ask(t, "GET", "/who", "", headers...); who != c.want {
			t.Errorf("through %v with %q it is %s, want %s", c.proxies, c.forwarded, who, c.want)
		}
	}
}

func TestForwardedHostsAreNotBelieved(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.Get("/where", func(c *fiber.Ctx) error { return c.SendString(c.BaseURL() + " " + SiteOf(c).BaseURL) })
	_, text := a.ask(t, "GET", "/where", "", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "gopher")
	if text != "http://example.com "+base {
		t.Error(text)
	}
}
