package events

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"masterclass/internal/fault"
	"masterclass/templates"
)

// questionKinds are the kinds of question in the words of the page, in the order in which they are offered.
var questionKinds = []templates.Option{
	{Value: string(ShortText), Text: "Short text", Hint: "One line, such as a name or a number"}, {Value: string(LongText), Text: "Long text", Hint: "Several lines, up to 2,000 characters"},
	{Value: string(OneChoice), Text: "Choice of one", Hint: "One of the answers below"}, {Value: string(SeveralChoice), Text: "Choice of several", Hint: "Any of the answers below"},
	{Value: string(YesNo), Text: "Yes or no"},
}

func questionKindWords(kind QuestionKind) string {
	for _, o := range questionKinds {
		if o.Value == string(kind) {
			return o.Text
		}
	}
	return string(kind)
}

const (
	maxLabel   = 200
	maxHint    = 500
	maxOption  = 150
	maxOptions = 50
)

// questionShape is the form of a question.
var questionShape = shape{
	{"label", "Question", line, maxLabel, "Enter the question"},
	{"hint", "Hint", line, maxHint, ""},
	{"kind", "How it is answered", line, 0, "Choose how the question is answered"},
	{"options", "Answers to choose from", optionLines, 0, ""},
	{"required", "An answer is required", tick, 0, ""},
	{"shown", "Who is asked", line, 0, ""},
}

// optionLines cleans answers to choose from: one a line, without empty ones.
func optionLines(s string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(lines(s), "\n"), func(o string) bool { return o == "" }), "\n")
}

func questionValues(q *Question) values {
	v := values{"label": q.Label, "hint": q.Hint, "kind": string(q.Kind), "options": q.Options, "required": ticked(q.Required)}
	if q.ShownIf != "" {
		v["shown"] = q.ShownIf + ":" + q.ShownAnswer
	}
	return v
}

// leads are the questions whose answers can decide whether q is shown: those before it with answers to choose from. A new question comes
// after all others, and so does one that is asked again.
func leads(q *Question, all []Question) (before []Question) {
	for _, o := range all {
		if o.ID == q.ID && !q.Retired {
			break
		}
		if !o.Retired && o.ID != q.ID && o.Choices() != nil {
			before = append(before, o)
		}
	}
	return before
}

// question gives old what is in the form, and says what is wrong with it. all are the event's questions; answered says that people have
// answered this one.
func (v values) question(old *Question, all []Question, answered bool) (*Question, []fault.Field) {
	q := *old
	wrong := questionShape.check(v)
	q.Label, q.Hint, q.Kind, q.Required = v["label"], v["hint"], QuestionKind(v["kind"]), v["required"] == yes
	q.Options, q.ShownIf, q.ShownAnswer = "", "", ""
	if v["kind"] != "" && !slices.ContainsFunc(questionKinds, func(o templates.Option) bool { return o.Value == v["kind"] }) {
		wrong = append(wrong, fault.Field{Name: "kind", Message: "Choose how the question is answered"})
	}
	if answered && q.Kind != old.Kind {
		wrong = append(wrong, fault.Field{Name: "kind", Message: "People have answered this question as it is: " + questionKindWords(old.Kind) + ". Add another question instead"})
	}
	if q.Kind == OneChoice || q.Kind == SeveralChoice {
		q.Options = v["options"]
		wrong = append(wrong, checkOptions(q.Options)...)
	}
	wrong = append(wrong, q.checkFollowers(all)...)
	if v["shown"] != "" {
		q.ShownIf, q.ShownAnswer, _ = strings.Cut(v["shown"], ":")
		if on, ok := question(leads(old, all), q.ShownIf); !ok || !slices.Contains(on.Choices(), q.ShownAnswer) {
			wrong = append(wrong, fault.Field{Name: "shown", Message: "Choose who is asked this question"})
		}
	}
	return &q, wrong
}

func checkOptions(text string) []fault.Field {
	problem, seen := "", map[string]bool{}
	options := strings.Split(text, "\n")
	for _, o := range options {
		switch {
		case utf8.RuneCountInString(o) > maxOption:
			problem = fmt.Sprintf("Each answer must be %d characters or fewer", maxOption)
		case seen[strings.ToLower(o)]:
			problem = "Each answer must be there once: ‘" + o + "’ is there twice"
		}
		seen[strings.ToLower(o)] = true
	}
	switch {
	case len(options) < 2:
		problem = "Enter at least 2 answers to choose from, one on each line"
	case len(options) > maxOptions:
		problem = fmt.Sprintf("Enter %d answers at most", maxOptions)
	}
	if problem == "" {
		return nil
	}
	return []fault.Field{{Name: "options", Message: problem}}
}

// checkFollowers makes sure that the answers stay which show other questions.
func (q *Question) checkFollowers(all []Question) []fault.Field {
	for _, o := range all {
		if o.ShownIf != q.ID || q.ID == "" || o.Retired || slices.Contains(q.Choices(), o.ShownAnswer) {
			continue
		}
		field := "options"
		if q.Kind != OneChoice && q.Kind != SeveralChoice {
			field = "kind"
		}
		return []fault.Field{{Name: field, Message: "The answer ‘" + o.ShownAnswer + "’ must stay: ‘" + o.Label + "’ is shown by it"}}
	}
	return nil
}

// questionGroups makes the form of a question.
func questionGroups(q *Question, all []Question) func(v values, wrong []fault.Field) []templates.FieldGroup {
	return func(v values, wrong []fault.Field) []templates.FieldGroup {
		p := sheet{v, wrong}
		shown := templates.Select{ID: "shown", Label: "Who is asked", Options: []templates.Option{{Text: "Everybody"}}, Hint: "A question can follow from the answer to an earlier one with answers to choose from"}
		for _, o := range leads(q, all) {
			for _, answer := range o.Choices() {
				shown.Options = append(shown.Options, templates.Option{Value: o.ID + ":" + answer, Text: "Only if ‘" + o.Label + "’ is ‘" + answer + "’"})
			}
		}
		kind := templates.Radios{ID: "kind", Legend: "How it is answered", Value: v["kind"], Error: p.error("kind"), Options: questionKinds}
		return []templates.FieldGroup{{Fields: []templates.Field{
			p.input(templates.Input{ID: "label", Label: "Question", Hint: "As people read it, such as: Will you stay for dinner?"}),
			p.input(templates.Input{ID: "hint", Label: "Hint", Optional: true, Hint: "Shown under the question"}),
			{Radios: &kind},
			p.area(templates.Textarea{ID: "options", Label: "Answers to choose from", Rows: 5, Hint: "For a choice only: one answer on each line"}),
			p.box(templates.Checkbox{ID: "required", Label: "An answer is required", Hint: "Of those who are asked"}),
			p.choice(shown),
		}}}
	}
}
