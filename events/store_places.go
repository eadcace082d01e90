package events

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// What an organiser can be told who deletes or changes a place.
var (
	ErrPlaceUsed    = fault.Coded(fault.Conflict, "place_used", "Somebody has registered for this place, also if they have cancelled since, so it stays on record. Set its capacity to the places that are taken to let nobody else in.")
	ErrPlaceName    = fault.InvalidFields([]fault.Field{placeNamed})
	ErrPlaceChanged = fault.Coded(fault.Conflict, "changed", "Somebody else has changed this place meanwhile. Look at it as it is now, then make your change again.")
)

var placeNamed = fault.Field{Name: "name", Message: "The event has a place of this name already"}

// AddPlace adds a place after the others, and gives it its id. The seats hear of it by themselves. Error for people: ErrPlaceName.
func (d *Editor) AddPlace(ctx context.Context, p *Place, by access.Entry) error {
	p.ID, p.Taken, p.Waiting, p.Version = newID(), 0, 0, 0
	return d.edit(ctx, p.EventID, true, func(ctx context.Context, tx bun.Tx) error {
		var names []string
		if err := tx.NewRaw("select name from places where event_id = ?", p.EventID).Scan(ctx, &names); err != nil {
			return fmt.Errorf("read the names of the places of event %s: %w", p.EventID, err)
		}
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, p.Name) }) {
			return ErrPlaceName
		}
		if err := last(ctx, tx, "places", p.EventID, &p.Position); err != nil {
			return err
		}
		if _, err := tx.NewInsert().Model(p).Exec(ctx); err != nil {
			return fmt.Errorf("insert a place of event %s: %w", p.EventID, err)
		}
		by.Title, by.Detail = p.Name, fmt.Sprint(p.Capacity)
		return d.note(ctx, tx, p.EventID, p.ID, "place.added", by)
	})
}

// RenamePlace stores what a place is called, and whether it is online, in a transaction that has locked the event's places; the seats are the
// registrar's. Call Changed after the commit.
func (s *Store) RenamePlace(ctx context.Context, tx bun.Tx, p Place, now time.Time) error {
	if err := s.raise(ctx, tx, p.EventID, now); err != nil {
		return err
	}
	if _, err := tx.NewUpdate().Model(&p).Column("name", "online").WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("update place %s: %w", p.ID, err)
	}
	return nil
}

func place(ctx context.Context, tx bun.Tx, eventID, id string) (*Place, error) {
	p := &Place{}
	err := tx.NewSelect().Model(p).Where("id = ? and event_id = ?", id, eventID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoPlace
	}
	if err != nil {
		return nil, fmt.Errorf("read place %s: %w", id, err)
	}
	return p, nil
}

// RemovePlace deletes a place that nobody has ever registered for. Errors for people: ErrNoPlace, ErrPlaceUsed.
func (d *Editor) RemovePlace(ctx context.Context, eventID, id string, by access.Entry) error {
	return d.edit(ctx, eventID, true, func(ctx context.Context, tx bun.Tx) error {
		p, err := place(ctx, tx, eventID, id)
		if err != nil {
			return err
		}
		res, err := tx.NewRaw("delete from places where id = ? and not exists (select 1 from registrations where place_id = places.id)", id).Exec(ctx)
		if err != nil {
			return fmt.Errorf("delete place %s: %w", id, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrPlaceUsed)
		}
		by.Title = p.Name
		return d.note(ctx, tx, eventID, id, "place.deleted", by)
	})
}

// MovePlace changes the order in which places are listed: one up, or one down. At the end of the list nothing changes.
func (d *Editor) MovePlace(ctx context.Context, eventID, id string, up bool, by access.Entry) error {
	return d.move(ctx, "places", eventID, id, up, ErrNoPlace, by)
}

// MoveSpeaker is as MovePlace.
func (d *Editor) MoveSpeaker(ctx context.Context, eventID, id string, up bool, by access.Entry) error {
	return d.move(ctx, "speakers", eventID, id, up, ErrNoSpeaker, by)
}

// MoveSession changes the order of sessions that start at the same time; the others have theirs from the clock.
func (d *Editor) MoveSession(ctx context.Context, eventID, id string, up bool, by access.Entry) error {
	return d.move(ctx, "sessions", eventID, id, up, ErrNoSession, by)
}

// listed is a part of an event in its order.
type listed struct {
	ID     string
	Starts string // of a session
	Title  string // none of a speaker, who is a person
}

// titles are the columns with what the parts of an event are called.
var titles = map[string]string{"places": "name", "sessions": "title", "event_resources": "title", "speakers": "''"}

func (d *Editor) move(ctx context.Context, table, eventID, id string, up bool, missing error, by access.Entry) error {
	starts := "''"
	if table == "sessions" {
		starts = "starts_local"
	}
	return d.edit(ctx, eventID, table == "places", func(ctx context.Context, tx bun.Tx) error {
		var all []listed
		err := tx.NewRaw("select id, ? as starts, ? as title from ? where event_id = ? order by 2, position, id", bun.Safe(starts), bun.Safe(titles[table]), bun.Ident(table), eventID).Scan(ctx, &all)
		if err != nil {
			return fmt.Errorf("list the %s of event %s: %w", table, eventID, err)
		}
		from := slices.IndexFunc(all, func(l listed) bool { return l.ID == id })
		if from < 0 {
			return missing
		}
		to := from + 1
		if up {
			to = from - 1
		}
		if to < 0 || to >= len(all) || all[to].Starts != all[from].Starts {
			return nil
		}
		by.Title = all[from].Title
		all[from], all[to] = all[to], all[from]
		for i, l := range all {
			if _, err := tx.NewRaw("update ? set position = ? where id = ?", bun.Ident(table), i, l.ID).Exec(ctx); err != nil {
				return fmt.Errorf("order the %s of event %s: %w", table, eventID, err)
			}
		}
		return d.note(ctx, tx, eventID, id, strings.TrimPrefix(table, "event_")+".ordered", by)
	})
}
