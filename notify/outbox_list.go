package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"masterclass/internal/fault"
)

// Entry is a message as organisers see it: what became of it, and none of what it says.
type Entry struct {
	ID, Kind, State         string
	To                      mail.Address
	Mailbox                 string // the folded address
	EventID, RegistrationID string
	MessageID               string // the same for a message and each resend of it
	Problem                 string // what the last attempt failed of, or why there was none; "" if nothing is wrong
	Attempts                int64
	Again                   bool // it failed, and went to the same person once more
	Settled                 bool // it failed, and was dealt with
	Erased                  bool // with the person: who it went to and what it said are not known any more

	CreatedAt time.Time
	DueAt     time.Time // of a queued message: when it is tried next
	SentAt    time.Time // zero if it was not sent
}

// Filter says which messages are meant: those that agree with all of it. An empty value agrees with everything.
type Filter struct {
	State, EventID, Kind, RegistrationID string
	Kinds                                []string  // one of these; none for any
	Since, Until                         time.Time // when it was queued: from the first up to the second, not with it; zero for any time
	Text                                 string    // part of the recipient's name or address, in large or small letters
	After                                string    // the id of the last message of the page before
	Before                               string    // the id of the first message of the page after; After is not looked at then
}

// pageOf is how many messages List gives at once.
const pageOf = 50

const entryColumns = "id, kind, state, recipient, mailbox, event_id, registration_id, message_id, problem, attempts, created_at, due_at, sent_at, erased_at, settled_at > 0, state = 'failed' and (" + againSQL + ")"

// List gives the messages of a page, the newest first, and whether there are more in the direction that was gone. A page is 50 messages; the
// next one is the same filter with After as the last one's id, the one before it has Before as the first one's.
func (o *Outbox) List(ctx context.Context, f Filter) (page []Entry, more bool, err error) {
	order := "desc"
	if f.Before != "" {
		order = "asc"
	}
	where, args := f.where()
	rows, err := o.db.Read.QueryContext(ctx, "select "+entryColumns+" from outbox where "+where+" order by id "+order+" limit ?", append(args, pageOf+1)...)
	if err != nil {
		return nil, false, fmt.Errorf("list messages: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows.Scan)
		if err != nil {
			return nil, false, fmt.Errorf("list messages: %w", err)
		}
		page = append(page, e)
	}
	if more = len(page) > pageOf; more {
		page = page[:pageOf]
	}
	if f.Before != "" {
		slices.Reverse(page)
	}
	return page, more, rows.Err()
}

// Entry gives one message, or a fault.NotFound.
func (o *Outbox) Entry(ctx context.Context, id string) (Entry, error) {
	e, err := scanEntry(o.db.Read.QueryRowContext(ctx, "select "+entryColumns+" from outbox where id = ?", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Entry{}, fault.New(fault.NotFound, "We could not find that message.")
	}
	if err != nil {
		return Entry{}, fmt.Errorf("look up a message: %w", err)
	}
	return e, nil
}

// Tally is how many messages are in each state.
type Tally struct{ Queued, Sent, Failed, Superseded int64 }

// Tallies counts the messages of events by their ids; events that have none are left out.
func (o *Outbox) Tallies(ctx context.Context, eventIDs ...string) (map[string]Tally, error) {
	rows, err := o.db.Read.DB.QueryContext(ctx, o.db.Rebind("select event_id, state, count(*) from outbox where "+o.db.Among("event_id")+
		" group by event_id, state"), o.db.List(eventIDs))
	if err != nil {
		return nil, fmt.Errorf("count the messages of events: %w", err)
	}
	defer rows.Close()
	tallies := map[string]Tally{}
	for rows.Next() {
		var event, state string
		var n int64
		if err := rows.Scan(&event, &state, &n); err != nil {
			return nil, fmt.Errorf("count the messages of events: %w", err)
		}
		t := tallies[event]
		switch state {
		case StateQueued:
			t.Queued = n
		case StateSent:
			t.Sent = n
		case StateFailed:
			t.Failed = n
		case StateSuperseded:
			t.Superseded = n
		}
		tallies[event] = t
	}
	return tallies, rows.Err()
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// where is the filter as a condition with ? for the arguments.
func (f Filter) where() (condition string, args []any) {
	conditions := []string{"true"}
	add := func(condition, value string) {
		if value != "" {
			conditions, args = append(conditions, condition), append(args, value)
		}
	}
	add("state = ?", f.State)
	add("event_id = ?", f.EventID)
	add("kind = ?", f.Kind)
	add("registration_id = ?", f.RegistrationID)
	if f.Before == "" {
		add("id < ?", f.After)
	}
	add("id > ?", f.Before)
	if len(f.Kinds) > 0 {
		conditions = append(conditions, "kind in (?"+strings.Repeat(", ?", len(f.Kinds)-1)+")")
		for _, k := range f.Kinds {
			args = append(args, k)
		}
	}
	if !f.Since.IsZero() {
		conditions, args = append(conditions, "created_at >= ?"), append(args, f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		conditions, args = append(conditions, "created_at < ?"), append(args, f.Until.UnixMilli())
	}
	if text := oneLine(strings.ToLower(f.Text)); text != "" {
		add(`sought like ? escape '\'`, "%"+likeEscapes.Replace(text)+"%")
	}
	return strings.Join(conditions, " and "), args
}

func scanEntry(scan func(...any) error) (Entry, error) {
	var e Entry
	var to string
	var created, due, erased int64
	var sent sql.NullInt64
	err := scan(&e.ID, &e.Kind, &e.State, &to, &e.Mailbox, &e.EventID, &e.RegistrationID, &e.MessageID, &e.Problem, &e.Attempts, &created, &due, &sent, &erased, &e.Settled, &e.Again)
	if err != nil {
		return e, err
	}
	if a, err := recipient(to); err == nil { // else nothing could be sent to it, and its problem says so
		e.To = a
	}
	e.MessageID, e.Erased = originalID(e.MessageID), erased != 0
	e.CreatedAt, e.DueAt = time.UnixMilli(created).UTC(), time.UnixMilli(due).UTC()
	if sent.Valid {
		e.SentAt = time.UnixMilli(sent.Int64).UTC()
	}
	return e, nil
}
