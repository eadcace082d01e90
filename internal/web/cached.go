package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Cached answers with the body, or with 304 when the client has it already (RFC 9110 13.2.2): If-None-Match, by weak
// comparison of a hash of the body, goes before If-Modified-Since. revised may be zero where no date is known.
func Cached(c *fiber.Ctx, contentType string, body []byte, revised time.Time, cacheControl string) error {
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderCacheControl, cacheControl)
	if !revised.IsZero() {
		c.Set(fiber.HeaderLastModified, revised.UTC().Format(http.TimeFormat))
	}
	if (c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead) && unchanged(c, etag, revised) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	c.Set(fiber.HeaderContentType, contentType)
	return c.Send(body)
}

func unchanged(c *fiber.Ctx, etag string, revised time.Time) bool {
	if match := header(c, fiber.HeaderIfNoneMatch); match != "" {
		return matches(match, etag)
	}
	since, err := http.ParseTime(c.Get(fiber.HeaderIfModifiedSince))
	return err == nil && !revised.IsZero() && !revised.Truncate(time.Second).After(since)
}

// matches compares weakly (RFC 9110 8.8.3.2) with each tag of the list; "*" matches whatever there is.
func matches(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || tag == etag {
			return true
		}
	}
	return false
}
