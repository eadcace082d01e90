package registrations

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterclass/notify"
)

// everywhere is all that the database holds, in one text.
func (d *desk) everywhere() string {
	d.t.Helper()
	var all strings.Builder
	for _, table := range []string{"registrations", "outbox", "audit", "attendee_notes", "health_needs", "idempotency_keys", "mail_stopped", "reminders_sent", "message_bytes", "answers"} {
		rows, err := d.db.Read.DB.QueryContext(context.Background(), "select * from "+table)
		must(d.t, err)
		columns, err := rows.Columns()
		must(d.t, err)
		for rows.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(any)
			}
			must(d.t, rows.Scan(row...))
			for i := range row {
				v := *row[i].(*any)
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				fmt.Fprintln(&all, table, columns[i], v)
			}
		}
		must(d.t, rows.Err())
		must(d.t, rows.Close())
	}
	return all.String()
}

func TestWhoIsErasedIsNowhereAnyMore(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Person.FirstName, a.Person.LastName, a.Person.Employer = "Wilhelmina", "Zappa", "Quux hospital"
		a.Needs = Needs{Dietary: "Xylophone-free"}
		g := d.register(a)
		waiting := d.wait(2)
		must(t, d.SendLinks(ctx, g.Mailbox, "r1"))
		must(t, d.AddNote(ctx, g, "Wilhelmina telephoned", "kim", kim))
		d.exec("insert into message_bytes (id, raw) select id, ? from outbox where registration_id = ?", []byte("To: Wilhelmina"), g.ID)
		if text := strings.ToLower(d.everywhere()); strings.Contains(text, "xylophone") || !strings.Contains(text, "to: wilhelmina") {
			t.Errorf("health data can be read, in a message or elsewhere: %v", strings.Contains(text, "xylophone"))
		}
		must(t, d.Erase(ctx, g.ID, kim))
		text := strings.ToLower(d.everywhere())
		for _, word := range []string{"wilhelmina", "zappa", "quux", "person1@"} {
			if i := strings.Index(text, word); i >= 0 {
				t.Errorf("%s is still there: %s", word, text[max(0, i-80):i+20])
			}
		}
		now, err := d.store.ByID(ctx, g.ID)
		must(t, err)
		if !now.Erased() || now.Status != Cancelled || now.Generation == g.Generation || now.CalendarGeneration == g.CalendarGeneration || now.Reference != g.Reference {
			t.Errorf("left is %+v", now)
		}
		d.want(waiting, Offered, "when the seat came free")
		if audited := d.audited(g); audited != "organiser:kim registration.erased r1" {
			t.Errorf("the audit trail says %s", audited)
		}
		if err := d.Erase(ctx, g.ID, kim); !errors.Is(err, errErased) {
			t.Errorf("erasing again: %v", err)
		}
		if err := d.ResendFor(ctx, now, kim); err == nil {
			t.Error("a message was sent again")
		}
		d.sound("after erasing")
		if n := d.register(d.hold(d.askAt(1, 1))); n.Status != Confirmed { // they are free to come back
			t.Errorf("registering again gives %s", n.Status)
		}
	})
}

func TestAnOrganiserAddsSomebodyByTheSameWayAsEverybody(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.requireApproval()
		d.exec("update events set registration_closes_at = ?, version = version + 1 where id = ?", d.clock.Now().UnixMilli()-1, d.event.ID)
		d.event = d.now()
		if _, err := d.Register(ctx, d.ask(9)); !errors.Is(err, ErrClosed) {
			t.Errorf("the public form: %v", err)
		}
		g, err := d.AddFor(ctx, d.ask(1), true, kim)
		must(t, err)
		if g.Status != Confirmed || d.told(g) != "confirmation" || d.audited(g) != "organiser:kim registration.confirmed r1" {
			t.Errorf("they are %s and told %s", g.Status, d.told(g))
		}
		if n, err := d.outbox.PublicCount(ctx, g.Mailbox, d.clock.Now().AddDate(-1, 0, 0)); err != nil || n != 0 {
			t.Errorf("%d messages count as caused by a public form, %v", n, err)
		}
		if _, err := d.AddFor(ctx, d.ask(2), true, kim); !errors.Is(err, ErrFull) {
			t.Errorf("when full: %v", err)
		}
		a := d.ask(2)
		a.Wait = true
		if g, err = d.AddFor(ctx, a, true, kim); err != nil || g.Status != Waiting || d.audited(g) != "organiser:kim registration.waiting r1" {
			t.Errorf("on the list: %v, %v", g, err)
		}
		d.sound("after adding")
	})
}

func TestOrganisersCancelResendAndTakeNotes(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		ctx := context.Background()
		g, other := d.register(d.ask(1)), d.register(d.ask(2))
		must(t, d.ResendFor(ctx, g, kim))
		page, _, err := d.outbox.List(ctx, filterOf(other))
		must(t, err)
		if err := d.ResendMessage(ctx, g, page[0].ID, kim); err == nil {
			t.Error("a message of somebody else was sent again")
		}
		must(t, d.AddNote(ctx, g, " First\r\nline ", "nobody", kim))
		if err := d.AddNote(ctx, g, " ", "nobody", kim); err == nil {
			t.Error("an empty note was kept")
		}
		notes, err := d.store.notes(ctx, g.ID)
		if err != nil || len(notes) != 1 || notes[0].Body != "First\nline" || notes[0].Author != "Somebody who has left" {
			t.Errorf("the notes are %+v, %v", notes, err)
		}
		must(t, d.CancelFor(ctx, g, d.event, "By telephone", kim))
		must(t, d.CancelFor(ctx, g, d.event, "By telephone", kim)) // twice is once
		if told := d.told(g); told != "confirmation cancellation" {
			t.Errorf("they were told %s", told)
		}
		history, err := d.store.history(ctx, g.EventID, g.ID)
		if err != nil || len(history) != 4 || history[0].Action != "registration.cancelled" || history[0].Actor != kim.Actor {
			t.Errorf("the history is %+v, %v", history, err)
		}
		d.sound("after cancelling")
	})
}

func TestALookAtHealthDataIsInTheAuditTrail(t *testing.T) {
	eachDesk(t, 2, func(t *testing.T, d *desk) {
		a := d.ask(1)
		a.Needs = Needs{Dietary: "Vegan", Access: "A ramp"}
		g := d.register(a)
		if n, err := d.SeeNeeds(context.Background(), g, kim); err != nil || n != a.Needs {
			t.Errorf("the needs are %+v, %v", n, err)
		}
		if audited := d.audited(g); audited != "organiser:kim health.seen r1" {
			t.Errorf("the audit trail says %s", audited)
		}
	})
}

// filterOf are the messages of a registration.
func filterOf(g *Registration) notify.Filter { return notify.Filter{RegistrationID: g.ID} }

func TestWhoCameToWhatIsOverIsWrittenDownAndToldNothing(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.requireApproval()
		d.pending(8)
		d.clock.Add(d.event.Ends().Sub(d.clock.Now()) + time.Hour)
		d.event = d.now()
		if _, err := d.Register(ctx, d.ask(9)); !errors.Is(err, ErrClosed) {
			t.Errorf("the public form: %v", err)
		}
		before := len(d.messages())
		for n := 1; n <= 2; n++ { // also when a moment ago others have come
			g, err := d.AddFor(ctx, d.ask(n), false, kim)
			must(t, err)
			if g.Status != Confirmed || d.audited(g) != "organiser:kim registration.confirmed r1" {
				t.Errorf("number %d is %s, by %s", n, g.Status, d.audited(g))
			}
		}
		for _, wait := range []bool{false, true} {
			a := d.ask(3)
			a.Wait = wait
			if _, err := d.AddFor(ctx, a, true, kim); !errors.Is(err, ErrFull) {
				t.Errorf("when full, waiting %v: %v", wait, err)
			}
		}
		if after := len(d.messages()); after != before {
			t.Errorf("%d messages are written", after-before)
		}
		if problems := d.check().Problems; len(problems) > 0 {
			t.Errorf("the record has %v", problems)
		}
		d.exec("update events set status = 'cancelled', version = version + 1 where id = ?", d.event.ID)
		d.event = d.now()
		if _, err := d.AddFor(ctx, d.ask(4), true, kim); !errors.Is(err, ErrClosed) {
			t.Errorf("what is cancelled: %v", err)
		}
	})
}
