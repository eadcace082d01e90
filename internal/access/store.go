package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
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
	Title     string // what that was called then; empty for people, whom the trail could not forget
	Detail    string // a few words without personal data
	RequestID string
	Address   string // where an organiser's request came from
}

// Trail writes the audit trail. It is append-only: there is no way to change an entry, and the database refuses it to everybody.
type Trail struct{ insert, titled *store.Rows }

// NewTrail prepares what it writes with.
func NewTrail(ctx context.Context, db *store.DB) (*Trail, error) {
	columns := []store.Column{
		{Name: "id", Type: "text"}, {Name: "at", Type: "bigint"}, {Name: "actor", Type: "text"}, {Name: "action", Type: "text"},
		{Name: "event_id", Type: "text"}, {Name: "subject", Type: "text"}, {Name: "detail", Type: "text"}, {Name: "request_id", Type: "text"},
		{Name: "address", Type: "text"},
	}
	insert, err := db.PrepareRows(ctx, "audit", columns, "")
	if err != nil {
		return nil, err
	}
	titled, err := db.PrepareRows(ctx, "audit", append(columns, store.Column{Name: "title", Type: "text"}), "")
	return &Trail{insert: insert, titled: titled}, err
}

// Close ends the prepared statements.
func (t *Trail) Close() error { return errors.Join(t.insert.Close(), t.titled.Close()) }

// Write adds the entries in the transaction of the deeds.
func (t *Trail) Write(ctx context.Context, tx *sql.Tx, entries ...Entry) error {
	rows, err := rowsOf(entries)
	into := t.insert
	if slices.ContainsFunc(entries, func(e Entry) bool { return e.Title != "" }) {
		into = t.titled
		for i := range rows {
			rows[i] = append(rows[i], entries[i].Title)
		}
	}
	if err == nil {
		_, err = into.Insert(ctx, tx, rows)
	}
	if err != nil {
		return fmt.Errorf("write the audit trail: %w", err)
	}
	return nil
}

// Step is Write as a step of the transaction, for entries about people, which have no title.
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
