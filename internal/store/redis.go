package store

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// redisTimeout bounds every call: a Redis that is slower than this is as good as gone, and SQL decides alone.
const redisTimeout = 500 * time.Millisecond

const embeddedTimeout = 30 * time.Second

// Redis is a client and what it takes to end it.
type Redis struct {
	redis.UniversalClient
	Embedded bool

	mini  *miniredis.Miniredis
	ended chan struct{}
}

// OpenRedis opens the server, Sentinel or Cluster at the URL, or an embedded Redis when the URL is empty. It does
// not wait for the server: Redis may be away at any time, the start included.
func OpenRedis(raw string) (*Redis, error) {
	quietOnce.Do(func() { redis.SetLogger(quiet{}) })
	if raw == "" {
		return embeddedRedis()
	}
	o, err := redisOptions(raw)
	if err != nil {
		return nil, err
	}
	if o.IsClusterMode {
		return &Redis{UniversalClient: redis.NewClusterClient(clusterOptions(o))}, nil
	}
	return &Redis{UniversalClient: redis.NewUniversalClient(o)}, nil
}

// clusterLook is how often a client in use asks a Cluster, beside its calls, which node serves what: nobody tells it that a replica has
// taken over for a node that died.
const clusterLook = 2 * time.Second

// clusterOptions has one redirect, since a Cluster's client counts as redirects what it retries: a node that stalls is asked twice at most.
func clusterOptions(o *redis.UniversalOptions) *redis.ClusterOptions {
	c := o.Cluster()
	c.MaxRedirects = 1
	c.ClusterStateReloadInterval = clusterLook
	return c
}

// Node is the address of the Cluster's node that serves a key: one may be away while the others answer. Without a Cluster it is "".
func (r *Redis) Node(ctx context.Context, key string) (string, error) {
	c, ok := r.UniversalClient.(*redis.ClusterClient)
	if !ok {
		return "", nil
	}
	node, err := c.MasterForKey(ctx, key)
	if err != nil {
		return "", fmt.Errorf("ask the Redis Cluster for its nodes: %w", err)
	}
	return node.Options().Addr, nil
}

// Publish tells those who listen to a channel. In a Cluster the node of the channel's name is told: the client would take any, a dead one
// too, and the caller could not know whom to blame.
func (r *Redis) Publish(ctx context.Context, channel string, payload any) *redis.IntCmd {
	c, ok := r.UniversalClient.(*redis.ClusterClient)
	if !ok {
		return r.UniversalClient.Publish(ctx, channel, payload)
	}
	node, err := c.MasterForKey(ctx, channel)
	if err != nil {
		cmd := redis.NewIntCmd(ctx)
		cmd.SetErr(fmt.Errorf("ask the Redis Cluster for its nodes: %w", err))
		return cmd
	}
	return node.Publish(ctx, channel, payload)
}

// quiet keeps the client's own log lines away: every call's error comes to its caller, who logs it with what was being done.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

var quietOnce sync.Once

// embeddedRedis serves from memory, through connections in memory: no port is opened.
func embeddedRedis() (*Redis, error) {
	m := miniredis.NewMiniRedis()
	o := base()
	o.Addrs = []string{"embedded"} // which is nobody's name: the client would look it up, to know what to call a server that moves
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.Dialer = func(context.Context, string, string) (net.Conn, error) { return m.Dial() }
	// It is as quick as this process: under a burst it is waited for, since it cannot be away.
	o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = embeddedTimeout, embeddedTimeout, embeddedTimeout
	r := &Redis{UniversalClient: redis.NewUniversalClient(o), Embedded: true, mini: m, ended: make(chan struct{})}
	go r.age()
	return r, nil
}

// ageEvery is how late an embedded Redis may forget a key. What lapses to the millisecond has its time in its value.
const ageEvery = time.Second

// age lets the embedded Redis forget what is past its time to live, which stands still by itself. Its own way to let it go by the clock
// (ClockTTL) sorts all keys at each command.
func (r *Redis) age() {
	tick := time.NewTicker(ageEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-r.ended:
			return
		case now := <-tick.C:
			r.mini.FastForward(now.Sub(last))
			last = now
		}
	}
}

// base turns retries off, since a retry can run a script twice, and makes deadlines of contexts count.
func base() *redis.UniversalOptions {
	return &redis.UniversalOptions{
		MaxRetries: -1, ContextTimeoutEnabled: true, DisableIdentity: true,
		DialerRetries: 1, DialTimeout: redisTimeout, ReadTimeout: redisTimeout, WriteTimeout: redisTimeout,
	}
}

// Close ends the client and the embedded server.
func (r *Redis) Close() error {
	err := r.UniversalClient.Close()
	if r.mini != nil {
		close(r.ended)
		r.mini.Close()
	}
	if err != nil {
		return fmt.Errorf("close Redis: %w", err)
	}
	return nil
}
