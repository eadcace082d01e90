package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

// StaticFile is a file whose path changes with its content. Packed has what compresses it, by the name of the coding; nothing there gives nil.
type StaticFile struct {
	ContentType string
	Body        []byte
	Scope       string // where pages may be that a browser lets this script answer for (Service-Worker-Allowed); "" for most
	Packed      func(coding string) []byte
}

// The codings that we send (RFC 9110 8.4.1), the better first.
const (
	brotli  = "br"
	gzipped = "gzip"
)

// Static serves files that never change under their path.
func Static(r fiber.Router, find func(path string) (StaticFile, bool)) {
	r.Get("/assets/*", func(c *fiber.Ctx) error {
		f, ok := find(c.Path())
		if !ok {
			return fault.New(fault.NotFound, "We could not find that file.")
		}
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
		c.Set(fiber.HeaderContentType, f.ContentType)
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if f.Scope != "" {
			c.Set("Service-Worker-Allowed", f.Scope)
		}
		for _, coding := range wanted(header(c, fiber.HeaderAcceptEncoding), brotli, gzipped) {
			if packed := f.pack(coding); packed != nil {
				c.Set(fiber.HeaderContentEncoding, coding)
				return c.Send(packed)
			}
		}
		return c.Send(f.Body)
	})
}

func (f StaticFile) pack(coding string) []byte {
	if f.Packed == nil {
		return nil
	}
	return f.Packed(coding)
}

// wanted reads Accept-Encoding (RFC 9110 12.5.3): those of the codings that are named there, by their weights. A weight of 0 refuses. What only
// "*" takes is sent as it is.
func wanted(accepted string, codings ...string) []string {
	if accepted == "" {
		return nil
	}
	weights := weightsOf(accepted)
	codings = slices.DeleteFunc(codings, func(coding string) bool { return weights[coding] <= 0 })
	slices.SortStableFunc(codings, func(a, b string) int { return cmp.Compare(weights[b], weights[a]) })
	return codings
}

func weightsOf(accepted string) map[string]float64 {
	weights := map[string]float64{}
	for coding := range strings.SplitSeq(strings.ToLower(accepted), ",") {
		name, parameter, _ := strings.Cut(coding, ";")
		weight, given := strings.CutPrefix(strings.ReplaceAll(parameter, " ", ""), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		if !given {
			q, err = 1, nil
		}
		if err == nil {
			weights[strings.TrimSpace(name)] = q
		}
	}
	return weights
}
