package registrations

import (
	"slices"
	"strings"

	"masterclass/events"
	"masterclass/internal/fault"
)

// unforced is the event as it asks an organiser about somebody: nothing must be answered, since they may not know.
func unforced(e *events.Event) *events.Event {
	copied := *e
	copied.Questions = slices.Clone(e.Questions)
	for i := range copied.Questions {
		copied.Questions[i].Required = false
	}
	return &copied
}

// Given keeps what an organiser answers for somebody, as a person's own answers are kept, but whatever they do not know may be left out. What is
// given must be right.
func (a Answers) Given(e *events.Event) (Answers, []fault.Field) {
	kept, wrong := a.asked(unforced(e))
	for i, w := range wrong {
		wrong[i].Message = inOrganisersWords.Replace(w.Message)
	}
	return kept, wrong
}

// keepGone puts answers back that were given once and are not offered any more: a form cannot send them, and nobody has taken them back.
func (a Answers) keepGone(before Answers, e *events.Event) {
	for _, q := range e.Asked() {
		gone := goneOf(q, before[q.ID])
		if len(gone) == 0 || !a.show(q) {
			continue
		}
		if q.Kind == events.SeveralChoice || len(a[q.ID]) == 0 {
			a[q.ID] = append(gone, a[q.ID]...)
		}
	}
}

// goneOf are the answers that the question does not offer any more.
func goneOf(q events.Question, answer []string) (gone []string) {
	choices := q.Choices()
	for _, one := range answer {
		if choices != nil && !slices.Contains(choices, one) {
			gone = append(gone, one)
		}
	}
	return gone
}

// unanswered are the questions that this person must answer and has not, as when somebody else has registered them.
func (a Answers) unanswered(e *events.Event) (list []events.Question) {
	for _, q := range e.Asked() {
		if q.Required && a.show(q) && len(a[q.ID]) == 0 {
			list = append(list, q)
		}
	}
	return list
}

// answerOf reads a cell of an imported file: one answer, or several separated by semicolons or commas, each as people write it.
func answerOf(q events.Question, cell string) (answer []string, problem string) {
	q.Required = false
	if q.Choices() == nil {
		return q.Read([]string{cell})
	}
	if answer, problem = q.Read([]string{offeredAs(q, cell)}); problem == "" || q.Kind != events.SeveralChoice {
		return answer, problem // an answer may hold a semicolon itself
	}
	for _, separator := range []string{";", ","} {
		var parts []string
		for part := range strings.SplitSeq(cell, separator) {
			parts = append(parts, offeredAs(q, part))
		}
		if answer, problem = q.Read(parts); problem == "" {
			break
		}
	}
	return answer, problem
}

// spelt are other ways to write Yes and No in a file.
var spelt = map[string]string{"y": events.Yes, "true": events.Yes, "1": events.Yes, "n": events.No, "false": events.No, "0": events.No}

// offeredAs is the answer that is offered and means what was written; what was written if there is none.
func offeredAs(q events.Question, written string) string {
	written = line(written)
	for _, one := range q.Choices() {
		if strings.EqualFold(one, written) {
			return one
		}
	}
	if word := spelt[strings.ToLower(written)]; q.Kind == events.YesNo && word != "" {
		return word
	}
	return written
}
