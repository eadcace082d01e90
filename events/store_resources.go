package events

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Resource is something to go back to once the event is over, or to read before it, such as slides.
type Resource struct {
	bun.BaseModel `bun:"table:event_resources,alias:resource"`

	ID       string `bun:",pk"`
	EventID  string
	Kind     string // of ResourceKinds
	Title    string
	URL      string `bun:"url"` // an http(s) address, or a path of this site such as an uploaded file
	Position int64
}

// Resources are those of an event, in their order.
func (s *Store) Resources(ctx context.Context, eventID string) ([]Resource, error) {
	var list []Resource
	if err := s.db.Read.NewSelect().Model(&list).Where("event_id = ?", eventID).Order("position", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the resources of event %s: %w", eventID, err)
	}
	return list, nil
}

// insertResources stores those of a new event.
func insertResources(ctx context.Context, tx bun.Tx, e *Event) error {
	if len(e.Resources) == 0 {
		return nil
	}
	for _, r := range e.Resources {
		if err := r.Check(); err != nil {
			return err
		}
	}
	if _, err := tx.NewInsert().Model(&e.Resources).Exec(ctx); err != nil {
		return fmt.Errorf("insert the resources of event %s: %w", e.Slug, err)
	}
	return nil
}
