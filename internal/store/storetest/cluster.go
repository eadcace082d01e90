package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// The slots of a Redis Cluster, and how many nodes share them here.
const (
	slots        = 16384
	clusterNodes = 3
)

// Cluster is a real Redis Cluster of three primaries, which goes on with the others when one is killed.
type Cluster struct {
	t     testing.TB
	nodes []*redisNode
}

// RedisCluster starts a Redis Cluster for this test alone.
func RedisCluster(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	for range clusterNodes {
		c.nodes = append(c.nodes, startClusterNode(t))
	}
	ctx := context.Background()
	for i, n := range c.nodes {
		first, next := i*slots/clusterNodes, (i+1)*slots/clusterNodes
		if err := n.client.ClusterAddSlotsRange(ctx, first, next-1).Err(); err != nil {
			t.Fatal(err)
		}
		for _, other := range c.nodes[:i] {
			if err := n.client.ClusterMeet(ctx, "127.0.0.1", fmt.Sprint(other.port)).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.whole()
	return c
}

func startClusterNode(t testing.TB) *redisNode {
	t.Helper()
	dir := tempDir(t)
	return startNode(t, true, func(port int) []string {
		return serving(dir, port, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000",
			"--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0")
	})
}

// AddReplica gives a node a replica, which takes over when the node is killed.
func (c *Cluster) AddReplica(node int) {
	c.t.Helper()
	ctx := context.Background()
	primary, replica := c.nodes[node], startClusterNode(c.t)
	id, err := primary.client.ClusterMyID(ctx).Result()
	if err == nil {
		err = replica.client.ClusterMeet(ctx, "127.0.0.1", fmt.Sprint(primary.port)).Err()
	}
	if err == nil {
		err = awaitFor(formTime, func() error { return replica.client.ClusterReplicate(ctx, id).Err() })
	}
	if err == nil {
		err = awaitFor(formTime, replica.linked("up"))
	}
	for _, n := range c.nodes { // those who will vote for it
		if err == nil {
			err = awaitFor(formTime, func() error { return n.replicas(id) })
		}
	}
	if err != nil {
		c.t.Fatalf("add a replica to the Redis Cluster: %v", err)
	}
}

// replicas is nil once the node knows a replica of the node with the id.
func (n *redisNode) replicas(id string) error {
	list, err := n.client.Do(context.Background(), "cluster", "replicas", id).Slice()
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("node %d knows no replica", n.port)
	}
	return err
}

// whole waits until every node knows that every slot is served.
func (c *Cluster) whole() {
	c.t.Helper()
	for _, n := range c.nodes {
		if err := awaitFor(formTime, n.clustered); err != nil {
			c.t.Fatalf("the Redis Cluster did not form: %v", err)
		}
	}
}

// clustered is nil once the node sees the whole Cluster.
func (n *redisNode) clustered() error {
	info, err := n.client.ClusterInfo(context.Background()).Result()
	if err != nil {
		return err
	}
	for _, want := range []string{"cluster_state:ok", fmt.Sprintf("cluster_slots_ok:%d", slots), fmt.Sprintf("cluster_known_nodes:%d", clusterNodes)} {
		if !strings.Contains(info, want) {
			return fmt.Errorf("node %d does not say %s", n.port, want)
		}
	}
	return nil
}

// URL is the Cluster's, as the program's setting has it.
func (c *Cluster) URL() string { return "redis://" + list(c.nodes) + "?cluster=true" }

func list(nodes []*redisNode) string {
	var addrs []string
	for _, n := range nodes {
		addrs = append(addrs, n.addr())
	}
	return strings.Join(addrs, ",")
}

// Nodes is how many there are.
func (c *Cluster) Nodes() int { return len(c.nodes) }

// Node is the number of the node that serves a key.
func (c *Cluster) Node(key string) int {
	c.t.Helper()
	for _, n := range c.nodes {
		if slot, err := n.client.ClusterKeySlot(context.Background(), key).Result(); err == nil {
			return int(slot * clusterNodes / slots)
		}
	}
	c.t.Fatal("no node of the Redis Cluster answers")
	return 0
}

// Keys are those that a node has.
func (c *Cluster) Keys(node int) []string {
	c.t.Helper()
	keys, err := c.nodes[node].client.Keys(context.Background(), "*").Result()
	if err != nil {
		c.t.Fatal(err)
	}
	return keys
}

// Members are those of a sorted set.
func (c *Cluster) Members(key string) []string {
	c.t.Helper()
	members, err := c.nodes[c.Node(key)].client.ZRange(context.Background(), key, 0, -1).Result()
	if err != nil {
		c.t.Fatal(err)
	}
	return members
}

// Kill ends a node at once, with all that it had.
func (c *Cluster) Kill(node int) { c.nodes[node].kill() }

// Restart starts a node that was killed again, empty, and waits until the Cluster is whole.
func (c *Cluster) Restart(node int) {
	c.t.Helper()
	if err := c.nodes[node].start(); err != nil {
		c.t.Fatalf("restart a node of the Redis Cluster: %v", err)
	}
	c.whole()
}
