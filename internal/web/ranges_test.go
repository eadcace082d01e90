package web

import (
	"testing"

	"github.com/gofiber/fiber/v2"
)

// RFC 9110 13.1.5 and 14.
func TestPartsOfAFile(t *testing.T) {
	t.Parallel()
	const body, size = "0123456789", 10
	a := newApp()
	read := 0
	a.Get("/film", func(c *fiber.Ctx) error {
		return Ranged(c, Stored{ContentType: "video/mp4", CacheControl: "no-cache", Tag: "abc", Size: size, Read: func(first, length int64) ([]byte, error) {
			read++
			return []byte(body[first : first+length]), nil
		}})
	})
	for _, c := range []struct {
		headers []string
		status  int
		content string // Content-Range
		body    string
	}{
		{nil, 200, "", body},
		{[]string{"Range", "bytes=0-1"}, 206, "bytes 0-1/10", "01"}, // how Safari asks whether there are ranges
		{[]string{"Range", "bytes=4-"}, 206, "bytes 4-9/10", "456789"},
		{[]string{"Range", "bytes=8-99999999999999999999"}, 206, "bytes 8-9/10", "89"},
		{[]string{"Range", "bytes=-3"}, 206, "bytes 7-9/10", "789"},
		{[]string{"Range", "bytes=-30"}, 206, "bytes 0-9/10", body},
		{[]string{"Range", "bytes=9-9"}, 206, "bytes 9-9/10", "9"},
		{[]string{"Range", "bytes=10-"}, 416, "bytes */10", ""},
		{[]string{"Range", "bytes=99999999999999999999-"}, 416, "bytes */10", ""},
		{[]string{"Range", "bytes=-0"}, 416, "bytes */10", ""},
		{[]string{"Range", "bytes=5-4"}, 200, "", body},
		{[]string{"Range", "bytes=0-1,4-5"}, 200, "", body},
		{[]string{"Range", "bytes=+1-2"}, 200, "", body},
		{[]string{"Range", "bytes=-"}, 200, "", body},
		{[]string{"Range", "pages=1-2"}, 200, "", body},
		{[]string{"Range", "bytes=0-1", "If-Range", `"abc"`}, 206, "bytes 0-1/10", "01"},
		{[]string{"Range", "bytes=0-1", "If-Range", `"old"`}, 200, "", body},
		{[]string{"Range", "bytes=0-1", "If-Range", `W/"abc"`}, 200, "", body},
		{[]string{"Range", "bytes=0-1", "If-Range", "Thu, 11 Mar 2027 09:30:00 GMT"}, 200, "", body},
		{[]string{"Range", "bytes=10-", "If-Range", `"old"`}, 200, "", body},
		{[]string{"Range", "bytes=0-1", "If-Match", `"old"`}, 412, "", ""},
	} {
		res, text := a.ask(t, "GET", "/film", "", c.headers...)
		if res.StatusCode != c.status || res.Header.Get("Content-Range") != c.content || (c.body != "" && text != c.body) {
			t.Errorf("%q is answered %d, %q: %q", c.headers, res.StatusCode, res.Header.Get("Content-Range"), text)
		}
		if res.Header.Get("Accept-Ranges") != "bytes" || res.Header.Get("ETag") != `"abc"` || res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q is answered with %v", c.headers, res.Header)
		}
	}
	read = 0
	if res, _ := a.ask(t, "HEAD", "/film", "", "Range", "bytes=0-1"); res.StatusCode != 200 || res.ContentLength != size {
		t.Errorf("HEAD is answered %d, %d bytes", res.StatusCode, res.ContentLength)
	}
	if res, _ := a.ask(t, "GET", "/film", "", "If-None-Match", `W/"abc"`, "Range", "bytes=0-1"); res.StatusCode != 304 || read != 0 {
		t.Errorf("who has it is answered %d after %d reads", res.StatusCode, read)
	}
}
