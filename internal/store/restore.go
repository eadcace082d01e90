package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Restored says what a restore did.
type Restored struct {
	Events, Registrations int64
	Newest                time.Time // when the newest registration was made; zero without any
	Missing               []string  // migrations that the next start will run
	Aside                 string    // where the database that was there is now; empty without one
	Unread                error     // why that database's epoch could not be read; nil when it could

	epoch int64
}

// Restore puts a copy that Backup made in the place of a SQLite file, whose data folder the caller has locked. The copy is checked first;
// the database that is there is kept under another name. The epoch rises above every one that Redis can have been told of, so that a Redis
// that outlived the restore is overruled. Errors for people: ErrNotOurs, ErrOtherSecret, fs.ErrNotExist, and sentences.
func Restore(ctx context.Context, from, file, fingerprint string, now time.Time) (done Restored, err error) {
	if err := different(from, file); err != nil {
		return done, err
	}
	_, werr := os.Stat(from + "-wal")
	still := errors.Is(werr, fs.ErrNotExist) // else the file is a database of its own, as yet unfinished
	if done, err = inspect(ctx, from, still, fingerprint); err != nil {
		return done, err
	}
	part, err := copyOf(ctx, readOnlyDSN(from, still), file)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, dropped(os.Remove(part))) }()
	old, oerr := epochOf(ctx, file)
	if !errors.Is(oerr, ErrNoDatabase) {
		done.Unread = oerr
	}
	if err := raiseEpoch(ctx, part, max(done.epoch+1, old+1, now.UnixMilli()), fingerprint); err != nil {
		return done, err
	}
	if done.Aside, err = aside(ctx, file, now, done.Unread == nil); err != nil {
		return done, fmt.Errorf("move the present database aside: %w", err)
	}
	if err := os.Rename(part, file); err != nil {
		return done, err
	}
	return done, syncFile(filepath.Dir(file))
}

func different(from, file string) error {
	a, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !a.Mode().IsRegular() {
		return fmt.Errorf("%w: it is not a file", ErrNotOurs)
	}
	if b, err := os.Stat(file); err == nil && os.SameFile(a, b) {
		return errors.New("it is the database itself, not a copy of it")
	}
	return nil
}

// inspect makes sure that a file is a whole database of this program and this secret.
func inspect(ctx context.Context, file string, still bool, fingerprint string) (done Restored, err error) {
	db, err := openSQLiteToRead(ctx, file, still)
	if err != nil {
		return done, fmt.Errorf("%w (%w)", ErrNotOurs, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	schema, err := db.Schema(ctx)
	if err != nil {
		return done, err
	}
	if len(schema.Unknown) > 0 {
		return done, schema.Check()
	}
	done.Missing = schema.Missing
	if err := db.whole(ctx); err != nil {
		return done, err
	}
	kept, epoch, err := db.installation(ctx)
	if err != nil {
		return done, err
	}
	if kept != "" && kept != fingerprint {
		return done, ErrOtherSecret
	}
	done.epoch = epoch
	var newest int64
	if err := db.NewRaw("select (select count(*) from events), count(*), coalesce(max(created_at), 0) from registrations").Scan(ctx, &done.Events, &done.Registrations, &newest); err != nil {
		return done, fmt.Errorf("count what the copy holds: %w", err)
	}
	if newest > 0 {
		done.Newest = time.UnixMilli(newest)
	}
	return done, nil
}

// whole lets SQLite read every page.
func (db *DB) whole(ctx context.Context) error {
	var verdict string
	if err := db.NewRaw("pragma integrity_check(1)").Scan(ctx, &verdict); err != nil || verdict != "ok" {
		return errors.Join(errors.New("the file is damaged: "+verdict), err)
	}
	return nil
}

// installation reads the row that Adopt wrote; nothing where no server has started yet.
func (db *DB) installation(ctx context.Context) (fingerprint string, epoch int64, err error) {
	err = db.NewRaw("select coalesce(max(secret_fingerprint), ''), coalesce(max(epoch), 0) from installation").Scan(ctx, &fingerprint, &epoch)
	if err != nil {
		return "", 0, fmt.Errorf("read the installation's row: %w", err)
	}
	return fingerprint, epoch, nil
}

func epochOf(ctx context.Context, file string) (epoch int64, err error) {
	db, err := openSQLiteToRead(ctx, file, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, epoch, err = db.installation(ctx)
	return epoch, err
}

// raiseEpoch also ends the leases: nobody works on a database that is not in its place yet.
func raiseEpoch(ctx context.Context, file string, epoch int64, fingerprint string) (err error) {
	db, err := openSQLite(ctx, file)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, db.Close()); err == nil {
			err = syncFile(file)
		}
	}()
	if _, err := db.NewRaw(`insert into installation (id, epoch, secret_fingerprint) values (1, ?, ?)
		on conflict (id) do update set epoch = excluded.epoch`, epoch, fingerprint).Exec(ctx); err != nil {
		return fmt.Errorf("raise the epoch: %w", err)
	}
	var n int
	if err := db.NewRaw("select count(*) from sqlite_master where type = 'table' and name = 'leases'").Scan(ctx, &n); err != nil || n == 0 {
		return err
	}
	_, err = db.NewRaw("delete from leases").Exec(ctx)
	return err
}

// beside are the files that SQLite keeps beside a database (https://www.sqlite.org/wal.html).
var beside = []string{"-wal", "-shm"}

// aside gives the present database a second name, and takes away what is written beside it: a log left there would be read into the copy.
// Of a database that cannot be read the log moves along untouched.
func aside(ctx context.Context, file string, now time.Time, readable bool) (string, error) {
	to := file + ".before-" + now.UTC().Format("20060102T150405.000Z")
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return "", moveBeside(file, to)
	}
	if readable {
		checkpoint(ctx, file)
	}
	if err := link(file, to); err != nil {
		return "", err
	}
	return to, moveBeside(file, to)
}

// checkpoint brings what is in the log into the file, so that it is all there is. A log that it cannot bring in moves along.
func checkpoint(ctx context.Context, file string) {
	db, err := openSQLite(ctx, file)
	if err != nil {
		return
	}
	_, _ = db.NewRaw("pragma wal_checkpoint(truncate)").Exec(ctx)
	_ = db.Close()
}

// moveBeside renames what is beside a database. When one cannot be moved, those that were go back.
func moveBeside(file, to string) error {
	for i, suffix := range beside {
		err := dropped(os.Rename(file+suffix, to+suffix))
		if err == nil {
			continue
		}
		for _, moved := range beside[:i] {
			err = errors.Join(err, dropped(os.Rename(to+moved, file+moved)))
		}
		return err
	}
	return nil
}
