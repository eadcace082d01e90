package registrations

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"masterclass/events"
	"masterclass/notify"
)

// readAtOnce is how many registrations are in memory at a time while everybody is told of something.
const readAtOnce = 500

// spread queues the news for everybody at the event to whom it means something, and says for how many. Every place is locked.
func (r *Registrar) spread(ctx context.Context, tx *sql.Tx, n news) (recipients int, err error) {
	if n.kind == "" {
		return 0, nil
	}
	if err := r.dropAllReminders(ctx, tx, n.event.ID); err != nil { // they tell of what was, and the news tell it all
		return 0, err
	}
	for _, placeID := range sortedPlaces(n.event) {
		err := r.each(ctx, tx, placeID, func(some []*Registration) error {
			told, err := r.enqueueNews(ctx, tx, n, some)
			recipients += told
			return err
		})
		if err != nil {
			return recipients, err
		}
	}
	return recipients, nil
}

// dropAllReminders takes back what reminds of an event and still waits to be sent.
func (r *Registrar) dropAllReminders(ctx context.Context, tx *sql.Tx, eventID string) error {
	_, err := r.outbox.Supersede(ctx, tx, notify.Unsent{Kinds: reminderKinds, EventID: eventID})
	return err
}

// each gives what stands at a locked place to fn, some at a time.
func (r *Registrar) each(ctx context.Context, tx *sql.Tx, placeID string, fn func([]*Registration) error) error {
	for after := ""; ; {
		some, err := r.store.standingAfter(ctx, tx, placeID, after, readAtOnce)
		if err != nil || len(some) == 0 {
			return err
		}
		if err := fn(some); err != nil {
			return err
		}
		after = some[len(some)-1].Mailbox
	}
}

// enqueueNews queues the messages of some registrations of one place, no two of which have a mailbox in common.
func (r *Registrar) enqueueNews(ctx context.Context, tx *sql.Tx, n news, some []*Registration) (int, error) {
	mailboxes := make([]string, 0, len(some))
	for _, g := range some {
		mailboxes = append(mailboxes, g.Mailbox)
	}
	last, err := r.outbox.LastAboutEach(ctx, tx, mailboxes, n.event.UID)
	if err != nil || len(some) == 0 {
		return 0, err
	}
	untold, err := r.untold(ctx, tx, n, some[0].PlaceID, mailboxes)
	if err != nil {
		return 0, err
	}
	var messages []notify.Message
	for _, g := range some {
		invited := (g.Status == Confirmed || g.Status == Pending) && invites(last[g.Mailbox]) // as Registrar.invited
		if m, ok := n.message(g, invited, untold[g.Mailbox]); ok {
			messages = append(messages, m)
		}
	}
	_, err = r.outbox.EnqueueAll(ctx, tx, messages)
	return len(messages), err
}

// untold is what earlier news to those at a place, which these supersede since they are still unsent, told of.
func (r *Registrar) untold(ctx context.Context, tx *sql.Tx, n news, placeID string, mailboxes []string) (map[string][]events.Difference, error) {
	if n.kind != kindUpdated {
		return nil, nil
	}
	unsent, err := r.outbox.UnsentOn(ctx, tx, topicOf(placeID), n.kind, mailboxes)
	if err != nil {
		return nil, err
	}
	changes := make(map[string][]events.Difference, len(unsent))
	for mailbox, text := range unsent {
		var s struct{ Changes []events.Difference }
		if err := json.Unmarshal(text, &s); err != nil {
			return nil, fmt.Errorf("read what an unsent %s message tells: %w", n.kind, err)
		}
		changes[mailbox] = s.Changes
	}
	return changes, nil
}

// standingAfter lists what is not cancelled at a place in the order of the mailboxes, which are each there once.
func (s *Store) standingAfter(ctx context.Context, tx *sql.Tx, placeID, mailbox string, limit int) ([]*Registration, error) {
	rows, err := tx.QueryContext(ctx, s.db.Rebind("select "+columns+` from registrations where place_id = ? and status <> 'cancelled' and mailbox > ?
		order by mailbox limit ?`), placeID, mailbox, limit)
	if err != nil {
		return nil, fmt.Errorf("list who is registered for place %s: %w", placeID, err)
	}
	defer rows.Close()
	return scanAll(rows)
}

// standingKind is what registrations have in common that are told the same.
type standingKind struct {
	placeID string
	status  Status
}

// countStandings counts an event's registrations that are not cancelled.
func (s *Store) countStandings(ctx context.Context, eventID string) (map[standingKind]int, error) {
	rows, err := s.db.Read.QueryContext(ctx, `select place_id, status, count(*) from registrations where event_id = ? and status <> 'cancelled'
		group by place_id, status`, eventID)
	if err != nil {
		return nil, fmt.Errorf("count who is registered for event %s: %w", eventID, err)
	}
	defer rows.Close()
	counts := map[standingKind]int{}
	for rows.Next() {
		var k standingKind
		var n int
		if err := rows.Scan(&k.placeID, &k.status, &n); err != nil {
			return nil, fmt.Errorf("count who is registered for event %s: %w", eventID, err)
		}
		counts[k] = n
	}
	return counts, rows.Err()
}
