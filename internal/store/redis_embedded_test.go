package store_test

import (
	"testing"
	"time"

	"masterclass/internal/store/storetest"
)

func TestTheEmbeddedRedisForgetsWhatIsPastItsTime(t *testing.T) {
	t.Parallel()
	r := storetest.EmbeddedRedis(t)
	for key, ttl := range map[string]time.Duration{"soon": 50 * time.Millisecond, "later": time.Hour} {
		if err := r.Set(t.Context(), key, "1", ttl).Err(); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for r.Exists(t.Context(), "soon").Val() != 0 {
		if time.Now().After(deadline) {
			t.Fatal("a key lives on past its time")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if r.Exists(t.Context(), "later").Val() != 1 {
		t.Error("a key is forgotten before its time")
	}
}
