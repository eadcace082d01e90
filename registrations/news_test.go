package registrations

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"masterclass/events"
)

// outgoing is what waits to be sent to a registration: each kind with its SEQUENCE.
func (d *desk) outgoing(g *Registration) string {
	d.t.Helper()
	var list []string
	must(d.t, d.db.NewRaw("select kind || ' ' || sequence from outbox where registration_id = ? and state = 'queued' order by id", g.ID).Scan(context.Background(), &list))
	return strings.Join(list, ", ")
}

func TestOfUnsentUpdatesTheNewestGoesAlone(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		d.takePartOnline()
		g, waiting := d.register(d.ask(1)), d.wait(2)
		_, first := d.calendarOf(g, kindConfirmation)
		d.alterEvent(to("2099-06-01"))
		d.alterEvent(func(e *events.Event) { e.Venue = "Town hall" })
		d.alterEvent(to("2099-07-01"))
		if got, want := d.outgoing(g), fmt.Sprintf("confirmation %d, updated %d", first, first+3); got != want {
			t.Errorf("an attendee gets %s, want %s", got, want)
		}
		if got := d.outgoing(waiting); got != "waiting 0, updated 0" {
			t.Errorf("who waits gets %s", got)
		}
		_, _, _, s := d.toldLast(g)
		var words []string
		for _, c := range s.Changes {
			words = append(words, c.Words())
		}
		want := "When: Wednesday 1 July 2099, 10am to 3pm UK time (BST) (was: Thursday 12 March 2099, 9:30am to 4:30pm UK time (GMT))"
		if len(words) != 2 || words[0] != want || !strings.HasPrefix(words[1], "Where: Town hall") {
			t.Errorf("the newest tells %q", words)
		}
		d.alterEvent(func(e *events.Event) { e.StartsLocal, e.EndsLocal = "2099-03-12T09:30", "2099-03-12T16:30" })
		if _, _, _, s := d.toldLast(g); len(s.Changes) != 1 || s.Changes[0].What != "Where" {
			t.Errorf("after the date was changed back the newest tells %v", s.Changes)
		}
		d.cancel(g)
		if got, want := d.outgoing(g), fmt.Sprintf("confirmation %d, updated %d, cancellation %d", first, first+4, first+5); got != want {
			t.Errorf("who has cancelled gets %s, want %s", got, want)
		}
	})
}

func TestAnUpdateThatWasSentIsFollowedByTheNext(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		g := d.register(d.ask(1))
		d.alterEvent(to("2099-06-01"))
		d.exec("update outbox set state = 'sent' where kind = ?", kindUpdated)
		d.alterEvent(to("2099-07-01"))
		if told := d.told(g); told != "confirmation updated updated" {
			t.Errorf("told %s", told)
		}
		if _, _, _, s := d.toldLast(g); len(s.Changes) != 1 || !strings.HasPrefix(s.Changes[0].Was, "Monday 1 June") {
			t.Errorf("the second tells %v", s.Changes)
		}
	})
}

func TestAnUpdateThatChangesEverythingBackIsTold(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		g := d.register(d.ask(1))
		old := d.event
		d.alterEvent(to("2099-06-01"))
		d.alterEvent(func(e *events.Event) { e.StartsLocal, e.EndsLocal = old.StartsLocal, old.EndsLocal })
		if _, _, sequence, s := d.toldLast(g); len(s.Changes) != 1 || sequence < 2 || !strings.HasPrefix(s.Changes[0].Now, "Thursday 12 March") {
			t.Errorf("told with %d of %v", sequence, s.Changes)
		}
	})
}
