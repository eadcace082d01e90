package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/notify"
)

// everywhere is all that the database holds, in one text: every column of every table, as the schema has them.
func (d *desk) everywhere() string {
	d.t.Helper()
	list := "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
	if d.db.Kind() == "PostgreSQL" {
		list = "select table_name from information_schema.tables where table_schema = current_schema()"
	}
	var tables []string
	must(d.t, d.db.Read.NewRaw(list).Scan(context.Background(), &tables))
	if len(tables) < 40 || !slices.Contains(tables, "learning_waiting") || !slices.Contains(tables, "attendee_messages") {
		d.t.Fatalf("these are not all tables: %v", tables)
	}
	var all strings.Builder
	for _, table := range tables {
		d.print(&all, table)
	}
	return all.String()
}

func (d *desk) print(to *strings.Builder, table string) {
	d.t.Helper()
	rows, err := d.db.Read.DB.QueryContext(context.Background(), "select * from "+table)
	must(d.t, err)
	defer rows.Close()
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
			fmt.Fprintln(to, table, columns[i], v)
		}
	}
	must(d.t, rows.Err())
}

// nowhere says that the database holds none of the words, which are in small letters.
func (d *desk) nowhere(words ...string) {
	d.t.Helper()
	text := strings.ToLower(d.everywhere())
	for _, word := range words {
		if i := strings.Index(text, word); i >= 0 {
			d.t.Errorf("%s is still there: %s", word, text[max(0, i-80):i+20])
		}
	}
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
		must(t, d.Erase(ctx, g, kim))
		d.nowhere("wilhelmina", "zappa", "quux", "person1@")
		now, err := d.store.ByID(ctx, g.ID)
		must(t, err)
		if !now.Erased() || now.Status != Cancelled || now.Generation == g.Generation || now.CalendarGeneration == g.CalendarGeneration || now.Reference != g.Reference {
			t.Errorf("left is %+v", now)
		}
		d.want(waiting, Offered, "when the seat came free")
		if audited := d.audited(g); audited != "organiser:kim registration.erased r1" {
			t.Errorf("the audit trail says %s", audited)
		}
		if err := d.Erase(ctx, g, kim); !errors.Is(err, errErased) {
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

// wishes keeps addresses as e-learning does.
type wishes struct{ *desk }

func (w wishes) Kinds() []string { return []string{"opening"} }

func (w wishes) Held(ctx context.Context, mailbox string) (list []string, err error) {
	err = w.db.Read.NewRaw("select 'wish' from learning_waiting where mailbox = ?", mailbox).Scan(ctx, &list)
	return list, err
}

func (w wishes) Erase(ctx context.Context, tx *sql.Tx, mailbox string, _ access.Entry) error {
	_, err := tx.ExecContext(ctx, w.db.Rebind("delete from learning_waiting where mailbox = ?"), mailbox)
	return err
}

// wish has a mailbox wait for a module, with a letter about it, and be an organiser who has asked for a new password.
func (d *desk) wish(mailbox string) {
	d.t.Helper()
	d.elsewhere = wishes{d}
	module := newID()
	d.exec("insert into articles (id, kind, slug, title, status, published_at, created_at, updated_at) values (?, 'learning', ?, 'A module', 'published', 1, 1, 1)", module, "m-"+module)
	d.exec("insert into learning_waiting (id, module_id, email, mailbox, created_at) values (?, ?, ?, ?, 1)", newID(), module, mailbox, mailbox)
	must(d.t, d.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		_, err := d.outbox.EnqueueAll(ctx, tx.Tx, []notify.Message{{Kind: "opening", To: mail.Address{Address: mailbox}, Mailbox: mailbox}})
		return err
	}))
}

func TestEverythingOfAnAddressIsErased(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		first := d.ask(1)
		first.Person.FirstName, first.Person.LastName, first.Person.Employer = "Wilhelmina", "Zappa", "Quux hospital"
		g := d.register(first)
		d.event = d.addEvent(1)
		second := d.ask(1)
		second.Person = first.Person
		other, waiting := d.register(second), d.wait(2)
		d.wish(g.Mailbox)
		held, err := d.Holding(ctx, g, g.Mailbox)
		must(t, err)
		if held.Empty() || len(held.Registrations) != 1 || held.Registrations[0].ID != other.ID || held.Messages != 2 || len(held.Elsewhere) != 1 {
			t.Errorf("held besides is %+v", held)
		}
		must(t, d.EraseMailbox(ctx, g, g.Mailbox, kim))
		d.nowhere("wilhelmina", "zappa", "quux", "person1@")
		d.want(waiting, Offered, "when the other event's seat came free")
		if was, want := d.audited(g), "organiser:kim registration.erased r1"; was != want {
			t.Errorf("the audit trail says %s", was)
		}
		if was, want := d.audited(other), "organiser:kim registration.erased r1"; was != want {
			t.Errorf("the audit trail of the other says %s", was)
		}
		if err := d.EraseMailbox(ctx, g, g.Mailbox, kim); err == nil {
			t.Error("it was erased twice")
		}
		d.sound("after erasing")
	})
}

func TestWhoHadAPlaceBeforeIsErasedWithoutWhoHasIt(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		a := d.ask(1)
		a.Person.FirstName, a.Person.LastName, a.Person.Employer = "Wilhelmina", "Zappa", "Quux hospital"
		g := d.register(a)
		now, err := d.Substitute(ctx, g, d.colleague(9), Needs{}, kim)
		must(t, err)
		formers, err := d.Formers(ctx, now)
		if err != nil || len(formers) != 1 || formers[0] != g.Mailbox {
			t.Fatalf("who had it before: %v, %v", formers, err)
		}
		if err := d.EraseMailbox(ctx, now, "person2@example.com", kim); !errors.Is(err, errAnothers) {
			t.Errorf("erasing somebody who never had it: %v", err)
		}
		must(t, d.EraseMailbox(ctx, now, formers[0], kim))
		d.nowhere("wilhelmina", "zappa", "quux", "person1@")
		after, err := d.store.ByID(ctx, g.ID)
		must(t, err)
		if after.Status != Confirmed || after.Mailbox != now.Mailbox || after.Generation != now.Generation {
			t.Errorf("whoever has the place now: %+v", after)
		}
		if formers, err = d.Formers(ctx, now); err != nil || len(formers) != 0 {
			t.Errorf("left of who had it before: %v, %v", formers, err)
		}
		if n := len(d.messages()); n != 3 {
			t.Errorf("%d messages are counted", n)
		}
	})
}

func TestAnOrganisersOwnMailIsNotErasedWithTheirRegistration(t *testing.T) {
	eachDesk(t, 1, func(t *testing.T, d *desk) {
		ctx := context.Background()
		g := d.register(d.ask(1))
		must(t, d.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			_, err := d.outbox.Enqueue(ctx, tx.Tx, notify.Message{Kind: "password-reset", To: mail.Address{Address: g.Mailbox}, Mailbox: g.Mailbox})
			return err
		}))
		must(t, d.SendLinks(ctx, g.Mailbox, "r1"))
		must(t, d.EraseMailbox(ctx, g, g.Mailbox, kim))
		var kept []string
		must(t, d.db.NewRaw("select kind from outbox where mailbox = ? and state = 'queued'", g.Mailbox).Scan(ctx, &kept))
		if len(kept) != 1 || kept[0] != "password-reset" {
			t.Errorf("of the account's mail is left %v", kept)
		}
	})
}

// A message that went to two keeps saying so when one of them is erased.
func TestAMessageThatWasSentStaysSentWhenItsReaderIsErased(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		ctx := context.Background()
		one, two := d.register(d.ask(1)), d.register(d.ask(2))
		m := Draft{ID: newID(), EventID: d.event.ID, Subject: "The room", Body: "Has changed", Filter: Filter{Statuses: []Status{Confirmed}}}
		_, err := d.SendMessage(ctx, m, kim)
		must(t, err)
		d.exec("update outbox set state = 'sent', sent_at = 1")
		must(t, d.Erase(ctx, one, kim))
		must(t, d.Erase(ctx, two, kim))
		sent, err := d.SentMessage(ctx, d.event.ID, m.ID)
		must(t, err)
		if tally, err := d.MessageProgress(ctx, sent); err != nil || tally != (notify.Tally{Sent: 2}) {
			t.Errorf("it has come to %+v, %v", tally, err)
		}
		list, _, err := d.outbox.List(ctx, filterOf(one))
		must(t, err)
		if len(list) == 0 || !list[0].Erased || list[0].State != notify.StateSent {
			t.Errorf("the log has %+v", list)
		}
		if err := d.ResendEntry(ctx, list[0], kim); err == nil {
			t.Error("what was erased was sent again")
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
