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
	scans scanStatements
}

const (
	guestColumns = "g.id, g.event_id, g.place_id, g.reference, g.status, g.title, g.first_name, g.last_name, g.job_role, g.employer, g.generation"
	visitColumns = "v.id, v.registration_id, v.session_id, v.came_at, v.left_at, v.came_by, v.left_by"
)

func (r records) inside(ctx context.Context, tx bun.Tx, registration, session string) (Visit, error) {
	return scanVisit(tx.QueryRowContext(ctx, "select "+visitColumns+` from attendance v where v.registration_id = ? and v.session_id = ? and v.left_at = 0
		and v.undone_at = 0`, registration, session))
}

// Undo takes the last thing back that was recorded of a visit, the way out, else the way in, if it is what somebody was shown: their way In or Out,
// or "" for whichever it is. Errors for people: ErrNoVisit, ErrOvertaken, errInAgain.
func (d *Door) Undo(ctx context.Context, eventID, visit string, was Action, by access.Entry) error {
	err := d.records.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		v, err := scanVisit(tx.QueryRowContext(ctx, "select "+visitColumns+" from attendance v where v.id = ? and v.event_id = ? and v.undone_at = 0"+d.records.db.ForUpdate("v"), visit, eventID))
		if errors.Is(err, ErrNoVisit) && was != "" {
			return ErrOvertaken // the page had it a moment ago
		}
		if err != nil {
			return err
		}
		if was != "" && was != v.last() {
			return ErrOvertaken
		}
		by.At, by.EventID, by.Subject = d.now(), eventID, v.RegistrationID
		if by.Action, err = d.records.takeBack(ctx, tx, v, by.At); err != nil {
			return err
		}
		return d.records.trail.Write(ctx, tx.Tx, by)
	})
	if err != nil {
		return fmt.Errorf("undo a check-in: %w", err)
	}
	d.tallies.forget()
	return nil
}

// takeBack undoes what was recorded last of a visit, and gives the action for the trail.
func (r records) takeBack(ctx context.Context, tx bun.Tx, v Visit, now time.Time) (action string, err error) {
	if v.last() == In {
		_, err := tx.NewRaw("update attendance set undone_at = ?, noted_at = ? where id = ?", now.UnixMilli(), now.UnixMilli(), v.ID).Exec(ctx)
		return "attendee.check-in-undone", err
	}
	if _, err := r.inside(ctx, tx, v.RegistrationID, v.SessionID); err == nil {
		return "", errInAgain
	} else if !errors.Is(err, ErrNoVisit) {
		return "", err
	}
	// The id of its scan stays, which may be sent again.
	_, err = tx.NewRaw("update attendance set left_at = 0, left_by = '' where id = ?", v.ID).Exec(ctx)
	if store.Duplicate(err) { // another door was quicker
		return "", errInAgain
	}
	return "attendee.check-out-undone", err
}

type row interface{ Scan(...any) error }

func scanGuest(r row) (g Guest, err error) {
	err = r.Scan(&g.ID, &g.EventID, &g.PlaceID, &g.Reference, &g.Status, &g.Title, &g.FirstName, &g.LastName, &g.JobRole, &g.Employer, &g.Generation)
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
