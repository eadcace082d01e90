package registrations

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/notify"
)

// What a person can be told when a registration goes to another mailbox.
var (
	ErrPassedOn = fault.Coded(fault.Conflict, "passed_on",
		"This registration has gone to another email address. Only the link in the email that we sent there can be used to see or change it.")
	ErrNoTransfer = fault.Coded(fault.Conflict, "not_transferable",
		"A position on the waiting list is yours alone and cannot be passed on. Your colleague can join the list, and you can leave it.")
	ErrNotYours = fault.Coded(fault.Conflict, "not_confirmed",
		"Only a confirmed place can be passed on to a colleague, and yours is not confirmed. Your colleague can register for the event.")
	ErrAskOrganisers = fault.Coded(fault.Conflict, "approval",
		"The organisers of this event decide on each person. Please write to them to name a colleague who can take your place.")
	ErrCameAlready = fault.Coded(fault.Conflict, "came",
		"Somebody has been checked in with this place, so it cannot be passed on: the record of who was there would be wrong. A colleague can be registered at the door instead.")
	ErrSamePerson = fault.InvalidFields([]fault.Field{{Name: "email", Message: "Enter your colleague’s own email address: this one is yours"}})
)

// Substitute gives a confirmed place to a colleague, who is invited; whoever had it is told, and loses their links, their calendar entry,
// their health data and their answers to the event's questions. The seat is never free in between. g is the registration as whoever asks has seen it; by names who that is (Actor
// "attendee" or an organiser's) and their request. Errors for people: ErrNotFound, ErrPassedOn, ErrNoTransfer, ErrNotYours, ErrOver,
// ErrAskOrganisers, ErrSamePerson, ErrCameAlready, ErrAlready, ErrTooMuchMail.
func (r *Registrar) Substitute(ctx context.Context, g *Registration, p Person, n Needs, by access.Entry) (*Registration, error) {
	public := by.Actor == string(Attendee)
	if public {
		if err := r.mayMail(ctx, p.Mailbox); err != nil {
			return nil, err
		}
	}
	return r.handOver(ctx, g, func(ctx context.Context, q request) error {
		switch {
		case q.anothers() && !public:
			return errAnothers
		case q.g.Generation != g.Generation:
			return ErrPassedOn
		case q.g.Status == Waiting:
			return ErrNoTransfer
		case q.g.Status == Cancelled || q.state.EventStatus != string(events.Published) || q.event.Past(r.now()):
			return ErrOver
		case q.g.Status != Confirmed:
			return ErrNotYours
		case public && q.state.Approval:
			return ErrAskOrganisers // they have approved this person, and would not see the next
		case p.Mailbox == q.g.Mailbox:
			return ErrSamePerson
		}
		came, err := r.store.cameIn(ctx, q.tx, q.g.ID)
		if err != nil {
			return err
		}
		if came {
			return ErrCameAlready
		}
		if err := r.keepNotes(ctx, q.tx, q.g, q.g.Mailbox); err != nil {
			return err
		}
		if err := r.handIn(ctx, q, p, handover{told: kindSubstituted, action: "registration.substituted", public: public, by: by}); err != nil {
			return err
		}
		if err := r.store.EraseAnswers(ctx, q.tx, q.g.ID); err != nil { // the colleague gives their own, and is asked to
			return err
		}
		return r.replaceNeeds(ctx, q, n)
	})
}

// cameIn says whether somebody was checked in with a registration, which is theirs then for good.
func (s *Store) cameIn(ctx context.Context, tx *sql.Tx, id string) (came bool, err error) {
	err = tx.QueryRowContext(ctx, s.db.Rebind("select exists (select 1 from attendance where registration_id = ? and undone_at = 0)"), id).Scan(&came)
	if err != nil {
		return false, fmt.Errorf("look whether somebody came with registration %s: %w", id, err)
	}
	return came, nil
}

// CorrectAddress gives a registration to the mailbox that its person meant: the old one, maybe a stranger's, is told that it is not theirs
// and loses its links and its calendar entry, and the new one is told where the registration stands. The same address again changes nothing.
// Errors for people: an invalid address, ErrNotFound, ErrOver, ErrAlready.
func (r *Registrar) CorrectAddress(ctx context.Context, g *Registration, email string, by access.Entry) (*Registration, error) {
	f := Form{Email: email}
	f.Clean()
	mailbox, problem := Mailbox(f.Email)
	if problem != "" {
		return nil, fault.InvalidFields([]fault.Field{{Name: "email", Message: problem}})
	}
	return r.handOver(ctx, g, func(ctx context.Context, q request) error {
		switch {
		case q.g.Email == f.Email:
			return nil
		case q.anothers():
			return errAnothers
		case q.g.Status == Cancelled || q.event.Past(r.now()):
			return ErrOver
		}
		if err := r.keepNotes(ctx, q.tx, q.g, mailbox); err != nil {
			return err
		}
		p := q.g.Person
		p.Email, p.Mailbox = f.Email, mailbox
		return r.handIn(ctx, q, p, handover{told: kindMoved, action: "registration.address_corrected", by: by})
	})
}

// handOver runs what gives a registration to another mailbox, with its place locked, and gives it as it is then.
func (r *Registrar) handOver(ctx context.Context, seen *Registration, hand func(context.Context, request) error) (*Registration, error) {
	g, err := r.judge(ctx, seen, hand)
	if store.Duplicate(err) {
		return nil, ErrAlready // the new mailbox has a seat at the event, or stands at this very place
	}
	if err != nil {
		return nil, err
	}
	r.Changed()
	r.outbox.Wake()
	return g, nil
}

// handover is how a registration comes to another mailbox.
type handover struct {
	told   string // the kind of message to the old mailbox
	action string // in the audit trail
	public bool   // by the person's own link, so that the new mailbox is one that they name
	by     access.Entry
}

// handIn writes the new person and the messages to both mailboxes. Each link that was sent or shown before is revoked.
func (r *Registrar) handIn(ctx context.Context, q request, p Person, h handover) error {
	old := *q.g
	var messages []notify.Message
	if old.Mailbox != p.Mailbox { // else one who types their address in another way need not lose anything
		invited, err := r.invited(ctx, q.tx, &old, q.event)
		if err != nil {
			return err
		}
		messages = append(messages, farewell(h.told, q.event, q.place, &old, invited))
		if err := r.outbox.SettleFor(ctx, q.tx, old.ID, old.Mailbox); err != nil {
			return err
		}
	}
	if err := r.dropReminders(ctx, q.tx, &old); err != nil {
		return err
	}
	q.g.Person, q.g.UpdatedAt = p, r.now()
	q.g.Version = q.state.Next() // whoever follows the place's version learns of it
	q.g.Generation++
	q.g.CalendarGeneration++ // the whole calendar of the new mailbox is not for the old one to see
	if err := r.store.handTo(ctx, q.tx, q.g, old.Generation); err != nil {
		return err
	}
	h.by.At, h.by.Action, h.by.EventID, h.by.Subject = q.g.UpdatedAt, h.action, q.g.EventID, q.g.ID
	if err := r.trail.Write(ctx, q.tx, h.by); err != nil {
		return err
	}
	_, err := r.outbox.EnqueueAll(ctx, q.tx, append(messages, welcome(q.event, q.place, q.g, h)))
	return err
}

// farewell tells the old mailbox, whose links show nothing any more.
func farewell(kind string, e *events.Event, place events.Place, g *Registration, invited bool) notify.Message {
	m := message(kind, e, place, g)
	s := snapshotOf(e, place, g)
	s.Join, s.Calendar = "", invited
	m.Public, m.Snapshot = false, s
	return about(e, invited, m)
}

// welcome tells the new mailbox where the registration stands. An event that is postponed is in nobody's calendar.
func welcome(e *events.Event, place events.Place, g *Registration, h handover) notify.Message {
	kind := kindFor(g.Status)
	switch {
	case e.Status == events.Postponed:
		kind = kindPostponed
	case g.Status == Offered:
		kind = kindOffer
	}
	m := about(e, g.Status == Confirmed && e.Status == events.Published, message(kind, e, place, g))
	s := snapshotOf(e, place, g)
	s.Instead = h.told == kindSubstituted
	s.Asked = s.Instead && len(Answers(nil).unanswered(e)) > 0 // those of whoever had the place go
	m.Public, m.Snapshot = h.public, s
	return m
}

// handTo writes the person and the generations of a registration whose place is locked, if its generation is still the old one.
func (s *Store) handTo(ctx context.Context, tx *sql.Tx, g *Registration, generation int64) error {
	res, err := tx.ExecContext(ctx, s.db.Rebind(`update registrations set title = ?, first_name = ?, last_name = ?, email = ?, mailbox = ?, profession = ?,
		job_role = ?, employer = ?, regulator_number = ?, generation = ?, calendar_generation = calendar_generation + 1, version = ?, updated_at = ?
		where id = ? and generation = ?`),
		g.Title, g.FirstName, g.LastName, g.Email, g.Mailbox, g.Profession, g.JobRole, g.Employer, g.RegulatorNumber, g.Generation, g.Version, g.UpdatedAt.UnixMilli(),
		g.ID, generation)
	if err != nil {
		return fmt.Errorf("give registration %s to another mailbox: %w", g.ID, err)
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = errChanged
	}
	if err != nil {
		return fmt.Errorf("give registration %s to another mailbox: %w", g.ID, err)
	}
	return nil
}

// replaceNeeds deletes the health data of whoever had the registration, and keeps that of whoever has it now.
func (r *Registrar) replaceNeeds(ctx context.Context, q request, n Needs) error {
	if _, err := q.tx.StmtContext(ctx, r.store.dropNeeds).ExecContext(ctx, q.g.ID); err != nil {
		return fmt.Errorf("delete the health data of registration %s: %w", q.g.ID, err)
	}
	if n.Empty() {
		return nil
	}
	sealed, err := n.seal(r.keys, q.g.ID)
	if err != nil {
		return err
	}
	return r.store.addNeeds(ctx, q.tx, q.g.ID, sealed, q.g.UpdatedAt, purgeAt(q.event))
}

// CanPassOn says whether a registration's own page offers to name a colleague.
func CanPassOn(g *Registration, e *events.Event, now time.Time) bool {
	return g.Status == Confirmed && e.Status == events.Published && !e.Past(now) && !e.Approval
}
