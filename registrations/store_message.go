package registrations

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/notify"
)

// messagesAtOnce is how many rows of the outbox one statement inserts.
const messagesAtOnce = 500

// SendMessage queues a message for everybody whom the filter means, one for each mailbox, and says for how many: all of them, with the
// entry in the audit trail, or none. The same ID again, such as by a double click, sends nothing and gives the same answer. It goes out
// whatever people have unsubscribed from, since it is about their registration. by names the organiser (Actor) and the request of theirs.
// Errors for people: invalid fields, events.ErrNotFound, ErrMessageReused.
func (r *Registrar) SendMessage(ctx context.Context, d Draft, by access.Entry) (n int, err error) {
	if err := d.ready(); err != nil {
		return 0, err
	}
	if _, err := r.events.ByID(ctx, d.EventID); err != nil {
		return 0, err
	}
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var before bool
		if n, before, err = r.store.claimMessage(ctx, tx.Tx, d, by.Actor, r.now()); err != nil || before {
			return err
		}
		if n, err = r.queueMessage(ctx, tx, d); err != nil {
			return err
		}
		if _, err := tx.Tx.ExecContext(ctx, r.db.Rebind("update attendee_messages set recipients = ? where id = ?"), n, d.ID); err != nil {
			return fmt.Errorf("write down who message %s went to: %w", d.ID, err)
		}
		by.At, by.Action, by.EventID, by.Subject, by.Detail = r.now(), "message.sent", d.EventID, d.ID, fmt.Sprint("to ", n)
		return r.trail.Write(ctx, tx.Tx, by)
	})
	if err != nil {
		return 0, err
	}
	r.outbox.Wake()
	return n, nil
}

func (r *Registrar) queueMessage(ctx context.Context, tx bun.Tx, d Draft) (int, error) {
	e, err := r.events.ByIDIn(ctx, tx, d.EventID)
	if err != nil {
		return 0, err
	}
	list, err := r.store.recipients(ctx, tx.Tx, d)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, fault.InvalidFields([]fault.Field{{Name: "statuses", Message: "Nobody is registered in this way, so there is nobody to write to"}})
	}
	for group := range slices.Chunk(list, messagesAtOnce) {
		messages := make([]notify.Message, 0, len(group))
		for _, g := range group {
			messages = append(messages, d.message(e, g))
		}
		if _, err := r.outbox.EnqueueAll(ctx, tx.Tx, messages); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// SendTest queues a draft for one address, such as the organiser's own, as somebody made up would get it. Errors for people: invalid
// fields (email is the address'), events.ErrNotFound.
func (r *Registrar) SendTest(ctx context.Context, d Draft, to string, by access.Entry) error {
	if err := d.clean(); err != nil {
		return err
	}
	mailbox, problem := Mailbox(to)
	if problem != "" {
		return fault.InvalidFields([]fault.Field{{Name: "email", Message: problem}})
	}
	e, err := r.events.ByID(ctx, d.EventID)
	if err != nil {
		return err
	}
	s := d.snapshot(e, somebody)
	s.Test = true
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := r.outbox.Enqueue(ctx, tx.Tx, notify.Message{Kind: kindMessage, To: mail.Address{Address: mailbox}, Mailbox: mailbox, EventID: e.ID, Snapshot: s}); err != nil {
			return err
		}
		by.At, by.Action, by.EventID, by.Subject = r.now(), "message.tested", e.ID, e.ID
		return r.trail.Write(ctx, tx.Tx, by)
	})
	if err == nil {
		r.outbox.Wake()
	}
	return err
}

// CountRecipients says how many people a message would go to now. Errors for people: invalid fields.
func (r *Registrar) CountRecipients(ctx context.Context, eventID string, f Filter) (n int, err error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	if f.Search != "" || f.Profession != "" || f.Answer.QuestionID != "" { // they are looked for as in the list
		list, err := r.store.recipients(ctx, r.db.Read.DB, Draft{EventID: eventID, Filter: f})
		return len(list), err
	}
	err = r.db.Read.DB.QueryRowContext(ctx, r.db.Rebind("select count(distinct r.mailbox)"+r.store.addressed(f)), r.store.addressedArgs(eventID, f)...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the recipients of a message: %w", err)
	}
	return n, nil
}

// claimMessage writes the message down, and says whether that was done before, and how many it went to. A second click waits for the first.
func (s *Store) claimMessage(ctx context.Context, tx *sql.Tx, d Draft, by string, now time.Time) (n int, before bool, err error) {
	filter, err := json.Marshal(d.Filter)
	if err != nil {
		return 0, false, fmt.Errorf("write down message %s: %w", d.ID, err)
	}
	res, err := tx.ExecContext(ctx, s.db.Rebind(`insert into attendee_messages (id, event_id, subject, body, filter, sent_by, sent_at, recipients)
		values (?, ?, ?, ?, ?, ?, ?, 0) on conflict (id) do nothing`), d.ID, d.EventID, d.Subject, d.Body, string(filter), by, now.UnixMilli())
	if err != nil {
		return 0, false, fmt.Errorf("write down message %s: %w", d.ID, err)
	}
	if fresh, err := res.RowsAffected(); err != nil || fresh == 1 {
		return 0, false, err
	}
	err = tx.QueryRowContext(ctx, s.db.Rebind("select recipients from attendee_messages where id = ? and event_id = ? and subject = ? and body = ? and filter = ?"),
		d.ID, d.EventID, d.Subject, d.Body, string(filter)).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, true, ErrMessageReused
	}
	if err != nil {
		return 0, true, fmt.Errorf("look for message %s: %w", d.ID, err)
	}
	return n, true, nil
}

// addressed is the registrations that a filter means; addressedArgs are its arguments.
func (s *Store) addressed(f Filter) string {
	query := " from registrations r where r.event_id = ? and r.status <> 'cancelled' and " + s.db.Among("r.status")
	if f.PlaceID != "" {
		query += " and r.place_id = ?"
	}
	const there = "exists (select 1 from attendance v where v.registration_id = r.id and v.undone_at = 0)"
	switch f.Attendance {
	case DidCome:
		query += " and " + there
	case DidNotCome:
		query += " and r.status = 'confirmed' and " + onSite("r") + " and not " + there
	}
	return query
}

func (s *Store) addressedArgs(eventID string, f Filter) []any {
	statuses := make([]string, 0, len(f.Statuses))
	for _, status := range f.Statuses {
		statuses = append(statuses, string(status))
	}
	args := []any{eventID, s.db.List(statuses)}
	if f.PlaceID != "" {
		args = append(args, f.PlaceID)
	}
	return args
}

// querier is a transaction, or the readers' pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// eraseSearches takes the words out of the messages of an event that were searched for, where they may name a registration that is erased.
func (r *Registrar) eraseSearches(ctx context.Context, tx *sql.Tx, g *Registration) error {
	rows, err := tx.QueryContext(ctx, r.db.Rebind(`select id, filter from attendee_messages where event_id = ? and filter like '%"Search":%'`), g.EventID)
	if err != nil {
		return fmt.Errorf("look for searches of registration %s: %w", g.ID, err)
	}
	defer rows.Close()
	named := map[string]string{}
	for rows.Next() {
		var id, text string
		var f Filter
		if err := scanSearch(rows, &id, &text, &f); err != nil {
			return fmt.Errorf("look for searches of registration %s: %w", g.ID, err)
		}
		if !f.finds(g) {
			continue
		}
		f.Search = erasedSearch
		cleaned, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("erase a search of message %s: %w", id, err)
		}
		named[id] = string(cleaned)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return fmt.Errorf("look for searches of registration %s: %w", g.ID, err)
	}
	for id, filter := range named {
		if _, err := tx.ExecContext(ctx, r.db.Rebind("update attendee_messages set filter = ? where id = ?"), filter, id); err != nil {
			return fmt.Errorf("erase a search of message %s: %w", id, err)
		}
	}
	return nil
}

func scanSearch(rows *sql.Rows, id, text *string, f *Filter) error {
	if err := rows.Scan(id, text); err != nil {
		return err
	}
	return json.Unmarshal([]byte(*text), f)
}

// recipients are whom a message goes to, each mailbox once: by its confirmed registration, where it has one.
func (s *Store) recipients(ctx context.Context, from querier, d Draft) ([]*Registration, error) {
	var answered map[string]bool
	if d.Filter.Answer.QuestionID != "" {
		who, err := s.answering(ctx, from, d.Filter.Answer, nil)
		if err != nil {
			return nil, err
		}
		answered = who
	}
	rows, err := from.QueryContext(ctx, s.db.Rebind("select "+columns+s.addressed(d.Filter)+" order by case r.status when 'confirmed' then 0 else 1 end, r.id"),
		s.addressedArgs(d.EventID, d.Filter)...)
	if err != nil {
		return nil, fmt.Errorf("list the recipients of a message: %w", err)
	}
	defer rows.Close()
	list, err := scanAll(rows)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(g *Registration) bool {
		twice := seen[g.Mailbox]
		if !d.Filter.finds(g) || (answered != nil && !answered[g.ID]) {
			return true
		}
		seen[g.Mailbox] = true
		return twice
	}), nil
}
