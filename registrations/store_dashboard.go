package registrations

import (
	"context"
	"fmt"
	"time"
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
	return s.perEvent(ctx, "select event_id, count(*) from registrations where status = 'offered' and offered_until <= ? group by event_id", until.UnixMilli())
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

// mixOf counts who has a confirmed place at an event by profession and by employer, whatever letters they were typed in.
func (s *Store) mixOf(ctx context.Context, eventID string) (m mix, err error) {
	err = s.db.Read.DB.QueryRowContext(ctx, s.db.Rebind("select count(*) from registrations where event_id = ? and status = 'confirmed'"), eventID).Scan(&m.all)
	if err != nil {
		return m, fmt.Errorf("count who has a place: %w", err)
	}
	if m.professions, err = s.shares(ctx, "profession", eventID); err != nil {
		return m, err
	}
	m.employers, err = s.shares(ctx, "employer", eventID)
	return m, err
}

func (s *Store) shares(ctx context.Context, column, eventID string) ([]share, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind("select min("+column+"), count(*) from registrations where event_id = ? and status = 'confirmed' group by lower("+column+
		") order by 2 desc, 1 limit ?"), eventID, mixShown)
	if err != nil {
		return nil, fmt.Errorf("count who has a place by %s: %w", column, err)
	}
	defer rows.Close()
	var list []share
	for rows.Next() {
		var v share
		if err := rows.Scan(&v.Name, &v.N); err != nil {
			return nil, fmt.Errorf("count who has a place by %s: %w", column, err)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// turnoutOf counts who was expected at the door of an event, those with a confirmed place on site, and who of them came. Where everybody takes part
// from afar, everybody is expected.
func (s *Store) turnoutOf(ctx context.Context, eventID string) (t turnout, err error) {
	const onSite = ` g.event_id = ? and g.status = 'confirmed' and g.place_id in (select p.id from places p where p.event_id = ?
		and (not p.online or not exists (select 1 from places o where o.event_id = ? and not o.online)))`
	err = s.db.Read.DB.QueryRowContext(ctx, s.db.Rebind(`select (select count(*) from registrations g where`+onSite+`),
		(select count(distinct v.registration_id) from attendance v join registrations g on g.id = v.registration_id
			where v.event_id = ? and v.session_id = '' and v.undone_at = 0 and`+onSite+`)`),
		eventID, eventID, eventID, eventID, eventID, eventID, eventID).Scan(&t.expected, &t.came)
	if err != nil {
		return t, fmt.Errorf("count who came: %w", err)
	}
	return t, nil
}
