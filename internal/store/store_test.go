package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestMigrateRunsEachMigrationOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ran, err := db.Migrate(context.Background())
		if err != nil || len(ran) != 0 {
			t.Errorf("a second run did %v, %v", ran, err)
		}
	})
}

func TestTwoStartsAtOnceMigrateOnce(t *testing.T) {
	for name, opts := range map[string]func(t *testing.T) store.Options{
		"SQLite":     func(t *testing.T) store.Options { return store.Options{File: filepath.Join(t.TempDir(), "a.db")} },
		"PostgreSQL": func(t *testing.T) store.Options { return store.Options{URL: storetest.PostgresURL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := opts(t)
			var wg sync.WaitGroup
			total := make(chan int, 4)
			for range 4 {
				wg.Go(func() {
					db, err := store.Open(context.Background(), o)
					if err != nil {
						t.Error(err)
						return
					}
					defer db.Close()
					ran, err := db.Migrate(context.Background())
					if err != nil {
						t.Error(err)
					}
					total <- len(ran)
				})
			}
			wg.Wait()
			close(total)
			sum := 0
			for n := range total {
				sum += n
			}
			if sum == 0 || store.SchemaVersion() == "none" {
				t.Errorf("four starts ran %d migrations", sum)
			}
			db, err := store.Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var n int
			if err := db.NewRaw("select count(*) from migrations").Scan(context.Background(), &n); err != nil || n != sum {
				t.Errorf("%d migrations are recorded, %d ran: %v", n, sum, err)
			}
		})
	}
}

func TestFailedTransactionLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		boom := errors.New("boom")
		err := db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewRaw("insert into audit (id, at, actor, action) values ('a', 1, 'x', 'y')").Exec(ctx); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("got %v", err)
		}
		var n int
		if err := db.NewRaw("select count(*) from audit").Scan(ctx, &n); err != nil || n != 0 {
			t.Errorf("%d rows are left: %v", n, err)
		}
	})
}

func TestAPlaceCannotBeOversoldEvenByABareStatement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		for _, q := range []string{
			"insert into events (id, slug, uid, title, starts_local, ends_local, time_zone, starts_at, ends_at, status, created_at, updated_at) values ('e', 's', 'u', 't', '', '', '', 0, 0, 'published', 0, 0)",
			"insert into places (id, event_id, name, position, capacity) values ('p', 'e', 'In person', 1, 2)",
			"update places set taken = 2",
		} {
			if _, err := db.NewRaw(q).Exec(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []string{"update places set taken = 3", "update places set capacity = 1", "update places set taken = -1"} {
			if _, err := db.NewRaw(q).Exec(ctx); err == nil {
				t.Errorf("%q was let through", q)
			}
		}
	})
}

func TestAnotherSecretIsNoticed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		if err := db.Adopt(ctx, "one"); err != nil {
			t.Fatal(err)
		}
		if err := db.Adopt(ctx, "one"); err != nil {
			t.Errorf("the same secret again: %v", err)
		}
		if err := db.Adopt(ctx, "two"); !errors.Is(err, store.ErrOtherSecret) {
			t.Errorf("another secret: %v", err)
		}
	})
}

func TestDataDirServesOneProcess(t *testing.T) {
	dir := t.TempDir()
	first, err := store.OpenDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Lock(); err != nil {
		t.Fatal(err)
	}
	second, err := store.OpenDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Lock(); !errors.Is(err, store.ErrInUse) {
		t.Errorf("a second lock: %v", err)
	}
	if err := first.Unlock(); err != nil {
		t.Fatal(err)
	}
	if err := second.Lock(); err != nil {
		t.Errorf("after the first let go: %v", err)
	}
	if err := second.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestDataDirThatIsAFileIsSaidPlainly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenDataDir(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestDatabaseURLErrorsHideThePassword(t *testing.T) {
	for _, url := range []string{"postgres://u:hunter2@127.0.0.1:1/x?connect_timeout=1", "postgres://u:hunter2@:bad:/x"} {
		_, err := store.Open(context.Background(), store.Options{URL: url})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
}

func TestRedisAnswers(t *testing.T) {
	storetest.EachRedis(t, func(t *testing.T, r *store.Redis) {
		ctx := context.Background()
		if err := r.Set(ctx, "k", "v", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if v, err := r.Get(ctx, "k").Result(); v != "v" || err != nil {
			t.Errorf("got %q, %v", v, err)
		}
	})
}

func TestALeaseHasOneHolderUntilItEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := time.UnixMilli(1_800_000_000_000)
		for _, step := range []struct {
			holder string
			after  time.Duration
			want   bool
		}{{"one", 0, true}, {"two", time.Second, false}, {"one", 5 * time.Second, true}, {"two", 14 * time.Second, false}, {"two", 16 * time.Second, true}, {"one", 17 * time.Second, false}} {
			got, err := db.Lease(context.Background(), "work", step.holder, now.Add(step.after), 10*time.Second)
			if err != nil || got != step.want {
				t.Errorf("%s after %v: %v, %v", step.holder, step.after, got, err)
			}
		}
	})
}

func TestALeaseThatIsGivenBackIsFreeAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, now := t.Context(), time.UnixMilli(1_800_000_000_000)
		take := func(holder string, want bool) {
			t.Helper()
			if got, err := db.Lease(ctx, "work", holder, now, 10*time.Second); err != nil || got != want {
				t.Errorf("%s: %v, %v", holder, got, err)
			}
		}
		giveBack := func(holder string) {
			t.Helper()
			if err := db.Unlease(ctx, "work", holder); err != nil {
				t.Error(err)
			}
		}
		take("one", true)
		giveBack("two") // who never had it
		take("two", false)
		giveBack("one")
		take("two", true)
	})
}
