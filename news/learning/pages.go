package learning

import (
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strconv"

	"masterclass/internal/fault"
	"masterclass/internal/markdown"
	"masterclass/news"
	"masterclass/templates"
)

func crumbs(more ...templates.Link) []templates.Link {
	return append([]templates.Link{{Href: "/", Text: "Home"}}, more...)
}

func modulesLink() templates.Link {
	return templates.Link{Href: modulesPath, Text: news.ELearning.Title()}
}

// Item is a module in the list.
type Item struct {
	templates.Link
	Label, Summary string
	State          templates.Tag
}

// IndexPage is learning/index.
type IndexPage struct {
	Breadcrumbs  []templates.Link
	Title, Intro string
	Items        []Item
	Atom, RSS    string // the addresses of its feeds
}

func newIndexPage(modules []*Module) IndexPage {
	p := IndexPage{Breadcrumbs: crumbs(), Title: news.ELearning.Title(), Intro: news.ELearning.Intro(),
		Atom: modulesPath + ".atom", RSS: modulesPath + ".rss"}
	for _, m := range modules {
		p.Items = append(p.Items, Item{Link: templates.Link{Href: m.Path(), Text: m.Title}, Label: m.length(), Summary: m.Summary, State: m.state()})
	}
	return p
}

// state is whether a module can be taken.
func (m *Module) state() templates.Tag {
	if m.Open() {
		return templates.Tag{Text: "Open", Colour: "green"}
	}
	return templates.Tag{Text: comingSoon, Colour: "grey"}
}

// length is how much there is to read, in words.
func (m *Module) length() string {
	if !m.Open() {
		return ""
	}
	words := counted(len(m.Pages), "page")
	if n := len(m.Questions); n > 0 {
		words += " and " + counted(n, "question")
	}
	return words
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// StartPage is learning/start.
type StartPage struct {
	Breadcrumbs    []templates.Link
	Errors         []templates.FieldError
	Notice         templates.Notice
	Title, Summary string
	Length         string
	State          templates.Tag
	Open           bool
	Contents       []templates.Link
	Body           template.HTML
	Email          templates.Input
	Action         string
}

func newStartPage(m *Module, email string, problem error) (StartPage, error) {
	body, err := markdown.HTML(m.Body)
	if err != nil {
		return StartPage{}, fmt.Errorf("module %s: %w", m.Path(), err)
	}
	p := StartPage{Breadcrumbs: crumbs(modulesLink()), Title: m.Title, Summary: m.Summary, Length: m.length(), State: m.state(), Open: m.Open(), Body: body,
		Action: m.Path() + "/opening"}
	p.Email, p.Errors = emailField(email, problem)
	if m.Open() {
		for i, page := range m.Pages {
			p.Contents = append(p.Contents, templates.Link{Href: m.Path() + "/" + strconv.Itoa(i+1), Text: page.Title})
		}
		if len(m.Questions) > 0 {
			p.Contents = append(p.Contents, templates.Link{Href: m.Path() + "/test", Text: "Check what you know"})
		}
	}
	return p, nil
}

func emailField(value string, problem error) (templates.Input, []templates.FieldError) {
	in := templates.Input{ID: "email", Label: "Email address", Type: "email", Value: value, Autocomplete: "email"}
	errs := fieldErrors(problem)
	if len(errs) > 0 {
		in.Error = errs[0].Message
	}
	return in, errs
}

func fieldErrors(problem error) (errs []templates.FieldError) {
	var f *fault.Error
	if !errors.As(problem, &f) {
		return nil
	}
	for _, field := range f.Fields {
		errs = append(errs, templates.FieldError{Field: field.Name, Message: field.Message})
	}
	return errs
}

// ReadPage is learning/page.
type ReadPage struct {
	Breadcrumbs   []templates.Link
	Module, Title string
	Step          string // "Page 2 of 6"
	Number, Pages int
	Body          template.HTML
	Back          templates.Link
	Next          templates.Link
	NextPage      string // what Next's button sends where a place is kept
	Action        string // of that button; "" where no place is kept
	Keep          string // where to begin to keep one
	Place         templates.Link
}

func newReadPage(r reading, n int) (ReadPage, error) {
	body, err := markdown.HTML(r.Pages[n-1].Body)
	if err != nil {
		return ReadPage{}, fmt.Errorf("page %d of %s: %w", n, r.Path(), err)
	}
	p := ReadPage{Breadcrumbs: crumbs(modulesLink(), templates.Link{Href: r.Path(), Text: r.Title}), Module: r.Title, Title: r.Pages[n-1].Title,
		Step: fmt.Sprintf("Page %d of %d", n, len(r.Pages)), Number: n, Pages: len(r.Pages), Body: body}
	link := func(n int) templates.Link {
		return templates.Link{Href: r.Base + "/" + strconv.Itoa(n), Text: r.Pages[n-1].Title}
	}
	switch {
	case n < len(r.Pages):
		p.Next, p.NextPage = link(n+1), strconv.Itoa(n+1)
	case len(r.Questions) > 0:
		p.Next, p.NextPage = templates.Link{Href: r.Base + "/test", Text: "Check what you know"}, "test"
	}
	if n > 1 {
		p.Back = link(n - 1)
	} else {
		p.Back = templates.Link{Href: r.Path(), Text: "Start of the module"}
	}
	if r.Progress.ID != "" {
		p.Action, p.Place = r.Base, templates.Link{Href: r.Base, Text: "Your place and its link"}
	} else {
		p.Keep = r.Path() + "/keep"
	}
	return p, nil
}

// TestPage is learning/test.
type TestPage struct {
	Breadcrumbs []templates.Link
	Errors      []templates.FieldError
	Module      string
	Action      string
	Fields      []templates.Field
	Back        templates.Link
}

func newTestPage(r reading, chosen [][]int, wrong []fault.Field) TestPage {
	p := TestPage{Breadcrumbs: crumbs(modulesLink(), templates.Link{Href: r.Path(), Text: r.Title}), Module: r.Title, Action: r.Base + "/test",
		Back: templates.Link{Href: r.Base + "/" + strconv.Itoa(len(r.Pages)), Text: "Back to the last page"}}
	if len(wrong) > 0 {
		p.Errors = fieldErrors(fault.InvalidFields(wrong))
	}
	problem := map[string]string{}
	for _, w := range wrong {
		problem[w.Name] = w.Message
	}
	for i, q := range r.Questions {
		name := "q" + strconv.Itoa(i+1)
		var options []templates.Option
		for n, a := range q.Answers {
			options = append(options, templates.Option{Value: strconv.Itoa(n), Text: a.Text})
		}
		legend := fmt.Sprintf("%d. %s", i+1, q.Text)
		if q.Several() {
			var values []string
			for _, n := range chosen[i] {
				values = append(values, strconv.Itoa(n))
			}
			p.Fields = append(p.Fields, templates.Field{Checkboxes: &templates.Checkboxes{ID: name, Legend: legend, Hint: "Choose all that are right", Error: problem[name],
				Values: values, Options: options}})
			continue
		}
		value := ""
		if len(chosen[i]) > 0 {
			value = strconv.Itoa(chosen[i][0])
		}
		p.Fields = append(p.Fields, templates.Field{Radios: &templates.Radios{ID: name, Legend: legend, Error: problem[name], Value: value, Options: options}})
	}
	return p
}

// Answered is a question with what was answered.
type Answered struct {
	Number      int
	Text        string
	Right       bool
	Chosen      []string
	Correct     []string
	Explanation string
}

// ResultPage is learning/result.
type ResultPage struct {
	Breadcrumbs []templates.Link
	Module      string
	Score       string
	All         bool
	Answered    []Answered
	Again       templates.Link
	Pages       templates.Link
}

func newResultPage(r reading, chosen [][]int) ResultPage {
	p := ResultPage{Breadcrumbs: crumbs(modulesLink(), templates.Link{Href: r.Path(), Text: r.Title}), Module: r.Title,
		Again: templates.Link{Href: r.Base + "/test", Text: "Try again"}, Pages: templates.Link{Href: r.Base + "/1", Text: "Read the module again"}}
	score := 0
	for i, q := range r.Questions {
		a := Answered{Number: i + 1, Text: q.Text, Right: q.right(chosen[i]), Explanation: q.Explanation}
		for n, answer := range q.Answers {
			if slices.Contains(chosen[i], n) {
				a.Chosen = append(a.Chosen, answer.Text)
			}
			if answer.Right {
				a.Correct = append(a.Correct, answer.Text)
			}
		}
		if a.Right {
			score++
		}
		p.Answered = append(p.Answered, a)
	}
	p.All = score == len(r.Questions)
	p.Score = scoreWords(score, len(r.Questions))
	return p
}

// scoreWords says how many answers were right.
func scoreWords(score, of int) string {
	switch {
	case score == of && of == 1:
		return "You answered the question correctly"
	case score == of:
		return fmt.Sprintf("You answered all %d questions correctly", of)
	case score == 0:
		return "You answered no question correctly yet"
	}
	return fmt.Sprintf("You answered %d of %d questions correctly", score, of)
}

// PlacePage is learning/place.
type PlacePage struct {
	Breadcrumbs []templates.Link
	Errors      []templates.FieldError
	Notice      templates.Notice
	Module      string
	Step        string
	Passed      bool
	GoOn        templates.Link
	Address     string
	Email       templates.Input
	Mail        string
}

func newPlacePage(r reading, baseURL, email string, problem error) PlacePage {
	n := max(1, min(int(r.Progress.Page), len(r.Pages))) // pages may have been taken out
	p := PlacePage{Breadcrumbs: crumbs(modulesLink(), templates.Link{Href: r.Path(), Text: r.Title}), Module: r.Title, Passed: r.Progress.PassedAt != 0,
		Step: fmt.Sprintf("Page %d of %d: %s", n, len(r.Pages), r.Pages[n-1].Title), GoOn: templates.Link{Href: r.Base + "/" + strconv.Itoa(n), Text: "Go on reading"},
		Address: baseURL + r.Base, Mail: r.Base + "/mail"}
	p.Email, p.Errors = emailField(email, problem)
	return p
}

// OpeningPage is learning/opening: it confirms or deletes an address.
type OpeningPage struct {
	Heading, Module string
	Confirmed, Gone bool
	Action, Stop    string
}

// RightTag says in a word that the answer is right.
func (Answered) RightTag() templates.Tag { return templates.Tag{Text: "Right", Colour: "green"} }

// WrongTag is for the others.
func (Answered) WrongTag() templates.Tag { return templates.Tag{Text: "Not quite", Colour: "red"} }
