package web

import (
	"bytes"
	"context"
	"regexp"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"masterclass/internal/fault"
)

// UploadLimit is how many bytes a request's body has at most that brings a file of 20 MB, and what stands around it.
const UploadLimit = 20<<20 + BodyLimit

// largerBody is a kind of body that may be larger than BodyLimit: how large, and how many of them are held at once.
type largerBody struct{ limit, atOnce int }

var (
	fileBody = &largerBody{UploadLimit, 4}
	textBody = &largerBody{3 << 20, 16} // the text of an article: browsers send up to 12 bytes for a letter
)

// largerBodies are the organisers' requests that may have such bodies. What else is sent is refused before its body is read.
var largerBodies = []struct {
	path *regexp.Regexp
	kind *largerBody
}{
	{regexp.MustCompile(`^/organise/articles/[^/?]+/files$`), fileBody},
	{regexp.MustCompile(`^/organise/events/[^/?]+/attendees/import$`), fileBody},
	{regexp.MustCompile(`^/organise/events/[^/?]+/resources/(new|[^/?]+/edit)$`), fileBody},
	{regexp.MustCompile(`^/organise/articles/[^/?]+$`), textBody},
}

// uploadTime is how long a large body may take to arrive.
const uploadTime = 3 * time.Minute

// largerKind is the kind of larger body that the path takes; nil if it takes none.
func largerKind(method string, path []byte) *largerBody {
	if method != fiber.MethodPost {
		return nil
	}
	path, _, _ = bytes.Cut(path, []byte("?"))
	for _, larger := range largerBodies {
		if larger.path.Match(path) {
			return larger.kind
		}
	}
	return nil
}

// bodyLimit is how many bytes a request to the path may have.
func bodyLimit(method, path string) int {
	if kind := largerKind(method, []byte(path)); kind != nil {
		return kind.limit
	}
	return BodyLimit
}

var (
	errFileTooLarge = &fault.Error{Message: "What you sent is too large. A file may have up to 20 MB."}
	errTextTooLarge = &fault.Error{Message: "What you sent is too large. An article may have up to 200,000 characters."}
)

// Why a large body is not read.
var (
	errSignInFirst = fault.New(fault.Forbidden, "Sign in before you send something that large: your sign-in may have ended. Nothing was stored. Then send it again.")
	errNoLength    = &fault.Error{Kind: fault.Malformed, Message: "Send the request with a Content-Length: what is that large is not taken without."}
	errManyBodies  = fault.New(fault.Unavailable, "Several large files are on their way to us just now. Nothing of yours was stored. Please send it again in half a minute.").After(30 * time.Second)
)

// holding knows which requests have a large body in memory, from before it is read until it is answered. Safe for concurrent use.
type holding struct {
	mu   sync.Mutex
	held map[*fasthttp.RequestHeader]holder
}

// holder is one of them. The server says nothing of a connection that breaks at certain moments: after until the body cannot be on its way any more.
type holder struct {
	kind  *largerBody
	until time.Time
}

// take takes a turn, if there is one. A connection has one request at a time, and one header: its last request is over.
func (h *holding) take(kind *largerBody, header *fasthttp.RequestHeader, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for other, turn := range h.held {
		if now.After(turn.until) || other == header {
			delete(h.held, other)
		} else if turn.kind == kind {
			n++
		}
	}
	if n >= kind.atOnce {
		return false
	}
	if h.held == nil {
		h.held = map[*fasthttp.RequestHeader]holder{}
	}
	h.held[header] = holder{kind, now.Add(uploadTime + 2*requestTime)}
	return true
}

// release ends the turn of a request, if it has one.
func (h *holding) release(header *fasthttp.RequestHeader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.held, header)
}

// admit says why a body that is larger than a form's is not to be read, and nil if it is: it comes from somebody who is signed in, and few are
// held now. One that is larger than its kind may be is refused by its size.
func (u *underway) admit(kind *largerBody, h *fasthttp.RequestHeader) error {
	const chunked = -1
	switch length := h.ContentLength(); {
	case length == chunked:
		return errNoLength
	case length <= BodyLimit || length > kind.limit:
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), askedWithin)
	defer cancel()
	known, err := u.signedIn(ctx, func(name string) string { return string(h.Cookie(name)) })
	switch {
	case err != nil:
		return errAway.Because(err)
	case !known:
		return errSignInFirst
	case !u.holding.take(kind, h, time.Now()):
		return errManyBodies
	}
	return nil
}

// askedWithin is how long the question may take who sends a large body.
const askedWithin = 5 * time.Second

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
