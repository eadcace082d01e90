package registrations

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/registrations/seats"
)

// Foresee says what will become of each row of a file, as things are now. Nothing is done.
func (r *Registrar) Foresee(ctx context.Context, e *events.Event, rows []importRow, wait bool) error {
	left, err := r.LeftFor(ctx, e)
	if err != nil {
		return err
	}
	has, err := r.store.standingsOf(ctx, e.ID)
	if err != nil {
		return err
	}
	foresee(rows, has, left, wait && !e.Past(r.now()))
	return nil
}

// standingsOf tells what everybody has at an event.
func (s *Store) standingsOf(ctx context.Context, eventID string) (map[standing]bool, error) {
	rows, err := s.db.Read.QueryContext(ctx, "select mailbox, place_id, status from registrations where event_id = ? and status <> 'cancelled'", eventID)
	if err != nil {
		return nil, fmt.Errorf("look up who is registered: %w", err)
	}
	defer rows.Close()
	has := map[standing]bool{}
	for rows.Next() {
		var mailbox, placeID string
		var status Status
		if err := rows.Scan(&mailbox, &placeID, &status); err != nil {
			return nil, fmt.Errorf("look up who is registered: %w", err)
		}
		has[standing{mailbox, placeID}] = true
		if status == Pending || status == Confirmed {
			has[standing{mailbox: mailbox}] = true
		}
	}
	return has, rows.Err()
}

// Imported is what an import has done. Failed are the lines of those who were not registered.
type Imported struct {
	Registered, Waiting, Already int
	Failed                       []FailedLine
}

// importTogether is how many people of an import are registered at the same time, so that they share transactions.
const importTogether = 32

// ImportWay is how the people of a file are registered.
type ImportWay struct {
	Wait    bool // those for whom there is no seat join the waiting list
	Confirm bool // on an event that asks for approval everybody is confirmed at once
}

// Import registers the people of a file as everybody is: within the capacity, with mail. Each row's id comes from the key and its mailbox, so an import
// that is sent again, or was cut off, ends with everybody registered once. Seats go in the order of the file: those for whom there is one come
// first, together, and then the others, one after the other, who may find one that came free. Those who wait do so in that order too.
func (r *Registrar) Import(ctx context.Context, e *events.Event, rows []importRow, key uuid.UUID, way ImportWay, by access.Entry) (Imported, error) {
	if err := r.Foresee(ctx, e, rows, way.Wait); err != nil {
		return Imported{}, err
	}
	outcomes := make([]error, len(rows))
	statuses := make([]Status, len(rows))
	room := make(chan struct{}, importTogether)
	var all sync.WaitGroup
	add := func(i int) {
		g, err := r.AddFor(ctx, rows[i].ask(e, key, by), way.Confirm, by)
		if outcomes[i] = err; err == nil {
			statuses[i] = g.Status
		}
	}
	for i, row := range rows {
		if row.Fate == willRegister || row.Fate == isAlready {
			room <- struct{}{}
			all.Go(func() {
				defer func() { <-room }()
				add(i)
			})
		}
	}
	all.Wait()
	for i, row := range rows {
		switch row.Fate {
		case isWrong:
			outcomes[i] = errUnusable
		case isTwice:
			outcomes[i] = errTwice
		case isFull, willWait:
			add(i)
		}
	}
	done, err := r.queueUp(ctx, e, rows, outcomes, statuses, key, way, by)
	if err != nil {
		return done, err
	}
	return done, r.noteImport(ctx, e, done, by)
}

// ask registers the person of a row.
func (row importRow) ask(e *events.Event, key uuid.UUID, by access.Entry) Ask {
	claim := seats.NewClaim(e.ID)
	claim.ID = uuid.NewSHA1(key, []byte(e.ID+" "+row.Person.Mailbox)).String()
	return Ask{Event: e, Place: row.Place, Person: row.Person, Answers: row.Form.Answers, Claim: claim, Returning: true, RequestID: by.RequestID}
}

// What becomes of lines that are not even tried.
var (
	errUnusable = fault.New(fault.Invalid, "This line needs mending first.")
	errTwice    = fault.New(fault.Conflict, "An earlier line has the same email address.")
)

// queueUp puts those who found no place on the waiting list, one after the other, and counts what came of everybody.
func (r *Registrar) queueUp(ctx context.Context, e *events.Event, rows []importRow, outcomes []error, statuses []Status, key uuid.UUID, way ImportWay, by access.Entry) (done Imported, err error) {
	for i, row := range rows {
		if errors.Is(outcomes[i], ErrFull) && way.Wait {
			a := row.ask(e, key, by)
			a.Wait = true
			g, err := r.AddFor(ctx, a, way.Confirm, by)
			if outcomes[i] = err; err == nil {
				statuses[i] = g.Status
			}
		}
		_, told := fault.Of(outcomes[i])
		switch {
		case errors.Is(outcomes[i], ErrAlready):
			done.Already++
		case told:
			done.Failed = append(done.Failed, FailedLine{row.Line, reasonsOf(row, outcomes[i])})
		case outcomes[i] != nil:
			return done, outcomes[i] // an outage: sent again, the rest is done
		case statuses[i] == Waiting:
			done.Waiting++
		default:
			done.Registered++
		}
	}
	slices.SortFunc(done.Failed, func(a, b FailedLine) int { return cmp.Compare(a.Line, b.Line) })
	return done, nil
}

func (r *Registrar) noteImport(ctx context.Context, e *events.Event, done Imported, by access.Entry) error {
	by.At, by.Action, by.EventID = r.now(), "attendees.imported", e.ID
	by.Detail = strconv.Itoa(done.Registered) + " registered, " + strconv.Itoa(done.Waiting) + " waiting"
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return r.trail.Write(ctx, tx.Tx, by) })
}
