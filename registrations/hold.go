package registrations

import (
	"context"
	"errors"
	"time"

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
		if err := r.mayPromise(ctx, a, h); err != nil {
			return claim, err
		}
		claim.Began = time.UnixMilli(a.Event.RegistrationOpensAt)
	}
	claim.PlaceID, claim.Deadline = a.Place.ID, h.Deadline
	return claim, nil
}

// mayPromise gives up a hold that Redis granted although somebody waited already: it learns of them a moment after the record, and may be
// behind the times. Whoever is promised a seat here is before everyone who waits later, also before those whose registration is being
// written at this moment; so their claim begins before anybody can have joined.
func (r *Registrar) mayPromise(ctx context.Context, a Ask, h seats.Hold) error {
	waited, err := r.store.waitedBefore(ctx, a.Place.ID, h.Deadline.Add(-r.seats.HoldTime()))
	if err == nil && waited {
		err = ErrFull
	}
	if err != nil {
		r.release(ctx, a.ref(), a.Claim.ID)
	}
	return err
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
