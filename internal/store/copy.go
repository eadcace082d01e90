package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// ErrNoDatabase means that there is no database file: nothing has served from the data folder yet.
var ErrNoDatabase = errors.New("there is no database there yet")

// Backup writes a consistent copy of a SQLite file, which others may be writing to, to a file that is not there yet. The copy is whole and
// on the disk when it gets its name. Errors: ErrNoDatabase, and fs.ErrExist for a file that is there.
func Backup(ctx context.Context, file, to string) (size int64, err error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return 0, ErrNoDatabase
	}
	if _, err := os.Lstat(to); err == nil {
		return 0, fs.ErrExist // said before the work; link makes sure of it after
	}
	part, err := copyOf(ctx, readOnlyDSN(file, false), to)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, dropped(os.Remove(part))) }()
	info, err := os.Stat(part)
	if err != nil {
		return 0, err
	}
	if err := link(part, to); err != nil {
		return 0, err
	}
	return info.Size(), syncFile(filepath.Dir(to))
}

// copyOf copies a database, as it is at one moment, to a new file beside another one, for this user alone.
func copyOf(ctx context.Context, dsn, beside string) (part string, err error) {
	if beside, err = filepath.Abs(beside); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(beside), ".masterclass-*.part") // mode 0600
	if err != nil {
		return "", err
	}
	part = f.Name()
	if err = f.Close(); err == nil {
		err = vacuumInto(ctx, dsn, part)
	}
	if err == nil {
		err = syncFile(part)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	return part, nil
}

// vacuumInto fills an empty file (https://www.sqlite.org/lang_vacuum.html#vacuuminto). It reads one snapshot, so writers go on beside it.
func vacuumInto(ctx context.Context, dsn, into string) (err error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "vacuum into ?", into); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}

// readOnlyDSN opens a file that is there and changes nothing of it. still is for one that nobody writes to: then no file is made beside it.
func readOnlyDSN(file string, still bool) string {
	q := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}}
	if still {
		q.Set("immutable", "1")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// link gives a file a second name unless that one is taken. A file system without links gets a rename.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// dropped takes a file that is gone already for dropped.
func dropped(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncFile brings a file, or the names in a folder, to the disk.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
