package registrations

import (
	"context"
	"sync/atomic"
	"testing"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/registrations/seats"
)

// Both kinds of each store, side by side in one run: compare them with one another, not with another day.
var (
	benchRedis     = map[string]func(testing.TB) *store.Redis{"embedded": storetest.EmbeddedRedis, "redis-server": storetest.RealRedis}
	benchDatabases = map[string]func(testing.TB) *store.DB{"SQLite": storetest.SQLite, "PostgreSQL": storetest.Postgres}
)

// BenchmarkHold is one seat held by script and given up again, so two calls, from many clients at once. bare is a PING over the same
// client: the price of one round trip.
func BenchmarkHold(b *testing.B) {
	for name, open := range benchRedis {
		r := open(b)
		d := newDesk(b, storetest.SQLite(b), r, 1<<40)
		ref := seats.Ref{EventID: d.event.ID, PlaceID: d.event.Places[0].ID}
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					id := newID()
					if h := d.seats.HoldForCommit(ref, id, true); h.Outcome != seats.Held {
						b.Errorf("the outcome is %v", h.Outcome)
						return
					}
					if err := d.seats.Release(context.Background(), ref, id); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
		b.Run(name+" bare", func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := r.Ping(context.Background()).Err(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkRefusal is a place found full by script: what most people meet in an opening rush.
func BenchmarkRefusal(b *testing.B) {
	for name, open := range benchRedis {
		d := newDesk(b, storetest.SQLite(b), open(b), 0)
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := d.Register(context.Background(), d.ask(1)); err == nil {
						b.Error("a place without seats was given")
						return
					}
				}
			})
		})
	}
}

// BenchmarkRegister is one registration from hold to acknowledgement: the row, the audit trail and the message committed to the disk, and
// Redis in step. PostgreSQL runs as the tests' own server, which does not wait for the disk.
func BenchmarkRegister(b *testing.B) {
	for name, open := range benchDatabases {
		d := newDesk(b, open(b), storetest.EmbeddedRedis(b), 1<<40)
		var n atomic.Int64
		b.Run(name, func(b *testing.B) {
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := d.Register(context.Background(), d.ask(int(n.Add(1)))); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
		b.Run(name+" bare", func(b *testing.B) { bare(b, d, &n) })
	}
}

// bare commits the same registration row alone, one a transaction, with the same prepared statement: the yardstick.
func bare(b *testing.B, d *desk, n *atomic.Int64) {
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			a := d.ask(int(n.Add(1)))
			tx, err := d.db.BeginTx(context.Background(), nil)
			if err == nil {
				err = d.store.add(context.Background(), tx.Tx, &Registration{ID: a.Claim.ID, EventID: d.event.ID, PlaceID: a.Place.ID, Status: Confirmed, Person: a.Person})
			}
			if err == nil {
				err = tx.Commit()
			}
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}
