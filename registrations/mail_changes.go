package registrations

import (
	"net/mail"

	"masterclass/events"
	"masterclass/notify"
)

// The kinds of message about plans that change.
const (
	kindUpdated        = "updated"         // the event has changed
	kindPostponed      = "postponed"       // it has no date any more
	kindEventCancelled = "event-cancelled" // it does not take place
	kindMoved          = "moved"           // to a mailbox that a registration does not belong to
	kindSubstituted    = "substituted"     // to somebody whose place a colleague has taken
)

// methods are what each kind does to the calendar of somebody who has, or had, a place; the others leave calendars alone.
//
// A postponed event is taken out. Its date does not hold, but most calendar programs show a TENTATIVE entry like any other and remind of it:
// people would keep the day free, or travel. The new date comes as a new invitation with a higher SEQUENCE, which puts it back under the same
// UID. Feeds, which people look at for news, do keep it as TENTATIVE.
var methods = map[string]string{
	kindConfirmation: "REQUEST", kindApproved: "REQUEST", kindUpdated: "REQUEST",
	kindCancellation: "CANCEL", kindRefused: "CANCEL", kindPostponed: "CANCEL", kindEventCancelled: "CANCEL", kindMoved: "CANCEL", kindSubstituted: "CANCEL",
}

// told is what messages about changes show besides.
type told struct {
	Changes  []events.Difference `json:",omitempty"`
	Calendar bool                `json:",omitempty"` // the event is in the person's calendar, or comes into it
	Instead  bool                `json:",omitempty"` // of a confirmation: in the place of a colleague
	Moved    bool                `json:",omitempty"` // of an update: not the event has changed but which of its places the person has
}

// about says whether a message is about the event in the person's calendar.
func about(e *events.Event, calendar bool, m notify.Message) notify.Message {
	m.UID, m.Sequence = "", 0
	if calendar {
		m.UID, m.Sequence = e.UID, e.Sequence
	}
	return m
}

// message tells somebody of a change of the event; g is as it was before, and invited says whether their calendar has the event. There is
// none for those to whom the change means nothing.
func (n news) message(g *Registration, invited bool) (notify.Message, bool) {
	place, ok := n.event.Place(g.PlaceID)
	if !ok || !n.concerns(place, g.Status) {
		return notify.Message{}, false
	}
	s := snapshotOf(n.event, place, g)
	s.Calendar, s.Reason = invited, n.reason
	if n.kind == kindUpdated {
		s.Calendar = g.Status == Confirmed
		for _, d := range n.differences {
			if d.Concerns(place, s.Calendar) {
				s.Changes = append(s.Changes, d)
			}
		}
	}
	m := notify.Message{
		Kind: n.kind, To: mail.Address{Name: g.Name(), Address: g.Recipient()}, Mailbox: g.Mailbox, EventID: g.EventID, RegistrationID: g.ID, Snapshot: s,
	}
	return about(n.event, s.Calendar, m), true
}
