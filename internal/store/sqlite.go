package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite" // also the driver "sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// busyTime is how long one process waits for another that writes.
const busyTime = 5 * time.Second

// readers is how many SQLite queries run beside the one writer.
const readers = 8

func openSQLite(ctx context.Context, file string) (*DB, error) {
	// Made with tight permissions first: the file holds personal data.
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database file %s: %w", file, reason(err))
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the database file %s: %w", file, err)
	}
	write, err := sql.Open("sqlite", sqliteDSN(file, "immediate", "synchronous(FULL)"))
	if err != nil {
		return nil, fmt.Errorf("open the database file %s: %w", file, err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", sqliteDSN(file, "deferred", "query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database file %s: %w", file, err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	db := &DB{DB: bun.NewDB(write, sqlitedialect.New()), Read: bun.NewDB(read, sqlitedialect.New())}
	if err := pingSQLite(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database file %s: %w", file, err), db.Close())
	}
	return db, nil
}

// pingSQLite opens a first connection. Of two that turn a new file into a WAL database at the same moment one is told at once that it is busy,
// whatever its busy_timeout: it tries again.
func pingSQLite(ctx context.Context, db *DB) error {
	for end := time.Now().Add(busyTime); ; time.Sleep(10 * time.Millisecond) {
		err := db.PingContext(ctx)
		var lite *sqlite.Error
		if !errors.As(err, &lite) || lite.Code()&0xff != sqlitelib.SQLITE_BUSY || time.Now().After(end) || ctx.Err() != nil {
			return err
		}
	}
}

// openSQLiteToRead opens a file that is there; still as in readOnlyDSN.
func openSQLiteToRead(ctx context.Context, file string, still bool) (*DB, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoDatabase
	}
	read, err := sql.Open("sqlite", readOnlyDSN(file, still))
	if err != nil {
		return nil, fmt.Errorf("open the database file %s: %w", file, err)
	}
	b := bun.NewDB(read, sqlitedialect.New())
	db := &DB{DB: b, Read: b}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database file %s: %w", file, err), db.Close())
	}
	return db, nil
}

func sqliteDSN(file, txlock, pragma string) string {
	q := url.Values{
		"_txlock": {txlock},
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTime.Milliseconds()), "journal_mode(WAL)", "foreign_keys(1)", pragma},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// reason takes the path out of a file error: the caller has named it already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
