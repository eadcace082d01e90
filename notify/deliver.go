package notify

import (
	"context"
	"errors"
	"regexp"
	"strings"
)

// Deliverer hands one message over for good: from and to are bare addresses, id is the outbox row's. An error that
// is not Permanent means that the same bytes may be tried again. It is called by several goroutines at once.
type Deliverer interface {
	Deliver(ctx context.Context, from, to string, raw []byte, id string) error
}

// Permanent wraps a failure that trying again would not mend, such as a server's 5xx refusal (RFC 5321 4.2.1).
type Permanent struct{ Err error }

// Error is the text of the failure.
func (p *Permanent) Error() string { return p.Err.Error() }

// Unwrap gives the failure itself.
func (p *Permanent) Unwrap() error { return p.Err }

// IsPermanent says whether trying again would not help.
func IsPermanent(err error) bool {
	var p *Permanent
	return errors.As(err, &p)
}

// Withheld means that a Deliverer left a message undelivered on purpose, since nobody can have the address. The row
// counts as sent, with this as its problem.
type Withheld struct{ Domain string }

// Error says why: "not delivered: .invalid".
func (w *Withheld) Error() string { return "not delivered: " + w.Domain }

// withheld finds addresses that nobody has: .invalid is kept free for ever (RFC 6761 6.4), and the people of the
// sample content live under sample.example.
func withheld(address string) error {
	host := strings.ToLower(strings.TrimSuffix(address[strings.LastIndexByte(address, '@')+1:], "."))
	switch {
	case host == "invalid" || strings.HasSuffix(host, ".invalid"):
		return &Withheld{Domain: ".invalid"}
	case host == "sample.example" || strings.HasSuffix(host, ".sample.example"):
		return &Withheld{Domain: "sample.example"}
	}
	return nil
}

// What organisers read is about the recipient, so it has neither addresses nor links, which may be secret.
var (
	addressLike = regexp.MustCompile(`[^\s<>()\[\],;:"]+@[^\s<>()\[\],;:"]+`)
	linkLike    = regexp.MustCompile(`(?i)https?://[^\s<>"]+`)
)
