package registrations

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/notify"
)

// SentMessage is a message that organisers have sent.
type SentMessage struct {
	ID, Subject, Body string
	Filter            Filter
	By, ByName        string // the actor, as in the audit trail, and their name where it is known
	At                time.Time
	Recipients        int
}

const sentSQL = `select m.id, m.subject, m.body, m.filter, m.sent_by, m.sent_at, m.recipients, coalesce(o.name, '') from attendee_messages m
	left join organisers o on m.sent_by = 'organiser:' || o.id where m.event_id = ?`

// SentMessages lists what organisers have written to an event's people, the newest first.
func (r *Registrar) SentMessages(ctx context.Context, eventID string) ([]SentMessage, error) {
	rows, err := r.db.Read.DB.QueryContext(ctx, r.db.Rebind(sentSQL+" order by m.sent_at desc, m.id desc"), eventID)
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	defer rows.Close()
	var list []SentMessage
	for rows.Next() {
		m, err := scanSent(rows)
		if err != nil {
			return nil, fmt.Errorf("list messages: %w", err)
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// SentMessage gives one message to an event's people; a fault.NotFound for one of another event.
func (r *Registrar) SentMessage(ctx context.Context, eventID, id string) (SentMessage, error) {
	if !isID(id) {
		return SentMessage{}, errNoMessage
	}
	m, err := scanSent(r.db.Read.DB.QueryRowContext(ctx, r.db.Rebind(sentSQL+" and m.id = ?"), eventID, id))
	if errors.Is(err, sql.ErrNoRows) {
		return m, errNoMessage
	}
	if err != nil {
		return m, fmt.Errorf("look for message %s: %w", id, err)
	}
	return m, nil
}

// isID says whether the text is one of our ids: anything can stand in an address, also bytes that PostgreSQL refuses.
func isID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil && len(s) == 36
}

func scanSent(row interface{ Scan(...any) error }) (m SentMessage, err error) {
	var filter string
	var at int64
	if err = row.Scan(&m.ID, &m.Subject, &m.Body, &filter, &m.By, &at, &m.Recipients, &m.ByName); err != nil {
		return m, err
	}
	m.At = time.UnixMilli(at)
	if err = json.Unmarshal([]byte(filter), &m.Filter); err != nil {
		return m, fmt.Errorf("read whom message %s went to: %w", m.ID, err)
	}
	return m, nil
}

// messageTopic is what the messages of the outbox have in common that are one message of an organiser.
func messageTopic(id string) string { return "message " + id }

// MessageProgress says how far a message has come.
func (r *Registrar) MessageProgress(ctx context.Context, m SentMessage) (notify.Tally, error) {
	return r.outbox.Progress(ctx, messageTopic(m.ID))
}

// ResendEntry sends a message of the delivery log again, the very same bytes. Errors for people: those of notify's ResendOne, errElsewhere.
func (r *Registrar) ResendEntry(ctx context.Context, m notify.Entry, by access.Entry) error {
	if m.To.Address == "" {
		return fault.New(fault.Conflict, "Nothing can be sent to this address, so it is not sent again.")
	}
	by.Title = cmp.Or(kindWords[m.Kind], m.Kind)
	return r.mailChanged(ctx, by, "message.resent", m.EventID, m.ID, func(ctx context.Context, tx *sql.Tx) (string, error) {
		switch gone, err := elsewhere(m, func(id string) (*Registration, error) { return r.store.byIDIn(ctx, tx, id) }); {
		case err != nil:
			return "", err
		case gone:
			return "", errElsewhere
		}
		return "", r.outbox.ResendOne(ctx, tx, m.ID)
	})
}

// SettleEntry marks a failed message of the delivery log as dealt with. Error for people: notify.ErrNotFailed.
func (r *Registrar) SettleEntry(ctx context.Context, m notify.Entry, by access.Entry) error {
	by.Title = cmp.Or(kindWords[m.Kind], m.Kind)
	return r.mailChanged(ctx, by, "message.settled", m.EventID, m.ID, func(ctx context.Context, tx *sql.Tx) (string, error) {
		return "", r.outbox.Settle(ctx, tx, m.ID)
	})
}

// elsewhere says whether a message tells of a registration, which read gives, to a mailbox that has it no more. That it has gone is what its
// former mailbox is told.
func elsewhere(m notify.Entry, read func(id string) (*Registration, error)) (bool, error) {
	if m.RegistrationID == "" || m.Kind == kindMoved || m.Kind == kindSubstituted {
		return false, nil
	}
	g, err := read(m.RegistrationID)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && g.Mailbox != m.Mailbox, err
}

// RetryFailed queues the messages of the filter that were given up again, and says how many.
func (r *Registrar) RetryFailed(ctx context.Context, f notify.Filter, by access.Entry) (n int64, err error) {
	err = r.mailChanged(ctx, by, "message.retried", f.EventID, f.EventID, func(ctx context.Context, tx *sql.Tx) (string, error) {
		n, err = r.outbox.RetryFailed(ctx, tx, f)
		return fmt.Sprint(n, " failed"), err
	})
	return n, err
}

// mailChanged does something to the outbox, with its entry in the audit trail.
func (r *Registrar) mailChanged(ctx context.Context, by access.Entry, action, eventID, subject string, do func(ctx context.Context, tx *sql.Tx) (detail string, err error)) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		detail, err := do(ctx, tx.Tx)
		if err != nil {
			return err
		}
		by.At, by.Action, by.EventID, by.Subject, by.Detail = r.now(), action, eventID, subject, detail
		return r.trail.Write(ctx, tx.Tx, by)
	})
	if err == nil {
		r.outbox.Wake()
	}
	return err
}

// eventName is an event as lists of choices have it.
type eventName struct{ ID, Slug, Title, Start string }

// eventNames are all events, the latest first.
func (s *Store) eventNames(ctx context.Context) ([]eventName, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, "select id, slug, title, substr(starts_local, 1, 10) from events order by starts_at desc, id")
	if err != nil {
		return nil, fmt.Errorf("list the names of events: %w", err)
	}
	defer rows.Close()
	var list []eventName
	for rows.Next() {
		var e eventName
		if err := rows.Scan(&e.ID, &e.Slug, &e.Title, &e.Start); err != nil {
			return nil, fmt.Errorf("list the names of events: %w", err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}
