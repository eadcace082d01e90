package seats

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"masterclass/internal/store"
)

// ErrFull is the guard's: the record has no seat left, whatever anyone believed.
var ErrFull = errors.New("the place has no seat left")

// State is a place as its locked row has it. Change Taken, Waiting and Version, then Write it.
type State struct {
	PlaceID, EventID         string
	Capacity, Taken, Waiting int64
	Version                  int64
	EventVersion             int64
	EventStatus              string
	StartsAt                 int64
	OpensAt, ClosesAt        int64 // of registration
	Approval                 bool  // an accepted seat awaits approval
	ConfirmsWaiting          bool  // a seat that comes free is given at once, not offered

	read int64 // the version as it was read
}

// Changed says whether there is something to write.
func (s State) Changed() bool { return s.Version != s.read }

// Room says whether a seat is neither taken nor promised to somebody who waits.
func (s State) Room() bool { return !guard || s.Taken < s.Capacity }

// Next counts one changed registration and gives the version it gets: versions order the waiting list.
func (s *State) Next() int64 {
	s.Version++
	return s.Version
}

// Ledger is the record of seats in SQL, used inside the transaction that changes a registration.
type Ledger struct{ lock, write, resize, since *store.Stmt }

// NewLedger prepares its statements.
func NewLedger(ctx context.Context, db *store.DB) (*Ledger, error) {
	var l Ledger
	for query, stmt := range map[string]**store.Stmt{
		`select p.id, p.event_id, p.capacity, p.taken, p.waiting, p.version,
			e.version, e.status, e.starts_at, e.registration_opens_at, e.registration_closes_at, e.approval, e.confirms_waiting
			from places p join events e on e.id = p.event_id where p.id = ?` + db.ForUpdate("p") + db.ForShare("e"): &l.lock,
		`update places set taken = ?, waiting = ?, version = ?
			where id = ? and version < ? and ? <= capacity`: &l.write,
		`update places set capacity = ? where id = ? and taken <= ?`:                                       &l.resize,
		`select coalesce(min(created_at), 0) from registrations where place_id = ? and status = 'waiting'`: &l.since,
	} {
		s, err := db.PrepareStep(ctx, query)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		*stmt = s
	}
	return &l, nil
}

// Close ends the prepared statements.
func (l *Ledger) Close() error {
	return errors.Join(l.lock.Close(), l.write.Close(), l.resize.Close(), l.since.Close())
}

// Lock reads a place and keeps everyone else from changing it until the transaction ends. What it says of the event is so under the lock:
// whoever changes an event locks its places first. Lock several in the order of their ids.
func (l *Ledger) Lock(ctx context.Context, tx *sql.Tx, placeID string) (State, error) {
	var s State
	if err := s.scan(tx.StmtContext(ctx, l.lock.Stmt).QueryRowContext(ctx, placeID).Scan); err != nil {
		return s, fmt.Errorf("lock place %s: %w", placeID, err)
	}
	return s, nil
}

// LockStep is Lock as a step, which fills in the state. Without a place of that id it stays as it was.
func (l *Ledger) LockStep(placeID string, s *State) store.Step {
	return l.lock.Query("lock place "+placeID, s.scan, placeID)
}

func (s *State) scan(scan func(into ...any) error) error {
	err := scan(&s.PlaceID, &s.EventID, &s.Capacity, &s.Taken, &s.Waiting, &s.Version,
		&s.EventVersion, &s.EventStatus, &s.StartsAt, &s.OpensAt, &s.ClosesAt, &s.Approval, &s.ConfirmsWaiting)
	s.read = s.Version
	return err
}

// Write stores the new numbers under the guard, or gives ErrFull: taken never goes above capacity.
func (l *Ledger) Write(ctx context.Context, tx *sql.Tx, s State) error {
	return guarded(s.PlaceID)(tx.StmtContext(ctx, l.write.Stmt).ExecContext(ctx, s.numbers()...))
}

// WriteStep is Write as a step.
func (l *Ledger) WriteStep(s State) store.Step {
	return l.write.Exec(through(s.PlaceID), s.numbers()...)
}

// numbers are what the guarded update is given.
func (s State) numbers() []any {
	if !guard {
		s.Taken = min(s.Taken, s.Capacity) // past the schema's own check too
	}
	return []any{s.Taken, s.Waiting, s.Version, s.PlaceID, s.Version, s.Taken}
}

// Resize stores a locked place's new capacity, or gives ErrFull when more is taken. Its numbers are written by Write.
func (l *Ledger) Resize(ctx context.Context, tx *sql.Tx, s State) error {
	return guarded(s.PlaceID)(tx.StmtContext(ctx, l.resize.Stmt).ExecContext(ctx, s.Capacity, s.PlaceID, s.Capacity))
}

// guarded reads whether the guard of an update let it through.
func guarded(placeID string) func(sql.Result, error) error {
	return func(res sql.Result, err error) error {
		var n int64
		if err == nil {
			n, err = res.RowsAffected()
		}
		return through(placeID)(n, err)
	}
}

// through is guarded for how many rows were changed.
func through(placeID string) func(int64, error) error {
	return func(n int64, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("write place %s: %w", placeID, err)
		case n == 0:
			return ErrFull
		}
		return nil
	}
}

// WaitsSince is when whoever waits longest for a locked place had joined.
func (l *Ledger) WaitsSince(ctx context.Context, tx *sql.Tx, placeID string) (time.Time, error) {
	var ms int64
	if err := tx.StmtContext(ctx, l.since.Stmt).QueryRowContext(ctx, placeID).Scan(&ms); err != nil {
		return time.Time{}, fmt.Errorf("ask who waits for place %s: %w", placeID, err)
	}
	return time.UnixMilli(ms), nil
}

// snapshot is a place as committed, with the registrations changed after a version.
type snapshot struct {
	epoch, version, capacity, taken, waiting int64
	changed                                  []string
}

// read takes the counts and the ids in one statement, so that they are of one moment. since -1 gives every registration that could
// still have a hold: those written after alive.
func read(ctx context.Context, db *store.DB, placeID string, since int64, alive time.Time) (snapshot, error) {
	var s snapshot
	changed, arg := "r.version > ?", since
	if since < 0 {
		changed, arg = "r.updated_at > ?", alive.UnixMilli()
	}
	rows, err := db.Ask(ctx, `select (select epoch from installation where id = 1), p.version, p.capacity, p.taken, p.waiting,
		coalesce(r.id, '') from places p left join registrations r on r.place_id = p.id and `+changed+` where p.id = ?`, arg, placeID)
	if err != nil {
		return s, fmt.Errorf("read place %s: %w", placeID, err)
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		var id string
		if err := rows.Scan(&s.epoch, &s.version, &s.capacity, &s.taken, &s.waiting, &id); err != nil {
			return s, fmt.Errorf("read place %s: %w", placeID, err)
		}
		found = true
		if id != "" {
			s.changed = append(s.changed, id)
		}
	}
	if err := rows.Err(); err != nil {
		return s, fmt.Errorf("read place %s: %w", placeID, err)
	}
	if !found {
		return s, fmt.Errorf("read place %s: %w", placeID, sql.ErrNoRows)
	}
	return s, nil
}

// openPlaces are the places of events that take registrations, or will.
func openPlaces(ctx context.Context, db *store.DB, now time.Time) ([]Ref, error) {
	rows, err := db.Read.QueryContext(ctx, `select p.event_id, p.id from places p join events e on e.id = p.event_id
		where e.status = 'published' and e.registration_closes_at > ? order by p.id`, now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list open places: %w", err)
	}
	defer rows.Close()
	var refs []Ref
	for rows.Next() {
		var ref Ref
		if err := rows.Scan(&ref.EventID, &ref.PlaceID); err != nil {
			return nil, fmt.Errorf("list open places: %w", err)
		}
		refs = append(refs, ref)
	}
	return refs, rows.Err()
}

// raiseEpoch makes the database's epoch higher than one that Redis has.
func raiseEpoch(ctx context.Context, db *store.DB, above int64, now time.Time) error {
	next := max(above+1, now.UnixMilli())
	if _, err := db.NewRaw("update installation set epoch = ? where id = 1 and epoch < ?", next, next).Exec(ctx); err != nil {
		return fmt.Errorf("raise the epoch: %w", err)
	}
	return nil
}
