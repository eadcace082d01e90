package seats

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// found checks with something happening between the two looks, and gives the rules that are broken; waits says whether it looked twice.
func (b bench) found(t testing.TB, between func()) (rules []string, waits bool) {
	t.Helper()
	list, err := b.Check(context.Background(), func(context.Context) error {
		waits = true
		if between != nil {
			between()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if !strings.Contains(p.Text, b.ref.PlaceID) {
			t.Errorf("%q does not name the place", p)
		}
		rules = append(rules, p.Rule)
	}
	return rules, waits
}

// wait puts somebody on the waiting list of the record, and all numbers with them.
func (b bench) wait(t testing.TB, taken, version int64, id string) {
	t.Helper()
	b.sell(t, taken, 1, version, id)
	if _, err := b.db.NewRaw("update registrations set status = 'waiting' where id = ?", id).Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (b bench) write(t testing.TB, field string, value int64) {
	t.Helper()
	if err := b.redis.HSet(context.Background(), b.ref.counts(), field, value).Err(); err != nil {
		t.Fatal(err)
	}
}

func (b bench) holdUntil(t testing.TB, id string, at time.Time) {
	t.Helper()
	if err := b.redis.ZAdd(context.Background(), b.ref.holds(), redis.Z{Score: float64(at.UnixMilli()), Member: id}).Err(); err != nil {
		t.Fatal(err)
	}
}

// troubles are what can be wrong with Redis, on a place of 10 seats with 3 taken.
var troubles = []struct {
	name  string
	want  string // the rule, "" when nothing is wrong
	make  func(t testing.TB, b bench)
	lasts bool // a repair of Redis cannot end it
}{
	{"all is well", "", func(testing.TB, bench) {}, false},
	{"it is empty", "redis", func(t testing.TB, b bench) {
		if err := b.redis.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
	}, false},
	{"it is behind", "redis", func(t testing.TB, b bench) { b.sell(t, 4, 0, 4, newID()) }, false},
	{"it is of an older epoch", "redis", func(t testing.TB, b bench) { b.write(t, "epoch", 7) }, false},
	{"it is ahead", "redis", func(t testing.TB, b bench) { b.write(t, "version", 9) }, false},
	{"it is of a newer epoch", "redis", func(t testing.TB, b bench) { b.write(t, "epoch", 1<<52) }, false},
	{"fewer are taken at the same version", "redis", func(t testing.TB, b bench) { b.write(t, "taken", 2) }, false},
	{"the capacity is larger at the same version", "redis", func(t testing.TB, b bench) { b.write(t, "capacity", 11) }, false},
	{"somebody waits at the same version", "redis", func(t testing.TB, b bench) { b.write(t, "waiting", 1) }, false},
	{"a registered hold", "hold", func(t testing.TB, b bench) {
		id := newID()
		b.sell(t, 4, 0, 4, id)
		b.apply(t)
		b.holdUntil(t, id, time.Now().Add(time.Minute))
	}, false},
	{"a registered hold that has lapsed", "", func(t testing.TB, b bench) {
		id := newID()
		b.sell(t, 4, 0, 4, id)
		b.apply(t)
		b.holdUntil(t, id, time.Now().Add(-time.Minute))
	}, false},
	{"a hold as it should be", "", func(t testing.TB, b bench) { b.hold(newID()) }, false},
	{"somebody waits beside a free seat", "idle", func(t testing.TB, b bench) { b.wait(t, 9, 4, newID()); b.apply(t) }, true},
	{"somebody waits beside a held seat", "", func(t testing.TB, b bench) {
		b.hold(newID())
		b.wait(t, 9, 4, newID())
		b.apply(t)
	}, false},
	{"somebody waits for a full place", "", func(t testing.TB, b bench) { b.wait(t, 10, 4, newID()); b.apply(t) }, false},
	{"somebody waits beside a free seat of an event that is about to begin", "", func(t testing.TB, b bench) {
		b.wait(t, 9, 4, newID())
		b.apply(t)
		if _, err := b.db.NewRaw("update events set starts_at = ?", time.Now().Add(time.Hour).UnixMilli()).Exec(context.Background()); err != nil {
			t.Fatal(err)
		}
	}, false},
}

func TestEveryTroubleOfRedisIsFoundAndMended(t *testing.T) {
	storetest.EachRedis(t, func(t *testing.T, r *store.Redis) { inTurn(t, storetest.SQLite, r) })
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		inTurn(t, storetest.Postgres, storetest.EmbeddedRedis(t))
	})
}

// inTurn makes every trouble, each with a database of its own.
func inTurn(t *testing.T, open func(testing.TB) *store.DB, r *store.Redis) {
	t.Helper()
	for _, c := range troubles {
		t.Run(c.name, func(t *testing.T) { trouble(t, newBench(t, open(t), r, 10, false), c.want, c.make, c.lasts) })
	}
}

func trouble(t *testing.T, b bench, want string, cause func(testing.TB, bench), lasts bool) {
	t.Helper()
	if _, err := b.db.NewRaw("update events set starts_at = ?", time.Now().AddDate(1, 0, 0).UnixMilli()).Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.sell(t, 3, 0, 3, newID(), newID(), newID())
	b.apply(t)
	cause(t, b)
	before := b.installation(t)
	rules, waits := b.found(t, nil)
	if strings.Join(rules, " ") != want || waits != (want != "") {
		t.Fatalf("it found %q, want %q; looked twice: %v", rules, want, waits)
	}
	if n, err := b.Repair(context.Background()); err != nil || n != 1 {
		t.Fatalf("repaired %d places: %v", n, err)
	}
	if rules, _ := b.found(t, nil); len(rules) > 0 != lasts {
		t.Errorf("after the repair it found %q", rules)
	}
	if after := b.installation(t); after != before {
		t.Errorf("the repair has changed the database from %s to %s", before, after)
	}
}

func (b bench) installation(t testing.TB) (text string) {
	t.Helper()
	var epoch, taken, version int64
	if err := b.db.NewRaw("select (select epoch from installation), taken, version from places").Scan(context.Background(), &epoch, &taken, &version); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(epoch, taken, version)
}

func TestWhatIsOnItsWayIsNoProblem(t *testing.T) {
	each(t, 10, func(t *testing.T, b bench) {
		b.sell(t, 1, 0, 1, newID())
		b.apply(t)
		for _, c := range []struct {
			name           string
			first, between func()
		}{
			{"a commit that is applied a moment later", func() { b.sell(t, 2, 0, 2, newID()) }, func() { b.apply(t) }},
			{"one commit after the other", func() { b.sell(t, 3, 0, 3, newID()) }, func() { b.apply(t); b.sell(t, 4, 0, 4, newID()) }},
		} {
			c.first()
			if rules, waits := b.found(t, c.between); len(rules) > 0 || !waits {
				t.Errorf("%s: %q; looked twice: %v", c.name, rules, waits)
			}
			b.apply(t)
		}
		b.write(t, "taken", 9)
		if rules, _ := b.found(t, func() { b.sell(t, 5, 0, 5, newID()); b.apply(t) }); len(rules) > 0 {
			t.Errorf("numbers that were put right meanwhile: %q", rules)
		}
	})
}

func TestACheckWithoutRedisSaysSo(t *testing.T) {
	t.Parallel()
	r, err := store.OpenRedis("unix:///nowhere/redis.sock")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := newBench(t, storetest.SQLite(t), r, 10, false)
	if _, err := b.Check(context.Background(), func(context.Context) error { return nil }); err == nil {
		t.Error("a Redis that is away is in order")
	}
	if _, err := b.Repair(context.Background()); err == nil {
		t.Error("a Redis that is away was mended")
	}
}
