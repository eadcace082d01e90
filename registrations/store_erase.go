package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
)

// errErased is for a registration that was erased, and so belongs to nobody.
var errErased = fault.Coded(fault.Conflict, "erased", "This registration has been erased already.")

// errGone answers the links that a person had before they were erased.
var errGone = fault.New(fault.Gone, "This registration is cancelled and its details are erased, so there is nothing to show here any more.")

const (
	erasedName   = "Erased"
	erasedDomain = "@erased.invalid" // mail to .invalid goes nowhere (RFC 2606)
)

// Erased says that a person has asked to be erased: what is left is that there was a registration.
func (g *Registration) Erased() bool { return g.Mailbox == g.ID+erasedDomain }

// unlinked is why a token that does not open a registration does not. The links that were good until the person was erased say that they were, so
// that nobody looks for what they did wrong; all others say nothing.
func (g *Registration) unlinked(k *secret.Keys, token string) error {
	if g.Erased() && (k.Valid(token, managePurpose, g.ID, g.Generation-1) ||
		k.Valid(token, calendarPurpose, g.ID, g.CalendarGeneration-1) || k.Valid(token, calendarsPurpose, g.ID, g.CalendarGeneration-1)) {
		return errGone
	}
	return ErrNotFound
}

// Erase deletes a person from a registration on their request. One that is not cancelled is cancelled first, without a message, and its seat passed
// on. Left is a number: placeholders for the person, no health data, no answers, no notes, nothing of the messages, nor
// of the files they were written to; what was not sent is not sent any more, and every link is revoked. The audit trail, which never held more than ids, says that it was done. Erasing again is errErased.
func (r *Registrar) Erase(ctx context.Context, g *Registration, by access.Entry) error {
	_, err := r.judge(ctx, g, func(ctx context.Context, q request) error {
		switch {
		case q.g.Erased():
			return errErased
		case q.anothers():
			return errAnothers
		}
		if q.g.Status != Cancelled {
			why := ending{by: Organiser, who: by.Actor, requestID: by.RequestID, address: by.Address}
			if err := r.endIn(ctx, q.tx, q.g, q.event, q.place, q.state, why); err != nil {
				return err
			}
		}
		return r.eraseIn(ctx, q, by)
	})
	r.outbox.Wipe()
	return err
}

// forgetStopped deletes what a mailbox wants no more of, if no registration is left of it.
const forgetStopped = "delete from mail_stopped where mailbox = ? and not exists (select 1 from registrations r where r.mailbox = mail_stopped.mailbox)"

// eraseIn deletes what is known of the person of a registration that is cancelled.
func (r *Registrar) eraseIn(ctx context.Context, q request, by access.Entry) error {
	if err := r.outbox.Erase(ctx, q.tx, q.g.ID, q.g.Mailbox, kindLinks); err != nil {
		return err
	}
	if err := r.eraseSearches(ctx, q.tx, q.g); err != nil {
		return err
	}
	nobody := q.g.ID + erasedDomain
	for _, do := range []struct {
		query string
		args  []any
	}{
		{`update registrations set title = '', first_name = '', last_name = ?, email = ?, mailbox = ?, profession = '', job_role = '', employer = '',
			regulator_number = '', generation = generation + 1, calendar_generation = calendar_generation + 1, version = ?, updated_at = ? where id = ?`,
			[]any{erasedName, nobody, nobody, q.state.Next(), r.now().UnixMilli(), q.g.ID}},
		{"delete from health_needs where registration_id = ?", []any{q.g.ID}},
		{"delete from answers where registration_id = ?", []any{q.g.ID}},
		{"delete from attendee_notes where registration_id = ?", []any{q.g.ID}},
		{"delete from idempotency_keys where registration_id = ?", []any{q.g.ID}},
		{forgetStopped, []any{q.g.Mailbox}},
	} {
		if _, err := q.tx.ExecContext(ctx, r.db.Rebind(do.query), do.args...); err != nil {
			return fmt.Errorf("erase registration %s: %w", q.g.ID, err)
		}
	}
	by.At, by.Action, by.EventID, by.Subject = r.now(), "registration.erased", q.g.EventID, q.g.ID
	return r.trail.Write(ctx, q.tx, by)
}

// Elsewhere keeps addresses besides registrations and what is about them, such as those of people who want to be told of something.
type Elsewhere interface {
	// Kinds are those of the mail that it sends.
	Kinds() []string
	// Held says in words what is kept of a mailbox; nothing for nothing.
	Held(ctx context.Context, mailbox string) ([]string, error)
	// Erase deletes that in the transaction, with an entry in the audit trail for each by whoever is named.
	Erase(ctx context.Context, tx *sql.Tx, mailbox string, by access.Entry) error
}

// Holding is what is held of a mailbox besides one registration that belongs to it, or did.
type Holding struct {
	Mailbox       string
	Registrations []*Registration // the newest first
	Messages      int             // about those, about registrations that others have by now, and of other kinds
	Elsewhere     []string        // in words
}

// Empty says that there is nothing.
func (h Holding) Empty() bool { return len(h.Registrations)+h.Messages+len(h.Elsewhere) == 0 }

// Holding says what is held of a mailbox besides the registration, and besides the messages about it if it is the mailbox's own.
func (r *Registrar) Holding(ctx context.Context, g *Registration, mailbox string) (h Holding, err error) {
	h.Mailbox = mailbox
	if h.Registrations, err = r.store.OfMailbox(ctx, mailbox); err != nil {
		return h, err
	}
	h.Registrations = slices.DeleteFunc(h.Registrations, func(o *Registration) bool { return o.ID == g.ID })
	except := ""
	if g.Mailbox == mailbox {
		except = g.ID
	}
	kinds := []string{}
	if r.elsewhere != nil {
		if h.Elsewhere, err = r.elsewhere.Held(ctx, mailbox); err != nil {
			return h, err
		}
		kinds = r.elsewhere.Kinds()
	}
	h.Messages, err = r.outbox.Held(ctx, mailbox, except, kinds...)
	return h, err
}

// Formers are the mailboxes that a registration had before: of whoever passed the place on, or an address that was not right.
func (r *Registrar) Formers(ctx context.Context, g *Registration) ([]string, error) {
	list, err := r.outbox.Mailboxes(ctx, g.ID)
	return slices.DeleteFunc(list, func(mailbox string) bool { return mailbox == g.Mailbox }), err
}

// EraseMailbox deletes all that is held of a person by their mailbox, which a registration has or had: each registration that belongs to it, at
// every event, as Erase does; the messages that it was sent; and what is kept elsewhere. A registration that it had before stays with whoever has it
// now. Each registration is erased by itself, that which was asked about at the end: what breaks off on the way is finished by doing it again. Errors
// for people: errErased, errAnothers.
func (r *Registrar) EraseMailbox(ctx context.Context, g *Registration, mailbox string, by access.Entry) error {
	own := g.Mailbox == mailbox
	if formers, err := r.Formers(ctx, g); err != nil || (!own && !slices.Contains(formers, mailbox)) {
		return errors.Join(err, errAnothers)
	}
	if g.Erased() {
		return errErased
	}
	list, err := r.store.OfMailbox(ctx, mailbox)
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.ID == g.ID {
			continue
		}
		if err := r.Erase(ctx, o, by); err != nil && !errors.Is(err, errErased) && !errors.Is(err, errAnothers) {
			return err
		}
	}
	action := "registration.former_erased"
	if own {
		action = "registration.address_erased"
	}
	if err := r.eraseRest(ctx, g, mailbox, action, by); err != nil || !own {
		return err
	}
	return r.Erase(ctx, g, by)
}

// eraseRest deletes what is held of a mailbox besides its registrations.
func (r *Registrar) eraseRest(ctx context.Context, g *Registration, mailbox, action string, by access.Entry) error {
	kinds := []string{kindLinks}
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if r.elsewhere != nil {
			if err := r.elsewhere.Erase(ctx, tx.Tx, mailbox, by); err != nil {
				return err
			}
			kinds = append(kinds, r.elsewhere.Kinds()...)
		}
		if err := r.outbox.EraseMailbox(ctx, tx.Tx, mailbox, kinds...); err != nil {
			return err
		}
		if _, err := tx.Tx.ExecContext(ctx, r.db.Rebind("delete from attendee_notes where mailbox = ?"), mailbox); err != nil {
			return fmt.Errorf("erase notes about a mailbox: %w", err)
		}
		if _, err := tx.Tx.ExecContext(ctx, r.db.Rebind(forgetStopped), mailbox); err != nil {
			return fmt.Errorf("erase what a mailbox wants no more of: %w", err)
		}
		by.At, by.Action, by.EventID, by.Subject = r.now(), action, g.EventID, g.ID
		return r.trail.Write(ctx, tx.Tx, by)
	})
	r.outbox.Wipe()
	return err
}
