package learning

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
	"masterclass/internal/store"
	"masterclass/news"
)

// Module is an article with its pages and questions, in their order.
type Module struct {
	news.Article
	OpenedAt  int64 // Unix milliseconds; 0 while it is coming soon
	Pages     []Page
	Questions []Question
	Waiting   int // people who want to be told when it opens, and have confirmed it
}

// Open says whether the pages can be read.
func (m *Module) Open() bool { return m.OpenedAt != 0 && len(m.Pages) > 0 }

// Page is one page of a module. Body is Markdown.
type Page struct {
	ID, Title, Body   string
	Position, Version int64
}

// Question is one of a module's test. At least one answer is right.
type Question struct {
	ID, Text, Explanation string
	Answers               []Answer
	Position, Version     int64
}

// Answer is one to choose.
type Answer struct {
	Text  string
	Right bool
}

// Several says whether more than one answer is right.
func (q Question) Several() bool {
	n := 0
	for _, a := range q.Answers {
		if a.Right {
			n++
		}
	}
	return n > 1
}

// right says whether exactly the right answers are chosen, by their numbers from 0.
func (q Question) right(chosen []int) bool {
	for i, a := range q.Answers {
		if a.Right != slices.Contains(chosen, i) {
			return false
		}
	}
	return true
}

// The bounds of what an organiser writes.
const (
	maxTitle   = 200
	maxBody    = 50_000
	maxText    = 1_000
	maxAnswers = 6
)

// check says what is wrong with a page.
func (p Page) check() (wrong []fault.Field) {
	switch {
	case p.Title == "":
		wrong = append(wrong, fault.Field{Name: "title", Message: "Enter the page’s title"})
	case len(p.Title) > maxTitle:
		wrong = append(wrong, fault.Field{Name: "title", Message: "Enter a title of 200 characters or fewer"})
	}
	switch {
	case p.Body == "":
		wrong = append(wrong, fault.Field{Name: "body", Message: "Enter the page’s text"})
	case len(p.Body) > maxBody:
		wrong = append(wrong, fault.Field{Name: "body", Message: "The text is too long for one page: divide it in two"})
	}
	return wrong
}

// check says what is wrong with a question.
func (q Question) check() (wrong []fault.Field) {
	need := func(ok bool, name, message string) {
		if !ok {
			wrong = append(wrong, fault.Field{Name: name, Message: message})
		}
	}
	need(q.Text != "", "question", "Enter the question")
	need(len(q.Text) <= maxText, "question", "Enter a shorter question")
	need(len(q.Answers) >= 2, "answer_1", "Enter two answers or more")
	for i, a := range q.Answers {
		need(len(a.Text) <= maxText, "answer_"+strconv.Itoa(i+1), "Enter a shorter answer")
	}
	need(slices.ContainsFunc(q.Answers, func(a Answer) bool { return a.Right }), "right", "Choose the answers that are right: one or more of those that you have written")
	need(q.Explanation != "", "explanation", "Say why the answer is right")
	need(len(q.Explanation) <= maxText, "explanation", "Enter a shorter explanation")
	return wrong
}

// encode writes chosen answers as they stand in an address: the digits of each question's, with dots between questions.
func encode(chosen [][]int) string {
	parts := make([]string, len(chosen))
	for i, numbers := range chosen {
		for _, n := range numbers {
			parts[i] += strconv.Itoa(n)
		}
	}
	return strings.Join(parts, ".")
}

// decode reads what encode wrote; false where it does not fit the questions, which may have changed.
func decode(text string, questions []Question) ([][]int, bool) {
	parts := strings.Split(text, ".")
	if len(parts) != len(questions) {
		return nil, false
	}
	chosen := make([][]int, len(parts))
	for i, part := range parts {
		for _, r := range part {
			n := int(r - '0')
			if n < 0 || n >= len(questions[i].Answers) || slices.Contains(chosen[i], n) {
				return nil, false
			}
			chosen[i] = append(chosen[i], n)
		}
		if len(chosen[i]) == 0 {
			return nil, false
		}
	}
	return chosen, true
}

// Parts are what e-learning is made of.
type Parts struct {
	DB      *store.DB
	News    *news.Store
	Room    *news.Newsroom // in which a module's article is given its note
	Trail   *access.Trail
	Keys    *secret.Keys
	Mails   Mails
	Mailbox func(email string) (mailbox, problem string) // folds an address, or says what is wrong with it
	Now     func() time.Time
}

// Learning knows the modules. Safe for concurrent use.
type Learning struct{ Parts }

// New puts the parts together.
func New(p Parts) *Learning { return &Learning{p} }

// The errors that people are told.
var (
	errNoModule   = fault.New(fault.NotFound, "We could not find that module. It may have been taken down, or its address mistyped.")
	errNoPage     = fault.New(fault.NotFound, "The module has no such page. It may have been changed meanwhile: begin at the module’s start.")
	errNoProgress = fault.New(fault.NotFound, "We could not find your place. The link may be incomplete: copy all of it. Links that nobody has used for a year end by themselves.")
	errNoOpening  = fault.New(fault.NotFound, "We could not find what to confirm. The link may be incomplete, or older than a week: leave your address again on the module’s page.")
	errManyMails  = fault.New(fault.TooMany, "We have sent several emails to this address within the last hour. Please look for them, also among unwanted mail, or try again in an hour.").After(15 * time.Minute)
	errChanged    = fault.Coded(fault.Conflict, "changed", "Somebody else has changed this meanwhile. Go back, look at it as it is now, then make your change again.")
	errNotShown   = fault.New(fault.Conflict, "The module’s own article is not on the site, so its link would lead nowhere. Publish the article first, or wait for its time, then publish the module.")
	errNoPages    = fault.New(fault.Conflict, "The module has no pages yet. Add one, then publish it.")
)
