package storetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Sentinel is a Redis primary, its replica, and three Sentinels that make the replica the primary when the primary is lost.
type Sentinel struct {
	t                testing.TB
	primary, replica *redisNode
	sentinels        []*redisNode
}

const (
	primaryName      = "mymaster"
	sentinelPassword = "open-sesame" // of the Sentinels alone
	// sentinelDown is how long the primary must be silent: longer than a busy machine makes it.
	sentinelDown = 2 * time.Second
)

// RedisSentinel starts a primary, a replica and three Sentinels for this test alone.
func RedisSentinel(t testing.TB) *Sentinel {
	t.Helper()
	s := &Sentinel{t: t}
	dir := tempDir(t)
	s.primary = startNode(t, false, func(port int) []string { return serving(dir, port, "--repl-diskless-sync-delay", "0") })
	s.replica = startNode(t, false, func(port int) []string {
		return serving(dir, port, "--dbfilename", "replica.rdb", "--replicaof", fmt.Sprintf("127.0.0.1 %d", s.primary.port))
	})
	if err := awaitFor(formTime, s.replica.linked("up")); err != nil {
		t.Fatalf("the replica did not follow: %v", err)
	}
	for range 3 {
		s.sentinels = append(s.sentinels, s.sentinel())
	}
	for _, n := range s.sentinels {
		if err := awaitFor(formTime, n.watching); err != nil {
			t.Fatalf("the Sentinels did not find one another: %v", err)
		}
	}
	return s
}

// sentinel starts one; it writes what it learns into its configuration file.
func (s *Sentinel) sentinel() *redisNode {
	s.t.Helper()
	dir := tempDir(s.t)
	return startNode(s.t, false, func(port int) []string {
		return []string{writeConfig(s.t, dir, fmt.Sprintf("bind 127.0.0.1\nport %d\ndir %s\nsentinel monitor %[3]s 127.0.0.1 %d 2\n"+
			"requirepass %[6]s\nsentinel sentinel-pass %[6]s\nsentinel down-after-milliseconds %[3]s %[5]d\nsentinel failover-timeout %[3]s 10000\n",
			port, dir, primaryName, s.primary.port, sentinelDown.Milliseconds(), sentinelPassword)), "--sentinel"}
	})
}

// linked is nil once a replica's link to its primary is "up" or "down".
func (n *redisNode) linked(state string) func() error {
	return func() error {
		info, err := n.client.Info(context.Background(), "replication").Result()
		if err == nil && !strings.Contains(info, "master_link_status:"+state) {
			err = fmt.Errorf("the link of %d is not %s", n.port, state)
		}
		return err
	}
}

// watching is nil once a Sentinel knows the replica and the other Sentinels.
func (n *redisNode) watching() error {
	c := redis.NewSentinelClient(&redis.Options{Addr: n.addr(), Password: sentinelPassword})
	defer c.Close()
	state, err := c.Master(context.Background(), primaryName).Result()
	if err == nil && (state["num-slaves"] != "1" || state["num-other-sentinels"] != "2") {
		err = fmt.Errorf("the Sentinel %d knows %s replicas and %s others", n.port, state["num-slaves"], state["num-other-sentinels"])
	}
	return err
}

// URL is the Sentinels', as the program's setting has it.
func (s *Sentinel) URL() string {
	return "redis://" + list(s.sentinels) + "/0?master=" + primaryName + "&sentinel_password=" + sentinelPassword
}

// Part cuts the replica off, so that it loses whatever is written from now on. It would ask again for what it has missed, but with a
// password, which the primary refuses.
func (s *Sentinel) Part() {
	s.t.Helper()
	if err := s.Cut(); err != nil {
		s.t.Fatal(err)
	}
}

// Cut is Part for another goroutine than the test's.
func (s *Sentinel) Cut() error {
	ctx := context.Background()
	err := s.replica.client.ConfigSet(ctx, "masterauth", "refused").Err()
	if err == nil {
		err = s.primary.client.ClientKillByFilter(ctx, "TYPE", "replica").Err()
	}
	if err == nil {
		err = awaitFor(formTime, s.replica.linked("down"))
	}
	if err != nil {
		return fmt.Errorf("cut the replica off: %w", err)
	}
	return nil
}

// Replica asks the replica, which is the primary once it is promoted.
func (s *Sentinel) Replica() *redis.Client { return s.replica.client }

// Kill ends the primary at once, and one of the Sentinels with it, as when a machine is lost.
func (s *Sentinel) Kill() {
	s.primary.kill()
	s.sentinels[0].kill()
}

// Promoted says whether the replica is the primary now.
func (s *Sentinel) Promoted() bool {
	role, err := s.replica.client.Do(context.Background(), "role").Slice()
	return err == nil && len(role) > 0 && role[0] == "master"
}

// Keys are those that the former replica has.
func (s *Sentinel) Keys() []string {
	s.t.Helper()
	keys, err := s.replica.client.Keys(context.Background(), "*").Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return keys
}

// Members are those of a sorted set that the former replica has.
func (s *Sentinel) Members(key string) []string {
	s.t.Helper()
	members, err := s.replica.client.ZRange(context.Background(), key, 0, -1).Result()
	if err != nil {
		s.t.Fatal(err)
	}
	return members
}

func writeConfig(t testing.TB, dir, text string) string {
	t.Helper()
	file := filepath.Join(dir, "sentinel.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
