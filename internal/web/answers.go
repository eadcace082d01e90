package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/singleflight"
)

// Answer is an answer that anybody may get, ready to send.
type Answer struct {
	ContentType  string
	Body         []byte
	Revised      time.Time // for Last-Modified; zero where no date is known
	CacheControl string
	Disposition  string // Content-Disposition, or empty
	Packs        bool   // is sent compressed to those who take it so; it must hold no secret (Packs)
	Media        bool   // is a page that plays films or sound of the site's own

	etag   string
	dated  string // Revised as a header says it
	zip    sync.Once
	packed []byte
}

// tag is a hash of the body. It is made once, and the date's words with it, before others see the answer.
func (a *Answer) tag() string {
	if a.etag == "" {
		sum := sha256.Sum256(a.Body)
		a.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
		if !a.Revised.IsZero() {
			a.dated = a.Revised.UTC().Format(http.TimeFormat)
		}
	}
	return a.etag
}

// Cached answers, or says with 304 that the client has it already, or with 412 that it is not what the client wants alone (RFC 9110
// 13.2.2): what compares tags, a hash of the body, goes before what compares dates. Ranges are not served.
func Cached(c *fiber.Ctx, a *Answer) error {
	body, etag := a.Body, a.tag()
	if a.Packs {
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if packed := a.pack(c); packed != nil {
			body, etag = packed, `"`+strings.Trim(etag, `"`)+`-gzip"` // other bytes, so another tag (RFC 9110 8.8.3.3)
		}
	}
	if a.Media {
		allowMedia(c)
	}
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderCacheControl, a.CacheControl)
	if a.dated != "" {
		c.Set(fiber.HeaderLastModified, a.dated)
	}
	if c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead {
		switch {
		case unwanted(c, etag, a.Revised):
			return c.SendStatus(fiber.StatusPreconditionFailed)
		case unchanged(c, etag, a.Revised):
			c.Status(fiber.StatusNotModified)
			return nil
		}
	}
	if a.Disposition != "" {
		c.Set(fiber.HeaderContentDisposition, a.Disposition)
	}
	c.Set(fiber.HeaderContentType, a.ContentType)
	if len(body) != len(a.Body) {
		c.Set(fiber.HeaderContentEncoding, gzipped)
	}
	return c.Send(body)
}

// pack gives the body compressed, which is done once and when it is first asked for; nil to a client that does not take it so, and where it
// saves nothing.
func (a *Answer) pack(c *fiber.Ctx) []byte {
	if len(wanted(header(c, fiber.HeaderAcceptEncoding), gzipped)) == 0 {
		return nil
	}
	a.zip.Do(func() {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err1 := w.Write(a.Body)
		if err := errors.Join(err1, w.Close()); err == nil && b.Len() < len(a.Body) {
			a.packed = b.Bytes()
		}
	})
	return a.packed
}

// Attachment makes an answer a download with a file name (RFC 6266 4.3).
func Attachment(name string) string {
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, name, url.PathEscape(name))
}

// Answers keeps answers by their address for as long as they are right, in so many bytes. Safe for concurrent use.
type Answers struct {
	max    int
	making singleflight.Group

	mu    sync.RWMutex
	kept  map[string]kept
	bytes int
}

type kept struct {
	*Answer
	right func() bool
}

// NewAnswers keeps at most max bytes of bodies and addresses.
func NewAnswers(max int) *Answers { return &Answers{max: max, kept: map[string]kept{}} }

// Serve answers from what is kept for an address, or makes it: once, however many ask. The address is a path, and a query in one certain
// order with nothing in it that the answer does not depend on.
func (as *Answers) Serve(c *fiber.Ctx, address string, make func() (*Answer, func() bool, error)) error {
	if a := as.find([]byte(address)); a != nil {
		return Cached(c, a)
	}
	a, err, _ := as.making.Do(address, func() (any, error) {
		a, right, err := make()
		if err == nil {
			as.keep(address, a, right)
		}
		return a, err
	})
	if err != nil {
		return err
	}
	return Cached(c, a.(*Answer))
}

// Show answers with a page that everybody sees alike, from what is kept for its address, or renders it, once however many ask. It is for no
// page that knows who looks at it.
func (as *Answers) Show(c *fiber.Ctx, address string, make func() (name string, v View, right func() bool, err error)) error {
	return as.Serve(c, address, func() (*Answer, func() bool, error) {
		name, v, right, err := make()
		if err != nil {
			return nil, nil, err
		}
		v.Site = SiteOf(c)
		v.Path, _, _ = strings.Cut(address, "?")
		body, err := rendered(c, name, v)
		return &Answer{ContentType: fiber.MIMETextHTMLCharsetUTF8, Body: body, CacheControl: "no-cache", Packs: true, Media: v.Media}, right, err
	})
}

// quick answers at once what is kept for the very address that was asked for, before all else.
func quick(cfg Config) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if method := c.Method(); cfg.Answers == nil || (method != fiber.MethodGet && method != fiber.MethodHead) {
			return c.Next()
		}
		a := cfg.Answers.find(c.Request().RequestURI())
		if a == nil {
			return c.Next()
		}
		began := time.Now()
		cfg.begin(c)
		err := Cached(c, a)
		if cfg.Observe != nil {
			cfg.Observe(c.Method(), "(kept)", c.Response().StatusCode(), time.Since(began))
		}
		return err
	}
}

// overhead is what an answer costs beside its body and address, in bytes.
const overhead = 512

// keep keeps an answer at an address until right says no. What is larger than a quarter of the room is not kept.
func (as *Answers) keep(address string, a *Answer, right func() bool) {
	a.tag()
	size := sizeOf(address, a)
	if size > as.max/4 {
		return
	}
	as.mu.Lock()
	defer as.mu.Unlock()
	as.drop(address)
	for other := range as.kept { // any will do: an address that is asked for often is back at once
		if as.bytes+size <= as.max {
			break
		}
		as.drop(other)
	}
	as.kept[address] = kept{a, right}
	as.bytes += size
}

// sizeOf counts what is compressed as if that saved nothing.
func sizeOf(address string, a *Answer) int {
	size := overhead + len(address) + len(a.Body)
	if a.Packs {
		size += len(a.Body)
	}
	return size
}

func (as *Answers) drop(address string) {
	if k, ok := as.kept[address]; ok {
		as.bytes -= sizeOf(address, k.Answer)
		delete(as.kept, address)
	}
}

// find gives the answer that is kept for an address and still right.
func (as *Answers) find(address []byte) *Answer {
	as.mu.RLock()
	defer as.mu.RUnlock()
	if k, ok := as.kept[string(address)]; ok && k.right() {
		return k.Answer
	}
	return nil
}

// unwanted says whether If-Match, by strong comparison, or else If-Unmodified-Since is not fulfilled.
func unwanted(c *fiber.Ctx, etag string, revised time.Time) bool {
	if match := header(c, fiber.HeaderIfMatch); match != "" {
		return !matches(match, etag, false)
	}
	since, ok := date(c, fiber.HeaderIfUnmodifiedSince, revised)
	return ok && revised.Truncate(time.Second).After(since)
}

func unchanged(c *fiber.Ctx, etag string, revised time.Time) bool {
	if match := header(c, fiber.HeaderIfNoneMatch); match != "" {
		return matches(match, etag, true)
	}
	since, ok := date(c, fiber.HeaderIfModifiedSince, revised)
	return ok && !revised.Truncate(time.Second).After(since)
}

// date reads a header that counts only if it is one date, and if the date of what it is compared with is known.
func date(c *fiber.Ctx, name string, revised time.Time) (time.Time, bool) {
	if revised.IsZero() {
		return time.Time{}, false
	}
	text := header(c, name)
	if text == "" {
		return time.Time{}, false
	}
	t, err := http.ParseTime(text)
	return t, err == nil
}

// matches compares with each tag of the list, weakly or strongly (RFC 9110 8.8.3.2); "*" alone matches whatever there is.
func matches(list, etag string, weakly bool) bool {
	if strings.TrimSpace(list) == "*" {
		return true
	}
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimSpace(tag)
		if weakly {
			tag = strings.TrimPrefix(tag, "W/")
		}
		if tag == etag {
			return true
		}
	}
	return false
}
