package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"masterclass/internal/store"
)

// A test program makes the schema once for each kind of database: every fresh one after it is a copy. To migrate one takes longer than most tests.

var sqliteSchema = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "mc-schema-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "masterclass.db")
	if err := migrate(store.Options{File: file}); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// postgresSchema is the database of which others are copies. It is made while no other is, and nobody uses it afterwards, as PostgreSQL wants.
const postgresSchema = "migrated"

var makePostgresSchema = sync.OnceValue(func() error {
	if err := pg.exec("create database " + postgresSchema); err != nil {
		return err
	}
	return migrate(store.Options{URL: pg.url(postgresSchema)})
})

func migrate(o store.Options) error {
	ctx := context.Background()
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	_, err = db.Migrate(ctx)
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return err
}

// SQLiteFile writes a migrated database to where there is none yet.
func SQLiteFile(t testing.TB, file string) {
	t.Helper()
	schema, err := sqliteSchema()
	if err != nil {
		t.Fatalf("make a schema: %v", err)
	}
	if err := os.WriteFile(file, schema, 0o600); err != nil {
		t.Fatal(err)
	}
}

// MigratedPostgresURL gives the URL of a fresh, migrated database in this test program's own PostgreSQL.
func MigratedPostgresURL(t testing.TB) string {
	t.Helper()
	startedPostgres(t)
	pg.mu.Lock()
	err := makePostgresSchema()
	pg.mu.Unlock()
	if err != nil {
		t.Fatalf("make a schema: %v", err)
	}
	return freshPostgres(t, " template "+postgresSchema)
}
