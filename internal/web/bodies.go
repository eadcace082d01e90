package web

import (
	"regexp"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

// UploadLimit is how many bytes a request's body has at most that brings a file of 20 MB, and what stands around it.
const UploadLimit = 20<<20 + BodyLimit

// largerBodies are the organisers' requests whose bodies may be larger than BodyLimit, with how large. What else is sent is refused before
// its body is read.
var largerBodies = []struct {
	path  *regexp.Regexp
	limit int
}{
	{regexp.MustCompile(`^/organise/articles/[^/?]+/files$`), UploadLimit},
	{regexp.MustCompile(`^/organise/events/[^/?]+/attendees/import$`), UploadLimit},
	{regexp.MustCompile(`^/organise/articles/[^/?]+$`), 3 << 20}, // the text of an article: browsers send up to 12 bytes for a letter
}

// uploadTime is how long a large body may take to arrive.
const uploadTime = 3 * time.Minute

// bodyLimit is how many bytes a request to the path may have.
func bodyLimit(method, path string) int {
	if method != fiber.MethodPost {
		return BodyLimit
	}
	for _, larger := range largerBodies {
		if larger.path.MatchString(path) {
			return larger.limit
		}
	}
	return BodyLimit
}

var (
	errFileTooLarge = &fault.Error{Message: "What you sent is too large. A file may have up to 20 MB."}
	errTextTooLarge = &fault.Error{Message: "What you sent is too large. An article may have up to 200,000 characters."}
)

// tooLarge says how large a body of the request may be, where it is more than a form's.
func tooLarge(c *fiber.Ctx, f *fault.Error) *fault.Error {
	switch bodyLimit(c.Method(), c.Path()) {
	case UploadLimit:
		return errFileTooLarge
	case BodyLimit:
		return f
	}
	return errTextTooLarge
}
