package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

const base = "https://events.example.org"

// views shows the title, the message and the site's name, which is all that these tests look at.
type views struct{}

func (views) Load() error { return nil }

func (views) Render(w io.Writer, name string, data any, _ ...string) error {
	v, ok := data.(View)
	if !ok {
		return fmt.Errorf("%s is given %T", name, data)
	}
	_, err := fmt.Fprintf(w, "<title>%s – %s</title>%s: %+v", v.Title, v.Site.Name, name, v.Page)
	return err
}

// logBook is a log that can be read while it is written.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// testApp is an application with a few routes, and its log.
type testApp struct {
	*Application
	log *logBook
}

func newApp(set ...func(*Config)) *testApp {
	book := &logBook{}
	cfg := Config{Site: Site{Name: "The Partnership", BaseURL: base}, Views: views{}, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range set {
		f(&cfg)
	}
	a := &testApp{Application: New(cfg), log: book}
	ok := func(c *fiber.Ctx) error { return c.SendString("ok") }
	a.Get("/", ok)
	a.Get("/registrations/:token", ok)
	a.Post("/form", ok)
	a.Post("/unsubscribe/:token", ok)
	a.Post("/api/v1/things", func(c *fiber.Ctx) error { return c.SendString(fmt.Sprint(len(c.Body()))) })
	return a
}

// ask sends a request past the network; headers are names and values in turn.
func (a *testApp) ask(t testing.TB, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := a.Test(req, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// listen serves on a port of its own until the test ends, and gives its address.
func (a *testApp) listen(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- a.Serve(ln) }()
	t.Cleanup(func() {
		if err := a.ShutdownWithTimeout(10 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// send writes bytes to a connection and reads one answer.
func send(t testing.TB, address, method, text string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatalf("the request cannot be sent to its end: %v", err)
	}
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err == nil && res.StatusCode == http.StatusContinue {
		res, err = http.ReadResponse(r, &http.Request{Method: method})
	}
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("half an answer: %v", err)
	}
	return res, string(body)
}

// secureHeaders are those that every answer carries.
var secureHeaders = map[string]string{
	"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
	"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera", "X-Request-Id": "-",
	"Strict-Transport-Security": "max-age=",
}

func wantSecure(t *testing.T, what string, res *http.Response) {
	t.Helper()
	for name, value := range secureHeaders {
		if got := res.Header.Get(name); !strings.Contains(got, value) {
			t.Errorf("%s: %s is %q", what, name, got)
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.Get("/panic", func(*fiber.Ctx) error { panic("oh") })
	Static(a, func(string) (StaticFile, bool) { return StaticFile{ContentType: "text/css", Body: []byte("a{}")}, true })
	for _, path := range []string{"/", "/nowhere", "/assets/app.css", "/panic", "/api/v1/nowhere"} {
		res, _ := a.ask(t, "GET", path, "")
		wantSecure(t, path, res)
	}
	address := a.listen(t)
	for what, text := range map[string]string{
		"too large":          "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n",
		"no HTTP":            "NONSENSE\r\n\r\n",
		"an unknown method":  "BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
		"headers too large":  "GET / HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("x", 9000) + "\r\n\r\n",
		"a refused page":     "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		"after another page": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		res, body := send(t, address, "GET", text)
		wantSecure(t, what, res)
		if res.StatusCode >= 400 && !strings.Contains(body, "The Partnership") {
			t.Errorf("%s: the page is %q", what, body)
		}
	}
	plain := newApp(func(c *Config) { c.Site.BaseURL = "http://localhost:8080" })
	if res, _ := plain.ask(t, "GET", "/", ""); res.Header.Get("Strict-Transport-Security") != "" {
		t.Error("a site without TLS asks for TLS")
	}
}

func TestAWorkerAnswersForPagesWhereItSaysAlone(t *testing.T) {
	t.Parallel()
	a := newApp()
	scopes := map[string]string{"/assets/worker.js": "/organise/"}
	Static(a, func(path string) (StaticFile, bool) {
		return StaticFile{ContentType: "text/javascript", Body: []byte("1"), Scope: scopes[path]}, true
	})
	for path, want := range map[string]string{"/assets/worker.js": "/organise/", "/assets/site.js": ""} {
		if res, _ := a.ask(t, "GET", path, ""); res.Header.Get("Service-Worker-Allowed") != want {
			t.Errorf("%s may answer for %q, want %q", path, res.Header.Get("Service-Worker-Allowed"), want)
		}
	}
}

func TestEachRequestOfAConnectionHasItsOwnID(t *testing.T) {
	t.Parallel()
	address := newApp().listen(t)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	seen := map[string]bool{}
	for _, text := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"} {
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(res.Body); err != nil {
			t.Fatal(err)
		}
		seen[res.Header.Get("X-Request-Id")] = true
	}
	if len(seen) != 3 || seen[""] {
		t.Errorf("the ids are %v", seen)
	}
}

func TestErrorsAreToldByTheirKind(t *testing.T) {
	t.Parallel()
	_, away := net.DialTimeout("tcp", "127.0.0.1:1", time.Second)
	a := newApp(func(c *Config) { c.Away = func(err error) bool { return errors.Is(err, away) } })
	var fail error
	a.Get("/fail", func(*fiber.Ctx) error { return fail })
	a.Get("/api/fail", func(c *fiber.Ctx) error {
		c.Set("ETag", `"x"`)
		c.Set("Content-Disposition", "attachment")
		return fail
	})
	secret := errors.New("select * from registrations where token = s3cret")
	for _, c := range []struct {
		err    error
		status int
		code   string
		retry  string
	}{
		{fault.New(fault.Invalid, "Readable."), 422, "invalid", ""},
		{fault.New(fault.Malformed, "Readable."), 400, "malformed", ""},
		{fault.New(fault.Unsupported, "Readable."), 415, "unsupported", ""},
		{fault.New(fault.NotFound, "Readable."), 404, "not_found", ""},
		{fault.New(fault.Gone, "Readable."), 410, "gone", ""},
		{fault.New(fault.Conflict, "Readable."), 409, "conflict", ""},
		{fault.Coded(fault.Conflict, "full", "Readable."), 409, "full", ""},
		{fault.New(fault.Forbidden, "Readable."), 403, "forbidden", ""},
		{fault.New(fault.TooMany, "Readable.").After(1500 * time.Millisecond), 429, "too_many", "2"},
		{fault.New(fault.TooMany, "Readable."), 429, "too_many", "30"},
		{fault.New(fault.Unavailable, "Readable.").After(time.Hour), 503, "unavailable", "3600"},
		{fault.New(fault.Internal, "Readable."), 500, "internal", ""},
		{fault.New(fault.Kind(99), "Readable."), 500, "", ""},
		{fmt.Errorf("while doing: %w", fault.New(fault.NotFound, "Readable.").Because(secret)), 404, "not_found", ""},
		{secret, 500, "internal", ""},
		{fiber.NewError(502, secret.Error()), 502, "internal", ""},
		{fiber.NewError(404, secret.Error()), 404, "not_found", ""},
		{fmt.Errorf("reach the database: %w", away), 503, "unavailable", "30"},
		{fault.New(fault.NotFound, "Readable.").Because(away), 404, "not_found", ""},
		{context.DeadlineExceeded, 500, "internal", ""},
	} {
		fail = c.err
		res, page := a.ask(t, "GET", "/fail", "")
		if res.StatusCode != c.status || res.Header.Get("Retry-After") != c.retry || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%v: the page has %d, %v", c.err, res.StatusCode, res.Header)
		}
		api, text := a.ask(t, "GET", "/api/fail", "")
		var body struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal([]byte(text), &body); err != nil || api.StatusCode != c.status || body.Error.Code != c.code || body.Error.Message == "" {
			t.Errorf("%v: the JSON is %d %s", c.err, api.StatusCode, text)
		}
		if api.Header.Get("ETag")+api.Header.Get("Content-Disposition") != "" || api.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v: headers of the answer that failed are left: %v", c.err, api.Header)
		}
		if strings.Contains(page+text, "s3cret") || strings.Contains(page+text, "127.0.0.1") {
			t.Errorf("%v: the reason is shown:\n%s\n%s", c.err, page, text)
		}
		if readable := strings.Contains(c.err.Error(), "Readable."); readable != strings.Contains(page, "Readable.") || readable != strings.Contains(text, "Readable.") {
			t.Errorf("%v: the sentence is not what is shown:\n%s\n%s", c.err, page, text)
		}
	}
	fail = fault.InvalidFields([]fault.Field{{Name: "email", Message: "Enter an email address"}})
	if _, text := a.ask(t, "GET", "/api/fail", ""); !strings.Contains(text, `"fields":{"email":"Enter an email address"}`) {
		t.Errorf("the fields are not named: %s", text)
	}
	if !strings.Contains(a.log.String(), "s3cret") {
		t.Error("the reason is not in the log")
	}
}

func TestAPanicIsAPageWithAnIDAndAStackInTheLog(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.Get("/panic", func(*fiber.Ctx) error { panic("the private reason") })
	res, page := a.ask(t, "GET", "/panic", "")
	id := res.Header.Get("X-Request-Id")
	if res.StatusCode != 500 || len(id) != 36 || !strings.Contains(page, id) || strings.Contains(page, "private reason") || strings.Contains(page, ".go:") {
		t.Errorf("the page is %d, id %q: %s", res.StatusCode, id, page)
	}
	if log := a.log.String(); !strings.Contains(log, "private reason") || !strings.Contains(log, "web_test.go") || strings.Count(log, id) < 2 {
		t.Errorf("the log is %s", log)
	}
	if res, _ := a.ask(t, "GET", "/", ""); res.StatusCode != 200 {
		t.Errorf("afterwards a page answers %d", res.StatusCode)
	}
}

func TestTheLogNamesRoutesAndNeverPaths(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.Get("/registrations/:token/broken", func(*fiber.Ctx) error { return errors.New("broken") })
	const secret = "s3cret-token"
	for _, path := range []string{"/registrations/" + secret, "/registrations/" + secret + "?q=" + secret, "/registrations/" + secret + "/nothing",
		"/registrations/" + secret + "/broken", "/?email=" + secret, "/" + secret} {
		a.ask(t, "GET", path, "")
		a.ask(t, "POST", path, "", "Sec-Fetch-Site", "cross-site")
		a.ask(t, "PUT", path, "", "Sec-Fetch-Site", "same-origin")
	}
	address := a.listen(t)
	for _, text := range []string{
		"POST /registrations/" + secret + " HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n",
		"BREW /registrations/" + secret + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /registrations/" + secret + " HTTP/1.1\r\nHost x\r\nContent-Length: many\r\n\r\n",
		"GET /registrations/" + secret + " HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat(secret, 900) + "\r\n\r\n",
	} {
		send(t, address, "GET", text)
	}
	hangUp(t, address, "POST /registrations/"+secret+" HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
	log := a.log.String()
	if strings.Contains(log, secret) {
		t.Errorf("the log holds a secret:\n%s", log)
	}
	if !strings.Contains(log, "route=/registrations/:token ") || !strings.Contains(log, "route=(none)") || strings.Count(log, "msg=\"request failed\"") != 1 {
		t.Errorf("the log is\n%s", log)
	}
}

// hangUp sends half a request and resets the connection.
func hangUp(t *testing.T, address, text string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestARequestsWorkHasADeadline(t *testing.T) {
	t.Parallel()
	app := fiber.New()
	app.Get("/", bounded, func(c *fiber.Ctx) error {
		if _, ok := c.UserContext().Deadline(); !ok {
			t.Error("the request's context never ends")
		}
		return nil
	})
	if _, err := app.Test(httptest.NewRequest("GET", "/", nil)); err != nil {
		t.Fatal(err)
	}
}
