package registrations

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// startsIn moves the desk's event; it lasts eight hours.
func (d *desk) startsIn(in time.Duration) {
	d.t.Helper()
	starts := d.clock.Now().Add(in)
	d.event.StartsAt, d.event.EndsAt = starts.UnixMilli(), starts.Add(8*time.Hour).UnixMilli()
	d.exec("update events set starts_at = ?, ends_at = ? where id = ?", d.event.StartsAt, d.event.EndsAt, d.event.ID)
}

// rule gives the desk's event a rule.
func (d *desk) rule(kind ReminderKind, offset time.Duration) ReminderRule {
	d.t.Helper()
	u, err := d.AddReminder(context.Background(), ReminderRule{EventID: d.event.ID, Kind: kind, Offset: offset}, kim)
	must(d.t, err)
	return u
}

func (d *desk) remindOnce() {
	d.t.Helper()
	must(d.t, d.RemindOnce(context.Background()))
}

// after lets time pass and makes a round.
func (d *desk) after(passed time.Duration) {
	d.t.Helper()
	d.clock.Add(passed)
	d.remindOnce()
}

// deliver has the mail server take all that waits for it.
func (d *desk) deliver() {
	d.t.Helper()
	d.exec("update outbox set state = 'sent', sent_at = ? where state = 'queued'", d.clock.Now().UnixMilli())
}

// reminded are the reminders that somebody was sent, or is to be sent, and how often.
func (d *desk) reminded(g *Registration) string {
	d.t.Helper()
	var kinds []string
	must(d.t, d.db.NewRaw("select kind from outbox where registration_id = ? and kind in ('reminder', 'still-coming', 'after') and state <> 'superseded' order by id", g.ID).
		Scan(context.Background(), &kinds))
	return strings.Join(kinds, " ")
}

func (d *desk) wantReminded(g *Registration, want, when string) {
	d.t.Helper()
	if got := d.reminded(g); got != want {
		d.t.Errorf("%s: reminded by %q, want %q", when, got, want)
	}
}

// beside is another instance of the program on the same stores, with the same clock.
func (d *desk) beside() *desk {
	d.t.Helper()
	other := newDesk(d.t, d.db, d.redis, 1)
	other.clock.Add(d.clock.Now().Sub(other.clock.Now()))
	return other
}

func TestRemindersComeOnceBeforeAndThanksAfter(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.startsIn(20 * day)
		d.rule(Reminder, 7*day)
		d.rule(Reminder, day)
		d.rule(Afterwards, day)
		g, waiting := d.register(d.ask(1)), d.ask(2)
		d.exec("update places set capacity = 1, taken = 1 where id = ?", d.event.Places[0].ID)
		w := d.register(waiting.waiting())
		d.after(13*day - time.Second)
		d.wantReminded(g, "", "before the first moment")
		d.after(time.Second)
		d.after(time.Minute)
		d.wantReminded(g, "reminder", "7 days before")
		d.deliver()
		d.after(6 * day)
		d.after(time.Minute)
		d.wantReminded(g, "reminder reminder", "a day before")
		d.deliver()
		d.after(2*day + 8*time.Hour)
		d.after(time.Minute)
		d.wantReminded(g, "reminder reminder after", "a day after")
		d.after(30 * day)
		d.wantReminded(g, "reminder reminder after", "long after")
		d.wantReminded(w, "", "who waits")
		if uid, _ := d.calendarOf(g, kindReminder); uid != "" {
			t.Error("a reminder touches the person's calendar")
		}
		if n, err := d.outbox.PublicCount(context.Background(), g.Mailbox, time.Time{}); err != nil || n != 1 {
			t.Errorf("%d messages count as caused by a public form, %v", n, err)
		}
	})
}

// breakOutbox has the outbox take so many reminders and then fail, in the middle of a batch.
func (d *desk) breakOutbox(after int) (mend func()) {
	d.t.Helper()
	full := fmt.Sprintf("(select count(*) from outbox where kind = 'reminder') >= %d", after)
	if d.db.Kind() == "SQLite" {
		d.exec("create trigger broken before insert on outbox when " + full + " begin select raise(abort, 'broken'); end")
		return func() { d.exec("drop trigger broken") }
	}
	d.exec("create function broken() returns trigger language plpgsql as 'begin if " + strings.ReplaceAll(full, "'", "''") + " then raise exception ''broken''; end if; return new; end'")
	d.exec("create trigger broken before insert on outbox for each row execute function broken()")
	return func() { d.exec("drop trigger broken on outbox") }
}

func TestWhateverFailsOrRestartsNobodyIsRemindedTwice(t *testing.T) {
	eachDesk(t, 20, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.startsIn(9 * day)
		d.rule(Reminder, 7*day)
		var people []*Registration
		for n := range 11 {
			people = append(people, d.register(d.ask(n)))
		}
		d.clock.Add(2*day + time.Hour)
		mend := d.breakOutbox(4)
		if err := d.remind(ctx, 3); err == nil {
			t.Fatal("a round over a broken outbox succeeded")
		}
		if n := strings.Count(fmt.Sprint(d.messages()), kindReminder); n != 3 {
			t.Errorf("%d reminders are queued after the first batch and half of the second", n)
		}
		mend()
		var wg sync.WaitGroup
		for _, instance := range []*desk{d, d.beside(), d.beside()} {
			for range 3 {
				wg.Go(func() {
					if err := instance.remind(ctx, 3); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		for _, g := range people {
			d.wantReminded(g, "reminder", "after all")
		}
	})
}

func TestALateProgramSendsWhatIsStillOfUse(t *testing.T) {
	for name, c := range map[string]struct {
		back time.Duration // after the start
		want string
	}{
		"six days before": {-6 * day, "reminder"}, "two days before": {-2 * day, "still-coming"}, "an hour before": {-time.Hour, "reminder"},
		"at the start": {0, ""}, "on the day after": {25 * time.Hour, ""}, "two days after": {2*day + 8*time.Hour, "after"}, "weeks after": {20 * day, ""},
	} {
		t.Run(name, func(t *testing.T) {
			eachDesk(t, 5, func(t *testing.T, d *desk) {
				d.startsIn(10 * day)
				for _, u := range []struct {
					kind   ReminderKind
					offset time.Duration
				}{{Reminder, 7 * day}, {StillComing, 3 * day}, {Reminder, 3 * day}, {Reminder, day}, {Afterwards, day}} {
					d.rule(u.kind, u.offset)
				}
				g := d.register(d.ask(1))
				d.after(10*day + c.back)
				d.wantReminded(g, c.want, name)
			})
		})
	}
}

func TestAChangedStartMovesTheReminders(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.startsIn(10 * day)
		d.rule(Reminder, 7*day)
		g := d.register(d.ask(1))
		d.startsIn(20 * day)
		d.after(5 * day)
		d.wantReminded(g, "", "at the moment of the old date")
		d.after(8 * day)
		d.wantReminded(g, "reminder", "at that of the new one")
		d.deliver()
		d.startsIn(7*day + 2*time.Hour)
		d.after(3 * time.Hour)
		d.wantReminded(g, "reminder", "when the event begins two hours later")
		d.startsIn(3 * day)
		d.remindOnce()
		d.wantReminded(g, "reminder", "when it comes sooner")
		d.startsIn(60 * day) // what was sent told of a day that is none any more
		d.remindOnce()
		d.wantReminded(g, "reminder", "when it is put off")
		d.after(53 * day)
		d.after(time.Minute)
		d.wantReminded(g, "reminder reminder", "7 days before the new date")
	})
}

func TestWhoeverWasConfirmedAMomentAgoIsNotReminded(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.startsIn(10 * day)
		d.rule(Reminder, 7*day)
		d.rule(Reminder, day)
		early := d.register(d.ask(1))
		d.clock.Add(3*day - time.Hour)
		justBefore := d.register(d.ask(2))
		d.after(time.Hour)
		justAfter := d.register(d.ask(3))
		d.after(2 * day)
		d.wantReminded(early, "reminder", "who registered long before")
		d.wantReminded(justBefore, "", "who registered an hour before the moment")
		d.wantReminded(justAfter, "", "who registered after it")
		d.after(4 * day)
		for _, g := range []*Registration{justBefore, justAfter} {
			d.wantReminded(g, "reminder", "a day before")
		}
	})
}

func TestWhoeverHasCancelledIsNotReminded(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.startsIn(10 * day)
		d.rule(Reminder, 7*day)
		before, after := d.register(d.ask(1)), d.register(d.ask(2))
		d.cancel(before)
		d.after(3 * day)
		d.wantReminded(before, "", "who cancelled before")
		d.wantReminded(after, "reminder", "who is coming")
		d.cancel(after) // while the mail server is down
		d.wantReminded(after, "", "who cancelled while the reminder waited to be sent")
		if told := d.told(after); told != "confirmation reminder cancellation" {
			t.Errorf("the person was told %s", told)
		}
	})
}

func TestAnEventThatIsOffOrHasBegunRemindsNobody(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.startsIn(10 * day)
		d.rule(Reminder, 7*day)
		d.rule(Reminder, day)
		d.rule(Afterwards, day)
		g := d.register(d.ask(1))
		d.after(3 * day)
		d.wantReminded(g, "reminder", "which waits to be sent")
		d.exec("update events set status = 'postponed'")
		d.remindOnce()
		d.wantReminded(g, "", "when the event is postponed")
		d.after(6 * day)
		d.wantReminded(g, "", "at the next moment")
		d.exec("update events set status = 'published'")
		d.remindOnce()
		d.wantReminded(g, "reminder", "when it is on again")
		d.after(day)
		d.wantReminded(g, "", "when it begins and the reminder still waits")
	})
}

func TestAnOlderReminderThatWaitsGivesWayToTheNext(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.startsIn(10 * day)
		d.rule(Reminder, 7*day)
		d.rule(StillComing, 2*day)
		g := d.register(d.ask(1))
		d.after(3 * day)
		d.after(5 * day)
		d.wantReminded(g, "still-coming", "when the mail server was down for days")
	})
}

func TestWhoeverStopsRemindersGetsNoneAndEverythingElse(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.startsIn(10 * day)
		d.rule(Reminder, 7*day)
		d.rule(Reminder, day)
		d.rule(Afterwards, day)
		g, other := d.register(d.ask(1)), d.register(d.ask(2))
		d.after(3 * day)
		d.wantReminded(g, "reminder", "before stopping")
		for range 2 {
			must(t, d.StopReminders(ctx, g, "r1"))
		}
		d.wantReminded(g, "", "what waited to be sent")
		if audited := d.audited(g); audited != "attendee reminders.stopped r1" {
			t.Errorf("the audit trail says %s", audited)
		}
		d.after(6 * day)
		d.wantReminded(g, "", "after stopping")
		d.wantReminded(other, "reminder", "somebody else")
		again := d.ask(1)
		again.Place = d.event.Places[1]
		d.cancel(g)
		if told := d.told(d.register(again)); told != "confirmation" {
			t.Errorf("who has stopped reminders and registers is told %q", told)
		}
		for range 2 {
			must(t, d.ResumeReminders(ctx, g, ""))
		}
		stopped, err := d.store.RemindersStopped(ctx, g.Mailbox)
		if err != nil || stopped {
			t.Errorf("after resuming, stopped is %v, %v", stopped, err)
		}
	})
}

func TestCancellingAndStoppingAtTheVeryMomentOfTheReminderWins(t *testing.T) {
	eachDesk(t, 20, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.startsIn(9 * day)
		d.rule(Reminder, 7*day)
		var people []*Registration
		for n := range 12 {
			people = append(people, d.register(d.ask(n)))
		}
		d.clock.Add(2 * day)
		var wg sync.WaitGroup
		do := func(f func() error) {
			wg.Go(func() {
				if err := f(); err != nil {
					t.Error(err)
				}
			})
		}
		for n, g := range people {
			switch n % 3 {
			case 0:
				do(func() error { return d.Cancel(ctx, g, d.event, "") })
			case 1:
				do(func() error { return d.StopReminders(ctx, g, "") })
			}
			do(func() error { return d.remind(ctx, 2) })
		}
		wg.Wait()
		for n, g := range people {
			d.wantReminded(g, []string{"", "", "reminder"}[n%3], []string{"who cancelled", "who stopped", "who did nothing"}[n%3])
		}
	})
}
