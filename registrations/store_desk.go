package registrations

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/notify"
)

// CancelFor ends a registration for an organiser and passes its seat on. The person is told, with the reason if there is one: plain text of at
// most 500 characters, kept nowhere but in the message. Cancelling again changes nothing. Errors for people: an invalid reason, ErrOver.
func (r *Registrar) CancelFor(ctx context.Context, g *Registration, e *events.Event, reason string, by access.Entry) error {
	reason = lines(reason)
	if wrong := checkReason(reason); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return r.end(ctx, g, e, ending{by: Organiser, who: by.Actor, mail: kindCancellation, reason: reason, requestID: by.RequestID, address: by.Address})
}

// errElsewhere is for a message to somebody who had the registration before, or never: it says what is another's now.
var errElsewhere = fault.New(fault.Conflict, "This message went to an address that the registration does not have any more, so it is not sent again. On the attendee’s page you can send their email again to their present address.")

// errNothingSent is for a registration that was told nothing of where it stands.
var errNothingSent = fault.New(fault.Conflict, "There is no message to send again: none was sent that says where this registration stands.")

// errNoMessage is for a message that is not the registration's.
var errNoMessage = fault.New(fault.NotFound, "We could not find that message.")

// ResendFor sends the message that told the registration's present mailbox where it stands once more, the very same bytes, for an organiser: it
// does not count towards what public forms cause. Errors for people: ErrOver, when it is cancelled, errNothingSent.
func (r *Registrar) ResendFor(ctx context.Context, g *Registration, by access.Entry) error {
	kinds, ok := resent[g.Status]
	if !ok {
		return ErrOver
	}
	sent, _, err := r.outbox.List(ctx, notify.Filter{RegistrationID: g.ID})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(sent, func(m notify.Entry) bool {
		return slices.Contains(kinds, m.Kind) && m.State != notify.StateSuperseded && m.Mailbox == g.Mailbox
	})
	if i < 0 {
		return errNothingSent
	}
	return r.resendOne(ctx, g, sent[i], by)
}

// ResendMessage sends one message of a registration again, the very same bytes. Errors for people: a fault.NotFound for one that is not the
// registration's, errElsewhere for one to another mailbox than its present one.
func (r *Registrar) ResendMessage(ctx context.Context, g *Registration, messageID string, by access.Entry) error {
	if _, err := uuid.Parse(messageID); err != nil {
		return errNoMessage
	}
	m, err := r.outbox.Entry(ctx, messageID)
	if err != nil {
		return err
	}
	if m.RegistrationID != g.ID {
		return errNoMessage
	}
	return r.resendOne(ctx, g, m, by)
}

func (r *Registrar) resendOne(ctx context.Context, g *Registration, m notify.Entry, by access.Entry) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now, err := r.store.byIDIn(ctx, tx.Tx, g.ID)
		switch {
		case err != nil:
			return err
		case now.Generation != g.Generation && !now.Erased():
			return errAnothers
		case now.Mailbox != m.Mailbox:
			return errElsewhere
		}
		if err := r.outbox.ResendOne(ctx, tx.Tx, m.ID); err != nil {
			return err
		}
		by.At, by.Action, by.EventID, by.Subject, by.Detail = r.now(), "registration.resent", g.EventID, g.ID, cmp.Or(kindWords[m.Kind], m.Kind)
		return r.trail.Write(ctx, tx.Tx, by)
	})
	if err == nil {
		r.outbox.Wake()
	}
	return err
}

// Note is what an organiser wrote down about a registration.
type Note struct {
	Body, Author string // the author's name
	At           time.Time
	OfFormer     bool // about whoever had the registration before
}

// maxNote is how many characters a note has at most.
const maxNote = 2000

// AddNote keeps a note of an organiser, named by their id. Its text is not in the audit trail. Errors for people: invalid fields.
func (r *Registrar) AddNote(ctx context.Context, g *Registration, body, authorID string, by access.Entry) error {
	body = lines(body)
	if wrong := check([]rule{{"note", body, "Enter a note", "The note", maxNote}}); len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make the id of a note: %w", err)
	}
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := r.now()
		is, err := r.store.byIDIn(ctx, tx.Tx, g.ID)
		switch {
		case err != nil:
			return err
		case is.Erased():
			return errErased
		case is.Generation != g.Generation:
			return errAnothers
		}
		if _, err := tx.Tx.ExecContext(ctx, r.db.Rebind("insert into attendee_notes (id, registration_id, mailbox, body, author, created_at) values (?, ?, ?, ?, ?, ?)"),
			id.String(), g.ID, is.Mailbox, body, authorID, now.UnixMilli()); err != nil {
			return fmt.Errorf("keep a note: %w", err)
		}
		by.At, by.Action, by.EventID, by.Subject = now, "registration.note", g.EventID, g.ID
		return r.trail.Write(ctx, tx.Tx, by)
	})
}

// keepNotes says whom the notes about a registration's mailbox are about from now on: the same mailbox still, when another one has the registration
// next, or its right one.
func (r *Registrar) keepNotes(ctx context.Context, tx *sql.Tx, g *Registration, mailbox string) error {
	_, err := tx.ExecContext(ctx, r.db.Rebind("update attendee_notes set mailbox = ? where registration_id = ? and mailbox in ('', ?)"), mailbox, g.ID, g.Mailbox)
	if err != nil {
		return fmt.Errorf("say whom the notes about registration %s are about: %w", g.ID, err)
	}
	return nil
}

// notes are what organisers wrote down about a registration, the latest first.
func (s *Store) notes(ctx context.Context, id string) ([]Note, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind(`select n.body, coalesce(o.name, 'Somebody who has left'), n.created_at, n.mailbox not in ('', r.mailbox)
		from attendee_notes n join registrations r on r.id = n.registration_id left join organisers o on o.id = n.author
		where n.registration_id = ? order by n.id desc limit ?`), id, maxHistory)
	if err != nil {
		return nil, fmt.Errorf("read the notes about registration %s: %w", id, err)
	}
	defer rows.Close()
	var list []Note
	for rows.Next() {
		var n Note
		var at int64
		if err := rows.Scan(&n.Body, &n.Author, &at, &n.OfFormer); err != nil {
			return nil, fmt.Errorf("read the notes about registration %s: %w", id, err)
		}
		n.At = time.UnixMilli(at)
		list = append(list, n)
	}
	return list, rows.Err()
}

// SeeNeeds gives the health data of a registration to an organiser, and notes in the audit trail that they have looked. Without the note there is
// no look.
func (r *Registrar) SeeNeeds(ctx context.Context, g *Registration, by access.Entry) (n Needs, err error) {
	if err := r.note(ctx, by, "health.seen", g.EventID, g.ID, ""); err != nil {
		return n, err
	}
	return r.needsNow(ctx, g)
}

// note writes an entry of the audit trail about something that changes nothing else.
func (r *Registrar) note(ctx context.Context, by access.Entry, action, eventID, subject, detail string) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		by.At, by.Action, by.EventID, by.Subject, by.Detail = r.now(), action, eventID, subject, detail
		return r.trail.Write(ctx, tx.Tx, by)
	})
}

// AddFor registers a person for an organiser, by the same way as everybody: their seat, the audit trail and the message are right. It may be done
// before registration opens and after it closes, and once the event is over, of which nobody is told. confirm approves at once on an event that
// asks for approval: in the same transaction, with one message. Errors for people: those of Register and Approve.
func (r *Registrar) AddFor(ctx context.Context, a Ask, confirm bool, by access.Entry) (*Registration, error) {
	a.By, a.Confirm = by, confirm
	g, err := r.Register(ctx, a)
	if err != nil || !confirm || g.Status != Pending {
		return g, err
	}
	// They were added before, by the same form, and not approved then.
	approved, err := r.Approve(ctx, g, by)
	if errors.Is(err, ErrWithdrawn) {
		return g, nil
	}
	return approved, err
}
