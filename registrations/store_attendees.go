package registrations

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"masterclass/events"
	"masterclass/internal/fault"
)

// errNoAttendee is for an id that is not one of the event's.
var errNoAttendee = fault.New(fault.NotFound, "We could not find that registration at this event.")

// deskEvent reads an event as organisers see it, in any state.
func (r *Registrar) deskEvent(ctx context.Context, slug string) (*events.Event, error) {
	if !events.IsSlug(slug) {
		return nil, events.ErrNotFound
	}
	id, err := r.store.eventID(ctx, slug)
	if err != nil {
		return nil, err
	}
	return r.events.ByID(ctx, id)
}

func (s *Store) eventID(ctx context.Context, slug string) (id string, err error) {
	err = s.db.Read.DB.QueryRowContext(ctx, s.db.Rebind("select id from events where slug = ?"), slug).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", events.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("look for an event: %w", err)
	}
	return id, nil
}

// attendee reads a registration of an event; one of another event is not found.
func (s *Store) attendee(ctx context.Context, eventID, id string) (*Registration, error) {
	if _, err := uuid.Parse(id); err != nil || len(id) != 36 {
		return nil, errNoAttendee // anything can stand in an address, also bytes that PostgreSQL refuses
	}
	g, err := s.ByID(ctx, id)
	if errors.Is(err, ErrNotFound) || (err == nil && g.EventID != eventID) {
		return nil, errNoAttendee
	}
	return g, err
}

// Attendees gives a page of an event's registrations, as they are now.
func (r *Registrar) Attendees(ctx context.Context, e *events.Event, l Look) (Found, []*Registration, error) {
	f, err := r.look(ctx, e, l)
	if err != nil {
		return f, nil, err
	}
	if f.Presence, err = r.store.presenceOf(ctx, f.IDs); err != nil {
		return f, nil, err
	}
	list, err := r.store.inOrder(ctx, f.IDs)
	return f, list, err
}

// look brings the event's roll up to date and looks into it.
func (r *Registrar) look(ctx context.Context, e *events.Event, l Look) (Found, error) {
	l.event, l.trade = e, tradeOf(l.Profession)
	roll := r.rolls.of(e.ID)
	roll.mu.Lock()
	grew, err := r.store.follow(ctx, roll, e)
	if err == nil {
		err = r.store.choose(ctx, roll, &l)
	}
	if err != nil {
		roll.mu.Unlock()
		return Found{}, err
	}
	f := roll.find(l)
	roll.mu.Unlock()
	if grew {
		r.rolls.trim()
	}
	return f, nil
}

// choose adds to a look what the roll is followed for only where it is asked: who came, and who gave an answer. The caller has locked the roll.
func (s *Store) choose(ctx context.Context, roll *roll, l *Look) (err error) {
	if l.Attendance != "" { // no version says who came
		if err := s.followVisits(ctx, roll, l.event); err != nil {
			return err
		}
	}
	if l.Answer.QuestionID != "" {
		l.answer, err = s.whoAnswered(ctx, roll, l.Answer)
	}
	return err
}

// follow reads what has changed at the event's places since the roll was brought up to date; the event was read a moment ago. All that was
// committed up to a version is seen by whoever sees the version.
func (s *Store) follow(ctx context.Context, roll *roll, e *events.Event) (grew bool, err error) {
	var changed []*attendee
	seen := map[string]int64{}
	for _, p := range e.Places {
		since, known := roll.seen[p.ID]
		if known && p.Version <= since {
			continue
		}
		if !known {
			since = -1
		}
		list, upTo, err := s.changedSince(ctx, p.ID, since)
		if err != nil {
			return false, err
		}
		changed, seen[p.ID] = append(changed, list...), max(upTo, p.Version)
	}
	if err := s.followAnswers(ctx, roll, changed); err != nil {
		return false, err
	}
	for id, version := range seen { // only now: what failed half-way is read again
		roll.seen[id] = version
	}
	before := len(roll.byID)
	if len(changed) > 0 {
		roll.put(changed)
	}
	return len(roll.byID) > before, nil
}

// changedSince reads a place's registrations of later versions, and gives the highest.
func (s *Store) changedSince(ctx context.Context, placeID string, since int64) (list []*attendee, upTo int64, err error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind(`select id, version, status, first_name, last_name, email, employer, reference, profession, created_at
		from registrations where place_id = ? and version > ?`), placeID, since)
	if err != nil {
		return nil, 0, fmt.Errorf("list who changed at place %s: %w", placeID, err)
	}
	defer rows.Close()
	same := map[string]string{} // one string for all who typed the same
	for rows.Next() {
		var id, status, first, last, email, employer, reference, profession string
		var version, created int64
		if err := rows.Scan(&id, &version, &status, &first, &last, &email, &employer, &reference, &profession, &created); err != nil {
			return nil, 0, fmt.Errorf("list who changed at place %s: %w", placeID, err)
		}
		a := newAttendee(id, first, last, email, employer, reference)
		a.status, a.placeID, a.profession, a.created = known(Status(status)), placeID, intern(same, profession), created
		a.trade = intern(same, tradeOf(a.profession))
		list, upTo = append(list, a), max(upTo, version)
	}
	return list, upTo, rows.Err()
}

// known is the status' own constant, so that the text that was read can be forgotten.
func known(s Status) Status {
	for _, is := range statuses {
		if s == is {
			return is
		}
	}
	return s
}

func intern(same map[string]string, s string) string {
	if kept, ok := same[s]; ok {
		return kept
	}
	same[s] = s
	return s
}

// inOrder reads registrations in the order of their ids' list.
func (s *Store) inOrder(ctx context.Context, ids []string) ([]*Registration, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind("select "+columns+" from registrations where "+s.db.Among("id")), s.db.List(ids))
	if err != nil {
		return nil, fmt.Errorf("read registrations: %w", err)
	}
	defer rows.Close()
	found, err := scanAll(rows)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*Registration, len(found))
	for _, g := range found {
		byID[g.ID] = g
	}
	list := make([]*Registration, 0, len(ids))
	for _, id := range ids {
		if g := byID[id]; g != nil {
			list = append(list, g)
		}
	}
	return list, nil
}

// Waiter is somebody on the waiting list of a place, or with an offer.
type Waiter struct {
	*Registration
	Position int // from 1; 0 for an offer
}

// WaitingList gives an event's offers, the soonest deadline first, and who waits for each place, in the order in which seats come to them:
// at most so many for each place.
func (r *Registrar) WaitingList(ctx context.Context, e *events.Event, most int) (map[string][]Waiter, error) {
	lists := map[string][]Waiter{}
	for _, p := range e.Places {
		for _, q := range []string{"status = 'offered' order by offered_until, id", "status = 'waiting' order by displaced desc, joined"} {
			list, err := r.store.standingAt(ctx, p.ID, q, most)
			if err != nil {
				return nil, err
			}
			for i, g := range list {
				w := Waiter{Registration: g}
				if g.Status == Waiting {
					w.Position = i + 1
				}
				lists[p.ID] = append(lists[p.ID], w)
			}
		}
	}
	return lists, nil
}

func (s *Store) standingAt(ctx context.Context, placeID, which string, most int) ([]*Registration, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind("select "+columns+" from registrations where place_id = ? and "+which+" limit ?"), placeID, most)
	if err != nil {
		return nil, fmt.Errorf("list who waits for place %s: %w", placeID, err)
	}
	defer rows.Close()
	return scanAll(rows)
}

// HistoryEntry is something that was done to a registration.
type HistoryEntry struct {
	At             time.Time
	Actor, Action  string // as in the audit trail
	Detail         string
	OrganiserNamed string // who did it, where an organiser did
}

// maxHistory is how many entries of a registration's history are shown: the latest.
const maxHistory = 200

// history are the audit trail's entries of a registration, the latest first.
func (s *Store) history(ctx context.Context, eventID, id string) ([]HistoryEntry, error) {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind(`select a.at, a.actor, a.action, a.detail, coalesce(o.name, '') from audit a
		left join organisers o on a.actor = 'organiser:' || o.id where a.event_id = ? and a.subject = ? order by a.id desc limit ?`), eventID, id, maxHistory)
	if err != nil {
		return nil, fmt.Errorf("read the history of registration %s: %w", id, err)
	}
	defer rows.Close()
	var list []HistoryEntry
	for rows.Next() {
		var h HistoryEntry
		var at int64
		if err := rows.Scan(&at, &h.Actor, &h.Action, &h.Detail, &h.OrganiserNamed); err != nil {
			return nil, fmt.Errorf("read the history of registration %s: %w", id, err)
		}
		h.At = time.UnixMilli(at)
		list = append(list, h)
	}
	return list, rows.Err()
}
