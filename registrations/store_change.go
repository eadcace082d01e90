package registrations

import (
	"context"
	"fmt"
	"net/mail"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/notify"
)

// Change writes a person's new details and health data. The address and the place stay as they are.
func (r *Registrar) Change(ctx context.Context, g *Registration, e *events.Event, p Person, n Needs, requestID string) error {
	var sealed []byte
	if !n.Empty() {
		var err error
		if sealed, err = n.seal(r.keys, g.ID); err != nil {
			return err
		}
	}
	now := r.now()
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`update registrations set title = ?, first_name = ?, last_name = ?, profession = ?, job_role = ?, employer = ?,
			regulator_number = ?, updated_at = ? where id = ? and status <> 'cancelled'`,
			p.Title, p.FirstName, p.LastName, p.Profession, p.JobRole, p.Employer, p.RegulatorNumber, now.UnixMilli(), g.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("change registration %s: %w", g.ID, err)
		}
		if _, err := tx.NewRaw("delete from health_needs where registration_id = ?", g.ID).Exec(ctx); err != nil {
			return fmt.Errorf("replace the health data of registration %s: %w", g.ID, err)
		}
		if sealed != nil {
			if err := r.store.addNeeds(ctx, tx.Tx, g.ID, sealed, now, e.EndsAt+healthKept.Milliseconds()); err != nil {
				return err
			}
		}
		return r.trail.Write(ctx, tx.Tx, access.Entry{
			At: now, Actor: string(Attendee), Action: "registration.changed", EventID: g.EventID, Subject: g.ID, RequestID: requestID,
		})
	})
}

// Resend sends the confirmation, or the waiting-list notice, once more.
func (r *Registrar) Resend(ctx context.Context, g *Registration, requestID string) error {
	if err := r.mayMail(ctx, g.Mailbox); err != nil {
		return err
	}
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.outbox.Resend(ctx, tx.Tx, g.ID); err != nil {
			return err
		}
		return r.trail.Write(ctx, tx.Tx, access.Entry{
			At: r.now(), Actor: string(Attendee), Action: "registration.resent", EventID: g.EventID, Subject: g.ID, RequestID: requestID,
		})
	})
	if err == nil {
		r.outbox.Wake()
	}
	return err
}

// SendLinks mails a mailbox the links to its registrations, if it has any. Whoever asks learns nothing of that.
func (r *Registrar) SendLinks(ctx context.Context, mailbox string) error {
	if err := r.mayMail(ctx, mailbox); err != nil {
		return err
	}
	list, err := r.store.ByMailbox(ctx, mailbox, r.now())
	if err != nil || len(list) == 0 {
		return err
	}
	var s linksSnapshot
	for _, g := range list {
		e, err := r.events.ByID(ctx, g.EventID)
		if err != nil {
			return err
		}
		place, _ := e.Place(g.PlaceID)
		s.Registrations = append(s.Registrations, snapshotOf(e, place, g))
	}
	newest := list[len(list)-1]
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := r.outbox.Enqueue(ctx, tx.Tx, notify.Message{
			Kind: kindLinks, To: mail.Address{Name: newest.Name(), Address: newest.Recipient()}, Mailbox: mailbox, Snapshot: s, Public: true,
		})
		return err
	})
	if err == nil {
		r.outbox.Wake()
	}
	return err
}

// Purge deletes what is past its time, here and in the outbox; call it every hour or so.
func (r *Registrar) Purge(ctx context.Context) error {
	now := r.now()
	if err := r.store.Purge(ctx, now); err != nil {
		return err
	}
	_, err := r.outbox.Purge(ctx, now.Add(-rawKept))
	return err
}

// rawKept is how long the bytes of a sent message are kept: they hold links.
const rawKept = 30 * 24 * time.Hour
