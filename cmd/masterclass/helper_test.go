package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"masterclass/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(figureRole); role != "" { // a server that BenchmarkFigures measures
		os.Exit(playRole(role))
	}
	storetest.Main(m)
}

// testSite is a program under test, in this process, with the sample loaded.
type testSite struct {
	*App
	URL string
}

// stores says where the program keeps its state: empty for SQLite and the embedded Redis.
type stores struct{ database, redis string }

// eachStores runs fn on the small set-up and on the large one.
func eachStores(t *testing.T, fn func(t *testing.T, s stores)) {
	t.Helper()
	t.Run("SQLite and embedded Redis", func(t *testing.T) {
		t.Parallel()
		fn(t, stores{})
	})
	t.Run("PostgreSQL and redis-server", func(t *testing.T) {
		t.Parallel()
		fn(t, stores{database: storetest.MigratedPostgresURL(t), redis: storetest.RedisURL(t)})
	})
}

// startSite serves the sample site on a free port until the test ends. set changes settings first.
func startSite(t testing.TB, s stores, set ...func(*Settings)) *testSite {
	t.Helper()
	return startSiteBy(t, time.Now, s, set...)
}

// startSiteBy is startSite by another clock.
func startSiteBy(t testing.TB, now func() time.Time, s stores, set ...func(*Settings)) *testSite {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	settings := Settings{
		Listen: ln.Addr().String(), BaseURL: "http://" + ln.Addr().String(), DataDir: t.TempDir(), DatabaseURL: s.database, RedisURL: s.redis,
		MailFrom: "UK Chemotherapy Partnership <events@ukcp.example>", SiteName: "UK Chemotherapy Partnership", Strapline: "Better and safer chemotherapy.",
		ContactEmail: "events@ukcp.example", TimeZone: "Europe/London", Hold: "15m", Offer: "48h", RateLimit: "0", Log: "text", Demo: true,
	}
	for _, f := range set {
		f(&settings)
	}
	cfg, err := settings.check()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(databaseFile(cfg)); err != nil { // else an earlier site of the test has left one
		storetest.SQLiteFile(t, databaseFile(cfg))
	}
	cfg.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	app, err := Open(context.Background(), cfg, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.loadSample(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- app.Run(ctx, ln) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			t.Errorf("the program ended with %v", err)
		}
		if err := app.Close(); err != nil {
			t.Errorf("close the program: %v", err)
		}
	})
	return &testSite{App: app, URL: "http://" + ln.Addr().String()}
}

// visitor is a browser without JavaScript: it sends what a browser sends and follows redirects.
type visitor struct {
	t    testing.TB
	base string
	*http.Client
}

func (s *testSite) visitor(t testing.TB) *visitor { return newVisitor(t, s.URL) }

func newVisitor(t testing.TB, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &visitor{t: t, base: base, Client: &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second}}
}

// answer is what came back, at the address that redirects led to.
type answer struct {
	*http.Response
	text string
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	return v.do(v.request(http.MethodGet, path, nil))
}

// post sends a form from a page of the site.
func (v *visitor) post(path string, form url.Values) answer {
	v.t.Helper()
	return v.do(v.formRequest(path, form))
}

func (v *visitor) formRequest(path string, form url.Values) *http.Request {
	v.t.Helper()
	req := v.request(http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return req
}

// call posts JSON; headers are names and values in turn.
func (v *visitor) call(path string, body any, headers ...string) answer {
	v.t.Helper()
	req := v.jsonRequest(path, body)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return v.do(req)
}

func (v *visitor) jsonRequest(path string, body any) *http.Request {
	v.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		v.t.Fatal(err)
	}
	req := v.request(http.MethodPost, path, bytes.NewReader(text))
	req.Header.Set("Content-Type", "application/json")
	return req
}

func (v *visitor) request(method, path string, body io.Reader) *http.Request {
	v.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = v.base + path
	}
	req, err := http.NewRequest(method, path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	return req
}

func (v *visitor) do(req *http.Request) answer {
	v.t.Helper()
	res, err := v.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{res, string(text)}
}

// want checks the status and that the text holds some words.
func (a answer) want(t testing.TB, status int, words ...string) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s answered %d, want %d:\n%s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.text)
	}
	for _, w := range words {
		if !strings.Contains(a.text, w) {
			t.Errorf("%s does not say %q:\n%s", a.Request.URL.Path, w, a.text)
		}
	}
	return a
}

func (a answer) json(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.text), into); err != nil {
		t.Fatalf("%s: %v in %s", a.Request.URL.Path, err, a.text)
	}
}

// apiEvent is what the tests read of an event's JSON.
type apiEvent struct {
	Slug, Title, Status, Registration string
	StartsAt                          time.Time `json:"starts_at"`
	Places                            []struct {
		ID, Name                string
		Capacity, Left, Waiting int
	}
	Programme []apiSession
}

type apiSession struct{ ID, Kind, Title string }

const masterclass = "sact-masterclass"

func (v *visitor) event(slug string) apiEvent {
	v.t.Helper()
	var e apiEvent
	v.get("/api/v1/events/"+slug).want(v.t, 200).json(v.t, &e)
	return e
}

// person is a complete form, with a different address for each n.
func person(n int, place string) map[string]any {
	return map[string]any{
		"title": "Ms", "first_name": "Ada", "last_name": "Example", "email": "ada" + itoa(n) + "@example.com", "profession": "Nurse",
		"job_role": "Clinical nurse specialist", "employer": "Example trust", "place": place,
	}
}

func itoa(n int) string {
	b, _ := json.Marshal(n) // an int always marshals
	return string(b)
}

func formOf(fields map[string]any) url.Values {
	form := url.Values{}
	for k, v := range fields {
		form.Set(k, v.(string))
	}
	return form
}

// mails waits until there are n .eml files and gives their texts, the oldest first.
func (s *testSite) mails(t testing.TB, n int) []string {
	t.Helper()
	var names []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		names, _ = filepath.Glob(filepath.Join(s.mailDir(), "*.eml")) // the pattern is right
		if len(names) >= n {
			break
		}
	}
	if len(names) != n {
		t.Fatalf("%d mails were written, want %d", len(names), n)
	}
	var texts []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}
