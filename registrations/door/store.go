package door

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/registrations"
)

type records struct {
	db    *store.DB
	trail *access.Trail
}

// record is the transaction of all scans that arrived at the same moment, or none of them. Then each is tried alone.
func (d *Door) record(ctx context.Context, _ string, jobs []*job) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := d.records.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, j := range jobs {
			if j.answer, j.err = d.records.settle(ctx, tx, j, d.now()); j.err != nil {
				return j.err
			}
		}
		return nil
	})
	if err == nil {
		return
	}
	for _, j := range jobs {
		j.answer, j.err = Answer{}, fmt.Errorf("record a scan: %w", err)
		if len(jobs) > 1 && !store.Unreachable(err) {
			d.record(ctx, "", []*job{j})
		}
	}
}

const (
	guestColumns = "g.id, g.event_id, g.place_id, g.reference, g.status, g.title, g.first_name, g.last_name, g.job_role, g.employer"
	visitColumns = "v.id, v.registration_id, v.session_id, v.came_at, v.left_at, v.came_by, v.left_by"
)

// settle does what one scan asks for.
func (r records) settle(ctx context.Context, tx bun.Tx, j *job, now time.Time) (Answer, error) {
	g, err := scanGuest(tx.QueryRowContext(ctx, "select "+guestColumns+" from registrations g where g.id = ?", j.Code))
	if errors.Is(err, registrations.ErrNotFound) {
		return Answer{Outcome: NotFound}, nil
	}
	if err != nil {
		return Answer{}, err
	}
	switch {
	case g.EventID != j.event.ID:
		return Answer{Outcome: OtherEvent}, nil // whoever is at this door knows nothing of the other event's people
	case g.Status != registrations.Confirmed:
		return Answer{Outcome: NoPlace, Guest: g}, nil
	}
	v, err := scanVisit(tx.QueryRowContext(ctx, "select "+visitColumns+" from attendance v where v.id = ? or (v.left_id = ? and v.registration_id = ?)", j.ID, j.ID, g.ID))
	switch {
	case err == nil && v.ID == j.ID:
		return Answer{Outcome: CameIn, Guest: g, Visit: v}, nil
	case err == nil:
		return Answer{Outcome: WentOut, Guest: g, Visit: v}, nil
	case !errors.Is(err, ErrNoVisit):
		return Answer{}, err
	}
	if j.Action == Out {
		return r.leave(ctx, tx, g, j, now)
	}
	return r.enter(ctx, tx, g, j, now)
}

// enter lets the guest in, or says since when they are inside. Of two doors that were not in touch the earlier time counts.
func (r records) enter(ctx context.Context, tx bun.Tx, g Guest, j *job, now time.Time) (Answer, error) {
	res, err := tx.NewRaw(`insert into attendance (id, registration_id, event_id, session_id, came_at, came_by, noted_at) values (?, ?, ?, ?, ?, ?, ?)
		on conflict do nothing`, j.ID, g.ID, g.EventID, j.SessionID, j.At.UnixMilli(), j.ByName, now.UnixMilli()).Exec(ctx)
	if err != nil {
		return Answer{}, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		v := Visit{ID: j.ID, RegistrationID: g.ID, SessionID: j.SessionID, CameAt: j.At, CameBy: j.ByName}
		return Answer{Outcome: CameIn, Guest: g, Visit: v}, errors.Join(err, r.note(ctx, tx, j, g, "attendee.checked-in", now))
	}
	v, err := r.inside(ctx, tx, g.ID, j.SessionID)
	if err != nil {
		return Answer{}, err
	}
	if j.At.Before(v.CameAt) {
		_, err = tx.NewRaw("update attendance set came_at = ?, came_by = ? where id = ?", j.At.UnixMilli(), j.ByName, v.ID).Exec(ctx)
	}
	return Answer{Outcome: AlreadyIn, Guest: g, Visit: v}, err
}

func (r records) leave(ctx context.Context, tx bun.Tx, g Guest, j *job, now time.Time) (Answer, error) {
	v, err := r.inside(ctx, tx, g.ID, j.SessionID)
	if errors.Is(err, ErrNoVisit) {
		v, err = scanVisit(tx.QueryRowContext(ctx, "select "+visitColumns+` from attendance v where v.registration_id = ? and v.session_id = ?
			and v.undone_at = 0 order by v.left_at desc limit 1`, g.ID, j.SessionID))
		if errors.Is(err, ErrNoVisit) {
			return Answer{Outcome: NotIn, Guest: g}, nil
		}
		return Answer{Outcome: AlreadyOut, Guest: g, Visit: v}, err
	}
	if err != nil {
		return Answer{}, err
	}
	v.LeftAt, v.LeftBy = bounded(j.At, v.CameAt, now), j.ByName
	res, err := tx.NewRaw("update attendance set left_at = ?, left_by = ?, left_id = ?, noted_at = ? where id = ? and left_at = 0", v.LeftAt.UnixMilli(), v.LeftBy, j.ID,
		now.UnixMilli(), v.ID).Exec(ctx)
	if err != nil {
		return Answer{}, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 { // at another door, a moment ago
		return Answer{Outcome: AlreadyOut, Guest: g, Visit: v}, err
	}
	return Answer{Outcome: WentOut, Guest: g, Visit: v}, r.note(ctx, tx, j, g, "attendee.checked-out", now)
}

func (r records) inside(ctx context.Context, tx bun.Tx, registration, session string) (Visit, error) {
	return scanVisit(tx.QueryRowContext(ctx, "select "+visitColumns+` from attendance v where v.registration_id = ? and v.session_id = ? and v.left_at = 0
		and v.undone_at = 0`, registration, session))
}

func (r records) note(ctx context.Context, tx bun.Tx, j *job, g Guest, action string, now time.Time) error {
	entry := j.By
	entry.At, entry.Action, entry.EventID, entry.Subject = now, action, g.EventID, g.ID
	return r.trail.Write(ctx, tx.Tx, entry)
}

// Undo takes the last thing back that was recorded of a visit: the way out, else the way in. ErrNoVisit if there is none.
func (d *Door) Undo(ctx context.Context, eventID, visit string, by access.Entry) error {
	now := d.now()
	err := d.records.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		v, err := scanVisit(tx.QueryRowContext(ctx, "select "+visitColumns+" from attendance v where v.id = ? and v.event_id = ? and v.undone_at = 0", visit, eventID))
		if err != nil {
			return err
		}
		by.At, by.EventID, by.Subject, by.Action = now, eventID, v.RegistrationID, "attendee.check-in-undone"
		query, args := "update attendance set undone_at = ? where id = ?", []any{now.UnixMilli(), v.ID}
		if !v.LeftAt.IsZero() {
			if _, err := d.records.inside(ctx, tx, v.RegistrationID, v.SessionID); err == nil {
				return errInAgain
			}
			by.Action = "attendee.check-out-undone"
			query, args = "update attendance set left_at = 0, left_by = '', left_id = '' where id = ?", []any{v.ID}
		}
		if _, err := tx.NewRaw(query, args...).Exec(ctx); err != nil {
			return err
		}
		return d.records.trail.Write(ctx, tx.Tx, by)
	})
	if err != nil {
		return fmt.Errorf("undo a check-in: %w", err)
	}
	return nil
}

type row interface{ Scan(...any) error }

func scanGuest(r row) (g Guest, err error) {
	err = r.Scan(&g.ID, &g.EventID, &g.PlaceID, &g.Reference, &g.Status, &g.Title, &g.FirstName, &g.LastName, &g.JobRole, &g.Employer)
	if errors.Is(err, sql.ErrNoRows) {
		return Guest{}, registrations.ErrNotFound
	}
	return g, err
}

func scanVisit(r row) (v Visit, err error) {
	var came, left int64
	err = r.Scan(&v.ID, &v.RegistrationID, &v.SessionID, &came, &left, &v.CameBy, &v.LeftBy)
	if errors.Is(err, sql.ErrNoRows) {
		return Visit{}, ErrNoVisit
	}
	v.CameAt = time.UnixMilli(came)
	if left != 0 {
		v.LeftAt = time.UnixMilli(left)
	}
	return v, err
}
