package notify

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

const (
	awayPeople = 20
	awayHour   = 60 // minutes in which the server is away, while messages go on being queued
)

// For an hour the mail server is away, and messages go on being queued; then it is
// there again. Everybody gets each of their messages once, in order.
func TestAServerAwayForAnHourLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		random := rand.New(rand.NewPCG(1, 2))
		b.w.random = rand.Float64
		queued := map[string][]string{} // by mailbox, the ids in order
		b.server.answer = func(string) error { return errors.New("connection refused") }
		for minute := range awayHour {
			for range 3 {
				mailbox := fmt.Sprintf("person%d@example%d.org", random.IntN(awayPeople), minute%4)
				queued[mailbox] = append(queued[mailbox], b.enqueue(to(mailbox)))
			}
			b.once()
			b.clock.Add(time.Minute)
		}
		away := b.server.attempts()
		b.server.answer = nil
		for range 48 * 60 { // a message waits for four hours at most from one attempt to the next
			b.drain()
			if len(b.server.attempts())-len(away) >= 3*awayHour {
				break
			}
			b.clock.Add(10 * time.Minute)
		}
		b.clock.Add(48 * time.Hour)
		b.drain()
		checkAway(b, queued, b.server.attempts()[len(away):])
		checkSameBytes(t, b.server.attempts())
	})
}

// checkAway wants each message to have gone out once, in order, since the server came back.
func checkAway(b *bench, queued map[string][]string, since []delivered) {
	b.Helper()
	got, ids := map[string][]string{}, map[string]bool{}
	for _, d := range since {
		got[d.to] = append(got[d.to], d.id)
		ids[string(messageID(b.T, d.raw))] = true
	}
	if !maps.EqualFunc(got, queued, slices.Equal) {
		b.Errorf("went out\n%v\nwant\n%v", got, queued)
	}
	if len(ids) != 3*awayHour {
		b.Errorf("%d Message-IDs, want %d", len(ids), 3*awayHour)
	}
	var unsent int
	if b.scan(&unsent, "select count(*) from outbox where state <> 'sent'"); unsent > 0 || b.rows() != 3*awayHour {
		b.Errorf("%d of %d are not sent", unsent, b.rows())
	}
}

// checkSameBytes wants every attempt of a message to have sent the same.
func checkSameBytes(t *testing.T, attempts []delivered) {
	t.Helper()
	first := map[string][]byte{}
	for _, d := range attempts {
		if before, ok := first[d.id]; ok && !bytes.Equal(before, d.raw) {
			t.Errorf("%s changed between attempts", d.id)
		}
		first[d.id] = d.raw
	}
}

func messageID(t *testing.T, raw []byte) []byte {
	t.Helper()
	_, rest, found := bytes.Cut(raw, []byte("\r\nMessage-ID: "))
	id, _, ended := bytes.Cut(rest, []byte("\r\n"))
	if !found || !ended {
		t.Fatalf("there is no Message-ID in\n%s", raw)
	}
	return id
}
