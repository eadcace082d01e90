package notify

import (
	"testing"
	"time"

	"masterclass/internal/store/storetest"
)

func TestMoreIsLeasedAtOnceOnlyWhileMessagesGoOutQuickly(t *testing.T) {
	t.Parallel()
	b := newBench(t, storetest.SQLite(t))
	s := &shift{w: b.w, ctx: t.Context(), work: t.Context(), lanes: newLanes(), lot: leastBatch, caught: make(chan catch, ahead)}
	now := time.Now()
	for _, c := range []struct {
		after   time.Duration
		handled int // since the last time
		want    int
	}{
		{0, 0, leastBatch}, {time.Millisecond, 0, leastBatch}, {time.Millisecond, 4, leastBatch}, // a server that takes a second each
		{time.Millisecond, leastBatch, 2 * leastBatch}, {time.Millisecond, 0, 2 * leastBatch}, {time.Millisecond, batch, batch}, {time.Millisecond, batch, batch},
		{2 * time.Second, batch, batch}, {10 * time.Second, batch, batch / 2},
	} {
		now = now.Add(c.after)
		s.handled += c.handled
		s.lease(now)
		<-s.caught
		if s.lot != c.want {
			t.Errorf("%v and %d messages later %d rows are leased at once, want %d", c.after, c.handled, s.lot, c.want)
		}
	}
}
