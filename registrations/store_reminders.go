package registrations

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/notify"
	"masterclass/registrations/seats"
)

// Reminders lists the rules of an event, those with the longest offset first.
func (r *Registrar) Reminders(ctx context.Context, eventID string) ([]ReminderRule, error) {
	return r.store.rulesOf(ctx, eventID)
}

// AddReminder gives an event a rule: EventID, Kind and Offset, and Audience unless it is Attendees. One that the event has already is
// given back as it is; one that it had comes back, and whoever was sent it is not sent it again. by is the organiser. Errors for people:
// invalid fields, events.ErrNotFound.
func (r *Registrar) AddReminder(ctx context.Context, u ReminderRule, by access.Entry) (added ReminderRule, err error) {
	u.Audience = cmp.Or(u.Audience, Attendees)
	e, err := r.events.ByID(ctx, u.EventID)
	if err != nil {
		return u, err
	}
	if wrong := u.check(e); len(wrong) > 0 {
		return u, fault.InvalidFields(wrong)
	}
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var fresh bool
		if added, fresh, err = r.addRule(ctx, tx.Tx, u); err != nil || !fresh {
			return err
		}
		by.At, by.Action, by.EventID, by.Subject, by.Title = r.now(), "reminder.added", u.EventID, added.ID, u.words(e)
		return r.trail.Write(ctx, tx.Tx, by)
	})
	return added, err
}

// RemoveReminder takes a rule away; what it has queued is still sent. Removing it again changes nothing. Error for people: ErrNoRule.
func (r *Registrar) RemoveReminder(ctx context.Context, id string, by access.Entry) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var removed int64
		err := tx.Tx.QueryRowContext(ctx, r.db.Rebind("select removed_at from reminder_rules u where id = ?"+r.db.ForUpdate("u")), id).Scan(&removed)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoRule
		}
		if err != nil || removed != 0 {
			return err
		}
		rules, err := queryRules(ctx, tx.Tx, r.db.Rebind("select "+ruleColumns+" from reminder_rules u where u.id = ?"), id)
		if err != nil {
			return err
		}
		e, err := r.events.ByIDIn(ctx, tx, rules[0].EventID)
		if err != nil {
			return err
		}
		if _, err := tx.Tx.ExecContext(ctx, r.db.Rebind("update reminder_rules set removed_at = ? where id = ?"), r.now().UnixMilli(), id); err != nil {
			return fmt.Errorf("remove reminder %s: %w", id, err)
		}
		by.At, by.Action, by.EventID, by.Subject, by.Title = r.now(), "reminder.removed", e.ID, id, rules[0].words(e)
		return r.trail.Write(ctx, tx.Tx, by)
	})
}

// AddDefaultReminders gives a new event its first rules, in the transaction that inserts it: 7 days and a day before it, and a day after.
// An event that was over before it came here gets none.
func (r *Registrar) AddDefaultReminders(ctx context.Context, tx bun.Tx, e *events.Event) error {
	if e.Past(r.now()) {
		return nil
	}
	for _, u := range defaultReminders {
		u.EventID, u.Audience = e.ID, Attendees
		if _, _, err := r.addRule(ctx, tx.Tx, u); err != nil {
			return err
		}
	}
	return nil
}

// addRule adds a rule or brings one back, and says whether it was not there.
func (r *Registrar) addRule(ctx context.Context, tx *sql.Tx, u ReminderRule) (ReminderRule, bool, error) {
	now := r.now()
	res, err := tx.ExecContext(ctx, r.db.Rebind(`insert into reminder_rules (id, event_id, kind, offset_ms, audience, created_at) values (?, ?, ?, ?, ?, ?)
		on conflict (event_id, kind, offset_ms, audience) do update set removed_at = 0, created_at = excluded.created_at where reminder_rules.removed_at <> 0`),
		seats.NewClaim("").ID, u.EventID, string(u.Kind), u.Offset.Milliseconds(), string(u.Audience), now.UnixMilli())
	if err != nil {
		return u, false, fmt.Errorf("add a reminder to event %s: %w", u.EventID, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return u, false, err
	}
	list, err := queryRules(ctx, tx, r.db.Rebind("select "+ruleColumns+" from reminder_rules u where event_id = ? and kind = ? and offset_ms = ? and audience = ?"),
		u.EventID, string(u.Kind), u.Offset.Milliseconds(), string(u.Audience))
	if err != nil || len(list) != 1 {
		return u, false, fmt.Errorf("read the reminder just added to event %s: %w", u.EventID, errors.Join(err, ErrNoRule))
	}
	return list[0], n == 1, nil
}

// remindSome queues what a rule sends for up to size people, and says for how many: each message with the row that keeps the person from
// being sent it again, or neither. The rule is locked, so another instance at work on it comes before or after; so are the registrations,
// so somebody who cancels at that moment is sent the reminder before the cancellation or not at all.
func (r *Registrar) remindSome(ctx context.Context, id string, size int) (n int, err error) {
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		n = 0
		u, all, err := r.store.lockRule(ctx, tx.Tx, id)
		if errors.Is(err, ErrNoRule) {
			return nil // removed since the look
		}
		if err != nil {
			return err
		}
		e, err := r.events.ByIDIn(ctx, tx, u.EventID)
		if err != nil || u.state(all, e, r.now()) != RuleDue {
			return err
		}
		list, err := r.store.toRemind(ctx, tx.Tx, u, e, u.places(all, e, r.now()), size)
		if err != nil {
			return err
		}
		n = len(list)
		return r.queueReminders(ctx, tx.Tx, u, e, list)
	})
	if err != nil {
		return 0, err
	}
	r.outbox.Wake()
	return n, nil
}

func (r *Registrar) queueReminders(ctx context.Context, tx *sql.Tx, u ReminderRule, e *events.Event, list []*Registration) error {
	stopped, err := r.store.stoppedAmong(ctx, tx, list) // a moment ago: the rows' locks were waited for
	if err != nil {
		return err
	}
	var ids []string
	var messages []notify.Message
	for _, g := range list {
		place, ok := e.Place(g.PlaceID)
		if stopped[g.Mailbox] || !ok {
			continue
		}
		ids, messages = append(ids, g.ID), append(messages, reminder(u, e, place, g, r.now()))
	}
	if len(ids) == 0 {
		return nil
	}
	if err := r.store.reminded(ctx, tx, u, e, ids, r.now()); err != nil {
		return err
	}
	if _, err := r.outbox.Supersede(ctx, tx, notify.Unsent{Kinds: aheadKinds, EventID: e.ID, Registrations: ids}); err != nil {
		return err // an older reminder that waits for the mail server would come at the same time
	}
	_, err = r.outbox.EnqueueAll(ctx, tx, messages)
	return err
}

// supersede takes back messages in a transaction of its own.
func (r *Registrar) supersede(ctx context.Context, u notify.Unsent) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := r.outbox.Supersede(ctx, tx.Tx, u)
		return err
	})
}

const ruleColumns = "u.id, u.event_id, u.kind, u.offset_ms, u.audience, u.created_at"

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func queryRules(ctx context.Context, q queryer, query string, args ...any) ([]ReminderRule, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list reminders: %w", err)
	}
	defer rows.Close()
	var list []ReminderRule
	for rows.Next() {
		var u ReminderRule
		var offset, created int64
		if err := rows.Scan(&u.ID, &u.EventID, &u.Kind, &offset, &u.Audience, &created); err != nil {
			return nil, fmt.Errorf("list reminders: %w", err)
		}
		u.Offset, u.CreatedAt = time.Duration(offset)*time.Millisecond, time.UnixMilli(created)
		list = append(list, u)
	}
	return list, rows.Err()
}

func (s *Store) rulesOf(ctx context.Context, eventID string) ([]ReminderRule, error) {
	return queryRules(ctx, s.db.Read.DB, s.db.Rebind("select "+ruleColumns+" from reminder_rules u where event_id = ? and removed_at = 0 order by offset_ms desc, id"), eventID)
}

// liveRules are the rules of published events that were not over long before.
func (s *Store) liveRules(ctx context.Context, before time.Time) (map[string][]ReminderRule, error) {
	list, err := queryRules(ctx, s.db.Read.DB, s.db.Rebind("select "+ruleColumns+` from reminder_rules u join events e on e.id = u.event_id
		where u.removed_at = 0 and e.status = 'published' and e.ends_at > ?`), before.UnixMilli())
	if err != nil {
		return nil, err
	}
	byEvent := map[string][]ReminderRule{}
	for _, u := range list {
		byEvent[u.EventID] = append(byEvent[u.EventID], u)
	}
	return byEvent, nil
}

// lockRule keeps others from a rule until the transaction ends, and reads all the rules of its event. ErrNoRule when it was removed.
func (s *Store) lockRule(ctx context.Context, tx *sql.Tx, id string) (ReminderRule, []ReminderRule, error) {
	list, err := queryRules(ctx, tx, s.db.Rebind("select "+ruleColumns+" from reminder_rules u where u.id = ? and u.removed_at = 0"+s.db.ForUpdate("u")), id)
	if err != nil {
		return ReminderRule{}, nil, err
	}
	if len(list) == 0 {
		return ReminderRule{}, nil, ErrNoRule
	}
	all, err := queryRules(ctx, tx, s.db.Rebind("select "+ruleColumns+" from reminder_rules u where u.event_id = ? and u.removed_at = 0"), list[0].EventID)
	return list[0], all, err
}

// whom are the registrations of some places that a rule has still to write to: confirmed, and long enough before its moment; not those who want
// no reminders, nor those who were sent it, unless the event has moved since. The first condition on the status is an index'.
const whom = ` from registrations r where r.event_id = ? and r.status in ('pending', 'confirmed') and r.status = 'confirmed'
	and not exists (select 1 from reminders_sent s where s.rule_id = ? and s.registration_id = r.id and s.sent_at >= ?)
	and not exists (select 1 from mail_stopped p where p.mailbox = r.mailbox and p.topic = '` + string(aboutReminders) + `')
	and coalesce((select min(o.created_at) from outbox o where o.registration_id = r.id and o.kind in ('` + kindConfirmation + `', '` + kindApproved + `')), 0) <= ?`

// came are those who came, and those of whom nobody can know: nobody who takes part in the same way was checked in.
const came = ` and (exists (select 1 from attendance a where a.registration_id = r.id and a.undone_at = 0)
	or r.place_id in (select p.id from places p where p.event_id = ? and not exists (select 1 from attendance a join registrations x on x.id = a.registration_id
		join places xp on xp.id = x.place_id where a.event_id = p.event_id and a.undone_at = 0 and xp.online = p.online)))`

// whom is the end of a query for those of the places that a rule has still to write to.
func (s *Store) whom(u ReminderRule, e *events.Event, places []string) (query string, args []any) {
	query, args = whom+" and "+s.db.Among("r.place_id"), []any{e.ID, u.ID, u.counts(e), u.confirmedBy(e).UnixMilli(), s.db.List(places)}
	if !u.ahead() {
		query, args = query+came, append(args, e.ID)
	}
	return query, args
}

// counts is since when what was sent counts for the event's present date.
func (u ReminderRule) counts(e *events.Event) int64 { return u.Moment(e).Add(-movedBy).UnixMilli() }

func (s *Store) toRemind(ctx context.Context, tx *sql.Tx, u ReminderRule, e *events.Event, places []string, limit int) ([]*Registration, error) {
	query, args := s.whom(u, e, places)
	rows, err := tx.QueryContext(ctx, s.db.Rebind("select "+columns+query+" order by r.id limit ?"+s.db.ForUpdate("r")), append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list whom to remind: %w", err)
	}
	defer rows.Close()
	return scanAll(rows)
}

func (s *Store) countToRemind(ctx context.Context, u ReminderRule, e *events.Event, places []string) (n int, err error) {
	query, args := s.whom(u, e, places)
	if err = s.db.Read.DB.QueryRowContext(ctx, s.db.Rebind("select count(*)"+query), args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count whom to remind: %w", err)
	}
	return n, nil
}

func (s *Store) countReminded(ctx context.Context, u ReminderRule) (n int, err error) {
	if err = s.db.Read.DB.QueryRowContext(ctx, s.db.Rebind("select count(*) from reminders_sent where rule_id = ?"), u.ID).Scan(&n); err != nil {
		return 0, fmt.Errorf("count who was reminded: %w", err)
	}
	return n, nil
}

// reminded writes down that people are sent what the rule sends. When one of them was already, the transaction is to be given up.
func (s *Store) reminded(ctx context.Context, tx *sql.Tx, u ReminderRule, e *events.Event, ids []string, now time.Time) error {
	res, err := tx.ExecContext(ctx, s.db.Rebind(`insert into reminders_sent (rule_id, registration_id, sent_at)
		select cast(? as text), id, cast(? as bigint) from registrations where `+s.db.Among("id")+`
		on conflict (rule_id, registration_id) do update set sent_at = excluded.sent_at where reminders_sent.sent_at < ?`),
		u.ID, now.UnixMilli(), s.db.List(ids), u.counts(e))
	if err != nil {
		return fmt.Errorf("write down who is reminded: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != int64(len(ids)) {
		return errors.Join(err, errClash)
	}
	return nil
}

func sortByMoment(list []RulePreview) {
	slices.SortFunc(list, func(a, b RulePreview) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
}
