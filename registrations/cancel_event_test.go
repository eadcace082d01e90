package registrations

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/fault"
)

func TestACancelledEventEndsEveryRegistrationAndOffersNothing(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.requireApproval()
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan"}
		confirmed, pending := d.register(a), d.pending(2)
		d.approve(confirmed)
		offered, waiting := d.wait(3), d.wait(4)
		d.exec("update registrations set status = 'offered', offered_until = ? where id = ?", d.clock.Now().Add(time.Hour).UnixMilli(), offered.ID)
		d.exec("update places set waiting = 1, capacity = 3, taken = 3, version = version + 1 where id = ?", d.event.Places[0].ID)
		d.event = d.now()
		c, err := d.CancelEvent(ctx, d.event.ID, d.event.Version, " The hall\r\nis <flooded>. ", kim)
		must(t, err)
		if c.Recipients != 4 || !c.Material || len(c.What) != 1 || c.What[0] != "Status: cancelled (was: takes place)" {
			t.Errorf("it is %+v", c)
		}
		for _, g := range []*Registration{confirmed, pending, offered, waiting} {
			d.want(g, Cancelled, "whoever was registered")
			kind, uid, sequence, s := d.toldLast(g)
			if kind != kindEventCancelled || (uid != "") != (g == confirmed) || s.Reason != "The hall\nis <flooded>." {
				t.Errorf("told %s of %q: %q", kind, uid, s.Reason)
			}
			if _, invited := d.calendarOf(confirmed, kindApproved); g == confirmed && sequence <= invited {
				t.Errorf("the invitation with %d is taken back with %d", invited, sequence)
			}
			if audited := d.audited(g); audited != "organiser:kim registration.cancelled r1" {
				t.Errorf("the audit trail says %s", audited)
			}
		}
		after := d.now()
		if taken, queue := d.counts(); after.Status != events.Cancelled || after.Sequence != d.event.Sequence+1 || taken != 0 || queue != 0 {
			t.Errorf("%s, sequence %d, taken %d, waiting %d", after.Status, after.Sequence, taken, queue)
		}
		if sealed, err := d.store.needsOf(ctx, confirmed.ID); err != nil || sealed != nil {
			t.Errorf("there is health data: %v", err)
		}
		count := len(d.messages())
		if c, err := d.CancelEvent(ctx, d.event.ID, d.event.Version, "again", kim); err != nil || c.Recipients != 0 {
			t.Errorf("again it is %+v, %v", c, err)
		}
		d.tend()
		if len(d.messages()) != count {
			t.Errorf("the messages are %v", d.messages())
		}
		if problems := d.check().Problems; len(problems) > 0 {
			t.Errorf("the record has %v", problems)
		}
		feed, err := d.events.ForFeed(ctx, d.event.Starts())
		must(t, err)
		if len(feed) != 0 { // the desk's events are not listed
			t.Errorf("the feed has %d events", len(feed))
		}
		if _, err := d.Register(ctx, d.ask(9)); !errors.Is(err, ErrClosed) {
			t.Errorf("registering for it gave %v", err)
		}
	})
}

func TestWhatCannotBeCancelledOrPostponed(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx, e := context.Background(), d.now()
		d.register(d.ask(1))
		cancel := func(version int64, reason string) error {
			_, err := d.CancelEvent(ctx, e.ID, version, reason, kim)
			return err
		}
		if err := cancel(e.Version, strings.Repeat("é", maxReason+1)); !fault.Is(err, fault.Invalid) {
			t.Errorf("a long reason gave %v", err)
		}
		if err := cancel(e.Version-1, ""); !errors.Is(err, events.ErrChanged) {
			t.Errorf("an old version gave %v", err)
		}
		if _, err := d.PostponeEvent(ctx, e.ID, e.Version-1, kim); !errors.Is(err, events.ErrChanged) {
			t.Errorf("postponing an old version gave %v", err)
		}
		d.clock.Add(e.Ends().Sub(d.clock.Now()))
		if err := cancel(e.Version, ""); !errors.Is(err, ErrEventOver) {
			t.Errorf("after the event it gave %v", err)
		}
		if _, err := d.PostponeEvent(ctx, e.ID, e.Version, kim); !errors.Is(err, ErrEventOver) {
			t.Errorf("postponing after the event gave %v", err)
		}
		if c := d.alterEvent(func(e *events.Event) { e.Title = "Another" }); !c.Material || c.Recipients != 0 {
			t.Errorf("a correction of what is over is told: %+v", c)
		}
		if kinds := fmt.Sprint(d.messages()); kinds != "[confirmation]" {
			t.Errorf("the messages are %s", kinds)
		}
	})
}

func TestAPostponedEventLeavesCalendarsAndComesBackWithItsNewDate(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		holder := d.register(d.ask(1))
		offered, waiting := d.wait(2), d.wait(3)
		d.cancel(holder)
		a := d.ask(4)
		a.Place = d.event.Places[1]
		confirmed := d.register(a)
		e := d.now()
		for range 2 { // twice is once
			_, err := d.PostponeEvent(ctx, e.ID, e.Version, kim)
			must(t, err)
		}
		d.event = d.now()
		_, invited := d.calendarOf(confirmed, kindConfirmation)
		kind, uid, sequence, _ := d.toldLast(confirmed)
		if kind != kindPostponed || uid != e.UID || sequence <= invited || d.event.Sequence != e.Sequence+1 {
			t.Errorf("told %s of %q with %d after %d", kind, uid, sequence, invited)
		}
		if entry := d.event.Calendar("https://ukcp.example"); entry.Status != "TENTATIVE" {
			t.Errorf("feeds show it as %s", entry.Status)
		}
		for _, g := range []*Registration{offered, waiting} {
			if kind, uid, _, _ := d.toldLast(g); kind != kindPostponed || uid != "" {
				t.Errorf("who has no place is told %s of %q", kind, uid)
			}
		}
		count := len(d.messages())
		d.clock.Add(72 * time.Hour)
		d.tend()
		d.want(offered, Offered, "an offer that nobody could accept")
		if err := d.Accept(ctx, offered, d.event, ""); !errors.Is(err, ErrOver) {
			t.Errorf("accepting gave %v", err)
		}
		if problems := d.check().Problems; len(problems) > 0 {
			t.Errorf("the record has %v", problems)
		}
		if c := d.alterEvent(to("2099-05-05")); !c.Material || c.Recipients != 0 || len(d.messages()) != count {
			t.Errorf("a date of a postponed event is told: %+v", c)
		}
		right, err := d.CorrectAddress(ctx, confirmed.ID, "right@example.com", kim)
		must(t, err)
		for _, m := range []struct{ mailbox, kind, uid string }{{confirmed.Mailbox, kindMoved, ""}, {right.Mailbox, kindPostponed, ""}} {
			var kind, uid string
			must(t, d.db.NewRaw("select kind, uid from outbox where mailbox = ? order by id desc limit 1", m.mailbox).Scan(ctx, &kind, &uid))
			if kind != m.kind || uid != m.uid {
				t.Errorf("%s is told %s of %q", m.mailbox, kind, uid)
			}
		}
		c := d.alterEvent(func(e *events.Event) { e.Status = events.Published })
		if c.Recipients != 3 || !strings.HasPrefix(c.What[0], "When: Tuesday 5 May 2099") {
			t.Errorf("the new date is told as %+v", c)
		}
		if kind, uid, back, _ := d.toldLast(right); kind != kindUpdated || uid != e.UID || back < d.event.Sequence {
			t.Errorf("told %s of %q with %d", kind, uid, back)
		}
		now, err := d.store.ByID(ctx, offered.ID)
		must(t, err)
		if until := d.clock.Now().Add(48 * time.Hour); !now.OfferedUntil.Equal(until) {
			t.Errorf("the offer ends at %v, want %v", now.OfferedUntil, until)
		}
		must(t, d.Accept(ctx, now, d.event, ""))
	})
}
