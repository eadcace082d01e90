package registrations

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/registrations/seats"
)

// What an organiser can be told who changes the plans of an event.
var (
	ErrHasPeople   = fault.Coded(fault.Conflict, "has_people", "People are registered for this event or wait for a place, so it cannot be taken off the site. Cancel it instead: that tells everybody.")
	ErrCancelApart = fault.Coded(fault.Conflict, "cancel_apart", "Changing its details does not cancel an event. Cancel it by its own page, which tells everybody who is registered.")
	ErrEventOver   = fault.Coded(fault.Conflict, "over", "This event is over, so this cannot be done any more.")
	ErrNotHeld     = fault.Coded(fault.Conflict, "not_published", "Only an event that is published can be postponed.")
)

// Change is what the change of an event means for people.
type Change = events.Change

// news is the change of an event on its way to those who are registered.
type news struct {
	kind        string // of the messages, "" for none
	event       *events.Event
	differences []events.Difference
	reason      string // of a cancelled event
}

// newsOf says who has to be told of a change, and how. While an event is postponed nobody is: it has nothing yet that one could put into a
// calendar, and its new date will tell everything. Nor does anybody want mail about an event that is over.
func newsOf(old, changed *events.Event, now time.Time) news {
	n := news{event: changed, differences: events.Differences(old, changed)}
	switch {
	case len(n.differences) == 0 || changed.Past(now) && (old.Past(now) || old.Status == events.Postponed):
	case changed.Status == events.Published:
		n.kind = kindUpdated
	case changed.Status == events.Postponed && old.Status == events.Published:
		n.kind, n.event = kindPostponed, at(old, changed)
	}
	return n
}

// at is the changed event at its old time: what takes an invitation back has the times of that invitation (RFC 5546 3.2.5).
func at(old, changed *events.Event) *events.Event {
	e := *changed
	e.StartsLocal, e.EndsLocal, e.TimeZone, e.AllDay, e.StartsAt, e.EndsAt = old.StartsLocal, old.EndsLocal, old.TimeZone, old.AllDay, old.StartsAt, old.EndsAt
	return &e
}

// concerns says whether the news means anything to somebody with that place and status.
func (n news) concerns(place events.Place, s Status) bool {
	if n.kind != kindUpdated {
		return n.kind != "" && s != Cancelled
	}
	for _, d := range n.differences {
		if s != Cancelled && d.Concerns(place, s == Confirmed) {
			return true
		}
	}
	return false
}

func (n news) change() Change {
	c := Change{Material: len(n.differences) > 0}
	for _, d := range n.differences {
		c.What = append(c.What, d.Words())
	}
	return c
}

// newsOfPostponing and newsOfCancelling are that an event has no date any more, and that it does not take place.
func newsOfPostponing(old *events.Event, now time.Time) news {
	e := *old
	e.Status = events.Postponed
	return newsOf(old, &e, now)
}

func newsOfCancelling(old *events.Event) news {
	e := *old
	e.Status = events.Cancelled
	return news{kind: kindEventCancelled, event: &e, differences: events.Differences(old, &e)}
}

// PreviewChange says what ChangeEvent would do with the same new details, and does nothing. Errors for people: events.ErrNotFound,
// events.ErrDetails.
func (r *Registrar) PreviewChange(ctx context.Context, eventID string, e *events.Event) (Change, error) {
	old, err := r.events.ByID(ctx, eventID)
	if err != nil {
		return Change{}, err
	}
	changed := *e
	changed.ID, changed.UID, changed.Places = old.ID, old.UID, old.Places
	if err := changed.Settle(); err != nil {
		return Change{}, events.ErrDetails.Because(err)
	}
	n := newsOf(old, &changed, r.now())
	c := n.change()
	standings, err := r.store.countStandings(ctx, eventID)
	for at, count := range standings {
		if place, ok := old.Place(at.placeID); ok && n.concerns(place, at.status) {
			c.Recipients += count
		}
	}
	return c, err
}

// ChangeEvent stores an event's new details, if it is still at the version that they were made from, and tells those to whom the change means
// something: confirmed attendees by a new invitation, everybody else by mail alone. What is not material is told to nobody. e is as for
// events.Update, and gets its new version; by names what is done, or it is "event.changed". Errors for people: those of events.Update, ErrHasPeople, ErrCancelApart.
func (r *Registrar) ChangeEvent(ctx context.Context, e *events.Event, version int64, by access.Entry) (Change, error) {
	var stored events.Event
	c, err := r.alter(ctx, e.ID, version, named(by, cmp.Or(by.Action, "event.changed")), func(old *events.Event, taken bool) (*events.Event, error) {
		stored = *e
		switch {
		case e.Status == events.Cancelled && old.Status != events.Cancelled:
			return nil, ErrCancelApart
		case e.Status == events.Draft && old.Status != events.Draft && taken:
			return nil, ErrHasPeople
		}
		return &stored, nil
	})
	if err == nil {
		*e = stored
	}
	return c, err
}

// PostponeEvent takes an event's date away until it has a new one, by ChangeEvent with the status published. Places are kept; invitations are
// taken back. Postponing again changes nothing. Errors for people: events.ErrNotFound, events.ErrChanged, ErrNotHeld, ErrEventOver.
func (r *Registrar) PostponeEvent(ctx context.Context, id string, version int64, by access.Entry) (Change, error) {
	return r.alter(ctx, id, version, named(by, "event.postponed"), func(old *events.Event, _ bool) (*events.Event, error) {
		switch {
		case old.Status == events.Postponed:
			return nil, nil
		case old.Status != events.Published:
			return nil, ErrNotHeld
		case old.Past(r.now()):
			return nil, ErrEventOver
		}
		postponed := *old
		postponed.Status = events.Postponed
		return &postponed, nil
	})
}

// named is an audit entry of an action.
func named(by access.Entry, action string) access.Entry {
	by.Action = action
	return by
}

// alter changes an event in one transaction with what tells of it. change gives the new details, or nil when there is nothing to do; taken
// says whether anybody has a seat or waits for one.
func (r *Registrar) alter(ctx context.Context, id string, version int64, by access.Entry, change func(old *events.Event, taken bool) (*events.Event, error)) (c Change, err error) {
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		c = Change{}
		old, states, err := r.hold(ctx, tx, id)
		if err != nil {
			return err
		}
		e, err := change(old, anybody(states))
		if err != nil || e == nil {
			return err
		}
		if old.Version != version {
			return events.ErrChanged
		}
		if err := r.events.Update(ctx, tx, old, e, r.now()); err != nil {
			return err
		}
		if err := r.moveDeadlines(ctx, tx, old, e); err != nil {
			return err
		}
		n := newsOf(old, e, r.now())
		c = n.change()
		if err := r.noteChange(ctx, tx.Tx, old, e, by); err != nil {
			return err
		}
		c.Recipients, err = r.spread(ctx, tx.Tx, n)
		return err
	})
	if err == nil {
		r.events.Changed()
		r.Changed()
		r.outbox.Wake()
	}
	return c, err
}

// hold locks every place of an event in the order of their ids and gives the event as it is then. Whoever registers or is confirmed at this
// moment comes before, and is told of what follows, or after, and sees it.
func (r *Registrar) hold(ctx context.Context, tx bun.Tx, id string) (*events.Event, map[string]*seats.State, error) {
	e, err := r.events.ByIDIn(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	states, err := r.lockAll(ctx, tx.Tx, e)
	if err != nil {
		return nil, nil, err
	}
	e, err = r.events.ByIDIn(ctx, tx, id)
	return e, states, err
}

func anybody(states map[string]*seats.State) bool {
	for _, s := range states {
		if s.Taken > 0 || s.Waiting > 0 {
			return true
		}
	}
	return false
}

// present gives an event as it is while a place of its is locked: it is read again if it was changed since it was read, so that no message
// tells of what was.
func (r *Registrar) present(ctx context.Context, tx bun.Tx, e *events.Event, locked seats.State) (*events.Event, error) {
	if e.Version == locked.EventVersion {
		return e, nil
	}
	return r.events.ByIDIn(ctx, tx, e.ID)
}

// noteChange writes the audit entry: which things changed, not what they are.
func (r *Registrar) noteChange(ctx context.Context, tx *sql.Tx, old, e *events.Event, by access.Entry) error {
	by.At, by.EventID, by.Subject, by.Detail = r.now(), e.ID, e.ID, events.ChangedDetails(old, e)
	return r.trail.Write(ctx, tx, by)
}

// moveDeadlines lets what follows from an event's time follow it: until when health data is kept, and offers, which end an hour before the
// event at the latest. Those of an event that was postponed begin again, since nobody could accept them.
func (r *Registrar) moveDeadlines(ctx context.Context, tx bun.Tx, old, e *events.Event) error {
	if until := purgeAt(e); until != purgeAt(old) {
		_, err := tx.NewRaw("update health_needs set purge_at = ? where registration_id in (select id from registrations where event_id = ?)",
			until, e.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("move the purge dates of event %s: %w", e.ID, err)
		}
	}
	if e.Status != events.Published {
		return nil
	}
	last := e.StartsAt - events.OfferEnds.Milliseconds()
	until, after := last, last
	if old.Status == events.Postponed {
		until, after = min(last, r.now().Add(r.offer).UnixMilli()), 0
	}
	_, err := tx.NewRaw("update registrations set offered_until = ? where event_id = ? and status = 'offered' and offered_until > ?", until, e.ID, after).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move the offers of event %s: %w", e.ID, err)
	}
	return nil
}
