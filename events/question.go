package events

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"masterclass/internal/fault"
)

// QuestionKind is how a question is answered.
type QuestionKind string

// The kinds of question.
const (
	ShortText     QuestionKind = "short_text"
	LongText      QuestionKind = "long_text"
	OneChoice     QuestionKind = "choice"
	SeveralChoice QuestionKind = "choices"
	YesNo         QuestionKind = "yes_no"
)

// Yes and No are the answers to a question of the kind YesNo, as they are kept and read.
const (
	Yes = "Yes"
	No  = "No"
)

// MaxAnswer is how many characters an answer has at most.
const MaxAnswer = 2000

// Question is what an event asks of those who register, beyond what every event does.
type Question struct {
	ID          string `bun:",pk"`
	EventID     string
	Kind        QuestionKind
	Label       string
	Hint        string
	Required    bool   // only of those whom it is shown to
	Options     string // one a line
	ShownIf     string // the id of an earlier question; empty: shown to all
	ShownAnswer string // the answer to it that shows this one
	Retired     bool   // not asked any more, and kept for the answers
	Position    int64
}

// ErrNoQuestion is for what is not, or no longer, a question of the event in hand.
var ErrNoQuestion = fault.New(fault.NotFound, "We could not find that question. It may have been deleted.")

// Choices are the answers to choose from; none where one writes.
func (q Question) Choices() []string {
	switch q.Kind {
	case YesNo:
		return []string{Yes, No}
	case OneChoice, SeveralChoice:
		return strings.Split(q.Options, "\n")
	}
	return nil
}

// Asked are the event's questions in their order, without those that are retired.
func (e *Event) Asked() []Question {
	return slices.DeleteFunc(slices.Clone(e.Questions), func(q Question) bool { return q.Retired })
}

// Question finds one of the event's questions by its id, also a retired one.
func (e *Event) Question(id string) (Question, bool) { return question(e.Questions, id) }

func question(all []Question, id string) (Question, bool) {
	i := slices.IndexFunc(all, func(q Question) bool { return q.ID == id })
	if i < 0 {
		return Question{}, false
	}
	return all[i], true
}

// ShownWhen says in words when a question is shown that is not shown to all, and "" for one that is.
func (e *Event) ShownWhen(q Question) string {
	on, ok := e.Question(q.ShownIf)
	if !ok {
		return ""
	}
	return "Only if you answered ‘" + q.ShownAnswer + "’ to ‘" + on.Label + "’"
}

// Read cleans what was answered, and says what is wrong with it, or "". An answer that was left empty is none.
func (q Question) Read(typed []string) (answer []string, problem string) {
	if q.Choices() != nil {
		return q.readChoice(typed)
	}
	text := ""
	if len(typed) > 0 {
		text = q.clean(typed[0])
	}
	switch {
	case text == "" && q.Required:
		return nil, "Enter your answer to ‘" + q.Label + "’"
	case text == "":
		return nil, ""
	case utf8.RuneCountInString(text) > MaxAnswer:
		return nil, "Your answer to ‘" + q.Label + "’ must be " + strconv.Itoa(MaxAnswer/1000) + ",000 characters or fewer"
	}
	return []string{text}, ""
}

func (q Question) clean(s string) string {
	if q.Kind == LongText {
		return lines(s)
	}
	return line(s)
}

func (q Question) readChoice(typed []string) (answer []string, problem string) {
	choices := q.Choices()
	chosen := make([]bool, len(choices))
	for _, s := range typed {
		if s = line(s); s == "" {
			continue
		}
		i := slices.IndexFunc(choices, func(o string) bool { return o == s || (q.Kind == YesNo && strings.EqualFold(o, s)) })
		if i < 0 {
			return nil, "Choose from the answers to ‘" + q.Label + "’ that are offered"
		}
		chosen[i] = true
	}
	for i, o := range choices {
		if chosen[i] {
			answer = append(answer, o)
		}
	}
	switch {
	case len(answer) == 0 && q.Required:
		return nil, "Choose an answer to ‘" + q.Label + "’"
	case len(answer) > 1 && q.Kind != SeveralChoice:
		return nil, "Choose one answer only to ‘" + q.Label + "’"
	}
	return answer, ""
}

// copyQuestions gives the event the questions that another asks, with new ids.
func (e *Event) copyQuestions(from *Event) {
	e.Questions = nil
	now := map[string]string{"": ""}
	for i, q := range from.Asked() {
		now[q.ID] = newID()
		q.ID, q.ShownIf, q.Position = now[q.ID], now[q.ShownIf], int64(i)
		e.Questions = append(e.Questions, q)
	}
}
