package events

import (
	"context"
	"time"
)

// mostAhead bounds what is listed of the future: more than an installation plans.
const mostAhead = 100

// Ahead are the events in any state that are not over, the soonest first and those that wait for a new date last, with their places: a hundred
// at most.
func (s *Store) Ahead(ctx context.Context, now time.Time) ([]*Event, error) {
	return s.list(ctx, s.db.Read.NewSelect().Where("ends_at > ? or status = 'postponed'", now.UnixMilli()).
		OrderExpr("status = 'postponed', starts_at, id").Limit(mostAhead))
}

// Held are so many of the events that took place, the latest first, with their places.
func (s *Store) Held(ctx context.Context, now time.Time, most int64) ([]*Event, error) {
	return s.list(ctx, s.db.Read.NewSelect().Where("status = 'published' and ends_at <= ?", now.UnixMilli()).Order("starts_at desc", "id").Limit(most))
}
