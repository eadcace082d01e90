package registrations

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterclass/events"
)

// What lists are chosen by besides the registrations themselves is kept with the roll, and followed as they are: whoever turns the pages of a list of
// those who came reads what has changed since the page before.

// notedOverlap is how far the clocks of two instances, and the times that two transactions take, may be apart.
const notedOverlap = time.Minute

// visitors are those who came to an event, as far as they were asked for.
type visitors struct {
	upTo   int64           // when the latest visit that was read was noted, Unix milliseconds
	counts map[string]bool // by visit: whether it was not undone
	visits map[string]int  // by registration: of those that were not
}

// followVisits reads what the doors of an event have noted since it was read, what was undone included.
func (s *Store) followVisits(ctx context.Context, roll *roll, e *events.Event) error {
	if roll.came.visits == nil {
		roll.came.counts, roll.came.visits = map[string]bool{}, map[string]int{}
	}
	doors, err := s.doors(ctx, e.ID)
	if err != nil {
		return err
	}
	since := roll.came.upTo - notedOverlap.Milliseconds()
	for _, session := range doors {
		if err := s.visitsSince(ctx, roll, e.ID, session, since); err != nil {
			return fmt.Errorf("list who came: %w", err)
		}
	}
	return nil
}

func (s *Store) visitsSince(ctx context.Context, r *roll, eventID, session string, since int64) error {
	rows, err := s.db.Read.DB.QueryContext(ctx, s.db.Rebind("select id, registration_id, undone_at, noted_at from attendance where event_id = ? and session_id = ? and noted_at >= ?"),
		eventID, session, since)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, registration string
		var undone, noted int64
		if err := rows.Scan(&id, &registration, &undone, &noted); err != nil {
			return err
		}
		r.came.take(id, registration, undone == 0)
		r.came.upTo = max(r.came.upTo, noted)
		if a := r.byID[registration]; a != nil { // else it comes with its registration
			a.came = r.came.visits[registration] > 0
		}
	}
	return rows.Err()
}

// take counts a visit once, or takes it back.
func (v *visitors) take(id, registration string, counts bool) {
	switch before := v.counts[id]; {
	case counts && !before:
		v.visits[registration]++
	case !counts && before:
		v.visits[registration]--
	}
	v.counts[id] = counts
}

// mostAnswers is how many choices of answers a roll follows: each has a bit.
const mostAnswers = 8

// whoAnswered gives the bit that those have who give an answer. The caller has locked the roll.
func (s *Store) whoAnswered(ctx context.Context, roll *roll, a answerIs) (uint8, error) {
	if i := slices.Index(roll.answered, a); i >= 0 {
		return 1 << i, nil
	}
	who, err := s.answering(ctx, s.db.Read.DB, a, nil)
	if err != nil {
		return 0, err
	}
	if len(roll.answered) == mostAnswers {
		roll.answered = nil
	}
	bit := uint8(1) << len(roll.answered)
	roll.answered = append(roll.answered, a)
	for id, a := range roll.byID {
		if a.gave &^= bit; who[id] {
			a.gave |= bit
		}
	}
	return bit, nil
}

// followAnswers reads what those registrations answer that have changed, for the answers that were asked for.
func (s *Store) followAnswers(ctx context.Context, roll *roll, changed []*attendee) error {
	if len(changed) > fewChanges {
		roll.answered = nil // they are all read again when they are asked for
	}
	ids := make([]string, 0, len(changed))
	for _, a := range changed {
		ids = append(ids, a.id)
	}
	for i, answer := range roll.answered {
		who, err := s.answering(ctx, s.db.Read.DB, answer, ids)
		if err != nil {
			return err
		}
		for _, a := range changed {
			if who[a.id] {
				a.gave |= 1 << i
			}
		}
	}
	return nil
}

// answering are the registrations, of those with these ids or with nil of all, that give an answer, alone or among others.
func (s *Store) answering(ctx context.Context, from querier, a answerIs, ids []string) (map[string]bool, error) {
	query, args := "select registration_id, value from answers where question_id = ?", []any{a.QuestionID}
	if ids != nil {
		query, args = query+" and "+s.db.Among("registration_id"), append(args, s.db.List(ids))
	}
	rows, err := from.QueryContext(ctx, s.db.Rebind(query), args...)
	if err != nil {
		return nil, fmt.Errorf("look who gave an answer: %w", err)
	}
	defer rows.Close()
	who := map[string]bool{}
	for rows.Next() {
		var id, value string
		if err := rows.Scan(&id, &value); err != nil {
			return nil, fmt.Errorf("look who gave an answer: %w", err)
		}
		if slices.Contains(strings.Split(value, "\n"), a.Value) {
			who[id] = true
		}
	}
	return who, rows.Err()
}
