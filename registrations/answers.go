package registrations

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/templates"
)

// Answers are what somebody answers to an event's own questions, by the question's id: one text, or each that was chosen where several can be.
type Answers map[string][]string

// answerField begins the name of a question's field in the form.
const answerField = "answer_"

var errAnswers = errors.New("answers are no object of texts and lists of texts")

// UnmarshalJSON reads an object of a text, a list of texts, true or false for each question's id.
func (a *Answers) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return errAnswers
	}
	*a = Answers{}
	for id, value := range raw {
		list, err := readAnswer(value)
		if err != nil {
			return err
		}
		(*a)[id] = list
	}
	return nil
}

func readAnswer(value json.RawMessage) (list []string, err error) {
	switch value = bytes.TrimSpace(value); {
	case bytes.Equal(value, []byte("null")):
		return nil, nil
	case bytes.Equal(value, []byte("true")):
		return []string{events.Yes}, nil
	case bytes.Equal(value, []byte("false")):
		return []string{events.No}, nil
	case len(value) > 0 && value[0] == '[':
		err = json.Unmarshal(value, &list)
	default:
		list = []string{""}
		err = json.Unmarshal(value, &list[0])
	}
	if err != nil {
		return nil, errAnswers
	}
	return list, nil
}

// asked keeps what is an answer to a question that the event asks and that is shown with these answers; whatever else was sent is dropped.
// What needs mending comes in the order of the page.
func (a Answers) asked(e *events.Event) (Answers, []fault.Field) {
	if len(e.Questions) == 0 {
		return nil, nil
	}
	kept := Answers{}
	var wrong []fault.Field
	for _, q := range e.Asked() { // what decides whether a question is shown comes before it
		if !kept.show(q) {
			continue
		}
		answer, problem := q.Read(a[q.ID])
		if problem != "" {
			wrong = append(wrong, fault.Field{Name: answerField + q.ID, Message: problem})
		}
		if len(answer) > 0 {
			kept[q.ID] = answer
		}
	}
	return kept, wrong
}

// show says whether the question is shown to somebody who has answered those before it like this.
func (a Answers) show(q events.Question) bool {
	return q.ShownIf == "" || slices.Contains(a[q.ShownIf], q.ShownAnswer)
}

// Text is the answer to a question in one text, as lists and files show it.
func (a Answers) Text(questionID string) string { return strings.Join(a[questionID], ", ") }

// Rows are an event's questions with the answers: those that are asked and shown with these answers, and those that are not asked any more
// and were answered.
func (a Answers) Rows(e *events.Event) []templates.Row {
	var rows []templates.Row
	for _, q := range e.Questions {
		if _, answered := a[q.ID]; answered || (!q.Retired && a.show(q)) {
			rows = append(rows, templates.Row{Key: q.Label, Value: a.Text(q.ID)})
		}
	}
	return rows
}

// rows are what is stored: one answer a line where several can be chosen.
func (a Answers) rows(registrationID string, e *events.Event) (rows [][]any) {
	for _, q := range e.Questions { // which may have become fewer since they were shown
		if answer := a[q.ID]; len(answer) > 0 {
			rows = append(rows, []any{registrationID, q.ID, strings.Join(answer, "\n")})
		}
	}
	return rows
}

// stored reads what rows has written.
func (a Answers) stored(questionID string, kind events.QuestionKind, value string) {
	if a[questionID] = []string{value}; kind == events.SeveralChoice {
		a[questionID] = strings.Split(value, "\n")
	}
}

// travelling are the answers as they travel in a form and as a person reads them. Without the event, whose questions are not known then, all
// travel on.
func (a Answers) travelling(e *events.Event) (list []answer) {
	add := func(id, label string) {
		an := answer{Hidden: Hidden{Name: answerField + id}, key: label, shown: a.Text(id)}
		for i, value := range a[id] {
			if i == 0 {
				an.Value = value
				continue
			}
			an.more = append(an.more, Hidden{answerField + id, value})
		}
		list = append(list, an)
	}
	if e == nil {
		for _, id := range slices.Sorted(maps.Keys(a)) {
			add(id, "Answer")
		}
		return list
	}
	for _, q := range e.Asked() {
		if a.show(q) {
			add(q.ID, q.Label)
		}
	}
	return list
}
