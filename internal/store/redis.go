package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// redisTimeout bounds every call: a Redis that is slower than this is as good as gone, and SQL decides alone.
const redisTimeout = 500 * time.Millisecond

const embeddedTimeout = 30 * time.Second

// Redis is a client and what it takes to end it.
type Redis struct {
	redis.UniversalClient
	Embedded bool

	mini *miniredis.Miniredis
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
	return &Redis{UniversalClient: redis.NewUniversalClient(o)}, nil
}

// quiet keeps the client's own log lines away: every call's error comes to its caller, who logs it with what was being done.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

var quietOnce sync.Once

// embeddedRedis serves from memory, through connections in memory: no port is opened.
func embeddedRedis() (*Redis, error) {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true) // else time to live stands still
	o := base()
	o.Addrs = []string{"embedded"}
	o.Dialer = func(context.Context, string, string) (net.Conn, error) { return m.Dial() }
	// It is as quick as this process: under a burst it is waited for, since it cannot be away.
	o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = embeddedTimeout, embeddedTimeout, embeddedTimeout
	return &Redis{UniversalClient: redis.NewUniversalClient(o), Embedded: true, mini: m}, nil
}

// base turns retries off, since a retry can run a script twice, and makes deadlines of contexts count.
func base() *redis.UniversalOptions {
	return &redis.UniversalOptions{
		MaxRetries: -1, ContextTimeoutEnabled: true, DisableIdentity: true,
		DialerRetries: 1, DialTimeout: redisTimeout, ReadTimeout: redisTimeout, WriteTimeout: redisTimeout,
	}
}

// redisOptions reads redis://, rediss:// and unix:// URLs, with several hosts for ?cluster=true or ?master=NAME.
func redisOptions(raw string) (*redis.UniversalOptions, error) {
	bad := errors.New("the Redis URL cannot be read; it looks like redis://host:6379/0")
	first, hosts, err := splitHosts(raw)
	if err != nil {
		return nil, bad
	}
	q := first.Query()
	cluster, master := q.Get("cluster") == "true", q.Get("master")
	q.Del("cluster")
	q.Del("master")
	first.RawQuery = q.Encode()
	single, err := redis.ParseURL(first.String())
	if err != nil {
		return nil, bad
	}
	if len(hosts) > 1 && !cluster && master == "" {
		return nil, errors.New("the Redis URL names several hosts: add ?cluster=true for a Cluster or ?master=NAME for Sentinel")
	}
	o := base()
	o.Addrs, o.MasterName, o.IsClusterMode = hosts, master, cluster
	o.DB, o.Username, o.Password, o.TLSConfig = single.DB, single.Username, single.Password, single.TLSConfig
	if single.Network == "unix" {
		o.Addrs = []string{single.Addr}
		o.Dialer = func(ctx context.Context, _, addr string) (net.Conn, error) {
			return (&net.Dialer{Timeout: redisTimeout}).DialContext(ctx, "unix", addr)
		}
	}
	return o, nil
}

// splitHosts reads the hosts before the first comma as the URL and gives all of them.
func splitHosts(raw string) (*url.URL, []string, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return nil, nil, errors.New("no scheme")
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	login, hostList, found := strings.Cut(rest[:end], "@")
	if !found {
		login, hostList = "", rest[:end]
	} else {
		login += "@"
	}
	hosts := strings.Split(hostList, ",")
	u, err := url.Parse(scheme + "://" + login + hosts[0] + rest[end:])
	for i, h := range hosts {
		if _, _, err := net.SplitHostPort(h); err != nil {
			hosts[i] = net.JoinHostPort(strings.Trim(h, "[]"), "6379")
		}
	}
	return u, hosts, err
}

// Close ends the client and the embedded server.
func (r *Redis) Close() error {
	err := r.UniversalClient.Close()
	if r.mini != nil {
		r.mini.Close()
	}
	if err != nil {
		return fmt.Errorf("close Redis: %w", err)
	}
	return nil
}
