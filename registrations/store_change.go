package registrations

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

// Change writes a person's new details and health data. The address, the place and the answers to the event's questions stay as they are.
func (r *Registrar) Change(ctx context.Context, g *Registration, e *events.Event, p Person, n Needs, requestID string) error {
	return r.ChangeAll(ctx, g, e, p, n, nil, requestID)
}

// ChangeAll is Change with new answers to what the event asks; nil leaves them as they are.
func (r *Registrar) ChangeAll(ctx context.Context, g *Registration, e *events.Event, p Person, n Needs, a Answers, requestID string) error {
	return r.changeDetails(ctx, g, e, details{person: p, needs: &n, answers: a, by: access.Entry{Actor: string(Attendee), RequestID: requestID}})
}

// ChangeFor is ChangeAll by an organiser, who does not see the health data, which stays.
func (r *Registrar) ChangeFor(ctx context.Context, g *Registration, e *events.Event, p Person, a Answers, by access.Entry) error {
	return r.changeDetails(ctx, g, e, details{person: p, answers: a, by: by})
}

// errMeanwhile is for a registration that is not any more as whoever changes it has seen it.
var errMeanwhile = fault.New(fault.Conflict, "Somebody else has changed this registration at the same moment. Look at it again, and save again.")

// changeDetails writes details, and health data and answers unless they are nil. It counts as a change of the place's, so that whoever follows the place's
// version learns of it.
func (r *Registrar) changeDetails(ctx context.Context, g *Registration, e *events.Event, d details) error {
	if n := d.needs; n != nil && !n.Empty() {
		var err error
		if d.sealed, err = n.seal(r.keys, g.ID); err != nil {
			return err
		}
	}
	return r.atItsPlace(ctx, g, func(placeID string) error {
		return r.writeDetails(ctx, g, e, placeID, d)
	})
}

// details are what changeDetails writes.
type details struct {
	person  Person
	needs   *Needs  // nil to leave them as they are
	sealed  []byte  // the needs, nil for none
	answers Answers // nil to leave them as they are
	asSeen  bool    // only if the registration is still as it was read
	action  string  // in the audit trail, "" for a change of details
	by      access.Entry
}

// changes names what of a registration is changed, and not to what: the audit trail keeps that for good. now are the answers as they are stored.
func (d details) changes(is *Registration, now map[string]string, needs bool, e *events.Event) string {
	var parts []string
	old, p := is.Person, d.person
	for _, f := range []struct{ name, was, is string }{{"title", old.Title, p.Title}, {"first name", old.FirstName, p.FirstName}, {"last name", old.LastName, p.LastName},
		{"profession", old.Profession, p.Profession}, {"job role", old.JobRole, p.JobRole}, {"employer", old.Employer, p.Employer}, {"registration number", old.RegulatorNumber, p.RegulatorNumber}} {
		if f.was != f.is {
			parts = append(parts, f.name)
		}
	}
	if needs {
		parts = append(parts, "dietary and access requirements")
	}
	if d.answers != nil && slices.ContainsFunc(e.Asked(), func(q events.Question) bool { return now[q.ID] != strings.Join(d.answers[q.ID], "\n") }) {
		parts = append(parts, "answers")
	}
	return strings.Join(parts, ", ")
}

func (r *Registrar) writeDetails(ctx context.Context, g *Registration, e *events.Event, placeID string, d details) error {
	now, by, p := r.now(), d.by, d.person
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		state, err := r.ledger.Lock(ctx, tx.Tx, placeID) // before the event or the person changes, or after
		if err != nil {
			return err
		}
		is, err := r.store.atPlace(ctx, tx.Tx, g.ID, placeID)
		switch {
		case err != nil:
			return err
		case d.asSeen && is.Version != g.Version:
			return errMeanwhile
		}
		e, err := r.present(ctx, tx, e, state)
		if err != nil {
			return err
		}
		res, err := tx.NewRaw(`update registrations set title = ?, first_name = ?, last_name = ?, profession = ?, job_role = ?, employer = ?,
			regulator_number = ?, version = ?, updated_at = ? where id = ? and generation = ? and status <> 'cancelled'`,
			p.Title, p.FirstName, p.LastName, p.Profession, p.JobRole, p.Employer, p.RegulatorNumber, state.Next(), now.UnixMilli(), g.ID, g.Generation).Exec(ctx)
		if err != nil {
			return fmt.Errorf("change registration %s: %w", g.ID, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrOver) // cancelled or passed on a moment ago: its health data stays deleted
		}
		by.Detail, err = r.whatChanges(ctx, tx, is, e, d)
		if err != nil {
			return err
		}
		if err := r.replaceParts(ctx, tx, g, e, d, now); err != nil {
			return err
		}
		by.At, by.Action, by.EventID, by.Subject = now, cmp.Or(d.action, "registration.changed"), g.EventID, g.ID
		if err := r.trail.Write(ctx, tx.Tx, by); err != nil {
			return err
		}
		return r.ledger.Write(ctx, tx.Tx, state)
	})
	if err == nil {
		r.applied(ctx, seats.Ref{EventID: g.EventID, PlaceID: placeID})
	}
	return err
}

// whatChanges compares a change with what is there until now.
func (r *Registrar) whatChanges(ctx context.Context, tx bun.Tx, is *Registration, e *events.Event, d details) (string, error) {
	needs := false
	if d.needs != nil {
		var sealed []byte
		err := tx.NewRaw("select sealed from health_needs where registration_id = ?", is.ID).Scan(ctx, &sealed)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return "", fmt.Errorf("read the health data of registration %s: %w", is.ID, err)
		}
		var was Needs
		if sealed != nil {
			if was, err = openNeeds(r.keys, is.ID, sealed); err != nil {
				return "", err
			}
		}
		needs = was != *d.needs
	}
	var answers map[string]string
	if d.answers != nil && len(e.Questions) > 0 {
		var rows []struct{ QuestionID, Value string }
		if err := tx.NewRaw("select question_id, value from answers where registration_id = ?", is.ID).Scan(ctx, &rows); err != nil {
			return "", fmt.Errorf("read the answers of registration %s: %w", is.ID, err)
		}
		answers = map[string]string{}
		for _, a := range rows {
			answers[a.QuestionID] = a.Value
		}
	}
	return d.changes(is, answers, needs, e), nil
}

// replaceParts writes what is kept apart from the person.
func (r *Registrar) replaceParts(ctx context.Context, tx bun.Tx, g *Registration, e *events.Event, d details, now time.Time) error {
	if d.needs != nil {
		if _, err := tx.NewRaw("delete from health_needs where registration_id = ?", g.ID).Exec(ctx); err != nil {
			return fmt.Errorf("replace the health data of registration %s: %w", g.ID, err)
		}
	}
	if d.sealed != nil {
		if err := r.store.addNeeds(ctx, tx.Tx, g.ID, d.sealed, now, purgeAt(e)); err != nil {
			return err
		}
	}
	if d.answers == nil {
		return nil
	}
	return r.store.replaceAnswers(ctx, tx.Tx, g.ID, d.answers, e)
}

// resent are the messages that tell where a registration stands: the newest of these kinds does.
var resent = map[Status][]string{
	Confirmed: {kindConfirmation, kindApproved, kindUpdated, kindPostponed}, Pending: {kindPending, kindUpdated, kindPostponed},
	Waiting: {kindWaiting, kindUpdated, kindPostponed}, Offered: {kindOffer, kindUpdated, kindPostponed},
}

// Resend sends the message that tells where a registration stands once more: the very same bytes. There is none for one that is cancelled.
func (r *Registrar) Resend(ctx context.Context, g *Registration, requestID string) error {
	kinds, ok := resent[g.Status]
	if !ok {
		return ErrOver
	}
	if err := r.mayMail(ctx, g.Mailbox); err != nil {
		return err
	}
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.outbox.Resend(ctx, tx.Tx, g.ID, g.Mailbox, kinds...); err != nil {
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

// SendLinks mails a mailbox the links to its registrations, if it has any. Whoever asks learns nothing of that. So the limit of a mailbox
// is silent and its own: it counts mails that went out, and only a mailbox that has registrations gets any, so a refusal, here or by another form,
// would say that it has. Past it those links have come five times in the hour; that somebody asks too often is told by their network's limit, which
// knows no mailbox.
func (r *Registrar) SendLinks(ctx context.Context, mailbox, requestID string) error {
	n, err := r.outbox.CountOf(ctx, kindLinks, mailbox, r.now().Add(-time.Hour))
	if err != nil {
		return err
	}
	if n >= hourlyMails {
		return r.noteLinks(ctx, requestID, nil) // that there was mail enough is not told either
	}
	list, err := r.store.ByMailbox(ctx, mailbox, r.now())
	if err != nil {
		return err
	}
	m, err := r.linksMessage(ctx, mailbox, list)
	if err != nil {
		return err
	}
	if err := r.noteLinks(ctx, requestID, m); err != nil {
		return err
	}
	r.outbox.Wake()
	return nil
}

// noteLinks writes the request down, and queues the message if there is one. Both take a transaction, so that the time of the answer
// does not say whether the mailbox is known.
func (r *Registrar) noteLinks(ctx context.Context, requestID string, m *notify.Message) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := r.trail.Write(ctx, tx.Tx, access.Entry{At: r.now(), Actor: string(Attendee), Action: "links.requested", RequestID: requestID})
		if err != nil || m == nil {
			return err
		}
		_, err = r.outbox.Enqueue(ctx, tx.Tx, *m)
		return err
	})
}

// linksMessage is the message with the links of a mailbox' registrations, nil for none.
func (r *Registrar) linksMessage(ctx context.Context, mailbox string, list []*Registration) (*notify.Message, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var s linksSnapshot
	for _, g := range list {
		e, err := r.events.ByID(ctx, g.EventID)
		if err != nil {
			return nil, err
		}
		place, _ := e.Place(g.PlaceID)
		s.Registrations = append(s.Registrations, snapshotOf(e, place, g))
	}
	newest := list[len(list)-1]
	return &notify.Message{
		Kind: kindLinks, To: mail.Address{Name: newest.Name(), Address: newest.Recipient()}, Mailbox: mailbox, Snapshot: s,
	}, nil
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
