package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// The rush that the site is made for.
const (
	rushPeople = 10_000
	rushSeats  = 100
	rushAtOnce = 256
)

// rushes count the writing transactions of a rush: at most one for each person who is confirmed or waits, so that whoever is turned away
// costs the database none. A count does not depend on the machine, so each is taken once.
func rushes(b *testing.B) []figure {
	return append(rushOn(b, "SQLite, embedded Redis", stores{}), rushOn(b, "PostgreSQL, redis-server", durable(b))...)
}

func rushOn(b *testing.B, name string, on stores) []figure {
	b.Helper()
	return []figure{allWait(b, name, on), noneWaits(b, name, on)}
}

// allWait is masterclass rush: everybody loads the page, registers, and joins the waiting list if there is no seat.
func allWait(b *testing.B, name string, on stores) figure {
	b.Helper()
	s := newFigureSite(b, on, rushSeats, figureWatch+"=1")
	var out bytes.Buffer
	var report rushReport
	wrote := s.transactions(func() {
		r := rushCmd{URL: "http://" + s.addr, Event: masterclass, People: rushPeople, Concurrency: rushAtOnce, JSON: true}
		if err := r.rehearse(context.Background(), &out, nil); err != nil {
			b.Fatal(err)
		}
	})
	s.kill()
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		b.Fatal(err)
	}
	p99 := fmt.Sprintf("p99 ms: page %.0f, registration %.0f, waiting list %.0f", report.Steps.Page.P99, report.Steps.Registration.P99, report.Steps.WaitingList.P99)
	return counted("rush of 10,000, all wait, "+name, wrote, report.Outcomes.Confirmed+report.Outcomes.Waiting, p99)
}

// noneWaits is the same crowd without a wish to wait.
func noneWaits(b *testing.B, name string, on stores) figure {
	b.Helper()
	if on.database != "" {
		on = stores{database: storetest.PostgresURL(b), redis: storetest.RedisURL(b)}
	}
	s := newFigureSite(b, on, rushSeats, figureWatch+"=1")
	c := s.client()
	var l load
	wrote := s.transactions(func() { l = c.sendPeople(b, rushAtOnce, rushPeople) })
	s.kill()
	if l.answers[201] != rushSeats || l.answers[409] != rushPeople-rushSeats {
		b.Fatalf("the answers are %v", l.answers)
	}
	return counted("rush of 10,000, none waits, "+name, wrote, rushSeats, fmt.Sprintf("p99 ms: %.0f", l.p99()))
}

// counted is the figure of a count that must not be above another.
func counted(what string, wrote written, atMost int, note string) figure {
	ratio := float64(wrote.counted) / float64(atMost)
	return figure{what: what, unit: "transactions", target: "<= 1", ours: float64(wrote.counted), yardstick: float64(atMost), ratio: ratio, low: ratio, high: ratio,
		note: "(" + wrote.note + "; " + note + ")"}
}

// written are the writing transactions of a site.
type written struct {
	counted int
	note    string // what they are
}

// transactions counts what a watched site commits while do runs.
func (s *figureSite) transactions(do func()) written {
	s.b.Helper()
	if s.options.URL == "" {
		return s.sqliteTransactions(do)
	}
	return s.postgresTransactions(do)
}

// sqliteTransactions are all but the mail worker's, which are many and nobody waits for.
func (s *figureSite) sqliteTransactions(do func()) written {
	read := func() (n [3]int) {
		if _, err := fmt.Sscan(s.ask("commits"), &n[0], &n[1], &n[2]); err != nil {
			s.b.Fatal(err)
		}
		return n
	}
	before := read()
	do()
	after := read()
	registering, mailing, other := after[0]-before[0], after[1]-before[1], after[2]-before[2]
	return written{counted: registering + other, note: fmt.Sprintf("%d registering, %d others; beside them %d for mail", registering, other, mailing)}
}

// postgresTransactions are those that PostgreSQL gave an id, which it does at the first write or row lock, whoever's they are.
func (s *figureSite) postgresTransactions(do func()) written {
	db := openFigures(s.b, store.Options{URL: s.options.URL})
	defer db.Close()
	const next = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
	before := countOf(s.b, db, next)
	do()
	all := countOf(s.b, db, next) - before
	registering := countOf(s.b, db, "select count(distinct xmin::text) from registrations")
	return written{counted: all, note: fmt.Sprintf("%d registering, %d others, mail included", registering, all-registering)}
}
