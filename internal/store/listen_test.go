package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestASilentSubscriptionIsAskedWhetherItIsStillThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, err := OpenRedis("")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		var begun, heard int
		ended := make(chan error, 1)
		go func() { ended <- r.Listen(ctx, "news", func() { begun++ }, func(string) { heard++ }) }()
		for range 3 {
			time.Sleep(10 * silence)
			if err := r.Publish(ctx, "news", "x").Err(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if begun != 1 || heard != 3 {
			t.Errorf("in silence it began %d times and heard %d of 3 messages", begun, heard)
		}
		stop()
		if err := <-ended; err == nil {
			t.Error("it ended without an error")
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
