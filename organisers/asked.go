package organisers

import (
	"context"
	"time"

	"masterclass/internal/fault"
)

// Every request below /organise asks who sends it, and whether a steward is at a door of their own. The doors of an event ask at the same
// moment: what comes together shares one query, and nothing is remembered, so that what was revoked is over at once.

const (
	askedTogether = 64
	askedTime     = 10 * time.Second
)

var always = struct{}{} // the one key

// principalOf asks whose sign-in it is, and when it was seen last.
type principalOf struct {
	tokenHash string
	session   Session
	seen      time.Time
	err       error
}

// stewardOf asks whether an organiser is a steward of the event with a slug.
type stewardOf struct {
	stewardAt
	yes bool
	err error
}

type stewardAt struct{ organiserID, slug string }

var errClosing = fault.New(fault.Unavailable, "The service is restarting. Please try again in a moment.").After(5 * time.Second)

func (o *Organisers) lookUp(ctx context.Context, _ struct{}, asked []*principalOf) {
	ctx, cancel := context.WithTimeout(ctx, askedTime)
	defer cancel()
	if err := o.records.principals(ctx, asked, o.now()); err != nil {
		for _, a := range asked {
			a.err = err
		}
	}
}

func (o *Organisers) lookUpStewards(ctx context.Context, _ struct{}, asked []*stewardOf) {
	ctx, cancel := context.WithTimeout(ctx, askedTime)
	defer cancel()
	if err := o.records.assigned(ctx, asked); err != nil {
		for _, a := range asked {
			a.err = err
		}
	}
}
