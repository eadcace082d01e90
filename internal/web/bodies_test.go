package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

const (
	importing = "/organise/events/day/attendees/import"
	writing   = "/organise/articles/news"
)

// newDeskApp is an application with large bodies, whose only session is "kim".
func newDeskApp(t *testing.T) (address string) {
	t.Helper()
	a := newApp(func(cfg *Config) {
		cfg.SignedIn = func(_ context.Context, cookie func(string) string) (bool, error) {
			if cookie("session") == "away" {
				return false, errors.New("the database is away")
			}
			return cookie("session") == "kim", nil
		}
	})
	for _, path := range []string{importing, writing} {
		a.Post(path, func(c *fiber.Ctx) error { return c.SendString(fmt.Sprint(len(c.Body()))) })
	}
	return a.listen(t)
}

// post begins a request; what is left of it can be sent later.
func post(path, session string, length int) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nCookie: session=%s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", path, session, length)
}

func TestALargeBodyIsReadFromWhoIsSignedInAlone(t *testing.T) {
	t.Parallel()
	address := newDeskApp(t)
	large := strings.Repeat("x", BodyLimit+1)
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(large), large)
	for name, c := range map[string]struct {
		request string
		status  int
		says    string
	}{
		"signed in":              {post(importing, "kim", len(large)) + large, 200, fmt.Sprint(len(large))},
		"signed in, with a text": {post(writing+"?x=1", "kim", len(large)) + large, 200, fmt.Sprint(len(large))},
		"nobody":                 {post(importing, "", len(large)), 403, "Sign in before you send"}, // none of it is sent
		"an ended session":       {post(writing, "ended", len(large)) + large, 403, "Sign in before you send"},
		"nobody, a small one":    {post(importing, "", 2) + "ab", 200, "2"},
		"nobody, to elsewhere":   {post("/form", "", len(large)), 413, "too large"},
		"larger than any":        {post(importing, "", UploadLimit+1), 413, "20 MB"},
		"in chunks": {strings.Replace(post(importing, "kim", 0), "Content-Length: 0", "Transfer-Encoding: chunked", 1) + chunks, 400,
			"Content-Length"},
		"asked for first": {strings.Replace(post(importing, "", len(large)), "Host", "Expect: 100-continue\r\nHost", 1), 403, "Sign in before"},
		"an outage":       {post(importing, "away", len(large)), 503, "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, text := send(t, address, "POST", c.request)
			if res.StatusCode != c.status || !strings.Contains(text, c.says) {
				t.Errorf("it answers %d: %s", res.StatusCode, text)
			}
		})
	}
}

// begins sends the head of an upload and a part of its body.
func begins(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // some are closed already
	if _, err := io.WriteString(c, post(importing, "kim", BodyLimit+1)+"x"); err != nil {
		t.Fatal(err)
	}
	return c
}

// answersAtLast sends whole uploads until one is answered like this.
func answersAtLast(t *testing.T, address string, status int) (res *http.Response, text string) {
	t.Helper()
	whole := post(importing, "kim", BodyLimit+1) + strings.Repeat("x", BodyLimit+1)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if res, text = send(t, address, "POST", whole); res.StatusCode == status {
			return res, text
		}
	}
	t.Fatalf("an upload is answered %d, want %d: %s", res.StatusCode, status, text)
	return nil, ""
}

func TestFewLargeBodiesAreHeldAtOnce(t *testing.T) {
	t.Parallel()
	address := newDeskApp(t)
	var slow []net.Conn
	for range fileBody.atOnce {
		slow = append(slow, begins(t, address))
	}
	res, text := answersAtLast(t, address, 503)
	if res.Header.Get("Retry-After") != "30" || !strings.Contains(text, "Please send it again") {
		t.Errorf("it says %q and to wait for %q", text, res.Header.Get("Retry-After"))
	}
	if res, _ := send(t, address, "POST", post(writing, "kim", BodyLimit+1)+strings.Repeat("x", BodyLimit+1)); res.StatusCode != 200 {
		t.Errorf("a text is answered %d while files arrive", res.StatusCode)
	}
	if res, _ := send(t, address, "POST", post(importing, "kim", 1)+"x"); res.StatusCode != 200 {
		t.Errorf("a small one is answered %d while files arrive", res.StatusCode)
	}
	if err := slow[0].Close(); err != nil { // one breaks off
		t.Fatal(err)
	}
	answersAtLast(t, address, 200)
	slow[0] = begins(t, address)
	answersAtLast(t, address, 503)
	if _, err := io.WriteString(slow[1], strings.Repeat("x", BodyLimit)); err != nil { // one comes to its end
		t.Fatal(err)
	}
	if res, err := http.ReadResponse(bufio.NewReader(slow[1]), nil); err != nil || res.StatusCode != 200 {
		t.Errorf("the slow one is answered %v, %v", res, err)
	}
	answersAtLast(t, address, 200)
}

func TestATurnThatNobodyEndedLapses(t *testing.T) {
	t.Parallel()
	var h holding
	now := time.Now()
	headers := make([]fasthttp.RequestHeader, fileBody.atOnce+1)
	for i := range fileBody.atOnce {
		if !h.take(fileBody, &headers[i], now) {
			t.Fatalf("turn %d is not given", i)
		}
	}
	last := &headers[fileBody.atOnce]
	if h.take(fileBody, last, now.Add(uploadTime)) {
		t.Error("one too many is given")
	}
	if !h.take(fileBody, &headers[0], now.Add(uploadTime)) {
		t.Error("the next request of a connection does not get its turn")
	}
	if !h.take(fileBody, last, now.Add(uploadTime+3*requestTime)) {
		t.Error("turns that cannot be used any more are kept")
	}
	if len(h.held) != 2 {
		t.Errorf("%d are held", len(h.held))
	}
}
