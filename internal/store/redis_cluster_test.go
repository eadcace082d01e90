package store_test

import (
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// TestAReplicaThatTookOverInAClusterIsFoundInSeconds has half a minute at most, which is less than a client's own habit of asking once a minute.
func TestAReplicaThatTookOverInAClusterIsFoundInSeconds(t *testing.T) {
	t.Parallel()
	cluster := storetest.RedisCluster(t)
	const key = "{event}:key"
	node := cluster.Node(key)
	cluster.AddReplica(node)
	r, err := store.OpenRedis(cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx := t.Context()
	before, err := r.Node(ctx, key)
	if err != nil || r.Set(ctx, key, "v", 0).Err() != nil {
		t.Fatalf("before the failover the key is at %s: %v", before, err)
	}
	cluster.Kill(node)
	deadline := time.Now().Add(30 * time.Second)
	for r.Set(ctx, key, "v", 0).Err() != nil && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
	}
	if after, err := r.Node(ctx, key); err != nil || after == before || r.Set(ctx, key, "v", 0).Err() != nil {
		t.Errorf("the key is still at %s: %v", after, err)
	}
}

// TestWhatIsPublishedGoesToTheNodeOfTheChannel publishes while one of three nodes is dead: of a call to any node some would fail.
func TestWhatIsPublishedGoesToTheNodeOfTheChannel(t *testing.T) {
	t.Parallel()
	cluster := storetest.RedisCluster(t)
	r, err := store.OpenRedis(cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const channel = "news"
	alive := cluster.Node(channel)
	if err := r.Publish(t.Context(), channel, "x").Err(); err != nil {
		t.Fatal(err)
	}
	cluster.Kill((alive + 1) % cluster.Nodes())
	for range 30 {
		if err := r.Publish(t.Context(), channel, "x").Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWithoutAClusterAllKeysAreAtOnePlace(t *testing.T) {
	storetest.EachRedis(t, func(t *testing.T, r *store.Redis) {
		if node, err := r.Node(t.Context(), "{event}:key"); node != "" || err != nil {
			t.Errorf("a key is at %q, %v", node, err)
		}
	})
}
