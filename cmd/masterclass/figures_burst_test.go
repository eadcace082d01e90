package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

const burstTime = 1500 * time.Millisecond

// burst is what a site did in one round.
type burst struct {
	event *events.Event
	rate  float64 // registrations a second that were acknowledged
	rows  []bareRow
	mails int // messages that the worker was done with by the end
}

// burstOf lets 64 clients register for one event of a fresh site, and kills it afterwards. Fresh, so that no round works on the mail of the
// one before or in a larger table, and dead, so that it takes nothing from the yardstick.
func burstOf(b *testing.B, on stores, name string) burst {
	b.Helper()
	s := newFigureSite(b, on, plenty)
	c := s.client()
	warm := c.send(b, figureClients, warmTime)
	var l load
	s.profiled(name, func() { l = c.send(b, figureClients, burstTime) })
	s.kill()
	d := burst{event: s.event, rate: l.rate(b, 201)}
	s.inspect(func(db *store.DB) (err error) {
		d.mails = countOf(b, db, "select count(*) from outbox where state = 'sent'")
		d.rows, err = rowsOf(db)
		return err
	})
	if want := warm.answers[201] + l.answers[201]; len(d.rows) != want {
		b.Fatalf("%d registrations are in the database, but %d were acknowledged", len(d.rows), want)
	}
	return d
}

// burstSQLite is a burst on the small set-up against a bare loop that commits the same rows, 64 at a time.
func burstSQLite(b *testing.B) []figure {
	var mails, registered int
	f := measured("burst, SQLite, embedded Redis", "registrations/s", ">= 0.40", func(n int) (float64, float64) {
		d := burstOf(b, stores{}, fmt.Sprintf("burst_sqlite-%d", n))
		mails, registered = mails+d.mails, registered+len(d.rows)
		return d.rate, bareGroups(b, d.event, d.rows, groupOfBare, 0)
	})
	f.note = mailNote(mails, registered)
	return []figure{f}
}

// burstPostgres is a burst on the large set-up against a bare loop of 64 that commits one registration a transaction.
func burstPostgres(b *testing.B) []figure {
	var mails, registered int
	f := measured("burst, PostgreSQL, redis-server", "registrations/s", ">= 3", func(n int) (float64, float64) {
		d := burstOf(b, durable(b), fmt.Sprintf("burst_postgres-%d", n))
		mails, registered = mails+d.mails, registered+len(d.rows)
		return d.rate, bareSingles(b, storetest.PostgresURL(b), d.event, d.rows, burstTime)
	})
	f.note = mailNote(mails, registered)
	return []figure{f}
}

func mailNote(mails, registered int) string {
	return fmt.Sprintf("(the mail of %d in 100 was done meanwhile)", 100*mails/max(registered, 1))
}

// durable are PostgreSQL and redis-server, with a database that waits for the disk, unlike that of the tests.
func durable(b *testing.B) stores {
	b.Helper()
	s := stores{database: storetest.PostgresURL(b), redis: storetest.RedisURL(b)}
	db := openFigures(b, store.Options{URL: s.database})
	defer db.Close()
	for _, query := range []string{"alter system set fsync = on", "alter system set full_page_writes = on", "select pg_reload_conf()"} {
		if _, err := db.Exec(query); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// bareFile is where a yardstick keeps its SQLite database.
func bareFile(b *testing.B) store.Options {
	b.Helper()
	return store.Options{File: filepath.Join(b.TempDir(), "bare.db")}
}
