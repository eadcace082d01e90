package web

import (
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
)

// kinds is the one table from a fault's kind to a status and the code that programs read.
var kinds = map[fault.Kind]struct {
	status int
	code   string
}{
	fault.Invalid:     {fiber.StatusUnprocessableEntity, "invalid"},
	fault.Malformed:   {fiber.StatusBadRequest, "malformed"},
	fault.Unsupported: {fiber.StatusUnsupportedMediaType, "unsupported"},
	fault.NotFound:    {fiber.StatusNotFound, "not_found"},
	fault.Gone:        {fiber.StatusGone, "gone"},
	fault.Conflict:    {fiber.StatusConflict, "conflict"},
	fault.Forbidden:   {fiber.StatusForbidden, "forbidden"},
	fault.TooMany:     {fiber.StatusTooManyRequests, "too_many"},
	fault.Unavailable: {fiber.StatusServiceUnavailable, "unavailable"},
	fault.Internal:    {fiber.StatusInternalServerError, "internal"},
}

// frameworkErrors are Fiber's own refusals, in our words.
var frameworkErrors = map[int]string{
	fiber.StatusNotFound:                    "We could not find that page.",
	fiber.StatusMethodNotAllowed:            "This address does not take that kind of request.",
	fiber.StatusRequestEntityTooLarge:       "What you sent is too large. A form may hold up to 64 KB, and a file up to 20 MB.",
	fiber.StatusRequestHeaderFieldsTooLarge: "The request's headers are too large.",
	fiber.StatusBadRequest:                  "The request could not be read.",
	fiber.StatusRequestTimeout:              "The request took too long to arrive.",
}

// StatusOf is the HTTP status of an error.
func StatusOf(err error) int {
	if fe, ok := frameworkError(err); ok {
		return fe.Code
	}
	if k, ok := kinds[describe(err).Kind]; ok {
		return k.status
	}
	return fiber.StatusInternalServerError
}

func frameworkError(err error) (*fiber.Error, bool) {
	if _, ok := fault.Of(err); ok {
		return nil, false
	}
	var fe *fiber.Error
	ok := errors.As(err, &fe)
	return fe, ok
}

// Problem is the page that says what went wrong.
type Problem struct {
	Heading, Message, RequestID string
	Again                       string // the address to try again, where that may help
	Email                       string // where to write to, when no page may be there to say so
	Desk                        bool   // an organiser at work, whom the public pages are no way on for
	Back                        string // the page of the organisers' area that they came from, if it is known
}

var headings = map[int]string{
	fiber.StatusForbidden:             "You cannot do that here",
	fiber.StatusNotFound:              "Page not found",
	fiber.StatusGone:                  "This page has gone",
	fiber.StatusRequestEntityTooLarge: "That is too large",
	fiber.StatusTooManyRequests:       "Too many requests",
	fiber.StatusServiceUnavailable:    "The service is not available just now",
	fiber.StatusInternalServerError:   "Something went wrong",
}

// errorHandler turns an error into a page, or JSON below /api/, and logs what is not the visitor's doing.
func errorHandler(cfg Config, under *underway) fiber.ErrorHandler {
	return func(c *fiber.Ctx, err error) error {
		if RequestID(c) == "" {
			under.path(c)
			err = unread(c, cfg, under.why(c, err))
			under.done(&c.Request().Header)
		}
		if _, ok := fault.Of(err); !ok && cfg.Away != nil && cfg.Away(err) {
			err = errAway.Because(err)
		}
		status, f := StatusOf(err), describe(err)
		if status == fiber.StatusRequestEntityTooLarge {
			f = tooLarge(c, f)
		}
		if status >= 500 {
			cfg.Log.Error("request failed", "request", RequestID(c), "route", routeOf(c), "error", err)
		}
		c.Status(status)
		for _, name := range ofAnotherAnswer {
			c.Response().Header.Del(name)
		}
		if wait := retryAfter(status, f.RetryAfter); wait > 0 {
			c.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		}
		c.Set(fiber.HeaderCacheControl, "no-store")
		if isAPI(c) {
			return c.JSON(apiError(f))
		}
		return showProblem(c, cfg, status, f)
	}
}

// errAway is for an outage: trying again later may help.
var errAway = fault.New(fault.Unavailable, "The service cannot be reached just now. Please try again in a minute.").After(30 * time.Second)

// ofAnotherAnswer are headers of what a handler had begun to answer before it failed.
var ofAnotherAnswer = []string{fiber.HeaderETag, fiber.HeaderLastModified, fiber.HeaderContentDisposition, fiber.HeaderContentEncoding}

// unread begins the answer to a request that could not be read, so that no handler of ours has seen it.
func unread(c *fiber.Ctx, cfg Config, err error) error {
	cfg.begin(c)
	if fe, ok := frameworkError(err); ok && fe.Code >= 500 { // the connection broke
		err = fiber.ErrBadRequest
	}
	if conn, ok := c.Context().Conn().(*lingeringConn); ok {
		conn.more.Store(true)
	}
	cfg.Log.Info("request not read", "request", RequestID(c), "status", StatusOf(err))
	return err
}

// retryAfter is how long to wait before asking again; these two statuses always say so.
func retryAfter(status int, d time.Duration) time.Duration {
	if d == 0 && (status == fiber.StatusServiceUnavailable || status == fiber.StatusTooManyRequests) {
		return 30 * time.Second
	}
	return d
}

func showProblem(c *fiber.Ctx, cfg Config, status int, f *fault.Error) error {
	heading := headings[status]
	if heading == "" {
		heading = "There is a problem"
	}
	page := Problem{Heading: heading, Message: f.Message}
	if _, page.Desk = Principal(c); page.Desk {
		page.Back = cameFrom(c)
	}
	if status >= 500 {
		page.RequestID, page.Email = RequestID(c), cfg.Site.ContactEmail
		if c.Method() == fiber.MethodGet {
			page.Again = c.Path()
		}
	}
	if err := Render(c, "errors/problem", View{Title: heading, NoIndex: true, Page: page}); err != nil {
		cfg.Log.Error("the error page failed", "request", RequestID(c), "error", err)
		return c.SendString(heading + ". " + f.Message)
	}
	return nil
}

// cameFrom is the page of the organisers' area that a request was sent from; "" for any other, and for this very one.
func cameFrom(c *fiber.Ctx) string {
	from, err := url.Parse(c.Get(fiber.HeaderReferer))
	if err != nil || !strings.EqualFold(from.Host, string(c.Request().Host())) || !strings.HasPrefix(from.Path, deskPrefix+"/") {
		return ""
	}
	if c.Method() == fiber.MethodGet && from.Path == c.Path() {
		return ""
	}
	return from.RequestURI()
}

// deskPrefix begins the addresses of the organisers' area.
const deskPrefix = "/organise"

// describe finds the sentence that a person may read; the text of other errors is for the log alone.
func describe(err error) *fault.Error {
	if f, ok := fault.Of(err); ok {
		return f
	}
	if fe, ok := frameworkError(err); ok && fe.Code < 500 {
		message, ok := frameworkErrors[fe.Code]
		if !ok {
			message = "The request could not be answered."
		}
		return &fault.Error{Kind: kindOf(fe.Code), Message: message}
	}
	return fault.New(fault.Internal, "Something went wrong on our side. Nothing you did is lost; please try again in a few minutes.")
}

func kindOf(status int) fault.Kind {
	for kind, k := range kinds {
		if k.status == status {
			return kind
		}
	}
	return fault.Malformed
}

// apiProblem is an error as programs read it.
type apiProblem struct {
	Error struct {
		Code    string            `json:"code"`
		Message string            `json:"message"`
		Fields  map[string]string `json:"fields,omitempty"`
	} `json:"error"`
}

func apiError(f *fault.Error) (p apiProblem) {
	p.Error.Code, p.Error.Message = f.Code, f.Message
	if f.Code == "" {
		p.Error.Code = kinds[f.Kind].code
	}
	if len(f.Fields) > 0 {
		p.Error.Fields = make(map[string]string, len(f.Fields))
	}
	for _, field := range f.Fields {
		p.Error.Fields[field.Name] = field.Message
	}
	return p
}
