package registrations

import (
	"context"
	"fmt"
	"time"

	"masterclass/events"
)

// perEvent reads how many there are of something by events.
func (s *Store) perEvent(ctx context.Context, query string, args ...any) (map[string]int, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("count by events: %w", err)
	}
	defer rows.Close()
	counts := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, fmt.Errorf("count by events: %w", err)
		}
		counts[id] = n
	}
	return counts, rows.Err()
}

// pendingCounts are how many wait for approval, by events.
func (s *Store) pendingCounts(ctx context.Context) (map[string]int, error) {
	return s.perEvent(ctx, "select event_id, count(*) from registrations where status = 'pending' group by event_id")
}

// lapsingCounts are how many offers lapse until then, by events.
func (s *Store) lapsingCounts(ctx context.Context, until time.Time) (map[string]int, error) {
	// The order, and not the groups, chooses the index.
	return s.perEvent(ctx, `select event_id, count(*) from (select event_id from registrations where status = 'offered' and offered_until <= ?
		order by offered_until limit 10000) as soon group by event_id`, until.UnixMilli())
}

// registeredSince counts registrations, whatever became of them, by the quarter of an hour in which they were made, as its number since 1970.
func (s *Store) registeredSince(ctx context.Context, since time.Time) (map[int64]int, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind(fmt.Sprintf("select created_at / %d, count(*) from registrations where created_at >= ? group by created_at / %d", quarterHour, quarterHour)),
		since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("count registrations over time: %w", err)
	}
	defer rows.Close()
	counts := map[int64]int{}
	for rows.Next() {
		var quarter int64
		var n int
		if err := rows.Scan(&quarter, &n); err != nil {
			return nil, fmt.Errorf("count registrations over time: %w", err)
		}
		counts[quarter] = n
	}
	return counts, rows.Err()
}

// mixOf counts who has a confirmed place at an event by profession and by employer, whatever letters they were typed in: from the event's roll,
// which is brought up to date and not read anew.
func (r *Registrar) mixOf(ctx context.Context, e *events.Event) (mix, error) {
	roll := r.rolls.of(e.ID)
	roll.mu.Lock()
	grew, err := r.store.follow(ctx, roll, e)
	m := mix{}
	if err == nil {
		m = roll.mix()
	}
	roll.mu.Unlock()
	if err != nil {
		return m, err
	}
	if grew {
		r.rolls.trim()
	}
	var ids []string
	for _, s := range m.employers {
		ids = append(ids, s.id)
	}
	list, err := r.store.inOrder(ctx, ids) // the roll has employers in small letters
	for i := range m.employers {
		for _, g := range list {
			if g.ID == m.employers[i].id {
				m.employers[i].Name = g.Employer
			}
		}
	}
	return m, err
}

// turnoutOf counts who was expected at the door of an event, those with a confirmed place on site, and who of them came, to the whole or to any session. Where everybody takes part
// from afar, everybody is expected.
func (s *Store) turnoutOf(ctx context.Context, eventID string) (t turnout, err error) {
	expected := " from registrations g where g.event_id = ? and g.status = 'confirmed' and " + onSite("g")
	err = s.db.Read.DB.QueryRowContext(ctx, s.db.Rebind("select (select count(*)"+expected+"), (select count(*)"+expected+
		" and exists (select 1 from attendance v where v.registration_id = g.id and v.undone_at = 0))"), eventID, eventID).Scan(&t.expected, &t.came)
	if err != nil {
		return t, fmt.Errorf("count who came: %w", err)
	}
	return t, nil
}
