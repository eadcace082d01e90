package registrations

import (
	"slices"
	"strings"

	"masterclass/events"
	"masterclass/internal/web"
)

// maxTexts is how many answers that were written are shown; the list of attendees has all.
const maxTexts = 200

// answerLine is an answer to choose from, with how many chose it.
type answerLine struct {
	Answer string
	N      int
	Gone   bool   // it is not offered any more
	Href   string // the list of those who gave it
}

// questionAnswers are what was answered to one question.
type questionAnswers struct {
	Label, When string
	Retired     bool
	People      int          // who have answered
	Lines       []answerLine // of a choice
	Texts       []answerCount
	More        int // texts that are not shown
}

// answersPage is registrations/organise-answers.
type answersPage struct {
	Title     string
	Tabs      []web.Tab
	People    int // registered or waiting
	Questions []questionAnswers
}

func newAnswersPage(e *events.Event, counts map[string][]answerCount, people int) answersPage {
	page := answersPage{Title: e.Title, People: people}
	for _, q := range e.Questions {
		given := counts[q.ID]
		if q.Retired && len(given) == 0 {
			continue
		}
		row := questionAnswers{Label: q.Label, Retired: q.Retired}
		if on, ok := e.Question(q.ShownIf); ok {
			row.When = "Asked only if ‘" + on.Label + "’ is ‘" + q.ShownAnswer + "’"
		}
		for _, c := range given {
			row.People += c.N
		}
		if q.Choices() != nil {
			row.Lines = choiceLines(q, given)
			for i, l := range row.Lines {
				row.Lines[i].Href = listPath(e, Look{Answer: answerIs{QuestionID: q.ID, Value: l.Answer}})
			}
		} else {
			shown := min(len(given), maxTexts)
			row.Texts, row.More = given[:shown], len(given)-shown
		}
		page.Questions = append(page.Questions, row)
	}
	return page
}

// choiceLines counts each answer that is offered, and then those that were when people chose them.
func choiceLines(q events.Question, given []answerCount) (list []answerLine) {
	for _, o := range q.Choices() {
		list = append(list, answerLine{Answer: o})
	}
	for _, c := range given {
		for answer := range strings.SplitSeq(c.Answer, "\n") {
			i := slices.IndexFunc(list, func(l answerLine) bool { return l.Answer == answer })
			if i < 0 {
				i, list = len(list), append(list, answerLine{Answer: answer, Gone: true})
			}
			list[i].N += c.N
		}
	}
	return list
}
