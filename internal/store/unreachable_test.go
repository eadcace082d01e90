package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

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
	if store.Unreachable(nil) {
		t.Error("no error counts as one")
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
