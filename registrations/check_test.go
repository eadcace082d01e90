package registrations

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// busy has somebody of every status, one who was added quietly, and one who left.
func busy(t testing.TB, db *store.DB) *desk {
	t.Helper()
	d := newDesk(t, db, storetest.EmbeddedRedis(t), 2)
	d.addEvent(2) // nobody is registered there
	ctx := context.Background()
	first, second := d.register(d.ask(1)), d.register(d.ask(2))
	for n := 3; n < 6; n++ {
		a := d.ask(n)
		a.Wait = true
		d.register(a)
	}
	must(t, d.Cancel(ctx, first, d.event, "")) // the third is offered the seat
	online := d.event.Places[1]
	must(t, d.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return d.AddQuietly(ctx, tx.Tx, d.event, online, []Person{d.ask(6).Person}, false)
	}))
	d.exec("update registrations set status = 'pending' where id = ?", second.ID)
	return d
}

func (d *desk) exec(query string, args ...any) {
	d.t.Helper()
	if _, err := d.db.NewRaw(query, args...).Exec(context.Background()); err != nil {
		d.t.Fatal(err)
	}
}

// unguarded takes the database's own guards away, so that what they refuse can be written.
func (d *desk) unguarded() {
	d.t.Helper()
	if d.db.Kind() == "SQLite" {
		d.exec("pragma ignore_check_constraints = on") // of the one connection that writes
		d.exec("drop trigger audit_keeps_its_entries")
	} else {
		d.exec("drop trigger audit_keeps_its_words on audit")
		d.exec("alter table places drop constraint places_check")
	}
	d.exec("drop index registrations_one_seat")
	d.exec("drop index registrations_one_place")
}

func (d *desk) check() Checked {
	d.t.Helper()
	c, err := Check(context.Background(), d.db, d.clock.Now())
	must(d.t, err)
	return c
}

func TestARecordInOrderHasNoProblems(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		d := busy(t, db)
		if c := d.check(); len(c.Problems) > 0 || c.Places != 4 || c.Registrations != 6 {
			t.Errorf("the check gave %+v", c)
		}
		d.clock.Add(48*time.Hour + 30*time.Second) // the offer is over; a server lets it lapse within seconds
		if c := d.check(); len(c.Problems) > 0 {
			t.Errorf("a moment after the deadline: %v", c.Problems)
		}
	})
}

// breakages break one rule each, on purpose. names is whose id the problem tells, as a query.
var breakages = []struct{ name, rule, names, query string }{
	{"a seat is not counted", "counts", firstPlace, "update places set taken = taken - 1 where position = 0 and taken = 2"},
	{"a seat is counted that nobody has", "counts", "select id from places where taken = 1", "update places set taken = 2 where taken = 1"},
	{"somebody who waits is not counted", "counts", firstPlace, "update places set waiting = waiting - 1 where waiting = 2"},
	{"one more waits than is counted", "counts", firstPlace, "update places set waiting = 3 where waiting = 2"},
	{"more are taken than there are", "oversold", firstPlace, "update places set capacity = 1 where taken = 2"},
	{"a message is lost", "message", pending, "delete from outbox where registration_id = (" + pending + ")"},
	{"a waiting person's message is lost", "message", lastWaiting, "delete from outbox where registration_id = (" + lastWaiting + ")"},
	{"an offered person's messages are lost", "message", offered, "delete from outbox where registration_id = (" + offered + ")"},
	{"two seats of one mailbox", "seat", pending, `update registrations set mailbox = (select mailbox from registrations where status = 'pending')
		where status = 'confirmed'`},
	{"one mailbox waits twice", "twice", "select min(id) from registrations where status = 'waiting'", `update registrations set mailbox = 'same@example.com' where status = 'waiting'`},
	{"one mailbox waits and is offered a seat", "twice", offered, `update registrations set mailbox = (select mailbox from registrations where status = 'offered')
		where id = (` + lastWaiting + ")"},
	{"a registration is newer than its place", "version", pending, "update registrations set version = 1000 where status = 'pending'"},
	{"nothing tells how a registration came about", "audit", quiet, "delete from audit where subject = (" + quiet + ")"},
	{"an offer is past its deadline", "offer", offered, "update registrations set offered_until = 61000 where status = 'offered'"},
}

const (
	firstPlace  = "select id from places where taken + waiting > 1 order by position limit 1"
	pending     = "select id from registrations where status = 'pending'"
	offered     = "select id from registrations where status = 'offered'"
	lastWaiting = "select max(id) from registrations where status = 'waiting'"
	quiet       = "select id from registrations where status = 'confirmed'"
)

func TestEveryBrokenRuleIsFoundAndNamed(t *testing.T) {
	broken := map[string]bool{}
	for _, b := range breakages {
		broken[b.rule] = true
		t.Run(b.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				d := busy(t, db)
				d.unguarded()
				var id string
				must(t, d.db.NewRaw(b.names).Scan(context.Background(), &id))
				d.exec(b.query)
				problems := d.check().Problems
				if len(problems) != 1 || problems[0].Rule != b.rule || !strings.Contains(problems[0].Text, id) {
					t.Fatalf("the check found %v; want one of %s about %s", problems, b.rule, id)
				}
				if text := problems[0].String(); strings.Contains(text, "@") || strings.Contains(text, "Example") || strings.Contains(text, "%!") {
					t.Errorf("it says %q", text)
				}
			})
		})
	}
	for _, r := range rules {
		if !broken[r.name] {
			t.Errorf("the rule %s is never broken", r.name)
		}
	}
}
