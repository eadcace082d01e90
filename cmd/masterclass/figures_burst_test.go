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

// burstPlan says how a round of a burst goes.
type burstPlan struct {
	on        stores
	name      string   // of its profile, that of the first instance
	clients   int      // 64 where it is 0
	instances int      // one where it is 0
	env       []string // of the instances
	backlog   int      // messages that wait for a slow mail server when it begins
}

// burst is what a site did in one round.
type burst struct {
	event *events.Event
	rate  float64 // registrations a second that were acknowledged
	rows  []bareRow
	mails int // messages that the worker was done with by the end
}

// burstOf lets many clients register for one event of a fresh site, and kills it afterwards. Fresh, so that no round works on the mail of the
// one before or in a larger table, and dead, so that it takes nothing from the yardstick.
func burstOf(b *testing.B, p burstPlan) burst {
	b.Helper()
	p.clients = max(p.clients, figureClients)
	s := layFigureSite(b, p.on, plenty)
	if p.backlog > 0 {
		s.queue(b, p.backlog)
	}
	s.start(b, p.env...)
	c := s.client()
	for range p.instances - 1 {
		another := s.another()
		defer another.kill()
		c.addrs = append(c.addrs, another.addr)
	}
	warm := c.send(b, p.clients, warmTime)
	var l load
	s.profiled(p.name, func() { l = c.send(b, p.clients, burstTime) })
	s.kill()
	d := burst{event: s.event, rate: l.rate(b, 201)}
	s.inspect(func(db *store.DB) (err error) {
		d.mails = countOf(b, db, "select count(*) from outbox where state = 'sent' and registration_id <> ''")
		d.rows, err = rowsOf(db)
		return err
	})
	if want := warm.answers[201] + l.answers[201]; len(d.rows) != want {
		b.Fatalf("%d registrations are in the database, but %d were acknowledged", len(d.rows), want)
	}
	return d
}

// mailCount says how the mail worker kept up with a benchmark's bursts.
type mailCount struct{ done, all int }

func (m *mailCount) add(d burst) { m.done, m.all = m.done+d.mails, m.all+len(d.rows) }

func (m *mailCount) String() string {
	return fmt.Sprintf("(the mail of %d in 100 was done meanwhile)", 100*m.done/max(m.all, 1))
}

// burstSQLite is a burst on the small set-up against a bare loop that commits the same rows, 64 at a time.
func burstSQLite(b *testing.B) []figure {
	var mails mailCount
	f := measured("burst, SQLite, embedded Redis", "registrations/s", ">= 0.40", func(n int) (float64, float64) {
		d := burstOf(b, burstPlan{name: fmt.Sprintf("burst_sqlite-%d", n)})
		mails.add(d)
		return d.rate, bareGroups(b, d.event, d.rows, groupOfBare)
	})
	f.note = mails.String()
	return []figure{f}
}

// burstPostgres is a burst on the large set-up against a bare loop of 64 that commits one registration a transaction.
func burstPostgres(b *testing.B) []figure {
	var mails mailCount
	f := measured("burst, PostgreSQL, redis-server", "registrations/s", ">= 3", func(n int) (float64, float64) {
		d := burstOf(b, burstPlan{on: durable(b), name: fmt.Sprintf("burst_postgres-%d", n)})
		mails.add(d)
		return d.rate, bareSingles(b, storetest.PostgresURL(b), d.event, d.rows, burstTime)
	})
	f.note = mails.String()
	return []figure{f}
}

// threeInstances are three processes on the same stores that share the burst, against one alone.
func threeInstances(b *testing.B) []figure {
	return []figure{measured("three instances against one, PostgreSQL, redis-server", "registrations/s", ">= 0.50", func(n int) (float64, float64) {
		one := burstOf(b, burstPlan{on: durable(b), name: fmt.Sprintf("one_instance-%d", n)})
		three := burstOf(b, burstPlan{on: durable(b), name: fmt.Sprintf("three_instances-%d", n), instances: 3})
		return three.rate, one.rate
	})}
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
