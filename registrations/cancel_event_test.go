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
		if err := d.Accept(ctx, offered, d.event, ""); !errors.Is(err, ErrNoDate) {
			t.Errorf("accepting gave %v", err)
		}
		if problems := d.check().Problems; len(problems) > 0 {
			t.Errorf("the record has %v", problems)
		}
		if c := d.alterEvent(to("2099-05-05")); !c.Material || c.Recipients != 0 || len(d.messages()) != count {
			t.Errorf("a date of a postponed event is told: %+v", c)
		}
		right, err := d.CorrectAddress(ctx, confirmed, "right@example.com", kim)
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

func TestThePeopleOfAPostponedEventCanActThoughItsOldDateHasPassed(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan"}
		comes, leaves := d.register(a), d.register(d.ask(2))
		offered, waiting := d.wait(3), d.wait(4)
		d.cancel(leaves)
		online := d.ask(5)
		online.Place = d.event.Places[1]
		leaves = d.register(online)
		_, err := d.PostponeEvent(ctx, d.event.ID, d.event.Version, kim)
		must(t, err)
		d.event = d.now()
		d.clock.Add(d.event.Ends().Add(60 * 24 * time.Hour).Sub(d.clock.Now()))
		now := d.clock.Now()
		d.tend()
		must(t, d.Purge(ctx))
		if sealed, err := d.store.needsOf(ctx, comes.ID); err != nil || sealed == nil {
			t.Errorf("their needs are gone before the event took place: %v", err)
		}
		if d.event.Past(now) {
			t.Error("it is over")
		}
		for _, g := range []*Registration{comes, leaves, waiting} {
			if p := newManagePage("/x", g, d.event, Needs{}, nil, 0, now); !p.CanCancel || !p.CanChange || p.Over {
				t.Errorf("%s: their page has %+v", g.Status, p)
			}
			if list, err := d.store.ByMailbox(ctx, g.Mailbox, now); err != nil || len(list) != 1 {
				t.Errorf("%s: the links of their mailbox are %v, %v", g.Status, list, err)
			}
		}
		must(t, d.Cancel(ctx, leaves, d.event, ""))
		must(t, d.Change(ctx, comes, d.event, comes.Person, Needs{Dietary: "No nuts"}, ""))
		must(t, d.Purge(ctx))
		if sealed, err := d.store.needsOf(ctx, comes.ID); err != nil || sealed == nil {
			t.Errorf("their new needs are gone: %v", err)
		}
		if err := d.Accept(ctx, offered, d.event, ""); !errors.Is(err, ErrNoDate) {
			t.Errorf("accepting without a date gave %v", err)
		}
		d.want(offered, Offered, "an offer that nobody can accept yet")

		day := now.AddDate(0, 1, 0).Format(events.LocalDate)
		if c := d.alterEvent(func(e *events.Event) { to(day)(e); e.Status = events.Published }); c.Recipients != 3 {
			t.Errorf("the new date is told as %+v", c)
		}
		offered, err = d.store.ByID(ctx, offered.ID)
		must(t, err)
		must(t, d.Accept(ctx, offered, d.event, ""))
		d.want(offered, Confirmed, "an offer accepted with the new date")
		d.clock.Add(d.event.Ends().Add(healthKept + time.Hour).Sub(d.clock.Now()))
		must(t, d.Purge(ctx))
		if sealed, err := d.store.needsOf(ctx, comes.ID); err != nil || sealed != nil {
			t.Errorf("there is health data a month after the new date: %v", err)
		}
	})
}

func TestTheNeedsOfAnEventThatNeverGetsADateAreNotKeptForEver(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan"}
		g := d.register(a)
		_, err := d.PostponeEvent(ctx, d.event.ID, d.event.Version, kim)
		must(t, err)
		for _, c := range []struct {
			after time.Duration
			kept  bool
		}{{healthWaits, true}, {healthWaits + healthKept + time.Hour, false}} {
			d.clock.Add(d.event.Ends().Add(c.after).Sub(d.clock.Now()))
			must(t, d.Purge(ctx))
			if sealed, err := d.store.needsOf(ctx, g.ID); err != nil || (sealed != nil) != c.kept {
				t.Errorf("%v after the old date they are kept: %v, %v", c.after, sealed != nil, err)
			}
		}
	})
}

func TestADateThatIsOverWhenItIsEnteredIsToldToNobody(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		d.register(d.ask(1))
		_, err := d.PostponeEvent(context.Background(), d.event.ID, d.event.Version, kim)
		must(t, err)
		d.clock.Add(d.event.Ends().Add(time.Hour).Sub(d.clock.Now()))
		if c := d.alterEvent(func(e *events.Event) { e.Status = events.Published }); c.Recipients != 0 {
			t.Errorf("it is told as %+v", c)
		}
	})
}
