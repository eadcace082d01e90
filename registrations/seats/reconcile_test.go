package seats

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// Many places, as a large site has them: the reconcile that follows a lost Redis has all of them to do. The embedded Redis is lost only with
// its process and runs a script slowly, so that a tenth is enough for it.
const (
	placesEach = 10
	manyEvents = 100
	manyPlaces = manyEvents * placesEach
)

// newMany are the seats of the open places of so many events, each with numbers of its own.
func newMany(t testing.TB, db *store.DB, r *store.Redis, eventCount int) *Seats {
	t.Helper()
	ctx := context.Background()
	err := db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for range eventCount {
			if err := events.NewStore(db).Insert(ctx, tx, eventOf(placesEach)); err != nil {
				return err
			}
		}
		_, err := tx.NewRaw(`update places set capacity = 40 + position, taken = 20 + position, version = 30 + 2 * position,
			waiting = case when position = 9 then 5 else 0 end`).Exec(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Adopt(ctx, "test"); err != nil {
		t.Fatal(err)
	}
	s := New(db, r, Options{Hold: time.Minute, Patience: time.Second, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	t.Cleanup(s.Close)
	return s
}

func eventOf(places int) *events.Event {
	id := newID()
	e := &events.Event{ID: id, Slug: "e-" + id[24:], UID: id, Title: "Masterclass", TimeZone: "Europe/London", Status: events.Published,
		StartsLocal: "2027-03-11T09:30", EndsLocal: "2027-03-11T16:30", RegistrationClosesAt: time.Now().AddDate(1, 0, 0).UnixMilli()}
	for i := range places {
		e.Places = append(e.Places, events.Place{ID: newID(), EventID: id, Name: fmt.Sprint("Place ", i), Position: int64(i), Capacity: 1})
	}
	return e
}

// inSQL is what Redis should have of each place, by the database.
func inSQL(t testing.TB, db *store.DB) map[Ref]snapshot {
	t.Helper()
	rows, err := db.Query(`select p.event_id, p.id, i.epoch, p.version, p.capacity, p.taken, p.waiting from places p, installation i where i.id = 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	want := map[Ref]snapshot{}
	for rows.Next() {
		var ref Ref
		var s snapshot
		if err := rows.Scan(&ref.EventID, &ref.PlaceID, &s.epoch, &s.version, &s.capacity, &s.taken, &s.waiting); err != nil {
			t.Fatal(err)
		}
		want[ref] = s
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return want
}

// inRedis is every key that Redis has, with what is in its hash.
func inRedis(t testing.TB, r *store.Redis) map[string]string {
	t.Helper()
	keys, err := r.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, key := range keys {
		hash, err := r.HGetAll(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		have[key] = fmt.Sprint(hash)
	}
	return have
}

// scriptsRun counts the scripts that a client is asked to run.
type scriptsRun struct{ atomic.Int64 }

func (*scriptsRun) DialHook(next redis.DialHook) redis.DialHook { return next }

func (*scriptsRun) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (n *scriptsRun) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.HasPrefix(cmd.Name(), "evalsha") {
			n.Add(1)
		}
		return next(ctx, cmd)
	}
}

// How long it takes is BenchmarkReconcileOfALostRedis' to tell; here, that one round does it and asks Redis only what it must.
func TestOneReconcileMakesALostRedisWhole(t *testing.T) {
	for name, c := range map[string]struct {
		open   func(testing.TB) *store.Redis
		events int
	}{
		"redis-server, 1,000 places": {storetest.RealRedis, manyEvents},
		"embedded, 100 places":       {storetest.EmbeddedRedis, manyEvents / 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := c.open(t)
			s := newMany(t, storetest.SQLite(t), r, c.events)
			want := map[string]string{}
			for ref, n := range inSQL(t, s.db) {
				want[ref.counts()] = fmt.Sprint(map[string]int64{"epoch": n.epoch, "version": n.version, "capacity": n.capacity, "taken": n.taken, "waiting": n.waiting})
				s.applied.Store(ref, n.version) // this process gave Redis all of it, before it was lost
			}
			if err := r.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			var scripts scriptsRun
			r.AddHook(&scripts)
			places := c.events * placesEach
			if stock, err := s.Reconcile(t.Context(), time.Now()); err != nil || len(stock) != places {
				t.Fatalf("%d places are known, %v", len(stock), err)
			}
			if have := inRedis(t, r); len(want) != places || !maps.Equal(have, want) {
				t.Errorf("Redis has %d keys, and not what the database has of its %d places", len(have), len(want))
			}
			if n := int(scripts.Load()); n != 3*places { // look, apply, look again
				t.Errorf("%d scripts are run for %d places, not 3 for each", n, places)
			}
		})
	}
}

// BenchmarkReconcileOfALostRedis is the round that makes 1,000 places whole after Redis lost everything: it has to be below a second.
func BenchmarkReconcileOfALostRedis(b *testing.B) {
	for database, open := range map[string]func(testing.TB) *store.DB{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres} {
		for name, openRedis := range map[string]func(testing.TB) *store.Redis{"embedded": storetest.EmbeddedRedis, "redis-server": storetest.RealRedis} {
			b.Run(database+", "+name, func(b *testing.B) {
				s := newMany(b, open(b), openRedis(b), manyEvents)
				for b.Loop() {
					b.StopTimer()
					if err := s.redis.FlushAll(b.Context()).Err(); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
					if stock, err := s.Reconcile(b.Context(), time.Now()); err != nil || len(stock) != manyPlaces {
						b.Fatalf("%d places are known, %v", len(stock), err)
					}
				}
			})
		}
	}
}
