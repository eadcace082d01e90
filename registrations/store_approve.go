package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/registrations/seats"
)

// maxReason is how many characters the reason of a refusal has at most.
const maxReason = 500

// checkReason says what is wrong with a reason that goes into mail.
func checkReason(reason string) []fault.Field {
	return check([]rule{{"reason", reason, "", "The reason", maxReason}})
}

// What an organiser can be told who decides on a request.
var (
	ErrWithdrawn   = fault.Coded(fault.Conflict, "cancelled", "This registration has been cancelled already, so nothing was changed and nothing was sent.")
	ErrApproved    = fault.Coded(fault.Conflict, "approved", "This person has a confirmed place already. To take it back, cancel their registration.")
	ErrNoRequest   = fault.Coded(fault.Conflict, "not_pending", "This registration does not await approval, so there is nothing to decide.")
	ErrUndecidable = fault.Coded(fault.Conflict, "closed", "This event is over or not published, so requests for it cannot be decided.")
)

// request is a registration that awaits approval, as it is while its place is locked.
type request struct {
	tx    *sql.Tx
	g     *Registration
	seen  *Registration // as whoever decides has seen it
	event *events.Event
	place events.Place
	state *seats.State
}

// errAnothers is for a registration that has come to somebody else, or to another address, since an organiser looked at it.
var errAnothers = fault.Coded(fault.Conflict, "anothers", "This registration has gone to somebody else, or to another address, since you opened the page, so nothing was done. Look at it again.")

// anothers says that the registration is not any more of whom the decision was about.
func (q request) anothers() bool { return q.g.Generation != q.seen.Generation && !q.g.Erased() }

// Approve confirms a request: the person keeps the seat that was kept for them, and is invited. by names the organiser (Actor) and the
// request of theirs (RequestID) for the audit trail. Approving again changes nothing and gives the same answer. Errors for people:
// ErrNotFound, ErrWithdrawn, ErrNoRequest, ErrUndecidable.
func (r *Registrar) Approve(ctx context.Context, g *Registration, by access.Entry) (*Registration, error) {
	return r.judge(ctx, g, func(ctx context.Context, q request) error {
		switch {
		case q.anothers():
			return errAnothers
		case q.g.Status == Confirmed:
			return nil // approved before
		case q.g.Status == Cancelled:
			return ErrWithdrawn
		case q.g.Status != Pending: // the table lets an organiser confirm those who wait, but not by this door
			return ErrNoRequest
		case q.state.EventStatus != string(events.Published) || q.event.Past(r.now()):
			return ErrUndecidable
		}
		return r.turn(ctx, q.tx, q.g, Confirmed, time.Time{}, q.event, q.place, q.state,
			turning{by: Organiser, who: by.Actor, action: "registration.approved", mail: kindApproved, requestID: by.RequestID, address: by.Address})
	})
}

// Refuse ends a request and passes its seat on in the same transaction. The person is told, with the reason if there is one: plain text
// of at most 500 characters, kept nowhere but in the message. by is as for Approve. Refusing again changes nothing and gives the same
// answer. Errors for people: an invalid reason, ErrNotFound, ErrWithdrawn, ErrApproved, ErrNoRequest, ErrUndecidable.
func (r *Registrar) Refuse(ctx context.Context, seen *Registration, reason string, by access.Entry) (*Registration, error) {
	reason = lines(reason)
	if wrong := checkReason(reason); len(wrong) > 0 {
		return nil, fault.InvalidFields(wrong)
	}
	g, err := r.judge(ctx, seen, func(ctx context.Context, q request) error {
		if q.anothers() {
			return errAnothers
		}
		return r.refuseIn(ctx, q, ending{by: Organiser, who: by.Actor, action: "registration.refused", mail: kindRefused, reason: reason, requestID: by.RequestID, address: by.Address})
	})
	if !errors.Is(err, ErrWithdrawn) {
		return g, err
	}
	if refused, terr := r.outbox.Told(ctx, seen.ID, kindRefused); terr != nil || !refused {
		return nil, errors.Join(terr, err)
	}
	return g, nil // refused before
}

func (r *Registrar) refuseIn(ctx context.Context, q request, why ending) error {
	switch {
	case q.g.Status == Cancelled:
		return ErrWithdrawn
	case q.g.Status == Confirmed:
		return ErrApproved
	case q.g.Status != Pending || !Allows(q.g.Status, Cancelled, why.by):
		return ErrNoRequest
	case q.event.Past(r.now()):
		return ErrUndecidable
	}
	if err := r.endIn(ctx, q.tx, q.g, q.event, q.place, q.state, why); err != nil {
		return err
	}
	q.g.Status = Cancelled
	return nil
}

// judge runs a decision on a request with its place locked, and gives the registration as it is then. Whoever changes it at the same
// moment, such as its attendee who cancels, comes before or after, and the decision sees which.
func (r *Registrar) judge(ctx context.Context, seen *Registration, decide func(context.Context, request) error) (*Registration, error) {
	g, err := r.store.ByID(ctx, seen.ID)
	if err != nil {
		return nil, err
	}
	e, err := r.events.ByID(ctx, g.EventID)
	if err != nil {
		return nil, err
	}
	err = r.atItsPlace(ctx, g, func(placeID string) error {
		g, err = r.judgeAt(ctx, seen, e, placeID, decide)
		return err
	})
	return g, err
}

func (r *Registrar) judgeAt(ctx context.Context, seen *Registration, e *events.Event, placeID string, decide func(context.Context, request) error) (g *Registration, err error) {
	place, ok := e.Place(placeID)
	if !ok {
		return nil, fmt.Errorf("decide on registration %s: its event does not have place %s", seen.ID, placeID)
	}
	changed := false
	err = r.inTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		state, err := r.ledger.Lock(ctx, tx.Tx, place.ID)
		if err != nil {
			return err
		}
		if g, err = r.store.atPlace(ctx, tx.Tx, seen.ID, place.ID); err != nil {
			return err
		}
		now, err := r.present(ctx, tx, e, state)
		if err != nil {
			return err
		}
		if err := decide(ctx, request{tx: tx.Tx, g: g, seen: seen, event: now, place: place, state: &state}); err != nil {
			return err
		}
		if changed = state.Changed(); !changed {
			return nil
		}
		return r.ledger.Write(ctx, tx.Tx, state)
	})
	if err == nil && changed {
		r.applied(ctx, seats.Ref{EventID: g.EventID, PlaceID: g.PlaceID})
		r.outbox.Wake()
	}
	return g, err
}
