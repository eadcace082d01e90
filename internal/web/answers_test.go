package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// RFC 9110 13.1 and 13.2.2.
func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	revised := time.Date(2027, time.March, 11, 9, 30, 0, 500e6, time.UTC)
	const at, before, after = "Thu, 11 Mar 2027 09:30:00 GMT", "Thu, 11 Mar 2027 09:29:59 GMT", "Thu, 11 Mar 2027 09:30:01 GMT"
	a := newApp()
	a.Get("/file", func(c *fiber.Ctx) error {
		return Cached(c, &Answer{ContentType: "text/calendar; charset=utf-8", Body: []byte("BEGIN:VCALENDAR"), Revised: revised, CacheControl: "public, max-age=300"})
	})
	a.Post("/file", func(c *fiber.Ctx) error {
		return Cached(c, &Answer{ContentType: "text/plain", Body: []byte("posted"), Revised: revised, CacheControl: "no-store"})
	})
	a.Get("/undated", func(c *fiber.Ctx) error {
		return Cached(c, &Answer{ContentType: "text/plain", Body: []byte("x"), CacheControl: "no-cache"})
	})
	res, _ := a.ask(t, "GET", "/file", "")
	tag := res.Header.Get("ETag")
	if len(tag) < 10 || tag[0] != '"' || res.Header.Get("Last-Modified") != at {
		t.Fatalf("the validators are %v", res.Header)
	}
	for _, c := range []struct {
		headers []string
		want    int
	}{
		{nil, 200},
		{[]string{"If-None-Match", tag}, 304},
		{[]string{"If-None-Match", "W/" + tag}, 304},
		{[]string{"If-None-Match", "*"}, 304},
		{[]string{"If-None-Match", `"a", W/"b" ,` + tag}, 304},
		{[]string{"If-None-Match", `"a"`, "If-None-Match", tag}, 304},
		{[]string{"If-None-Match", `"a"`}, 200},
		{[]string{"If-None-Match", strings.Trim(tag, `"`)}, 200},
		{[]string{"If-None-Match", tag[:8] + `"`}, 200},
		{[]string{"If-None-Match", `"a"`, "If-Modified-Since", after}, 200},
		{[]string{"If-None-Match", tag, "If-Modified-Since", before}, 304},
		{[]string{"If-Modified-Since", at}, 304},
		{[]string{"If-Modified-Since", after}, 304},
		{[]string{"If-Modified-Since", before}, 200},
		{[]string{"If-Modified-Since", "Thursday, 11-Mar-27 09:30:00 GMT"}, 304},
		{[]string{"If-Modified-Since", "yesterday"}, 200},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			res, body := a.ask(t, method, "/file", "", c.headers...)
			h := res.Header
			if res.StatusCode != c.want || h.Get("ETag") != tag || h.Get("Last-Modified") != at || h.Get("Cache-Control") != "public, max-age=300" {
				t.Errorf("%s with %q answers %d, want %d: %v", method, c.headers, res.StatusCode, c.want, h)
			}
			if whole := method == "GET" && c.want == 200; (body == "BEGIN:VCALENDAR") != whole || (body == "") == whole {
				t.Errorf("%s with %q: the body is %q", method, c.headers, body)
			}
			if c.want == 200 && (h.Get("Content-Type") != "text/calendar; charset=utf-8" || res.ContentLength != 15) {
				t.Errorf("%s with %q: %v, length %d", method, c.headers, h, res.ContentLength)
			}
			if c.want == 304 && h.Get("Content-Type") != "" {
				t.Errorf("%s with %q: a 304 has the type %s", method, c.headers, h.Get("Content-Type"))
			}
		}
	}
	if res, body := a.ask(t, "POST", "/file", "", "If-None-Match", "*", "Sec-Fetch-Site", "same-origin"); res.StatusCode != 200 || body != "posted" {
		t.Errorf("POST answers %d %q", res.StatusCode, body)
	}
	if res, _ := a.ask(t, "GET", "/undated", "", "If-Modified-Since", after); res.StatusCode != 200 || res.Header.Get("Last-Modified") != "" {
		t.Errorf("what has no date answers %d, %v", res.StatusCode, res.Header)
	}
}

func TestANotModifiedAnswerHasNoBodyOnTheWire(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.Get("/file", func(c *fiber.Ctx) error {
		return Cached(c, &Answer{ContentType: "text/plain", Body: []byte("x"), CacheControl: "no-cache"})
	})
	address := a.listen(t)
	head := " /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	for _, method := range []string{"GET", "HEAD"} {
		res, body := send(t, address, method, method+head+"If-None-Match: *\r\n\r\n")
		if res.StatusCode != http.StatusNotModified || body != "" || len(res.TransferEncoding) > 0 {
			t.Errorf("%s answers %d %q", method, res.StatusCode, body)
		}
	}
	if res, body := send(t, address, "HEAD", "HEAD"+head+"\r\n"); res.StatusCode != 200 || body != "" || res.Header.Get("Content-Length") != "1" {
		t.Errorf("HEAD answers %d %q %v", res.StatusCode, body, res.Header)
	}
}

func TestStaticFilesNeverChangeAndAreCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	a := newApp()
	var zipped strings.Builder
	z := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(z, "body{}"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string]StaticFile{
		"/assets/app.1234.css": {ContentType: "text/css; charset=utf-8", Body: []byte("body{}"), Packed: packedAs("gzip", zipped.String())},
		"/assets/logo.png":     {ContentType: "image/png", Body: []byte("PNG")},
	}
	Static(a, func(path string) (StaticFile, bool) { f, ok := files[path]; return f, ok })
	for accepted, want := range map[string]bool{
		"gzip": true, "gzip, deflate, br, zstd": true, "br;q=1.0, gzip;q=0.8": true, "GZIP": true, "deflate, gzip; q=0.001": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.0, br": false, "gzipped": false, "identity": false, "gzip;q=x": false,
	} {
		res, body := a.ask(t, "GET", "/assets/app.1234.css", "", "Accept-Encoding", accepted)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != want || (body == zipped.String()) != want || (body == "body{}") == want {
			t.Errorf("for %q the encoding is %q: %q", accepted, res.Header.Get("Content-Encoding"), body)
		}
		if res.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("for %q the headers are %v", accepted, res.Header)
		}
	}
	if res, body := a.ask(t, "GET", "/assets/logo.png", "", "Accept-Encoding", "gzip"); res.Header.Get("Content-Encoding") != "" || body != "PNG" {
		t.Errorf("what has no compressed form is %v", res.Header)
	}
	if res, body := a.ask(t, "HEAD", "/assets/app.1234.css", ""); res.StatusCode != 200 || body != "" || res.ContentLength != 6 {
		t.Errorf("HEAD answers %d %q, length %d", res.StatusCode, body, res.ContentLength)
	}
	for _, path := range []string{"/assets/app.css", "/assets/", "/assets/../go.mod", "/assets/%2e%2e/go.mod", "/assets/app.1234.css/x"} {
		if res, _ := a.ask(t, "GET", path, ""); res.StatusCode != 404 || strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s answers %d, %v", path, res.StatusCode, res.Header)
		}
	}
}

func TestPrivatePagesStayOutOfCaches(t *testing.T) {
	t.Parallel()
	a := newApp()
	a.Get("/mine", func(c *fiber.Ctx) error {
		Private(c)
		SetPrincipal(c, access.Principal{Name: "Ada"}, "")
		return Render(c, "mine", View{Title: "Mine"})
	})
	a.Get("/mine/lost", func(c *fiber.Ctx) error { Private(c); return fault.New(fault.NotFound, "Lost.") })
	a.Get("/page", func(c *fiber.Ctx) error { return Render(c, "page", View{Title: "Page"}) })
	if res, text := a.ask(t, "GET", "/mine", ""); res.Header.Get("Cache-Control") != "private, no-store" || !strings.Contains(res.Header.Get("X-Robots-Tag"), "noindex") || !strings.Contains(text, "Mine – The Partnership") {
		t.Errorf("%v %s", res.Header, text)
	}
	if res, _ := a.ask(t, "GET", "/mine/lost", ""); !strings.Contains(res.Header.Get("Cache-Control"), "no-store") || !strings.Contains(res.Header.Get("X-Robots-Tag"), "noindex") {
		t.Errorf("%v", res.Header)
	}
	if res, _ := a.ask(t, "GET", "/page", ""); res.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", res.Header)
	}
}

func TestAnAnswerIsMadeOnceWhileItIsRight(t *testing.T) {
	t.Parallel()
	as := NewAnswers(100_000)
	a := newApp(func(c *Config) { c.Answers = as })
	var made atomic.Int64
	var wrong atomic.Bool
	a.Get("/feed", func(c *fiber.Ctx) error {
		return as.Serve(c, "/feed", func() (*Answer, func() bool, error) {
			n := made.Add(1)
			return &Answer{ContentType: "text/plain", Body: []byte{'0' + byte(n)}, CacheControl: "public"}, func() bool { return !wrong.Load() }, nil
		})
	})
	res, body := a.ask(t, "GET", "/feed", "")
	tag, id := res.Header.Get("ETag"), res.Header.Get("X-Request-ID")
	for range 5 {
		again, text := a.ask(t, "GET", "/feed", "")
		if text != body || again.Header.Get("ETag") != tag || again.Header.Get("X-Request-ID") == id || again.Header.Get("Content-Security-Policy") == "" {
			t.Fatalf("kept, it is %q with %v", text, again.Header)
		}
	}
	if res, _ := a.ask(t, "HEAD", "/feed", "", "If-None-Match", tag); res.StatusCode != 304 {
		t.Errorf("the answer is %d", res.StatusCode)
	}
	if _, text := a.ask(t, "GET", "/feed?x=1", ""); text != body {
		t.Errorf("with a needless query it is %q", text)
	}
	wrong.Store(true)
	if _, text := a.ask(t, "GET", "/feed", ""); text == body || made.Load() != 2 {
		t.Errorf("it is %q, made %d times", text, made.Load())
	}
}

func TestWhatIsKeptHasABound(t *testing.T) {
	t.Parallel()
	as := NewAnswers(10_000)
	for n := range 100 {
		as.keep("/"+strconv.Itoa(n), &Answer{Body: make([]byte, 1000)}, func() bool { return true })
		if as.bytes > as.max || len(as.kept) == 0 {
			t.Fatalf("%d answers are kept in %d bytes", len(as.kept), as.bytes)
		}
	}
	as.keep("/large", &Answer{Body: make([]byte, 9000)}, func() bool { return true })
	if as.find([]byte("/large")) != nil {
		t.Error("one answer took nearly all the room")
	}
	if as.keep("/99", &Answer{Body: []byte("new")}, func() bool { return true }); string(as.find([]byte("/99")).Body) != "new" {
		t.Error("an address keeps its old answer")
	}
	sum := 0
	for address, k := range as.kept {
		sum += sizeOf(address, k.Answer)
	}
	if sum != as.bytes {
		t.Errorf("it counts %d bytes of %d", as.bytes, sum)
	}
}

// packedAs is a file that is compressed in one way alone.
func packedAs(coding, body string) func(string) []byte {
	return func(asked string) []byte {
		if asked == coding {
			return []byte(body)
		}
		return nil
	}
}

func TestTheCodingThatAClientLikesBestIsSent(t *testing.T) {
	t.Parallel()
	for accepted, want := range map[string]string{
		"gzip, deflate, br, zstd": "br gzip", "gzip": "gzip", "br;q=0.5, gzip;q=0.9": "gzip br", "gzip;q=0, br;q=0": "", "": "", "*": "", "identity": "", "br;q=x, gzip": "gzip",
	} {
		if got := strings.Join(wanted(accepted, brotli, gzipped), " "); got != want {
			t.Errorf("%q gets %q, want %q", accepted, got, want)
		}
	}
}

func TestAPageIsRenderedOnceForAllWhoLookAtIt(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	var right atomic.Bool
	right.Store(true)
	kept := NewAnswers(1 << 20)
	a := newApp(func(cfg *Config) { cfg.Answers = kept })
	a.Get("/page", func(c *fiber.Ctx) error {
		return kept.Show(c, "/page", func() (string, View, func() bool, error) {
			made.Add(1)
			return "page", View{Title: strings.Repeat("A page. ", 100)}, right.Load, nil
		})
	})
	first, body := a.ask(t, "GET", "/page", "")
	if first.StatusCode != 200 || first.Header.Get("Cache-Control") != "no-cache" || first.Header.Get("Vary") != "Accept-Encoding" || len(body) < 800 {
		t.Fatalf("the page is %d %v, %d bytes", first.StatusCode, first.Header, len(body))
	}
	zipped, text := a.ask(t, "GET", "/page", "", "Accept-Encoding", "gzip")
	r, err := gzip.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if whole, err := io.ReadAll(r); err != nil || string(whole) != body || zipped.Header.Get("ETag") == first.Header.Get("ETag") {
		t.Errorf("compressed it is %q, %v, with the tag %s", whole, err, zipped.Header.Get("ETag"))
	}
	for coding, res := range map[string]*http.Response{"": first, "gzip": zipped} {
		again, body := a.ask(t, "GET", "/page", "", "Accept-Encoding", coding, "If-None-Match", res.Header.Get("ETag"))
		if again.StatusCode != 304 || body != "" || again.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("asked again with %q it is %d, %q", coding, again.StatusCode, body)
		}
	}
	if made.Load() != 1 {
		t.Errorf("it was made %d times", made.Load())
	}
	right.Store(false)
	if a.ask(t, "GET", "/page", ""); made.Load() != 2 {
		t.Error("it is shown after it was right")
	}
}
