package registrations

import (
	"context"
	"fmt"
	"time"
)

// presenceSQL is when people were there, by their registrations: who is still in one of the event's rooms has not left.
const presenceSQL = `select registration_id, min(came_at), case when min(left_at) = 0 then 0 else max(left_at) end from attendance where undone_at = 0 and `

// presence reads when people were there whom a condition names, which is one of those written here.
func (s *Store) presence(ctx context.Context, condition string, args ...any) (map[string]Presence, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind(presenceSQL+condition+" group by registration_id"), args...)
	if err != nil {
		return nil, fmt.Errorf("read who came: %w", err)
	}
	defer rows.Close()
	all := map[string]Presence{}
	for rows.Next() {
		var id string
		var came, left int64
		if err := rows.Scan(&id, &came, &left); err != nil {
			return nil, fmt.Errorf("read who came: %w", err)
		}
		p := Presence{Came: time.UnixMilli(came)}
		if left != 0 {
			p.Left = time.UnixMilli(left)
		}
		all[id] = p
	}
	return all, rows.Err()
}

// presenceOf is presence of some registrations.
func (s *Store) presenceOf(ctx context.Context, ids []string) (map[string]Presence, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.presence(ctx, s.db.Among("registration_id"), s.db.List(ids))
}

// presenceInto reads when those came who stand in the order of their ids: a stretch of the index for each of the doors.
func (s *Store) presenceInto(ctx context.Context, eventID string, doors []string, list []exported) error {
	if len(list) == 0 {
		return nil
	}
	all, err := s.presence(ctx, "event_id = ? and "+s.db.Among("session_id")+" and registration_id between ? and ?", eventID, s.db.List(doors), list[0].id, list[len(list)-1].id)
	if err != nil || len(all) == 0 {
		return err
	}
	for i := range list {
		if p, came := all[list[i].id]; came {
			list[i].cameAt = p.Came.UnixMilli()
			if !p.Left.IsZero() {
				list[i].leftAt = p.Left.UnixMilli()
			}
		}
	}
	return nil
}

// doors are where people can be checked in at an event: the ids of its sessions, and "" for the whole of it.
func (s *Store) doors(ctx context.Context, eventID string) ([]string, error) {
	var sessions []string
	if err := s.db.Read.NewRaw("select id from sessions where event_id = ?", eventID).Scan(ctx, &sessions); err != nil {
		return nil, fmt.Errorf("list the sessions of event %s: %w", eventID, err)
	}
	return append(sessions, ""), nil
}

// visits are the stays of one person, the first one first.
func (s *Store) visits(ctx context.Context, id string) ([]Visit, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind(`select v.session_id, coalesce(s.title, ''), v.came_at, v.left_at from attendance v
		left join sessions s on s.id = v.session_id where v.registration_id = ? and v.undone_at = 0 order by v.came_at, v.id`), id)
	if err != nil {
		return nil, fmt.Errorf("read when somebody came: %w", err)
	}
	defer rows.Close()
	var list []Visit
	for rows.Next() {
		var v Visit
		var came, left int64
		if err := rows.Scan(&v.SessionID, &v.Session, &came, &left); err != nil {
			return nil, fmt.Errorf("read when somebody came: %w", err)
		}
		v.Came = time.UnixMilli(came)
		if left != 0 {
			v.Left = time.UnixMilli(left)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
