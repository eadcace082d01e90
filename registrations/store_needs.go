package registrations

import (
	"context"
	"fmt"
	"sort"

	"masterclass/events"
	"masterclass/internal/access"
)

// Meals is what a caterer has to know of a place, without names.
type Meals struct {
	Place    string
	People   int // who is confirmed
	Needs    []Need
	Answered int // people with a need
}

// Catering counts the dietary requirements of those who are confirmed, for each place that is not online. The look is in the audit trail.
func (r *Registrar) Catering(ctx context.Context, e *events.Event, by access.Entry) ([]Meals, error) {
	if err := r.note(ctx, by, "health.catering", e.ID, e.ID, ""); err != nil {
		return nil, err
	}
	var list []Meals
	for _, p := range e.Places {
		if p.Online {
			continue
		}
		m := Meals{Place: p.Name}
		t := newTally()
		err := r.store.eachNeeds(ctx, p.ID, func(g *needy) error {
			n, err := openNeeds(r.keys, g.id, g.sealed)
			if err != nil {
				return err
			}
			t.add(n.Dietary)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if m.People, err = r.store.confirmedAt(ctx, p.ID); err != nil {
			return nil, err
		}
		m.Needs = t.list()
		for _, n := range m.Needs {
			m.Answered += n.Count
		}
		list = append(list, m)
	}
	return list, nil
}

// AccessNeed is what one person needs on the day.
type AccessNeed struct{ ID, Name, Place, Text string }

// AccessNeeds are the access requirements of those who are confirmed, by name. Each look is in the audit trail.
func (r *Registrar) AccessNeeds(ctx context.Context, e *events.Event, by access.Entry) ([]AccessNeed, error) {
	if err := r.note(ctx, by, "health.access_seen", e.ID, e.ID, ""); err != nil {
		return nil, err
	}
	var list []AccessNeed
	for _, p := range e.Places {
		err := r.store.eachNeeds(ctx, p.ID, func(g *needy) error {
			n, err := openNeeds(r.keys, g.id, g.sealed)
			if err == nil && n.Access != "" {
				list = append(list, AccessNeed{ID: g.id, Name: g.listed(), Place: p.Name, Text: n.Access})
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, nil
}

// needy is somebody with health data, still sealed.
type needy struct {
	Person
	id     string
	sealed []byte
}

// eachNeeds reads the health data of those who are confirmed at a place.
func (s *Store) eachNeeds(ctx context.Context, placeID string, see func(*needy) error) error {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind(`select r.id, r.first_name, r.last_name, n.sealed from registrations r
		join health_needs n on n.registration_id = r.id where r.place_id = ? and r.status = 'confirmed' order by r.id`), placeID)
	if err != nil {
		return fmt.Errorf("read what people at place %s need: %w", placeID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var g needy
		if err := rows.Scan(&g.id, &g.FirstName, &g.LastName, &g.sealed); err != nil {
			return fmt.Errorf("read what people at place %s need: %w", placeID, err)
		}
		if err := see(&g); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *Store) confirmedAt(ctx context.Context, placeID string) (n int, err error) {
	err = s.db.Read.DB.QueryRowContext(ctx, s.db.Rebind("select count(*) from registrations where place_id = ? and status = 'confirmed'"), placeID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count who is confirmed at place %s: %w", placeID, err)
	}
	return n, nil
}
