package torture

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// patience is how long a trial waits for what must come in the end: it says nothing of how fast anything is.
const patience = 60 * time.Second

const secretText = "torture-torture-torture-torture-torture"

// rig is the program, its stores and its crowd, in one trial.
type rig struct {
	scenario
	dir       string
	bin       string
	long      bool
	seed      uint64
	instances []*instance
	redis     *redis.Client // of a Redis of its own, for faults; nil where it is embedded
	sentinel  *storetest.Sentinel
	mortal    *storetest.Mortal // the server that the scenario may kill; nil for none
	database  string            // PostgreSQL's URL; "" for SQLite
	redisURL  string
	db        atomic.Pointer[store.DB] // to watch with; nil while nobody may
	event     *events.Event
	crowd     *crowd
	mail      *mailServer // nil: files
	struck    atomic.Int64
	disk      string // the mounted disk that the scenario fills; "" for none
	lost      window // when what was acknowledged may be lost: an old backup was restored
}

// window is a span of time; the zero value has none.
type window struct{ from, to time.Time }

// has says whether the moment is in the window.
func (w window) has(t time.Time) bool { return !t.Before(w.from) && !t.After(w.to) && !w.to.IsZero() }

// newRig starts the stores and the servers. Everything ends with the test.
func newRig(t *testing.T, s scenario, bin string, seed uint64, long bool) (*rig, error) {
	s.hold = cmp.Or(s.hold, 30*time.Second)
	r := &rig{scenario: s, dir: t.TempDir(), bin: bin, seed: seed, long: long}
	r.openStores(t)
	if s.fills {
		if err := r.mountDisk(t); err != nil {
			return nil, err
		}
	}
	if err := r.insertEvent(t.Context()); err != nil {
		return nil, err
	}
	if s.smtp {
		r.mail = newMailServer(t)
	}
	if err := r.startInstances(t); err != nil {
		return nil, err
	}
	c := newClient(r.instances)
	t.Cleanup(c.close)
	r.crowd = &crowd{habits: s.habits, client: c, diary: newDiary(), hold: s.hold, rewinds: s.rewinds, seed: seed}
	for _, p := range r.event.Places {
		r.crowd.places = append(r.crowd.places, p.ID)
	}
	return r, nil
}

// startInstances starts the servers. Where one is to kill itself, it is the first, and it knows from the beginning.
func (r *rig) startInstances(t *testing.T) error {
	for n := range max(1, r.scenario.instances) {
		i := newInstance(r.bin, r.settings(n))
		t.Cleanup(func() { i.end(syscall.SIGKILL) })
		r.instances = append(r.instances, i)
		var more []string
		if n == 0 && r.dies != "" {
			more = append(more, killed(r.dies, random(r.seed, "first death")))
		}
		if err := i.start(more...); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) openStores(t *testing.T) {
	switch {
	case r.kills == killsRedis:
		r.mortal = storetest.MortalRedis(t)
		r.redisURL = r.mortal.URL
	case r.kills == killsPrimary:
		r.sentinel = storetest.RedisSentinel(t)
		r.redisURL, r.redis = r.sentinel.URL(), r.sentinel.Replica() // which is what there is to look at in the end
	case r.stores.redis:
		r.redisURL = storetest.RedisURL(t)
	}
	switch {
	case r.kills == killsPostgres:
		r.mortal = storetest.MortalPostgres(t)
		r.database = r.mortal.URL
	case r.stores.postgres:
		r.database = storetest.MigratedPostgresURL(t)
	}
	if r.redisURL != "" && r.redis == nil {
		r.redis = redis.NewClient(&redis.Options{Network: "unix", Addr: strings.TrimPrefix(r.redisURL, "unix://"), MaxRetries: -1})
		t.Cleanup(func() { _ = r.redis.Close() })
	}
}

// settings are those of the instance with the number. Of several each has a folder of its own.
func (r *rig) settings(n int) settings {
	s := settings{"DATA_DIR": r.folder(n), "LISTEN": "127.0.0.1:0", "RATE_LIMIT": "0", "HOLD": r.hold.String(), "SECRET": secretText,
		"DATABASE_URL": r.database, "REDIS_URL": r.redisURL, "MAIL_FROM": "Torture <events@torture.example>"}
	if r.idle > 0 {
		s["DATABASE_URL"] += fmt.Sprintf("&idle_in_transaction_session_timeout=%d", r.idle.Milliseconds())
	}
	if r.mail != nil {
		s["SMTP_URL"] = "smtp://" + r.mail.address
	}
	return s
}

func (r *rig) folder(n int) string { return filepath.Join(r.dir, fmt.Sprint("data", n)) }

func (r *rig) options() store.Options {
	return store.Options{URL: r.database, File: filepath.Join(r.folder(0), "masterclass.db")}
}

// insertEvent makes the event that everyone comes to, before a server starts.
func (r *rig) insertEvent(ctx context.Context) (err error) {
	if err := os.MkdirAll(r.folder(0), 0o700); err != nil {
		return err
	}
	db, err := store.Open(ctx, r.options())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Migrate(ctx); err != nil {
		return err
	}
	now := time.Now()
	day := now.AddDate(0, 0, 40).Format(events.LocalDate)
	id := uuid.NewString()
	r.event = &events.Event{ID: id, Slug: slug, UID: id + "@torture.example", Title: "Torture", TimeZone: "Europe/London", Status: events.Published, Listed: true,
		StartsLocal: day + "T09:30", EndsLocal: day + "T16:00", RegistrationOpensAt: now.Add(-time.Hour).UnixMilli(),
		RegistrationClosesAt: now.AddDate(0, 0, 30).UnixMilli(), CreatedAt: now.UnixMilli(), UpdatedAt: now.UnixMilli(),
		ConfirmsWaiting: random(r.seed, "event").IntN(2) == 0}
	for n, capacity := range r.size(r.long).seats {
		r.event.Places = append(r.event.Places, events.Place{ID: uuid.NewString(), EventID: id, Name: fmt.Sprint("Place ", n+1), Position: int64(n), Capacity: capacity})
	}
	return db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return events.NewStore(db).Insert(ctx, tx, r.event) })
}

// watchOpened opens the database to look at, beside the servers.
func (r *rig) watchOpened(ctx context.Context) error {
	db, err := store.OpenToRead(ctx, r.options())
	if err != nil {
		return err
	}
	r.db.Store(db)
	return nil
}

// watchClosed keeps everybody from looking, as while the file is replaced.
func (r *rig) watchClosed() error {
	db := r.db.Swap(nil)
	if db == nil {
		return nil
	}
	return db.Close()
}

var errHidden = errors.New("the database cannot be looked at now")

// look runs a query on the database of the servers.
func (r *rig) look(ctx context.Context, query string, into any) error {
	db := r.db.Load()
	if db == nil {
		return errHidden
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return db.Read.NewRaw(query).Scan(ctx, into)
}

// offers names the registrations that are offered a seat; none while the database is away.
func (r *rig) offers(ctx context.Context) []string {
	var ids []string
	if err := r.look(ctx, "select id from registrations where status = 'offered'", &ids); err != nil {
		return nil
	}
	return ids
}

// strikes writes down that the fault has happened once more: one that never does proves nothing.
func (r *rig) strikes() { r.struck.Add(1) }

// any is one of the instances.
func (r *rig) any(rng *rand.Rand) *instance { return r.instances[rng.IntN(len(r.instances))] }

// live counts the holds of a place that keep its seats; 0 where Redis is embedded, in which case nobody leaves one behind.
func (r *rig) live(ctx context.Context, place string) (int64, error) {
	if r.redis == nil {
		return 0, nil
	}
	now, err := r.redis.Time(ctx).Result()
	if err != nil {
		return 0, err
	}
	return r.redis.ZCount(ctx, r.key("holds", place), fmt.Sprintf("(%d", now.UnixMilli()), "+inf").Result()
}

// key is one of Redis' keys of a place.
func (r *rig) key(what, place string) string { return "{" + r.event.ID + "}:" + what + ":" + place }
