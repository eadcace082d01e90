package storetest

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"masterclass/internal/store"
)

// ClockedRedis is an empty embedded Redis whose time is the clock's, so that what it keeps for minutes lapses when the test says so.
func ClockedRedis(t testing.TB, c *Clock) *store.Redis {
	t.Helper()
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	c.keep(m.SetTime)
	r := &store.Redis{Embedded: true, UniversalClient: redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: []string{"clocked"}, MaxRetries: -1, DisableIdentity: true, ReadTimeout: time.Minute, WriteTimeout: time.Minute, PoolTimeout: time.Minute,
		Dialer: func(context.Context, string, string) (net.Conn, error) { return m.Dial() },
	})}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		m.Close()
	})
	return r
}
