package store

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// What a Redis URL can be refused for. None repeats the URL, which can hold a password.
var (
	errRedisURL     = errors.New("the Redis URL cannot be read; it looks like redis://host:6379/0")
	errRedisHosts   = errors.New("the Redis URL names several hosts: add ?cluster=true for a Cluster or ?master=NAME for Sentinel")
	errRedisHost    = errors.New("a host in the Redis URL cannot be read; several look like redis://host1:6379,host2:6379?cluster=true")
	errRedisCluster = errors.New("the Redis URL says ?cluster= without saying what; ?cluster=true is for a Cluster")
	errRedisMaster  = errors.New("the Redis URL says ?master= without a name; it is what Sentinel calls the primary, as in ?master=mymaster")
	errRedisBoth    = errors.New("the Redis URL asks for a Cluster and for Sentinel; keep ?cluster=true or ?master=NAME")
	errRedisSocket  = errors.New("the Redis URL names a socket; a Cluster or Sentinel is reached by redis:// or rediss://")
	errRedisNumber  = errors.New("the Redis URL names a numbered database, which a Cluster does not have; it looks like redis://host1:6379,host2:6379?cluster=true")
)

// The words for the Sentinels' own login, as go-redis has them.
const (
	sentinelUser     = "sentinel_username"
	sentinelPassword = "sentinel_password"
)

// topology is what a Redis URL says beside the hosts and the login.
type topology struct {
	cluster        bool
	master         string // what Sentinel calls the primary; empty without Sentinel
	user, password string // of the Sentinels; the URL's login is the servers'
}

// many says whether there are several servers to know.
func (t topology) many() bool { return t.cluster || t.master != "" }

// redisOptions reads redis://, rediss:// and unix:// URLs, with several hosts for ?cluster=true or ?master=NAME.
func redisOptions(raw string) (*redis.UniversalOptions, error) {
	first, hosts, err := splitHosts(raw)
	if err != nil {
		return nil, err
	}
	t, err := readTopology(first)
	if err != nil {
		return nil, err
	}
	single, err := redis.ParseURL(first.String())
	if err != nil {
		return nil, errRedisURL
	}
	switch {
	case len(hosts) > 1 && !t.many():
		return nil, errRedisHosts
	case single.Network == "unix" && t.many():
		return nil, errRedisSocket
	case t.cluster && single.DB != 0:
		return nil, errRedisNumber
	}
	o := base()
	o.Addrs, o.MasterName, o.IsClusterMode = hosts, t.master, t.cluster
	o.SentinelUsername, o.SentinelPassword = t.user, t.password
	o.DB, o.Username, o.Password, o.TLSConfig = single.DB, single.Username, single.Password, single.TLSConfig
	if o.TLSConfig != nil && t.many() {
		o.TLSConfig.ServerName = "" // each server proves its own name, not that of the first host
	}
	if single.Network == "unix" {
		o.Addrs = []string{single.Addr}
		o.Dialer = func(ctx context.Context, _, addr string) (net.Conn, error) {
			return (&net.Dialer{Timeout: redisTimeout}).DialContext(ctx, "unix", addr)
		}
	}
	return o, nil
}

// readTopology takes our own words out of the URL's query; what is left is the client's to read.
func readTopology(u *url.URL) (topology, error) {
	q := u.Query()
	t := topology{cluster: q.Get("cluster") == "true", master: q.Get("master"), user: q.Get(sentinelUser), password: q.Get(sentinelPassword)}
	switch {
	case q.Has("cluster") && !t.cluster && q.Get("cluster") != "false":
		return t, errRedisCluster
	case q.Has("master") && t.master == "":
		return t, errRedisMaster
	case t.cluster && t.master != "":
		return t, errRedisBoth
	}
	for _, word := range []string{"cluster", "master", sentinelUser, sentinelPassword} {
		q.Del(word)
	}
	u.RawQuery = q.Encode()
	return t, nil
}

// splitHosts reads the hosts before the first comma as the URL and gives all of them, with their ports.
func splitHosts(raw string) (*url.URL, []string, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return nil, nil, errRedisURL
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
	if err != nil {
		return nil, nil, errRedisURL
	}
	for i, h := range hosts {
		if (h == "" && len(hosts) > 1) || strings.ContainsAny(h, " \t") {
			return nil, nil, errRedisHost
		}
		if hosts[i], err = withPort(h); err != nil {
			return nil, nil, err
		}
	}
	return u, hosts, nil
}

// withPort gives a host Redis' own port where it names none.
func withPort(host string) (string, error) {
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return net.JoinHostPort(strings.Trim(host, "[]"), "6379"), nil
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", errRedisHost
	}
	return host, nil
}
