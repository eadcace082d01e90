package events

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// What an organiser can be told who changes questions.
var (
	ErrQuestionAnswered = fault.Coded(fault.Conflict, "question_answered", "People have answered this question, so it stays on record. Stop asking it instead.")
	ErrQuestionLeads    = fault.Coded(fault.Conflict, "question_leads",
		"The answer to this question decides whether another one is shown. Change that one first.")
	ErrQuestionFollows = fault.Coded(fault.Conflict, "question_follows",
		"A question that is shown by the answer to another one comes after it.")
	ErrQuestionAlone = fault.Coded(fault.Conflict, "question_alone",
		"This question is shown by the answer to one that is not asked any more. Change when it is shown first.")
	ErrManyQuestions = fault.Coded(fault.Conflict, "many_questions", "An event has 50 questions at most, those that are not asked any more included.")
)

const maxQuestions = 50

// questions reads those of an event that has any.
func (s *Store) questions(ctx context.Context, db bun.IDB, e *Event) (err error) {
	if e.QuestionCount > 0 {
		e.Questions, err = questionsIn(ctx, db, e.ID)
	}
	return err
}

func questionsIn(ctx context.Context, db bun.IDB, eventID string) (all []Question, err error) {
	if err = db.NewSelect().Model(&all).Where("event_id = ?", eventID).Order("position", "id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the questions of event %s: %w", eventID, err)
	}
	return all, nil
}

// Answered counts for each question of an event how many have answered it.
func (s *Store) Answered(ctx context.Context, eventID string) (map[string]int, error) {
	var rows []struct {
		ID string
		N  int
	}
	err := s.db.Read.NewRaw("select q.id, count(*) as n from questions q join answers a on a.question_id = q.id where q.event_id = ? group by q.id", eventID).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count the answers at event %s: %w", eventID, err)
	}
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.ID] = r.N
	}
	return counts, nil
}

// editQuestions runs fn with the event's questions while nobody registers or changes them, and notes what was done to the one it gives, if any.
func (d *Editor) editQuestions(ctx context.Context, eventID, action string, by *access.Entry, fn func(ctx context.Context, tx bun.Tx, all []Question) (*Question, error)) error {
	return d.edit(ctx, eventID, true, func(ctx context.Context, tx bun.Tx) error {
		all, err := questionsIn(ctx, tx, eventID)
		if err != nil {
			return err
		}
		changed, err := fn(ctx, tx, all)
		if err != nil || changed == nil {
			return err
		}
		if _, err := tx.NewRaw("update events set questions = (select count(*) from questions where event_id = ?) where id = ?", eventID, eventID).Exec(ctx); err != nil {
			return fmt.Errorf("count the questions of event %s: %w", eventID, err)
		}
		by.Title = changed.Label
		return d.note(ctx, tx, eventID, changed.ID, action, *by)
	})
}

// AddQuestion adds what made makes of the event's questions as they are, after the others. What made returns instead of nil ends it. Error
// for people: ErrManyQuestions.
func (d *Editor) AddQuestion(ctx context.Context, eventID string, by access.Entry, made func(all []Question) (*Question, error)) error {
	return d.editQuestions(ctx, eventID, "question.added", &by, func(ctx context.Context, tx bun.Tx, all []Question) (*Question, error) {
		if len(all) >= maxQuestions {
			return nil, ErrManyQuestions
		}
		q, err := made(all)
		if err != nil {
			return nil, err
		}
		q.ID, q.EventID, q.Position = newID(), eventID, after(all)
		if _, err := tx.NewInsert().Model(q).Exec(ctx); err != nil {
			return nil, fmt.Errorf("insert a question of event %s: %w", eventID, err)
		}
		return q, nil
	})
}

func after(all []Question) int64 {
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].Position + 1
}

// ChangeQuestion stores what change makes of a question; it sees the event's questions as they are at this moment, and whether somebody has
// answered this one. As AddQuestion. Error for people: ErrNoQuestion.
func (d *Editor) ChangeQuestion(ctx context.Context, eventID, id string, by access.Entry, change func(q *Question, all []Question, answered bool) error) error {
	return d.editQuestions(ctx, eventID, "question.changed", &by, func(ctx context.Context, tx bun.Tx, all []Question) (*Question, error) {
		q, ok := question(all, id)
		if !ok {
			return nil, ErrNoQuestion
		}
		n, err := tx.NewSelect().Table("answers").Where("question_id = ?", id).Count(ctx)
		if err != nil {
			return nil, fmt.Errorf("count the answers to question %s: %w", id, err)
		}
		before := questionValues(&q)
		if err := change(&q, all, n > 0); err != nil {
			return nil, err
		}
		by.Detail = questionShape.changed(before, questionValues(&q))
		_, err = tx.NewUpdate().Model(&q).Column("kind", "label", "hint", "required", "options", "shown_if", "shown_answer").WherePK().Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("update question %s: %w", id, err)
		}
		return &q, nil
	})
}

// RemoveQuestion deletes a question that nobody has answered. Errors for people: ErrNoQuestion, ErrQuestionLeads, ErrQuestionAnswered.
func (d *Editor) RemoveQuestion(ctx context.Context, eventID, id string, by access.Entry) error {
	return d.editQuestions(ctx, eventID, "question.deleted", &by, func(ctx context.Context, tx bun.Tx, all []Question) (*Question, error) {
		q, ok := question(all, id)
		if !ok {
			return nil, ErrNoQuestion
		}
		if slices.ContainsFunc(all, func(q Question) bool { return q.ShownIf == id }) {
			return nil, ErrQuestionLeads
		}
		res, err := tx.NewRaw("delete from questions where id = ? and not exists (select 1 from answers where question_id = questions.id)", id).Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("delete question %s: %w", id, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return nil, errors.Join(err, ErrQuestionAnswered)
		}
		return &q, nil
	})
}

// RetireQuestion stops asking a question and keeps its answers. Errors for people: ErrNoQuestion, ErrQuestionLeads.
func (d *Editor) RetireQuestion(ctx context.Context, eventID, id string, by access.Entry) error {
	return d.editQuestions(ctx, eventID, "question.retired", &by, func(ctx context.Context, tx bun.Tx, all []Question) (*Question, error) {
		q, ok := question(all, id)
		switch {
		case !ok:
			return nil, ErrNoQuestion
		case q.Retired:
			return nil, nil
		case slices.ContainsFunc(all, func(o Question) bool { return o.ShownIf == id && !o.Retired }):
			return nil, ErrQuestionLeads
		}
		return &q, setRetired(ctx, tx, id, true, 0)
	})
}

// AskAgain asks a retired question again, after the others. Errors for people: ErrNoQuestion, ErrQuestionAlone.
func (d *Editor) AskAgain(ctx context.Context, eventID, id string, by access.Entry) error {
	return d.editQuestions(ctx, eventID, "question.asked_again", &by, func(ctx context.Context, tx bun.Tx, all []Question) (*Question, error) {
		q, ok := question(all, id)
		if !ok {
			return nil, ErrNoQuestion
		}
		if !q.Retired {
			return nil, nil
		}
		if on, ok := question(all, q.ShownIf); q.ShownIf != "" && (!ok || on.Retired || !slices.Contains(on.Choices(), q.ShownAnswer)) {
			return nil, ErrQuestionAlone
		}
		return &q, setRetired(ctx, tx, id, false, after(all))
	})
}

func setRetired(ctx context.Context, tx bun.Tx, id string, retired bool, position int64) error {
	if _, err := tx.NewRaw("update questions set retired = ?, position = ? where id = ?", retired, position, id).Exec(ctx); err != nil {
		return fmt.Errorf("retire question %s, or ask it again: %w", id, err)
	}
	return nil
}

// MoveQuestion moves a question one up, or one down, among those that are asked. At the end of the list nothing changes. Errors for people:
// ErrNoQuestion, ErrQuestionFollows.
func (d *Editor) MoveQuestion(ctx context.Context, eventID, id string, up bool, by access.Entry) error {
	return d.editQuestions(ctx, eventID, "questions.ordered", &by, func(ctx context.Context, tx bun.Tx, all []Question) (*Question, error) {
		asked := (&Event{Questions: all}).Asked()
		from := slices.IndexFunc(asked, func(q Question) bool { return q.ID == id })
		if from < 0 {
			return nil, ErrNoQuestion
		}
		to := from + 1
		if up {
			to = from - 1
		}
		if to < 0 || to >= len(asked) {
			return nil, nil
		}
		if !swappable(asked, min(from, to)) {
			return nil, ErrQuestionFollows
		}
		moved := asked[from]
		asked[from], asked[to] = asked[to], asked[from]
		for i, q := range asked {
			if _, err := tx.NewRaw("update questions set position = ? where id = ?", i, q.ID).Exec(ctx); err != nil {
				return nil, fmt.Errorf("order the questions of event %s: %w", eventID, err)
			}
		}
		return &moved, nil
	})
}

// swappable says whether the question at i can change its turn with the next one.
func swappable(asked []Question, i int) bool { return asked[i+1].ShownIf != asked[i].ID }
