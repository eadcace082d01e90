package main

import (
	"context"
	"time"

	"masterclass/events"
	"masterclass/organisers"
)

// overview tells a steward's first page which events there are.
type overview struct {
	events *events.Store
	now    func() time.Time
}

// Overview lists the upcoming events.
func (o overview) Overview(ctx context.Context) ([]organisers.EventLine, error) {
	es, err := o.events.Upcoming(ctx, o.now())
	if err != nil {
		return nil, err
	}
	var lines []organisers.EventLine
	for _, e := range es {
		lines = append(lines, organisers.EventLine{ID: e.ID, Title: e.Title, When: e.When(), Slug: e.Slug})
	}
	return lines, nil
}
