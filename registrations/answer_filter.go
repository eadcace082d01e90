package registrations

import (
	"slices"
	"strings"
	"unicode/utf8"

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

// readAnswerIs reads a choice as addresses and forms have it.
func readAnswerIs(text string) answerIs {
	id, value, _ := strings.Cut(text, answerSeparator)
	if id == "" || value == "" || len(value) > maxLines || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return answerIs{}
	}
	return answerIs{QuestionID: id, Value: value}
}

// known says that a choice is of one of the event's own questions, or of everybody.
func (a answerIs) known(e *events.Event) bool {
	q, ok := e.Question(a.QuestionID)
	return a == answerIs{} || (ok && q.Choices() != nil)
}

// answerIn is readAnswerIs for a list: what is none of the event's own shows everybody.
func answerIn(e *events.Event, text string) answerIs {
	if a := readAnswerIs(text); a.known(e) {
		return a
	}
	return answerIs{}
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
	if !value.known(e) {
		s.Options = append(s.Options, templates.Option{Value: value.String(), Text: "An answer to a question that is not there any more"})
	}
	if len(s.Options) == 1 {
		return nil
	}
	return s
}
