package main

import (
	"context"
	"time"

	"masterclass/events"
	"masterclass/organisers"
)

// overview tells the organisers' first page how full the events are.
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
		l := organisers.EventLine{ID: e.ID, Title: e.Title, When: e.When(), Slug: e.Slug}
		for _, p := range e.Places {
			l.Places = append(l.Places, organisers.PlaceLine{Name: p.Name, Taken: p.Taken, Capacity: p.Capacity, Waiting: p.Waiting})
		}
		lines = append(lines, l)
	}
	return lines, nil
}
