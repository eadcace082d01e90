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
	promised := claim.PlaceID == a.Place.ID && claim.Deadline.Equal(h.Deadline)
	if err := r.mayPromise(ctx, a, h, promised); err != nil {
		if _, told := fault.Of(err); told { // else the record is away: another request with this claim may have shown the promise
			r.release(ctx, a.ref(), claim.ID)
		}
		return claim, err
	}
	if !promised {
		claim.Began = time.UnixMilli(a.Event.RegistrationOpensAt)
	}
	claim.PlaceID, claim.Deadline = a.Place.ID, h.Deadline
	return claim, nil
}

// mayPromise asks the record whether a hold may be promised: not to somebody who is registered, and not, unless it is promised already, where
// somebody waited before it. Redis learns of those a moment after the record, and may be behind the times. Whoever is promised a seat is
// before everyone who waits later, also before those whose registration is being written at this moment; so their claim begins before
// anybody can have joined. Errors for people: ErrFull, ErrAlready.
func (r *Registrar) mayPromise(ctx context.Context, a Ask, h seats.Hold, promised bool) error {
	switch _, err := r.store.Standing(ctx, a.Person.Mailbox, a.Event.ID, a.Place.ID); {
	case err == nil:
		return ErrAlready
	case !errors.Is(err, ErrNotFound):
		return err
	case promised:
		return nil
	}
	waited, err := r.store.waitedBefore(ctx, a.Place.ID, h.Deadline.Add(-r.seats.HoldTime()))
	if err == nil && waited {
		return ErrFull
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
