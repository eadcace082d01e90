package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
)

// OfMailbox lists everything that a mailbox has or had, the newest first.
func (s *Store) OfMailbox(ctx context.Context, mailbox string) ([]*Registration, error) {
	rows, err := s.db.Read.QueryContext(ctx, "select "+columns+" from registrations where mailbox = ? order by id desc", mailbox)
	if err != nil {
		return nil, fmt.Errorf("list what a mailbox has: %w", err)
	}
	defer rows.Close()
	return scanAll(rows)
}

// calendarStamp differs whenever the calendar of a registration or of its mailbox does: with the person's registrations, the events that they
// are for, or what the mailbox was sent, whose sequences the calendar has.
type calendarStamp struct {
	Generation, Registrations, Changed, Versions, Events, EventsChanged, Sent, SentLast int64
}

const stampQuery = `select s.calendar_generation, count(*), cast(sum(g.updated_at) as bigint), cast(sum(g.version) as bigint), cast(sum(e.version) as bigint),
	cast(sum(e.updated_at) as bigint), (select count(*) from outbox o where o.mailbox = s.mailbox), (select coalesce(max(created_at), 0) from outbox o where o.mailbox = s.mailbox)
	from registrations s join registrations g on g.mailbox = s.mailbox join events e on e.id = g.event_id where s.id = ? group by s.calendar_generation, s.mailbox`

// calendarStamp is one look at a few rows, by their indexes; ErrNotFound for no registration.
func (s *Store) calendarStamp(ctx context.Context, id string) (c calendarStamp, err error) {
	err = s.db.Read.QueryRowContext(ctx, stampQuery, id).Scan(&c.Generation, &c.Registrations, &c.Changed, &c.Versions, &c.Events, &c.EventsChanged, &c.Sent, &c.SentLast)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("look whether a calendar has changed: %w", err)
	}
	return c, nil
}

// RenewCalendars revokes every link to a calendar of the registration's mailbox: those on pages and those in mail.
func (r *Registrar) RenewCalendars(ctx context.Context, g *Registration, requestID string) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("update registrations set calendar_generation = calendar_generation + 1 where mailbox = ?", g.Mailbox).Exec(ctx); err != nil {
			return fmt.Errorf("revoke the calendars of registration %s: %w", g.ID, err)
		}
		return r.trail.Write(ctx, tx.Tx, access.Entry{
			At: r.now(), Actor: string(Attendee), Action: "calendar.renewed", EventID: g.EventID, Subject: g.ID, RequestID: requestID,
		})
	})
	if err == nil {
		r.Changed()
		r.seats.Tell(g.EventID) // the other instances, who may have kept what the links showed
	}
	return err
}
