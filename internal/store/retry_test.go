package store_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// lease is a row that a transaction writes.
func lease(ctx context.Context, tx bun.Tx, name string) error {
	_, err := tx.NewRaw("update leases set until = until + 1 where name = ?", name).Exec(ctx)
	return err
}

func leases(t *testing.T, db *store.DB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := db.NewRaw("insert into leases (name, holder, until) values (?, '', 0)", name).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func until(t *testing.T, db *store.DB, name string) (n int64) {
	t.Helper()
	if err := db.NewRaw("select until from leases where name = ?", name).Scan(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// ended says which of PostgreSQL's errors ended a transaction, "" for none.
func ended(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := storetest.Postgres(t)
	leases(t, db, "a", "b")
	var bothHaveOne, wg sync.WaitGroup
	bothHaveOne.Add(2)
	var runs, deadlocks atomic.Int64
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		wg.Go(func() {
			first := true
			err := db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				runs.Add(1)
				err := lease(ctx, tx, order[0])
				if first {
					first = false
					bothHaveOne.Done()
					bothHaveOne.Wait()
				}
				if err != nil {
					return err
				}
				err = lease(ctx, tx, order[1])
				if ended(err) == "40P01" {
					deadlocks.Add(1)
				}
				return err
			})
			if err != nil {
				t.Errorf("%v: %v", order, err)
			}
		})
	}
	wg.Wait()
	if a, b := until(t, db, "a"), until(t, db, "b"); a != 2 || b != 2 || deadlocks.Load() == 0 || runs.Load() != 2+deadlocks.Load() {
		t.Errorf("after %d runs and %d deadlocks the rows are %d and %d", runs.Load(), deadlocks.Load(), a, b)
	}
}

func TestASerializationFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	db := storetest.Postgres(t)
	leases(t, db, "a")
	for name, c := range map[string]struct{ failures, runs int }{"once": {1, 2}, "again and again": {99, 5}} {
		failed, runs := 0, 0
		err := db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			runs++
			return overtaken(ctx, db, tx, failed < c.failures, func() { failed++ })
		})
		if runs != c.runs || failed != min(c.failures, c.runs) || (err == nil) != (failed < runs) {
			t.Errorf("%s: %d runs, %d failures, %v", name, runs, failed, err)
		}
		if err != nil && !store.Sacrificed(err) {
			t.Errorf("%s: it ends with %v, which does not say: try again later", name, err)
		}
	}
}

// overtaken writes a row that, if so asked, somebody else has written since the transaction first looked.
func overtaken(ctx context.Context, db *store.DB, tx bun.Tx, overtake bool, failed func()) error {
	if _, err := tx.NewRaw("set transaction isolation level repeatable read").Exec(ctx); err != nil {
		return err
	}
	var n int64
	if err := tx.NewRaw("select until from leases where name = 'a'").Scan(ctx, &n); err != nil {
		return err
	}
	if overtake {
		if err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return lease(ctx, tx, "a") }); err != nil {
			return err
		}
	}
	err := lease(ctx, tx, "a")
	if ended(err) == "40001" {
		failed()
	}
	return err
}

// TestAMigrationThatMeetsADeadlockIsBegunAgain has somebody at work who holds what the migration needs, and then wants what it has.
func TestAMigrationThatMeetsADeadlockIsBegunAgain(t *testing.T) {
	t.Parallel()
	db := storetest.Postgres(t)
	blocked := make(chan error, 1)
	err := db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("lock table migrations").Exec(ctx); err != nil {
			return err
		}
		go func() {
			_, err := db.Migrate(t.Context())
			blocked <- err
		}()
		var key int64
		for ctx.Err() == nil { // until it waits, with its own lock in hand
			err := db.NewRaw(`select objid from pg_locks a join pg_database d on d.oid = a.database
				where d.datname = current_database() and a.locktype = 'advisory' and a.granted
				and exists (select 1 from pg_locks w where w.pid = a.pid and not w.granted)`).Scan(ctx, &key)
			if err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		_, err := tx.NewRaw("select pg_advisory_xact_lock(?)", key).Exec(ctx)
		return err
	})
	if err := <-blocked; err != nil {
		t.Errorf("the migration ended with %v", err)
	}
	if err != nil && ended(err) != "40P01" {
		t.Error(err)
	}
}
