package registrations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"masterclass/events"
	"masterclass/templates"
)

// answerIs chooses registrations by what they answer to one of the event's own questions, of which there are choices. The zero value chooses
// everybody.
type answerIs struct {
	QuestionID, Value string
}

// answerSeparator is between the two in an address: no id has it.
const answerSeparator = ":"

// answerIn reads a choice as addresses and forms have it. What is none of the event's own is everybody.
func answerIn(e *events.Event, text string) answerIs {
	id, value, _ := strings.Cut(text, answerSeparator)
	if q, ok := e.Question(id); !ok || q.Choices() == nil || value == "" || len(value) > maxLine {
		return answerIs{}
	}
	return answerIs{QuestionID: id, Value: value}
}

func (a answerIs) String() string {
	if a.QuestionID == "" {
		return ""
	}
	return a.QuestionID + answerSeparator + a.Value
}

// words say which answer to which question.
func (a answerIs) words(e *events.Event) string {
	q, _ := e.Question(a.QuestionID)
	return "‘" + saidTo(q.Label, a.Value) + "’"
}

// saidTo is a question with its answer in one line.
func saidTo(label, answer string) string {
	if strings.HasSuffix(label, "?") {
		return label + " " + answer
	}
	return label + ": " + answer
}

// answerChoice is the choice of an answer, or nil where the event has no questions with choices.
func answerChoice(e *events.Event, value answerIs) *templates.Select {
	s := &templates.Select{ID: "answer", Label: "Answer", Value: value.String(), Options: []templates.Option{{Text: "Every answer"}}}
	for _, q := range e.Questions {
		if q.Retired && q.ID != value.QuestionID {
			continue
		}
		choices := q.Choices()
		if q.ID == value.QuestionID && !slices.Contains(choices, value.Value) { // not offered any more
			choices = append(choices, value.Value)
		}
		for _, c := range choices {
			a := answerIs{QuestionID: q.ID, Value: c}
			s.Options = append(s.Options, templates.Option{Value: a.String(), Text: saidTo(q.Label, c)})
		}
	}
	if len(s.Options) == 1 {
		return nil
	}
	return s
}

// whoAnswered are the registrations that give an answer, alone or among others.
func (s *Store) whoAnswered(ctx context.Context, from querier, a answerIs) (map[string]bool, error) {
	rows, err := from.QueryContext(ctx, s.db.Rebind("select registration_id, value from answers where question_id = ?"), a.QuestionID)
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
