package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// DB is the record. The embedded bun.DB writes; Read is for queries that may run beside a writer.
type DB struct {
	*bun.DB
	Read *bun.DB

	postgres bool
	asked    sync.Map // what Ask was given: query to *sql.Stmt
}

// Options say which database to open.
type Options struct {
	URL  string // postgres://…, or empty for SQLite
	File string // the SQLite file, made when it is missing
}

// Open opens the database and makes sure that it answers.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.URL != "" {
		return openPostgres(ctx, o.URL)
	}
	return openSQLite(ctx, o.File)
}

// OpenToRead opens a database beside the server that uses it, and never makes or changes one: for checks. ErrNoDatabase when there is no
// SQLite file.
func OpenToRead(ctx context.Context, o Options) (*DB, error) {
	if o.URL != "" {
		return openPostgres(ctx, o.URL)
	}
	return openSQLiteToRead(ctx, o.File, false)
}

// InSnapshot runs fn in a transaction that reads, and sees the database as it is at one moment.
func (db *DB) InSnapshot(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return db.Read.RunInTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, fn)
}

// Ask reads with a query of the program's own, written with ?, which is prepared once: bun would write the values into its text, to be compiled
// anew each time. Each query stays prepared, so its text must not depend on values.
func (db *DB) Ask(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	known, ok := db.asked.Load(query)
	if !ok {
		prepared, err := db.Read.DB.PrepareContext(ctx, db.Rebind(query))
		if err != nil {
			return nil, fmt.Errorf("prepare %q: %w", query, err)
		}
		if known, ok = db.asked.LoadOrStore(query, prepared); ok {
			_ = prepared.Close() // another was first
		}
	}
	return known.(*sql.Stmt).QueryContext(ctx, args...)
}

// Close closes every connection.
func (db *DB) Close() error {
	db.asked.Range(func(_, prepared any) bool {
		_ = prepared.(*sql.Stmt).Close() // its connections are closed next
		return true
	})
	if db.Read == db.DB {
		return db.DB.Close()
	}
	return errors.Join(db.Read.Close(), db.DB.Close())
}

// Kind names the database for people: "SQLite" or "PostgreSQL".
func (db *DB) Kind() string {
	if db.postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// A transaction that PostgreSQL ends for the sake of another is begun so often, after pauses that grow and differ: two that were in each
// other's way must not meet again at once.
const (
	tries      = 5
	firstPause = 10 * time.Millisecond
)

// tried runs a transaction until it is not sacrificed.
func tried(ctx context.Context, transaction func() error) (err error) {
	for try := range tries {
		if err = transaction(); !Sacrificed(err) {
			return err
		}
		pause := time.NewTimer(rand.N(firstPause << try))
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
	return err
}

// InTx runs fn in one writing transaction: committed when fn returns nil, else rolled back. With SQLite
// there is one writer, so fn must use tx alone: asking the DB for another connection would wait for ever.
// fn runs again when PostgreSQL sacrifices the transaction to another (a deadlock, a serialization failure).
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return tried(ctx, func() error { return db.RunInTx(ctx, nil, fn) })
}

// ForUpdate ends a select that locks the rows of one table, by its alias, until the transaction ends. SQLite's
// writing transactions exclude one another already.
func (db *DB) ForUpdate(alias string) string {
	if db.postgres {
		return " for update of " + alias
	}
	return ""
}

// ForShare follows ForUpdate, and names another table of the same select: its row is then given as it is once the lock is had, and not as it
// was when the statement began to wait for it. (For key share would not do: it is content with a row that is out of date.) Whoever changes
// the row locks what ForUpdate names first, or two may wait for one another.
func (db *DB) ForShare(alias string) string {
	if db.postgres {
		return " for share of " + alias
	}
	return ""
}

// Rebind writes a query's ? as the database's own placeholders, for prepared statements. The query holds
// no other question mark.
func (db *DB) Rebind(query string) string {
	if !db.postgres {
		return query
	}
	var b strings.Builder
	n := 0
	for _, r := range query {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Prepare prepares a query written with ? on the writing side.
func (db *DB) Prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	s, err := db.DB.DB.PrepareContext(ctx, db.Rebind(query))
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	return s, nil
}
