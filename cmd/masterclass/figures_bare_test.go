package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/store"
)

// bareTime is how long a yardstick on SQLite commits.
const bareTime = time.Second

// groupOfBare is how many registrations a transaction of the bare loop holds, as many as one of ours at most.
const groupOfBare = 64

// The columns that a registration's transaction writes.
var (
	bareRegistration = "id, event_id, place_id, reference, status, version, joined, displaced, generation, offered_until, title, first_name, " +
		"last_name, email, mailbox, profession, job_role, employer, regulator_number, created_at, updated_at"
	bareAudit   = "id, at, actor, action, event_id, subject, detail, request_id"
	bareMessage = "id, kind, recipient, mailbox, message_id, event_id, registration_id, uid, sequence, snapshot, public, due_at, created_at"
)

// bareRow is all that one registration is in the database, as it was written.
type bareRow struct{ registration, audit, message []any }

// rowsOf reads the registrations of a site, in the order in which they were made.
func rowsOf(db *store.DB) ([]bareRow, error) {
	registrations, err1 := valuesOf(db, "select "+bareRegistration+" from registrations order by version")
	audit, err2 := valuesOf(db, "select "+bareAudit+" from audit where action like 'registration.%' order by id")
	messages, err3 := valuesOf(db, "select "+bareMessage+" from outbox where registration_id <> '' order by id")
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if len(registrations) != len(audit) || len(audit) != len(messages) {
		return nil, fmt.Errorf("%d registrations have %d entries and %d messages", len(registrations), len(audit), len(messages))
	}
	rows := make([]bareRow, len(registrations))
	for i := range rows {
		rows[i] = bareRow{registrations[i], audit[i], messages[i]}
	}
	return rows, nil
}

func valuesOf(db *store.DB, query string) ([][]any, error) {
	rows, err := db.QueryContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var list [][]any
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		list = append(list, values)
	}
	return list, rows.Err()
}

// insertInto is an insert of all the columns.
func insertInto(table, columns string) string {
	marks := strings.Repeat(", ?", strings.Count(columns, ",")+1)[2:]
	return "insert into " + table + " (" + columns + ") values (" + marks + ")"
}

// bareGroups is the yardstick on SQLite: one goroutine commits the rows, so many a transaction, with prepared statements, and counts them at
// the place once a transaction. It uses the driver, the pragmas and the schema of the program, and a file of its own. It gives rows a second.
//
// The file is begun anew whenever all rows are in it, until the time is over: they are as many as ours were.
func bareGroups(b *testing.B, e *events.Event, rows []bareRow, group int) float64 {
	b.Helper()
	var done int
	var took time.Duration
	for took < bareTime {
		n, t := bareFileOf(b, e, rows, group, bareTime-took)
		done, took = done+n, took+t
	}
	return perSecond(done, took)
}

// bareFileOf commits the rows to a fresh file until all are in or the time is over, and says how many that were and how long they took.
func bareFileOf(b *testing.B, e *events.Event, rows []bareRow, group int, lasting time.Duration) (done int, took time.Duration) {
	b.Helper()
	db := openFigures(b, bareFile(b))
	defer db.Close()
	insertFigures(b, db, e)
	w, err := newBareWriter(db.DB.DB, e.Places[0].ID)
	if err != nil {
		b.Fatal(err)
	}
	defer w.close()
	settled()
	began := time.Now()
	for done < len(rows) && time.Since(began) < lasting {
		next := rows[done:min(done+group, len(rows))]
		if err := w.commit(next); err != nil {
			b.Fatal(err)
		}
		done += len(next)
	}
	return done, time.Since(began)
}

// bareWriter commits groups of rows in SQLite.
type bareWriter struct {
	db                                *sql.DB
	place                             string
	registration, audit, message, add *sql.Stmt
}

func newBareWriter(db *sql.DB, place string) (*bareWriter, error) {
	w := &bareWriter{db: db, place: place}
	for query, stmt := range map[string]**sql.Stmt{
		insertInto("registrations", bareRegistration):                                      &w.registration,
		insertInto("audit", bareAudit):                                                     &w.audit,
		strings.Replace(insertInto("outbox", "state, "+bareMessage), "(?", "('queued'", 1): &w.message,
		"update places set taken = taken + ?, version = version + ? where id = ?":          &w.add,
	} {
		var err error
		if *stmt, err = db.Prepare(query); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	return w, nil
}

func (w *bareWriter) close() error {
	var errs []error
	for _, s := range []*sql.Stmt{w.registration, w.audit, w.message, w.add} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

func (w *bareWriter) commit(rows []bareRow) error {
	tx, err := w.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	registration, audit, message := tx.Stmt(w.registration), tx.Stmt(w.audit), tx.Stmt(w.message)
	for _, r := range rows {
		_, err1 := registration.Exec(r.registration...)
		_, err2 := audit.Exec(r.audit...)
		_, err3 := message.Exec(r.message...)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
	}
	if _, err := tx.Stmt(w.add).Exec(len(rows), len(rows), w.place); err != nil {
		return err
	}
	return tx.Commit()
}

// bareSingles is the yardstick on PostgreSQL: each of 64 goroutines updates the place and inserts a registration, in a transaction of their
// own, with prepared statements. They have as many connections as an instance of ours: with one each they wait longer for the place's row.
// It gives transactions a second.
func bareSingles(b *testing.B, url string, e *events.Event, rows []bareRow, lasting time.Duration) float64 {
	b.Helper()
	db := openFigures(b, store.Options{URL: url})
	defer db.Close()
	insertFigures(b, db, e)
	w := &singleWriter{db: db.DB.DB, place: e.Places[0].ID}
	var err1, err2 error
	w.add, err1 = db.Prepare(context.Background(), "update places set taken = taken + 1, version = version + 1 where id = ?")
	w.registration, err2 = db.Prepare(context.Background(), insertInto("registrations", bareRegistration))
	if err := errors.Join(err1, err2); err != nil {
		b.Fatal(err)
	}
	warm := len(rows) / 5
	w.run(b, rows[:warm], warmTime) // opens the connections and prepares on each
	settled()
	return w.run(b, rows[warm:], lasting)
}

// singleWriter commits one registration a transaction in PostgreSQL.
type singleWriter struct {
	db                *sql.DB
	place             string
	registration, add *sql.Stmt
}

// run commits the rows until all are in or the time is over, and gives how many a second.
func (w *singleWriter) run(b *testing.B, rows []bareRow, lasting time.Duration) float64 {
	b.Helper()
	var next, done atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range figureClients {
		wg.Go(func() {
			for i := next.Add(1); int(i) <= len(rows) && time.Since(began) < lasting; i = next.Add(1) {
				if err := w.commit(rows[i-1]); err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return perSecond(int(done.Load()), time.Since(began))
}

func (w *singleWriter) commit(r bareRow) error {
	tx, err := w.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if _, err := tx.Stmt(w.add).Exec(w.place); err != nil {
		return err
	}
	if _, err := tx.Stmt(w.registration).Exec(r.registration...); err != nil {
		return err
	}
	return tx.Commit()
}
