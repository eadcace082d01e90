package registrations

import (
	"context"
	"database/sql"
	"fmt"

	"masterclass/events"
	"masterclass/internal/store"
)

var answerColumns = []store.Column{{Name: "registration_id", Type: "text"}, {Name: "question_id", Type: "text"}, {Name: "value", Type: "text"}}

// AnswersOf are what one registration answers to its event's own questions, retired ones too.
func (s *Store) AnswersOf(ctx context.Context, registrationID string) (Answers, error) {
	all, err := s.answers(ctx, "a.registration_id = ?", registrationID)
	if err != nil || all[registrationID] == nil {
		return Answers{}, err
	}
	return all[registrationID], nil
}

// AnswersFor are the answers of an event's registrations by their ids. Who has answered nothing is not among them.
func (s *Store) AnswersFor(ctx context.Context, eventID string) (map[string]Answers, error) {
	return s.answers(ctx, "q.event_id = ?", eventID)
}

// answersInto reads the answers of registrations that stand in the order of their ids, where the event has questions.
func (s *Store) answersInto(ctx context.Context, e *events.Event, list []exported) error {
	if len(list) == 0 || len(e.Questions) == 0 {
		return nil
	}
	all, err := s.answers(ctx, "q.event_id = ? and a.registration_id between ? and ?", e.ID, list[0].id, list[len(list)-1].id)
	for i := range list {
		list[i].answers = all[list[i].id]
	}
	return err
}

// answers reads those that a condition names, which is one of those written here.
func (s *Store) answers(ctx context.Context, condition string, args ...any) (map[string]Answers, error) {
	rows, err := s.db.Read.QueryContext(ctx, "select a.registration_id, a.question_id, q.kind, a.value from answers a join questions q on q.id = a.question_id where "+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	defer rows.Close()
	all := map[string]Answers{}
	for rows.Next() {
		var registrationID, questionID, value string
		var kind events.QuestionKind
		if err := rows.Scan(&registrationID, &questionID, &kind, &value); err != nil {
			return nil, fmt.Errorf("read answers: %w", err)
		}
		if all[registrationID] == nil {
			all[registrationID] = Answers{}
		}
		all[registrationID].stored(questionID, kind, value)
	}
	return all, rows.Err()
}

// EraseAnswers deletes all that a registration has answered.
func (s *Store) EraseAnswers(ctx context.Context, tx *sql.Tx, registrationID string) error {
	if _, err := tx.ExecContext(ctx, s.db.Rebind("delete from answers where registration_id = ?"), registrationID); err != nil {
		return fmt.Errorf("delete the answers of registration %s: %w", registrationID, err)
	}
	return nil
}

// replaceAnswers writes what a registration answers to the questions that its event asks; answers to retired ones stay.
func (s *Store) replaceAnswers(ctx context.Context, tx *sql.Tx, registrationID string, a Answers, e *events.Event) error {
	asked := &events.Event{Questions: e.Asked()}
	if len(asked.Questions) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.db.Rebind(`delete from answers where registration_id = ? and question_id in
		(select id from questions where event_id = ? and not retired)`), registrationID, e.ID)
	if err != nil {
		return fmt.Errorf("replace the answers of registration %s: %w", registrationID, err)
	}
	if _, err := s.insertAnswers.Insert(ctx, tx, a.rows(registrationID, asked)); err != nil {
		return fmt.Errorf("insert the answers of registration %s: %w", registrationID, err)
	}
	return nil
}

// answersStep writes the answers of fresh registrations; there are none on most events.
func (s *Store) answersStep(fresh []*ticket) (store.Step, error) {
	var rows [][]any
	for _, t := range fresh {
		if len(t.Answers) > 0 {
			rows = append(rows, t.Answers.rows(t.g.ID, t.Event)...)
		}
	}
	return s.insertAnswers.Step(func(_ int64, err error) error {
		if err != nil {
			return fmt.Errorf("insert answers: %w", err)
		}
		return nil
	}, rows)
}

// answerCount is how often an answer was given by those who are registered or wait.
type answerCount struct {
	Answer string
	N      int
}

// countAnswers counts the answers to each question of an event, and those who are registered or wait.
func (s *Store) countAnswers(ctx context.Context, eventID string) (counts map[string][]answerCount, people int, err error) {
	counts = map[string][]answerCount{}
	rows, err := s.db.Read.QueryContext(ctx, `select a.question_id, a.value, count(*) from answers a join registrations g on g.id = a.registration_id
		where g.event_id = ? and g.status <> 'cancelled' group by a.question_id, a.value order by 3 desc, 2`, eventID)
	if err != nil {
		return nil, 0, fmt.Errorf("count the answers at event %s: %w", eventID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var c answerCount
		if err := rows.Scan(&id, &c.Answer, &c.N); err != nil {
			return nil, 0, fmt.Errorf("count the answers at event %s: %w", eventID, err)
		}
		counts[id] = append(counts[id], c)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, err
	}
	err = s.db.Read.QueryRowContext(ctx, "select count(*) from registrations where event_id = ? and status <> 'cancelled'", eventID).Scan(&people)
	if err != nil {
		return nil, 0, fmt.Errorf("count who is registered at event %s: %w", eventID, err)
	}
	return counts, people, nil
}
