package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/store"
)

const (
	plenty   = 1_000_000 // seats: nobody is refused
	warmTime = 300 * time.Millisecond
)

// figureSite is an installation under measurement: the program in a process of its own, with the sample's Masterclass as its one event.
type figureSite struct {
	*figureChild
	settings settings
	options  store.Options
	event    *events.Event
}

// figureSettings are those of an installation on the stores. Its mail goes to an SMTP server, as in production; addresses under .invalid
// are withheld before that is called, after everything else has been done for the message.
func figureSettings(b *testing.B, s stores) settings {
	b.Helper()
	return settings{"DATA_DIR": filepath.Join(b.TempDir(), "data"), "DATABASE_URL": s.database, "REDIS_URL": s.redis,
		"SECRET": strings.Repeat("figures-", 6), "RATE_LIMIT": "0", "SMTP_URL": "smtp://127.0.0.1:9?tls=none"}
}

func (s settings) options() store.Options {
	return store.Options{URL: s["DATABASE_URL"], File: filepath.Join(s["DATA_DIR"], "masterclass.db")}
}

// newFigureSite makes a fresh installation with so many seats at the event, and starts it with more in its environment.
func newFigureSite(b *testing.B, on stores, capacity int64, env ...string) *figureSite {
	b.Helper()
	s := layFigureSite(b, on, capacity)
	s.start(b, env...)
	return s
}

// layFigureSite makes the installation and does not start it.
func layFigureSite(b *testing.B, on stores, capacity int64) *figureSite {
	b.Helper()
	s := figureSettings(b, on)
	e := figureEvent(b, capacity)
	fillFigures(b, s, e)
	return &figureSite{settings: s, options: s.options(), event: e}
}

func (s *figureSite) start(b *testing.B, env ...string) {
	b.Helper()
	s.figureChild = startRole(b, "site", s.settings, env...)
}

// another starts one more instance on the same stores.
func (s *figureSite) another() *figureChild {
	s.b.Helper()
	return startRole(s.b, "site", s.settings.with("DATA_DIR", s.b.TempDir()))
}

// figureEvent is the sample's Masterclass with so many seats.
func figureEvent(b *testing.B, capacity int64) *events.Event {
	b.Helper()
	_, list, err := sampleEvents(time.Now(), time.UTC)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range list {
		if e.Slug == masterclass {
			e.Places = e.Places[:1]
			e.Places[0].Capacity = capacity
			return e
		}
	}
	b.Fatal("the sample has no Masterclass")
	return nil
}

// fillFigures makes the installation's database, with the event in it.
func fillFigures(b *testing.B, s settings, e *events.Event) {
	b.Helper()
	if err := os.MkdirAll(s["DATA_DIR"], 0o700); err != nil {
		b.Fatal(err)
	}
	db := openFigures(b, s.options())
	insertFigures(b, db, e)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

func insertFigures(b *testing.B, db *store.DB, e *events.Event) {
	b.Helper()
	_, err := db.Migrate(context.Background())
	if err == nil {
		err = db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return events.NewStore(db).Insert(ctx, tx, e) })
	}
	if err != nil {
		b.Fatal(err)
	}
}

func openFigures(b *testing.B, o store.Options) *store.DB {
	b.Helper()
	db, err := store.Open(context.Background(), o)
	if err != nil {
		b.Fatal(err)
	}
	return db
}

// client sends registrations for the event's place.
func (s *figureSite) client() *loadClient { return newLoadClient(s.event.Places[0].ID, s.addr) }

// inspect reads the database of a site that has been killed.
func (s *figureSite) inspect(fn func(db *store.DB) error) {
	s.b.Helper()
	db := openFigures(s.b, s.options)
	if err := errors.Join(fn(db), db.Close()); err != nil {
		s.b.Fatal(err)
	}
}

// countOf is the number that a query gives.
func countOf(b *testing.B, db *store.DB, query string) int {
	b.Helper()
	var n int
	if err := db.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}
