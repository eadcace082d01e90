package registrations

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/fault"
)

// draft is a message to the confirmed of the desk's event.
func (d *desk) draft() Draft {
	return Draft{ID: newID(), EventID: d.event.ID, Filter: Filter{Statuses: []Status{Confirmed}}, Subject: "Rooms have changed", Body: "The morning is in **room 2**."}
}

// wrote gives the addresses that messages of organisers go to, in order.
func (d *desk) wrote() string {
	d.t.Helper()
	var list []string
	must(d.t, d.db.NewRaw("select mailbox from outbox where kind = 'message' order by id").Scan(context.Background(), &list))
	return strings.Join(list, " ")
}

func (d *desk) send(m Draft) int {
	d.t.Helper()
	n, err := d.SendMessage(context.Background(), m, kim)
	must(d.t, err)
	count, err := d.CountRecipients(context.Background(), m.EventID, m.Filter)
	must(d.t, err)
	if count != n {
		d.t.Errorf("the message went to %d, counted before it were %d", n, count)
	}
	return n
}

func TestAMessageReachesThoseItIsMeantForOnce(t *testing.T) {
	eachDesk(t, 3, func(t *testing.T, d *desk) {
		ctx := context.Background()
		for n := range 3 {
			d.register(d.ask(n))
		}
		d.wait(3)
		online, alsoWaits := d.ask(4), d.ask(4).waiting()
		online.Place = d.event.Places[1]
		d.register(online)
		d.register(alsoWaits)
		d.cancel(d.registered(0))
		must(t, d.StopReminders(ctx, d.registered(1), ""))
		for name, c := range map[string]struct {
			filter Filter
			want   string
		}{
			"the confirmed":            {Filter{Statuses: []Status{Confirmed}}, "person1@example.com person2@example.com person4@example.com"},
			"those who wait":           {Filter{Statuses: []Status{Waiting}}, "person4@example.com"},
			"all, each mailbox once":   {Filter{Statuses: []Status{Waiting, Offered, Pending, Confirmed, Confirmed}}, "person1@example.com person2@example.com person4@example.com person3@example.com"},
			"the confirmed of a place": {Filter{Statuses: []Status{Confirmed}, PlaceID: d.event.Places[1].ID}, "person4@example.com"},
		} {
			d.exec("delete from outbox where kind = 'message'")
			m := d.draft()
			m.Filter = c.filter
			if n := d.send(m); n != len(strings.Fields(c.want)) || d.wrote() != c.want {
				t.Errorf("%s: %d, %s; want %s", name, n, d.wrote(), c.want)
			}
		}
		var public int
		must(t, d.db.NewRaw("select count(*) from outbox where kind = 'message' and (public or uid <> '')").Scan(ctx, &public))
		if public != 0 {
			t.Error("messages count as caused by a public form, or touch calendars")
		}
	})
}

// registered reads what person n has first.
func (d *desk) registered(n int) *Registration {
	d.t.Helper()
	list, err := d.store.OfMailbox(context.Background(), d.ask(n).Person.Mailbox)
	must(d.t, err)
	return list[len(list)-1]
}

func TestADoubleClickSendsOneMessage(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.register(d.ask(1))
		d.register(d.ask(2))
		m := d.draft()
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if n, err := d.SendMessage(ctx, m, kim); err != nil || n != 2 {
					t.Errorf("the answer is %d, %v", n, err)
				}
			})
		}
		wg.Wait()
		if got := d.wrote(); got != "person1@example.com person2@example.com" {
			t.Errorf("it went to %s", got)
		}
		other := m
		other.Subject = "Something else"
		if _, err := d.SendMessage(ctx, other, kim); !errors.Is(err, ErrMessageReused) {
			t.Errorf("another message with the same id gave %v", err)
		}
		list, err := d.SentMessages(ctx, d.event.ID)
		must(t, err)
		if len(list) != 1 || list[0].Recipients != 2 || list[0].By != kim.Actor || list[0].Subject != m.Subject || list[0].Body != m.Body || len(list[0].Filter.Statuses) != 1 {
			t.Errorf("the log says %+v", list)
		}
		var entries []string
		must(t, d.db.NewRaw("select actor || ' ' || action || ' ' || detail || ' ' || request_id from audit where subject = ?", m.ID).Scan(ctx, &entries))
		if got := strings.Join(entries, ", "); got != "organiser:kim message.sent to 2 r1" {
			t.Errorf("the audit trail says %s", got)
		}
	})
}

func TestAMessageThatFailsHalfWayGoesToNobody(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		d.register(d.ask(1))
		m := d.draft()
		d.exec("alter table audit rename to away")
		if _, err := d.SendMessage(context.Background(), m, kim); err == nil {
			t.Fatal("a message without an entry in the audit trail was sent")
		}
		d.exec("alter table away rename to audit")
		if got := d.wrote(); got != "" {
			t.Errorf("it went to %s", got)
		}
		if n := d.send(m); n != 1 {
			t.Errorf("trying again sends %d", n)
		}
	})
}

func TestAMessageToTwoThousandPeopleIsOneTransaction(t *testing.T) {
	eachDesk(t, 2500, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.exec(`insert into registrations (id, event_id, place_id, reference, status, version, joined, title, first_name, last_name, email, mailbox, profession, job_role, employer,
			regulator_number, created_at, updated_at)
			with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
			select substr('00000000-0000-7000-8000-000000000000', 1, 32) || (1000 + i), ?, ?, 'R', 'confirmed', 0, 0, '', 'Ada', 'Example', 'p' || i || '@example.com', 'p' || i || '@example.com', '', '', '', '', 1, 1 from n`,
			d.event.ID, d.event.Places[0].ID)
		if n := d.send(d.draft()); n != 2000 {
			t.Errorf("it went to %d", n)
		}
		var n, mailboxes int
		must(t, d.db.NewRaw("select count(*), count(distinct mailbox) from outbox where kind = 'message'").Scan(ctx, &n, &mailboxes))
		if n != 2000 || mailboxes != 2000 {
			t.Errorf("%d messages go to %d mailboxes", n, mailboxes)
		}
	})
}

func TestATestGoesToOneAddressAndShowsNobodysLink(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		d.register(d.ask(1))
		must(t, d.SendTest(ctx, d.draft(), "Kim@UKCP.example", kim))
		if got := d.wrote(); got != "Kim@UKCP.example" && got != "kim@ukcp.example" {
			t.Errorf("the test went to %s", got)
		}
		var text string
		must(t, d.db.NewRaw("select snapshot from outbox where kind = 'message'").Scan(ctx, &text))
		var s messageSnapshot
		must(t, json.Unmarshal([]byte(text), &s))
		if s.ID != "" || !s.Test || s.Greeting != "Dr Alex Example" {
			t.Errorf("the test shows %+v", s)
		}
		err := d.SendTest(ctx, d.draft(), "kim", kim)
		if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != "email" {
			t.Errorf("a wrong address gave %v", err)
		}
	})
}

func TestAMessageIsCheckedBeforeItGoes(t *testing.T) {
	eachDesk(t, 5, func(t *testing.T, d *desk) {
		ctx := context.Background()
		for field, change := range map[string]func(*Draft){
			"subject":  func(m *Draft) { m.Subject = strings.Repeat("x", 79) },
			"body":     func(m *Draft) { m.Body = " \n\t" },
			"statuses": func(m *Draft) { m.Filter.Statuses = nil },
		} {
			m := d.draft()
			change(&m)
			_, err := d.SendMessage(ctx, m, kim)
			if f, ok := fault.Of(err); !ok || len(f.Fields) != 1 || f.Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		for name, change := range map[string]func(*Draft){
			"nobody there":  func(*Draft) {},
			"the cancelled": func(m *Draft) { m.Filter.Statuses = []Status{Cancelled} },
			"no status":     func(m *Draft) { m.Filter.Statuses = []Status{"x"} },
		} {
			m := d.draft()
			change(&m)
			if _, err := d.SendMessage(ctx, m, kim); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		m := d.draft()
		m.EventID = newID()
		if _, err := d.SendMessage(ctx, m, kim); !errors.Is(err, events.ErrNotFound) {
			t.Errorf("no event: %v", err)
		}
		m = d.draft()
		m.ID = "x"
		if _, err := d.SendMessage(ctx, m, kim); !fault.Is(err, fault.Malformed) {
			t.Errorf("no id: %v", err)
		}
		d.register(d.ask(1))
		m = d.draft()
		m.Subject, m.Body = " Rooms\r\nBcc: eve@example.com ", "- one\r\n  - two\u202e\x00\r\n"
		if n := d.send(m); n != 1 {
			t.Errorf("it went to %d", n)
		}
		list, err := d.SentMessages(ctx, d.event.ID)
		must(t, err)
		if len(list) != 1 || list[0].Subject != "Rooms Bcc: eve@example.com" || list[0].Body != "- one\n  - two" || time.Since(list[0].At) > day {
			t.Errorf("the log says %+v", list)
		}
	})
}
