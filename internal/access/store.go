package access

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
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
}

// Trail writes the audit trail. It is append-only: there is no way to change an entry.
type Trail struct{ insert *sql.Stmt }

// Preparer prepares statements written with ? (a store.DB does).
type Preparer interface {
	Prepare(ctx context.Context, query string) (*sql.Stmt, error)
}

// NewTrail prepares what it writes with.
func NewTrail(ctx context.Context, p Preparer) (*Trail, error) {
	insert, err := p.Prepare(ctx, `insert into audit (id, at, actor, action, event_id, subject, detail, request_id)
		values (?, ?, ?, ?, ?, ?, ?, ?)`)
	return &Trail{insert: insert}, err
}

// Close ends the prepared statement.
func (t *Trail) Close() error { return t.insert.Close() }

// Write adds the entry in the transaction of the deed.
func (t *Trail) Write(ctx context.Context, tx *sql.Tx, e Entry) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an audit id: %w", err)
	}
	_, err = tx.StmtContext(ctx, t.insert).ExecContext(ctx, id.String(), e.At.UnixMilli(), e.Actor, e.Action, e.EventID, e.Subject, e.Detail, e.RequestID)
	if err != nil {
		return fmt.Errorf("write the audit trail: %w", err)
	}
	return nil
}
