package events

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// Resource is something to go back to once the event is over, or to read before it, such as slides.
type Resource struct {
	bun.BaseModel `bun:"table:event_resources,alias:resource"`

	ID        string `bun:",pk"`
	EventID   string
	SessionID string `bun:",nullzero"` // the session that it is from, or ""
	Kind      string // of resourceKinds
	Title     string
	URL       string `bun:"url"` // an http(s) address, or a path of this site such as an uploaded file
	File      string // what sort of file was uploaded, in words such as "PDF, 1.2 MB"; "" for a link
	Position  int64
}

// What an organiser can be told who changes resources.
var (
	ErrNoResource    = fault.New(fault.NotFound, "We could not find that resource. It may have been removed.")
	ErrManyResources = fault.Coded(fault.Conflict, "many_resources", "An event has 100 resources at most. Remove one that nobody needs any more first.")
)

const maxResources = 100

// Files is the room where uploads are kept, which is not ours.
type Files interface {
	// Read takes what was uploaded under a name, or says why not in a fault of kind Invalid.
	Read(name string, body []byte) (Upload, error)
	// Release gives up what the holder has, if anything.
	Release(ctx context.Context, tx bun.Tx, holder string) error
}

// Upload is a file that can be kept.
type Upload interface {
	// Keep keeps it for the holder, in place of what the holder had, and gives its address and what it is in words.
	Keep(ctx context.Context, tx bun.Tx, holder string) (path, words string, err error)
}

// Resources are those of an event, in their order.
func (s *Store) Resources(ctx context.Context, eventID string) ([]Resource, error) {
	var list []Resource
	if err := s.db.Read.NewSelect().Model(&list).Where("event_id = ?", eventID).Order("position", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the resources of event %s: %w", eventID, err)
	}
	return list, nil
}

// ShowsFile says whether any event has the upload at the path, and whether one has that is on the site.
func (s *Store) ShowsFile(ctx context.Context, path string) (public, any bool, err error) {
	var all, shown int
	err = s.db.Read.QueryRowContext(ctx, `select count(*), coalesce(sum(case when e.status <> 'draft' then 1 else 0 end), 0)
		from event_resources as r join events as e on e.id = r.event_id where r.url = ? and r.file <> ''`, path).Scan(&all, &shown)
	if err != nil {
		return false, false, fmt.Errorf("look which event shows a file: %w", err)
	}
	return shown > 0, all > 0, nil
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

// AddResource adds a resource after the others, with the file that was uploaded for it, if any. Error for people: ErrManyResources.
func (d *Editor) AddResource(ctx context.Context, r *Resource, file Upload, by access.Entry) error {
	r.ID = newID()
	return d.edit(ctx, r.EventID, false, func(ctx context.Context, tx bun.Tx) error {
		n, err := tx.NewSelect().Model((*Resource)(nil)).Where("event_id = ?", r.EventID).Count(ctx)
		if err != nil {
			return fmt.Errorf("count the resources of event %s: %w", r.EventID, err)
		}
		if n >= maxResources {
			return ErrManyResources
		}
		if err := last(ctx, tx, "event_resources", r.EventID, &r.Position); err != nil {
			return err
		}
		if err := d.keep(ctx, tx, r, file); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
			return fmt.Errorf("insert a resource of event %s: %w", r.EventID, err)
		}
		by.Title = r.Title
		return d.note(ctx, tx, r.EventID, r.ID, "resource.added", by)
	})
}

// keep keeps the file for the resource, or gives up the one that it had if it is a link now. What cannot be shown is refused.
func (d *Editor) keep(ctx context.Context, tx bun.Tx, r *Resource, file Upload) (err error) {
	switch {
	case file != nil:
		r.URL, r.File, err = file.Keep(ctx, tx, r.ID)
	case r.File == "" && d.files != nil:
		err = d.files.Release(ctx, tx, r.ID)
	}
	if err == nil {
		err = r.Check()
	}
	if err == nil && r.SessionID != "" {
		_, err = session(ctx, tx, r.EventID, r.SessionID) // another event's is none
	}
	return err
}

func resource(ctx context.Context, tx bun.Tx, eventID, id string) (*Resource, error) {
	r := &Resource{}
	err := tx.NewSelect().Model(r).Where("id = ? and event_id = ?", id, eventID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoResource
	}
	if err != nil {
		return nil, fmt.Errorf("read resource %s: %w", id, err)
	}
	return r, nil
}

// ChangeResource stores what change makes of a resource, as ChangeSession does, and the file in place of what it had, if there is one.
// Error for people: ErrNoResource.
func (d *Editor) ChangeResource(ctx context.Context, eventID, id string, file Upload, by access.Entry, change func(*Resource) error) error {
	return d.edit(ctx, eventID, false, func(ctx context.Context, tx bun.Tx) error {
		r, err := resource(ctx, tx, eventID, id)
		if err != nil {
			return err
		}
		before := resourceValues(r)
		if err := change(r); err != nil {
			return err
		}
		if err := d.keep(ctx, tx, r, file); err != nil {
			return err
		}
		if _, err := tx.NewUpdate().Model(r).Column("session_id", "kind", "title", "url", "file").WherePK().Exec(ctx); err != nil {
			return fmt.Errorf("update resource %s: %w", id, err)
		}
		by.Title, by.Detail = r.Title, resourceShape.changed(before, resourceValues(r))
		return d.note(ctx, tx, eventID, id, "resource.changed", by)
	})
}

// RemoveResource takes a resource away, and gives up its file. Error for people: ErrNoResource.
func (d *Editor) RemoveResource(ctx context.Context, eventID, id string, by access.Entry) error {
	return d.edit(ctx, eventID, false, func(ctx context.Context, tx bun.Tx) error {
		r, err := resource(ctx, tx, eventID, id)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("delete from event_resources where id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("delete resource %s: %w", id, err)
		}
		if d.files != nil {
			if err := d.files.Release(ctx, tx, id); err != nil {
				return err
			}
		}
		by.Title = r.Title
		return d.note(ctx, tx, eventID, id, "resource.removed", by)
	})
}

// MoveResource is as MovePlace. Error for people: ErrNoResource.
func (d *Editor) MoveResource(ctx context.Context, eventID, id string, up bool, by access.Entry) error {
	return d.move(ctx, "event_resources", eventID, id, up, ErrNoResource, by)
}
