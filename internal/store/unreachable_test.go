package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestADatabaseThatIsAwayIsToldFromADefect(t *testing.T) {
	t.Parallel()
	_, away := store.Open(context.Background(), store.Options{URL: "postgres://u:p@127.0.0.1:1/x?connect_timeout=2"})
	for err, want := range map[error]bool{
		away: true, &pgconn.PgError{Code: "57P01"}: true, &pgconn.PgError{Code: "53300"}: true, &pgconn.PgError{Code: "23505"}: false, &pgconn.PgError{Code: "42P01"}: false,
		fmt.Errorf("read: %w", context.DeadlineExceeded): true, sql.ErrNoRows: false, errors.New("a defect"): false, fs.ErrNotExist: false,
	} {
		if got := store.Unreachable(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
	for code, want := range map[int]bool{
		sqlitelib.SQLITE_FULL: true, sqlitelib.SQLITE_IOERR: true, sqlitelib.SQLITE_IOERR_WRITE: true, sqlitelib.SQLITE_IOERR_FSYNC: true,
		sqlitelib.SQLITE_IOERR_SHMSIZE: true, sqlitelib.SQLITE_IOERR_READ: true, sqlitelib.SQLITE_BUSY: true, sqlitelib.SQLITE_BUSY_SNAPSHOT: true,
		sqlitelib.SQLITE_LOCKED: true, sqlitelib.SQLITE_CANTOPEN: true, sqlitelib.SQLITE_READONLY: true, sqlitelib.SQLITE_READONLY_DBMOVED: true,
		sqlitelib.SQLITE_ERROR: false, sqlitelib.SQLITE_CORRUPT: false, sqlitelib.SQLITE_CONSTRAINT_UNIQUE: false, sqlitelib.SQLITE_CONSTRAINT_CHECK: false,
		sqlitelib.SQLITE_MISUSE: false, sqlitelib.SQLITE_NOTADB: false,
	} {
		if got := store.Unreachable(fmt.Errorf("write: %w", sqliteError(code))); got != want {
			t.Errorf("SQLite's %d: %v", code, got)
		}
	}
	if store.Unreachable(nil) {
		t.Error("no error counts as one")
	}
}

// sqliteError is what the driver gives for a code, which only it can make.
func sqliteError(code int) error {
	var e sqlite.Error
	field := reflect.ValueOf(&e).Elem().FieldByName("code")
	reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem().SetInt(int64(code))
	return &e
}

func TestAFullDiskIsAnOutage(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	_, err := db.Exec("pragma max_page_count = 1; create table filler (x)")
	var lite *sqlite.Error
	for err == nil {
		_, err = db.Exec("insert into filler values (zeroblob(100))")
	}
	if !errors.As(err, &lite) || lite.Code() != sqlitelib.SQLITE_FULL || !store.Unreachable(err) {
		t.Errorf("a database that may not grow gives %v", err)
	}
}

func TestADefectInAQueryIsNotAnOutage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		_, err := db.NewRaw("select nothing from nowhere").Exec(context.Background())
		if err == nil || store.Unreachable(err) {
			t.Errorf("%v counts as an outage", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 1)
		defer cancel()
		if _, err := db.NewRaw("select 1").Exec(ctx); !store.Unreachable(err) {
			t.Errorf("a database that does not answer in time gives %v", err)
		}
	})
}
