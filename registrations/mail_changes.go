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
	Asked    bool                `json:",omitempty"` // the event asks questions that the person must answer and has not
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

// topicOf is what news about an event are the latest word on: a mailbox stands at most once at a place, and may wait for another one besides.
func topicOf(placeID string) string { return "place " + placeID }

// message tells somebody of a change of the event; g is as it was before, invited says whether their calendar has the event, and untold is
// what they would have been told by a message that this one supersedes. There is none for those to whom the change means nothing.
func (n news) message(g *Registration, invited bool, untold []events.Difference) (notify.Message, bool) {
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
		// What was changed back is told all the same: the message before may be on its way already.
		if all := events.Together(untold, s.Changes); len(all) > 0 {
			s.Changes = all
		}
	}
	m := notify.Message{
		Kind: n.kind, To: mail.Address{Name: g.Name(), Address: g.Recipient()}, Mailbox: g.Mailbox, EventID: g.EventID, RegistrationID: g.ID, Snapshot: s,
	}
	if n.kind == kindUpdated {
		m.Topic = topicOf(g.PlaceID)
	}
	return about(n.event, s.Calendar, m), true
}
