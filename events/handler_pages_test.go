package events_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/store/storetest"
)

// counted are seats that count how often they are asked.
type counted struct {
	left
	asked atomic.Int64
}

func (c *counted) Available(ctx context.Context, places []events.Place) (map[string]events.Availability, error) {
	c.asked.Add(1)
	return c.left.Available(ctx, places)
}

func TestAPageIsKeptUntilWhatItShowsChanges(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	e := meeting("masterclass")
	mustInsert(t, db, e)
	seats := &counted{left: left{e.Places[0].ID: {Left: 7}}}
	var clock atomic.Int64 // further than now
	s := newSite(t, db, seats, func() time.Time { return now.Add(time.Duration(clock.Load())) })
	s.follow()
	const page = "/events/masterclass"
	tag := s.shows(page, 200, "7 places left").Header.Get("ETag")
	for range 5 {
		if a := s.get(page, "If-None-Match", tag); a.StatusCode != 304 || a.text != "" {
			t.Errorf("who has it already is answered %d", a.StatusCode)
		}
		s.get(page, "Accept-Encoding", "gzip")
		s.get(page + "?utm_source=mail")
		s.ask("HEAD", page)
	}
	// All of that takes less than a second, unless the machine stood still.
	if n := seats.asked.Load(); n > 3 {
		t.Errorf("the seats were asked %d times", n)
	}
	seats.left = left{e.Places[0].ID: {Left: 6}}
	s.handler.Changed(e.ID)
	s.shows(page, 200, "6 places left")
	seats.left = left{e.Places[0].ID: {Left: 5}} // a hold that lapsed without a word
	clock.Add(int64(time.Second))
	if a := s.shows(page, 200, "5 places left"); a.Header.Get("ETag") == tag {
		t.Error("another page has the same tag")
	}
	clock.Store(int64(21 * 24 * time.Hour))
	s.shows(page, 200, "Registration has closed.")
}

func TestAPageThatFailsIsNotKept(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	mustInsert(t, db, meeting("masterclass"))
	s := newSite(t, db, broken{}, at(now))
	s.follow()
	for range 2 {
		if a := s.shows("/events/masterclass", 500); a.Header.Get("ETag") != "" || strings.Contains(a.text, "places left") {
			t.Errorf("the failure is %v", a.Header)
		}
		s.shows("/events/nothing", 404)
	}
}
