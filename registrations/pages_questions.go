package registrations

import (
	"slices"
	"strings"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/templates"
)

// QuestionField is a question of the event in the form. If and Answer name the field and its answer that show it; a script hides the others.
type QuestionField struct {
	Field      templates.Field
	If, Answer string
}

// fewChoices are shown beside each other; more are a list to choose from.
const fewChoices = 10

// questionFields are all that the event asks, also what is shown only with certain answers: its hint then says with which.
func questionFields(e *events.Event, a Answers, wrong []fault.Field) []QuestionField {
	return fieldsOf(e, a, wrong, func(q events.Question) string { return hint(e.ShownWhen(q), q.Hint) })
}

// DeskQuestions are all that the event asks, for an organiser who answers for somebody and may leave out what they do not know.
func DeskQuestions(e *events.Event, a Answers, wrong []fault.Field) []QuestionField {
	return fieldsOf(unforced(e), a, wrong, func(q events.Question) string {
		gone, ask := "", ""
		if list := goneOf(q, a[q.ID]); len(list) > 0 {
			gone = "Answered before, and not offered any more: " + strings.Join(list, ", ")
		}
		if must, _ := e.Question(q.ID); must.Required {
			ask = "Optional for you: ask the person"
		}
		return hint(strings.Replace(e.ShownWhen(q), "if you answered", "if they answered", 1), q.Hint, gone, ask)
	})
}

func fieldsOf(e *events.Event, a Answers, wrong []fault.Field, hint func(events.Question) string) (list []QuestionField) {
	for _, q := range e.Asked() {
		f := QuestionField{Field: questionField(q, hint(q), a[q.ID], problemOf(wrong, answerField+q.ID)), Answer: q.ShownAnswer}
		if q.ShownIf != "" {
			f.If = answerField + q.ShownIf
		}
		list = append(list, f)
	}
	return list
}

// hint makes one of several sentences, any of which may be missing.
func hint(sentences ...string) string {
	there := slices.DeleteFunc(sentences, func(s string) bool { return s == "" })
	for i, s := range there[:max(0, len(there)-1)] {
		there[i] = strings.TrimRight(s, ".")
	}
	return strings.Join(there, ". ")
}

func questionField(q events.Question, hint string, answer []string, problem string) templates.Field {
	id, first := answerField+q.ID, ""
	if len(answer) > 0 {
		first = answer[0]
	}
	switch q.Kind {
	case events.LongText:
		return templates.Field{Textarea: &templates.Textarea{ID: id, Label: q.Label, Hint: hint, Value: first, Error: problem, Rows: 4, Optional: !q.Required, MaxLength: events.MaxAnswer}}
	case events.SeveralChoice:
		return templates.Field{Checkboxes: &templates.Checkboxes{ID: id, Legend: q.Label, Hint: hint, Values: answer, Error: problem, Options: optionsOf(q), Optional: !q.Required}}
	case events.OneChoice, events.YesNo:
		return choiceField(q, hint, first, problem)
	}
	return templates.Field{Input: &templates.Input{ID: id, Label: q.Label, Hint: hint, Value: first, Error: problem, Optional: !q.Required}}
}

// choiceField has a choice that takes back the others where an answer is not needed: one of them cannot be taken back by itself.
func choiceField(q events.Question, hint, value, problem string) templates.Field {
	id, options := answerField+q.ID, optionsOf(q)
	if len(options) > fewChoices {
		options = append([]templates.Option{{Text: "Choose an answer"}}, options...)
		return templates.Field{Select: &templates.Select{ID: id, Label: q.Label, Hint: hint, Value: value, Error: problem, Options: options, Optional: !q.Required}}
	}
	if !q.Required {
		options = append(options, templates.Option{Text: "No answer"})
	}
	return templates.Field{Radios: &templates.Radios{ID: id, Legend: q.Label, Hint: hint, Value: value, Error: problem, Options: options,
		Inline: q.Kind == events.YesNo, Optional: !q.Required}}
}

func optionsOf(q events.Question) (options []templates.Option) {
	for _, o := range q.Choices() {
		options = append(options, templates.Option{Value: o, Text: o})
	}
	return options
}
