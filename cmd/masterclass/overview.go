package main

import (
	"context"
	"time"

	"masterclass/events"
	"masterclass/organisers"
)

// overview tells the pages of the team which events there are.
type overview struct {
	events *events.Store
	now    func() time.Time
}

// Overview lists the events in any state that stewards can help at, and those of the ids whenever they were.
func (o overview) Overview(ctx context.Context, ids []string) ([]organisers.EventLine, error) {
	es, err := o.events.Helped(ctx, o.now(), ids)
	if err != nil {
		return nil, err
	}
	var lines []organisers.EventLine
	for _, e := range es {
		lines = append(lines, organisers.EventLine{ID: e.ID, Title: e.Title, When: e.When(), Slug: e.Slug, State: o.state(e), Draft: e.Status == events.Draft})
	}
	return lines, nil
}

// state says in words what is not as with most events.
func (o overview) state(e *events.Event) string {
	switch {
	case e.Status == events.Draft:
		return "not published yet"
	case e.Status == events.Cancelled:
		return "cancelled"
	case e.Status == events.Postponed:
		return "postponed"
	case e.Past(o.now()):
		return "over"
	case !e.Listed:
		return "unlisted"
	}
	return ""
}
