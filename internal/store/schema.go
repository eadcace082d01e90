package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// ErrNotOurs means that a database was not made by this program.
var ErrNotOurs = errors.New("it is not a Masterclass database")

// Schema compares a database's schema with the program's.
type Schema struct {
	Unknown []string // what a newer program has run
	Missing []string // what this program has still to run
}

// Check is nil for the program's own schema, else a sentence that says what to do.
func (s Schema) Check() error {
	switch {
	case len(s.Unknown) > 0:
		return fmt.Errorf("the database's schema (%s) is newer than this program's (%s); use the newer program", s.Unknown[len(s.Unknown)-1], SchemaVersion())
	case len(s.Missing) > 0:
		return fmt.Errorf("the database's schema is older than this program's: %s has not run; start the server, or run masterclass migrate", s.Missing[0])
	}
	return nil
}

// Schema reads which migrations a database has; ErrNotOurs when it has no list of them, or another program's.
func (db *DB) Schema(ctx context.Context) (Schema, error) {
	done, err := appliedMigrations(ctx, db.Read.DB)
	if err != nil {
		if Unreachable(err) {
			return Schema{}, err
		}
		return Schema{}, fmt.Errorf("%w (%w)", ErrNotOurs, err)
	}
	paths, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return Schema{}, fmt.Errorf("list the migrations: %w", err)
	}
	var s Schema
	for _, path := range paths {
		if name := migrationName(path); done[name] {
			delete(done, name)
		} else {
			s.Missing = append(s.Missing, name)
		}
	}
	if len(s.Missing) == len(paths) {
		return Schema{}, ErrNotOurs
	}
	for name := range done {
		s.Unknown = append(s.Unknown, name)
	}
	slices.Sort(s.Unknown)
	return s, nil
}
