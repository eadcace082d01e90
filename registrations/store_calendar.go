package registrations

import (
	"context"
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
	}
	return err
}
