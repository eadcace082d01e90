package events

import (
	"masterclass/internal/web"
	"masterclass/templates"
)

// deskQuestion is a question in the organisers' list. Up and Down say whether it can change its turn.
type deskQuestion struct {
	Question
	KindWords, When string
	Options         []string // to choose from; none for yes and no, which say themselves
	Answered        int
	Leads           bool // its answer shows another one, so it must stay
	Path            string
	Up, Down        bool
}

// questionsPage is events/organise-questions.
type questionsPage struct {
	Title          string
	Tabs           []web.Tab
	Notice         templates.Notice
	Path           string
	Asked, Retired []deskQuestion
	Answers        bool // there are some to look at
}

func newQuestionsPage(e *Event, answered map[string]int) questionsPage {
	page := questionsPage{Title: e.Title, Path: e.deskPath("/questions"), Answers: len(answered) > 0}
	asked := e.Asked()
	for _, q := range e.Questions {
		if q.Retired {
			page.Retired = append(page.Retired, e.deskQuestion(q, answered, page.Path))
		}
	}
	for i, q := range asked {
		row := e.deskQuestion(q, answered, page.Path)
		row.Up = i > 0 && swappable(asked, i-1)
		row.Down = i+1 < len(asked) && swappable(asked, i)
		for _, o := range asked {
			row.Leads = row.Leads || o.ShownIf == q.ID
		}
		page.Asked = append(page.Asked, row)
	}
	return page
}

func (e *Event) deskQuestion(q Question, answered map[string]int, path string) deskQuestion {
	row := deskQuestion{Question: q, KindWords: questionKindWords(q.Kind), Answered: answered[q.ID], Path: path + "/" + q.ID}
	if q.Kind != YesNo {
		row.Options = q.Choices()
	}
	if on, ok := e.Question(q.ShownIf); ok {
		row.When = "Only if ‘" + on.Label + "’ is ‘" + q.ShownAnswer + "’"
	}
	return row
}
