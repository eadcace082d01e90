package access

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"masterclass/internal/store"
)

// Entry is one line of the audit trail.
type Entry struct {
	At        time.Time
	Actor     string // "attendee", "system", or "organiser:" and an id
	Action    string // such as "registration.confirmed"
	EventID   string
	Subject   string // the id of what it was done to
	Detail    string // a few words without personal data
	RequestID string
	Address   string // where an organiser's request came from
}

// Trail writes the audit trail. It is append-only: there is no way to change an entry, and the database refuses it to everybody.
type Trail struct{ insert *store.Rows }

// NewTrail prepares what it writes with.
func NewTrail(ctx context.Context, db *store.DB) (*Trail, error) {
	insert, err := db.PrepareRows(ctx, "audit", []store.Column{
		{Name: "id", Type: "text"}, {Name: "at", Type: "bigint"}, {Name: "actor", Type: "text"}, {Name: "action", Type: "text"},
		{Name: "event_id", Type: "text"}, {Name: "subject", Type: "text"}, {Name: "detail", Type: "text"}, {Name: "request_id", Type: "text"},
		{Name: "address", Type: "text"},
	}, "")
	return &Trail{insert: insert}, err
}

// Close ends the prepared statement.
func (t *Trail) Close() error { return t.insert.Close() }

// Write adds the entries in the transaction of the deeds.
func (t *Trail) Write(ctx context.Context, tx *sql.Tx, entries ...Entry) error {
	rows, err := rowsOf(entries)
	if err == nil {
		_, err = t.insert.Insert(ctx, tx, rows)
	}
	if err != nil {
		return fmt.Errorf("write the audit trail: %w", err)
	}
	return nil
}

// Step is Write as a step of the transaction.
func (t *Trail) Step(entries ...Entry) (store.Step, error) {
	rows, err := rowsOf(entries)
	if err != nil {
		return store.Step{}, err
	}
	return t.insert.Step(func(_ int64, err error) error {
		if err != nil {
			return fmt.Errorf("write the audit trail: %w", err)
		}
		return nil
	}, rows)
}

func rowsOf(entries []Entry) ([][]any, error) {
	rows := make([][]any, 0, len(entries))
	for _, e := range entries {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, fmt.Errorf("make an audit id: %w", err)
		}
		rows = append(rows, []any{id.String(), e.At.UnixMilli(), e.Actor, e.Action, e.EventID, e.Subject, e.Detail, e.RequestID, e.Address})
	}
	return rows, nil
}
