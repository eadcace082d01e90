package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the key of PostgreSQL's advisory lock; any number that nobody else uses.
const migrationLock = 0x6d617374

// Migrate brings the schema up to date and names what it ran, oldest first; nothing when all is up to date.
// Everything happens in one transaction under a lock that dies with the process, so a start that is killed
// half-way leaves the old schema, and two starts at once run each migration once. An instance of the version before may be at work
// on the tables: when PostgreSQL ends the transaction for its sake, it is begun again.
func (db *DB) Migrate(ctx context.Context) (ran []string, err error) {
	err = tried(ctx, func() error {
		ran, err = db.migrate(ctx)
		return err
	})
	return ran, err
}

func (db *DB) migrate(ctx context.Context) ([]string, error) {
	tx, err := db.DB.DB.BeginTx(ctx, nil) // SQLite: immediate, so it excludes every other writer
	if err != nil {
		return nil, fmt.Errorf("begin to migrate: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	if db.postgres {
		if _, err := tx.ExecContext(ctx, "set local lock_timeout = '5min'"); err != nil { // another instance may be migrating
			return nil, fmt.Errorf("wait for the schema: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "select pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return nil, fmt.Errorf("lock the schema: %w", err)
		}
	}
	ran, err := db.runMigrations(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit the migration: %w", err)
	}
	return ran, nil
}

func (db *DB) runMigrations(ctx context.Context, tx *sql.Tx) ([]string, error) {
	if _, err := tx.ExecContext(ctx, "create table if not exists migrations (name text primary key, applied_at bigint not null)"); err != nil {
		return nil, fmt.Errorf("keep the list of migrations: %w", err)
	}
	done, err := appliedMigrations(ctx, tx)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	var ran []string
	for _, path := range names {
		name := migrationName(path)
		if done[name] {
			continue
		}
		text, err := migrations.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		if _, err := tx.ExecContext(ctx, db.own(string(text))); err != nil {
			return nil, fmt.Errorf("run migration %s: %w", name, err)
		}
		if _, err := tx.ExecContext(ctx, db.Rebind("insert into migrations (name, applied_at) values (?, ?)"), name, time.Now().UnixMilli()); err != nil {
			return nil, fmt.Errorf("record migration %s: %w", name, err)
		}
		ran = append(ran, name)
	}
	return ran, nil
}

// own is a migration with what it has for PostgreSQL alone, in lines that others read as comments.
func (db *DB) own(text string) string {
	if !db.postgres {
		return text
	}
	return strings.ReplaceAll(text, "-- PostgreSQL: ", "")
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func appliedMigrations(ctx context.Context, q querier) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, "select name from migrations")
	if err != nil {
		return nil, fmt.Errorf("read the list of migrations: %w", err)
	}
	defer rows.Close()
	done := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read the list of migrations: %w", err)
		}
		done[name] = true
	}
	return done, rows.Err()
}

func migrationName(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(path, "migrations/"), ".sql")
}

// SchemaVersion is the name of the newest migration in the program.
func SchemaVersion() string {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		return "none"
	}
	return migrationName(names[len(names)-1])
}
