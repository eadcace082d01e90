// Package storetest gives tests fresh stores of every kind: SQLite in the test's folder, PostgreSQL in a private
// server, the embedded Redis and private real ones: a server, a Cluster, a primary with Sentinels; and a mail server, since it is
// started like them. The servers are Debian's programs, started on sockets in temporary folders, or where they must know one another on free loopback ports, and ended
// with the test program; the machine's own servers are never touched.
package storetest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"masterclass/internal/store"
)

// Main runs a package's tests and stops the servers that they started: call it from TestMain.
func Main(m *testing.M) {
	code := m.Run()
	stopServers()
	os.Exit(code)
}

// Each runs fn on a fresh, migrated database of each kind, in parallel subtests named after the kind.
func Each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) *store.DB{"SQLite": SQLite, "PostgreSQL": Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, open(t))
		})
	}
}

// SQLite is a fresh, migrated SQLite database in the test's folder.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	file := filepath.Join(t.TempDir(), "masterclass.db")
	SQLiteFile(t, file)
	return opened(t, store.Options{File: file})
}

// Postgres is a fresh, migrated PostgreSQL database.
func Postgres(t testing.TB) *store.DB {
	t.Helper()
	return opened(t, store.Options{URL: MigratedPostgresURL(t)})
}

func opened(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the database: %v", err)
		}
	})
	return db
}

// EachRedis runs fn on an empty Redis of each kind, in parallel subtests named after the kind.
func EachRedis(t *testing.T, fn func(t *testing.T, r *store.Redis)) {
	t.Helper()
	for name, open := range map[string]func(testing.TB) *store.Redis{"embedded": EmbeddedRedis, "redis-server": RealRedis} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fn(t, open(t))
		})
	}
}

// EmbeddedRedis is an empty embedded Redis.
func EmbeddedRedis(t testing.TB) *store.Redis {
	t.Helper()
	return openRedis(t, "")
}

// RealRedis is an empty redis-server of the test's own.
func RealRedis(t testing.TB) *store.Redis {
	t.Helper()
	return openRedis(t, RedisURL(t))
}

func openRedis(t testing.TB, url string) *store.Redis {
	t.Helper()
	r, err := store.OpenRedis(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// missing skips where a server's program is not installed; in CI that is a failure.
func missing(t testing.TB, program, pkg string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: install Debian's package %s", program, pkg)
	}
	t.Skipf("%s is missing: install Debian's package %s to run this test", program, pkg)
}
