package door

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/typed"
	"masterclass/registrations"
)

// byReference finds a registration of the event, one with a place first: a reference is no key. "" if there is none.
func (r records) byReference(ctx context.Context, eventID, reference string) (id string, err error) {
	err = r.db.Read.QueryRowContext(ctx, `select id from registrations where place_id in (select id from places where event_id = ?) and reference = ?
		order by case when status = 'confirmed' then 0 else 1 end, id limit 1`, eventID, reference).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up a reference: %w", err)
	}
	return id, nil
}

// guestCalled finds the guest of an event by their reference, as people type it; registrations.ErrNotFound if there is none.
func (d *Door) guestCalled(ctx context.Context, eventID, called string) (Guest, error) {
	ref, ok := reference(called)
	if !ok {
		return Guest{}, registrations.ErrNotFound
	}
	id, err := d.records.byReference(ctx, eventID, ref)
	if err != nil {
		return Guest{}, err
	}
	return scanGuest(d.records.db.Read.QueryRowContext(ctx, "select "+guestColumns+" from registrations g where g.id = ?", id))
}

// guestOf is the guest of an event by the registration's id; registrations.ErrNotFound if it is none of the event's.
func (d *Door) guestOf(ctx context.Context, eventID, id string) (Guest, error) {
	if _, err := uuid.Parse(id); err != nil || len(id) != 36 {
		return Guest{}, registrations.ErrNotFound // anything can stand in a form, also bytes that PostgreSQL refuses
	}
	return scanGuest(d.records.db.Read.QueryRowContext(ctx, "select "+guestColumns+" from registrations g where g.id = ? and g.event_id = ?", id, eventID))
}

// insideOf are the visits of those guests who are inside now, by their ids.
func (d *Door) insideOf(ctx context.Context, e *events.Event, sessionID string, guests []Guest) (map[string]Visit, error) {
	if len(guests) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(guests))
	for _, g := range guests {
		ids = append(ids, g.ID)
	}
	list, err := d.seen(ctx, "v.registration_id in (?) and v.event_id = ? and v.session_id = ? and v.undone_at = 0 and v.left_at = 0", bun.List(ids), e.ID, sessionID)
	inside := map[string]Visit{}
	for _, s := range list {
		if !severalDays(e) || !s.CameAt.Before(today(e, d.now())) {
			inside[s.RegistrationID] = s.Visit
		}
	}
	return inside, err
}

// guests lists everybody of an event who has, or had, or waits for a place, in no order.
func (r records) guests(ctx context.Context, eventID string) (list []Guest, err error) {
	rows, err := r.db.Read.QueryContext(ctx, "select "+guestColumns+` from registrations g where g.place_id in (select id from places where event_id = ?)`, eventID)
	if err != nil {
		return nil, fmt.Errorf("list an event's people: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		g, err := scanGuest(rows)
		if err != nil {
			return nil, fmt.Errorf("list an event's people: %w", err)
		}
		list = append(list, g)
	}
	return list, rows.Err()
}

// Confirmed lists who has a place, by name.
func (d *Door) Confirmed(ctx context.Context, eventID string) ([]Guest, error) {
	all, err := d.records.guests(ctx, eventID)
	if err != nil {
		return nil, err
	}
	var list []Guest
	for _, g := range all {
		if g.Status == registrations.Confirmed {
			list = append(list, g)
		}
	}
	byName(list)
	return list, nil
}

// byName orders guests by last and first name, without regard to case and accents: a database's own order puts Öz after Zola.
func byName(list []Guest) {
	keys := make(map[string]string, len(list))
	for _, g := range list {
		keys[g.ID] = strings.Join([]string{typed.Folded(g.LastName), typed.Folded(g.FirstName), g.LastName, g.FirstName, g.ID}, "\x00")
	}
	slices.SortFunc(list, func(a, b Guest) int { return strings.Compare(keys[a.ID], keys[b.ID]) })
}

// Counts tell how many are expected, inside and came. Who takes part from afar is not expected at a door, unless everybody does. Of an event of
// several days those are inside who came today.
func (d *Door) Counts(ctx context.Context, e *events.Event, sessionID string) (n Counts, err error) {
	inside, args := "left_at = 0", []any{e.ID, e.ID}
	if severalDays(e) { // else the answer is in an index alone
		inside = "left_at = 0 and came_at >= ?"
		args = append(args, today(e, d.now()).UnixMilli())
	}
	// Of the seats that are taken on site, those of whom nobody knows yet whether they come are few, and found by indexes of their own.
	rows, err := d.records.db.Ask(ctx, `with onsite as (select p.id, p.taken from places p where p.event_id = ?
			and (not p.online or not exists (select 1 from places o where o.event_id = p.event_id and not o.online)))
		select (select coalesce(sum(taken), 0) from onsite)
			- (select count(*) from registrations g where g.event_id = ? and g.status = 'pending' and g.place_id in (select id from onsite))
			- (select count(*) from registrations g where g.status = 'offered' and g.place_id in (select id from onsite)),
			coalesce(sum(v.inside), 0), count(*)
		from (select sum(case when `+inside+` then 1 else 0 end) as inside from attendance
			where event_id = ? and session_id = ? and undone_at = 0 group by registration_id) v`, append(args, e.ID, sessionID)...)
	if err != nil {
		return Counts{}, fmt.Errorf("count who is here: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		err = rows.Scan(&n.Expected, &n.Inside, &n.Came)
	}
	if err = errors.Join(err, rows.Err()); err != nil {
		return Counts{}, fmt.Errorf("count who is here: %w", err)
	}
	return n, nil
}

// Seen is a guest and the last thing that a door has recorded of them.
type Seen struct {
	Guest
	Visit
}

// Recent lists what the doors recorded last, the newest first.
func (d *Door) Recent(ctx context.Context, eventID, sessionID string, limit int) ([]Seen, error) {
	return d.seen(ctx, "v.event_id = ? and v.session_id = ? and v.undone_at = 0 order by v.noted_at desc, v.id desc limit ?", eventID, sessionID, limit)
}

// Visits lists every time that somebody was at the event or one of its sessions, by when they came.
func (d *Door) Visits(ctx context.Context, eventID string) ([]Seen, error) {
	return d.seen(ctx, "v.event_id = ? and v.undone_at = 0 order by v.came_at, v.id", eventID)
}

// VisitOf reads one visit and its guest, or gives ErrNoVisit, also for one that was undone.
func (d *Door) VisitOf(ctx context.Context, eventID, visit string) (Seen, error) {
	list, err := d.seen(ctx, "v.event_id = ? and v.id = ? and v.undone_at = 0", eventID, visit)
	if err == nil && len(list) == 0 {
		err = ErrNoVisit
	}
	if err != nil {
		return Seen{}, err
	}
	return list[0], nil
}

func (d *Door) seen(ctx context.Context, where string, args ...any) (list []Seen, err error) {
	rows, err := d.records.db.Read.QueryContext(ctx, "select "+guestColumns+", "+visitColumns+" from attendance v join registrations g on g.id = v.registration_id where "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list check-ins: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Seen
		var came, left int64
		g, v := &s.Guest, &s.Visit
		if err := rows.Scan(&g.ID, &g.EventID, &g.PlaceID, &g.Reference, &g.Status, &g.Title, &g.FirstName, &g.LastName, &g.JobRole, &g.Employer, &g.Generation,
			&v.ID, &v.RegistrationID, &v.SessionID, &came, &left, &v.CameBy, &v.LeftBy); err != nil {
			return nil, fmt.Errorf("list check-ins: %w", err)
		}
		v.CameAt = time.UnixMilli(came)
		if left != 0 {
			v.LeftAt = time.UnixMilli(left)
		}
		list = append(list, s)
	}
	return list, rows.Err()
}
