package web

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// Stored is what is kept somewhere in whole and may be asked for in parts, as players of films do.
type Stored struct {
	ContentType, CacheControl string
	Disposition               string // Content-Disposition, or empty
	Tag                       string // other bytes have another; without quotes
	Size                      int64  // bytes
	// Read gives length bytes from the first one that is wanted, counted from 0.
	Read func(first, length int64) ([]byte, error)
}

// Ranged answers with what is stored or, if the client asks for it, a part of it (RFC 9110 14). Several parts at once are not served: then,
// as RFC 9110 14.2 allows, it is the whole.
func Ranged(c *fiber.Ctx, s Stored) error {
	etag := `"` + s.Tag + `"`
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderCacheControl, s.CacheControl)
	c.Set(fiber.HeaderAcceptRanges, "bytes")
	if match := header(c, fiber.HeaderIfMatch); match != "" && !matches(match, etag, false) {
		return c.SendStatus(fiber.StatusPreconditionFailed)
	}
	if match := header(c, fiber.HeaderIfNoneMatch); match != "" && matches(match, etag, true) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	p := wholeOf(s.Size)
	if c.Method() == fiber.MethodGet && mayRange(c, etag) {
		p = partOf(header(c, fiber.HeaderRange), s.Size)
	}
	if p.none {
		c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", s.Size))
		return c.SendStatus(fiber.StatusRequestedRangeNotSatisfiable)
	}
	c.Set(fiber.HeaderContentType, s.ContentType)
	if s.Disposition != "" {
		c.Set(fiber.HeaderContentDisposition, s.Disposition)
	}
	if c.Method() == fiber.MethodHead {
		c.Response().Header.SetContentLength(int(s.Size))
		return nil
	}
	body, err := s.Read(p.first, p.length)
	if err != nil {
		return err
	}
	if p.some {
		c.Status(fiber.StatusPartialContent)
		c.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", p.first, p.first+p.length-1, s.Size))
	}
	return c.Send(body)
}

// mayRange says whether what the client has a part of already, if it says, is what is stored now. A date is no proof of that here.
func mayRange(c *fiber.Ctx, etag string) bool {
	condition := header(c, fiber.HeaderIfRange)
	return condition == "" || condition == etag
}

// part is what is sent: the whole, some of it, or none because what is asked for is not there.
type part struct {
	first, length int64
	some, none    bool
}

func wholeOf(size int64) part { return part{length: size} }

// partOf reads a Range header. What is no range of bytes, and a list of several, is the whole.
func partOf(text string, size int64) part {
	text, ok := strings.CutPrefix(text, "bytes=")
	from, to, dash := strings.Cut(strings.TrimSpace(text), "-")
	if !ok || !dash {
		return wholeOf(size)
	}
	last := size - 1
	if from == "" { // the last so many
		n, ok := digits(to)
		if !ok {
			return wholeOf(size)
		}
		return rangeOf(max(0, size-n), last, size)
	}
	first, ok := digits(from)
	if !ok {
		return wholeOf(size)
	}
	if to != "" {
		n, ok := digits(to)
		if !ok || n < first {
			return wholeOf(size)
		}
		last = min(last, n)
	}
	return rangeOf(first, last, size)
}

func rangeOf(first, last, size int64) part {
	if first >= size {
		return part{none: true}
	}
	return part{first: first, length: last - first + 1, some: true}
}

// digits reads a number without a sign; one that is past all files is as large as can be.
func digits(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil || n > 0
}
