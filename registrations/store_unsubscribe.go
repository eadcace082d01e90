package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/notify"
)

// StopReminders keeps reminders from a mailbox from now on, those that wait to be sent included: what rules send is checked when it is
// queued, and never again, since the bytes of a message stay as they were made. g names the mailbox; all its registrations are meant.
// Stopping again changes nothing.
func (r *Registrar) StopReminders(ctx context.Context, g *Registration, requestID string) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.Tx.ExecContext(ctx, r.db.Rebind("insert into mail_stopped (mailbox, topic, stopped_at) values (?, ?, ?) on conflict (mailbox, topic) do nothing"),
			g.Mailbox, string(aboutReminders), r.now().UnixMilli())
		if err != nil {
			return fmt.Errorf("stop the reminders of registration %s: %w", g.ID, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if err := r.store.lockMailbox(ctx, tx.Tx, g.Mailbox); err != nil {
			return err
		}
		if _, err := r.outbox.Supersede(ctx, tx.Tx, notify.Unsent{Kinds: reminderKinds, Mailbox: g.Mailbox}); err != nil {
			return err
		}
		return r.preferred(ctx, tx.Tx, g, "reminders.stopped", requestID)
	})
}

// ResumeReminders takes StopReminders back: what becomes due from now on is sent.
func (r *Registrar) ResumeReminders(ctx context.Context, g *Registration, requestID string) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.Tx.ExecContext(ctx, r.db.Rebind("delete from mail_stopped where mailbox = ? and topic = ?"), g.Mailbox, string(aboutReminders))
		if err != nil {
			return fmt.Errorf("resume the reminders of registration %s: %w", g.ID, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return r.preferred(ctx, tx.Tx, g, "reminders.resumed", requestID)
	})
}

// preferred writes down what a person has chosen.
func (r *Registrar) preferred(ctx context.Context, tx *sql.Tx, g *Registration, action, requestID string) error {
	return r.trail.Write(ctx, tx, access.Entry{At: r.now(), Actor: string(Attendee), Action: action, EventID: g.EventID, Subject: g.ID, RequestID: requestID})
}

// dropReminders takes back what waits to be sent to somebody who is not coming any more.
func (r *Registrar) dropReminders(ctx context.Context, tx *sql.Tx, g *Registration) error {
	_, err := r.outbox.Supersede(ctx, tx, notify.Unsent{Kinds: reminderKinds, Registrations: []string{g.ID}})
	return err
}

// RemindersStopped says whether a mailbox wants no reminders.
func (s *Store) RemindersStopped(ctx context.Context, mailbox string) (bool, error) {
	var at int64
	err := s.db.Read.DB.QueryRowContext(ctx, s.db.Rebind("select stopped_at from mail_stopped where mailbox = ? and topic = ?"), mailbox, string(aboutReminders)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look what a mailbox wants: %w", err)
	}
	return true, nil
}

// lockMailbox waits for a transaction that is queueing reminders for the mailbox, and keeps the next one waiting: so nothing comes between
// the wish for no more of them and its taking back what was queued.
func (s *Store) lockMailbox(ctx context.Context, tx *sql.Tx, mailbox string) error {
	rows, err := tx.QueryContext(ctx, s.db.Rebind("select r.id from registrations r where r.mailbox = ? order by r.id"+s.db.ForUpdate("r")), mailbox)
	if err != nil {
		return fmt.Errorf("lock a mailbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() { // each row that is read is locked
	}
	return rows.Err()
}

// stoppedAmong are the mailboxes that want no reminders.
func (s *Store) stoppedAmong(ctx context.Context, tx *sql.Tx, list []*Registration) (map[string]bool, error) {
	mailboxes := make([]string, 0, len(list))
	for _, g := range list {
		mailboxes = append(mailboxes, g.Mailbox)
	}
	rows, err := tx.QueryContext(ctx, s.db.Rebind("select mailbox from mail_stopped where topic = ? and "+s.db.Among("mailbox")), string(aboutReminders), s.db.List(mailboxes))
	if err != nil {
		return nil, fmt.Errorf("look what mailboxes want: %w", err)
	}
	defer rows.Close()
	stopped := map[string]bool{}
	for rows.Next() {
		var mailbox string
		if err := rows.Scan(&mailbox); err != nil {
			return nil, fmt.Errorf("look what mailboxes want: %w", err)
		}
		stopped[mailbox] = true
	}
	return stopped, rows.Err()
}
