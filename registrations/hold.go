package registrations

import (
	"context"
	"errors"

	"masterclass/internal/crash"
	"masterclass/internal/fault"
	"masterclass/registrations/seats"
)

// errHeldTooMany is for a network that holds its share of the place already.
var errHeldTooMany = fault.New(fault.TooMany,
	"Several people on your network are registering for this event at this moment. Please try again in a few minutes.")

// Hold keeps a seat while a person checks their answers, and gives the claim to it. When Redis is away the claim promises nothing, and
// the record decides at the end. Errors for people: ErrFull, ErrAlready.
func (r *Registrar) Hold(ctx context.Context, a Ask, address string) (seats.Claim, error) {
	claim := a.Claim
	if claim.PlaceID != "" && claim.PlaceID != a.Place.ID {
		r.release(ctx, seats.Ref{EventID: a.Event.ID, PlaceID: claim.PlaceID}, claim.ID) // changed their mind about the place
	}
	h := r.seats.HoldForCheck(ctx, a.ref(), claim.ID, address)
	if h.Outcome != seats.Held {
		return claim, r.unheld(a, h.Outcome)
	}
	crash.At(crash.AfterHold)
	if _, err := r.store.Standing(ctx, a.Person.Mailbox, a.Event.ID, a.Place.ID); !errors.Is(err, ErrNotFound) {
		r.release(ctx, a.ref(), claim.ID)
		if err == nil {
			err = ErrAlready
		}
		return claim, err
	}
	if claim.PlaceID != a.Place.ID || !claim.Deadline.Equal(h.Deadline) {
		claim.Began = r.now()
	}
	claim.PlaceID, claim.Deadline = a.Place.ID, h.Deadline
	return claim, nil
}

func (r *Registrar) unheld(a Ask, o seats.Outcome) error {
	switch {
	case o == seats.TooMany:
		return errHeldTooMany.After(r.seats.HoldTime())
	case o == seats.Unknown && a.Place.Taken < a.Place.Capacity && a.Place.Waiting == 0:
		return nil
	}
	return ErrFull
}
