package fault

import (
	"errors"
	"time"
)

// Kind says what sort of failure it is; the web package maps each kind to one HTTP status.
type Kind int

// The kinds, with the status each becomes.
const (
	Internal    Kind = iota // 500
	Invalid                 // 422: the values can be mended by whoever sent them
	Malformed               // 400: not what the protocol asks for
	Unsupported             // 415: a content type or encoding that is not taken
	NotFound                // 404
	Gone                    // 410
	Conflict                // 409: right in itself, but not in the present state
	Forbidden               // 403
	TooMany                 // 429, with RetryAfter
	Unavailable             // 503, with RetryAfter
)

// Field is what is wrong with one value of a form or a JSON body.
type Field struct{ Name, Message string }

// Error is a kind and a sentence for people.
type Error struct {
	Kind       Kind
	Code       string // what programs read, such as "full"; empty where the kind says it all
	Message    string
	Fields     []Field
	RetryAfter time.Duration
	cause      error
}

// Error gives the message and, behind it, the cause: for logs, never for people.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap gives the error that was behind it, or nil.
func (e *Error) Unwrap() error { return e.cause }

// New makes a fault of a kind with a sentence that a person can read.
func New(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// Coded is New with a code for programs.
func Coded(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// InvalidFields says which values need mending.
func InvalidFields(fields []Field) *Error {
	return &Error{Kind: Invalid, Code: "invalid", Message: "Some answers need another look.", Fields: fields}
}

// Because keeps the cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After says how long to wait before trying again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Of finds the fault in an error's chain.
func Of(err error) (*Error, bool) {
	var f *Error
	ok := errors.As(err, &f)
	return f, ok
}

// Is says whether the error is a fault of the kind.
func Is(err error, kind Kind) bool {
	f, ok := Of(err)
	return ok && f.Kind == kind
}
