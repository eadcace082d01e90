package learning

import (
	"strconv"
	"strings"

	"masterclass/news"
	"masterclass/templates"
)

// deskRow is a module in the organisers' list.
type deskRow struct {
	templates.Link
	State, Article   templates.Tag
	Pages, Questions int
	Waiting          int
}

// deskIndex is learning/organise-index.
type deskIndex struct{ Modules []deskRow }

func newDeskIndex(modules []*Module) (p deskIndex) {
	for _, m := range modules {
		p.Modules = append(p.Modules, deskRow{Link: templates.Link{Href: m.deskPath(), Text: m.Title}, State: m.state(), Article: m.articleTag(),
			Pages: len(m.Pages), Questions: len(m.Questions), Waiting: m.Waiting})
	}
	return p
}

// articleTag says when the module's article is not published; its pages are not seen then either.
func (m *Module) articleTag() templates.Tag {
	if m.Status == news.Published {
		return templates.Tag{}
	}
	return templates.Tag{Text: "Article: " + string(m.Status), Colour: "yellow"}
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return strconv.Itoa(n) + " people"
}

// deskPart is a page or question with the buttons that change its turn.
type deskPart struct {
	ID, Path, Label, Text string
	Up, Down              bool
}

// deskModule is learning/organise-module.
type deskModule struct {
	Notice           templates.Notice
	Title, Path      string
	Public           string
	Open             bool
	State, Article   templates.Tag
	Waiting          string
	Pages, Questions []deskPart
}

func newDeskModule(m *Module) deskModule {
	p := deskModule{Title: m.Title, Path: m.deskPath(), Public: m.Path(), Open: m.Open(), State: m.state(), Article: m.articleTag()}
	if m.Waiting > 0 && !m.Open() {
		p.Waiting = people(m.Waiting)
	}
	for i, page := range m.Pages {
		p.Pages = append(p.Pages, deskPart{ID: page.ID, Path: p.Path + pageKind.path + "/" + page.ID, Label: page.Title, Up: i > 0, Down: i+1 < len(m.Pages)})
	}
	for i, q := range m.Questions {
		text := counted(len(q.Answers), "answer")
		if q.Several() {
			text += ", several of them right"
		}
		p.Questions = append(p.Questions, deskPart{ID: q.ID, Path: p.Path + questionKind.path + "/" + q.ID, Label: q.Text, Text: text, Up: i > 0, Down: i+1 < len(m.Questions)})
	}
	return p
}

func (p Page) identity() (string, string, int64) { return p.ID, p.Title, p.Version }

func (p Page) versioned(id string, version int64) draft {
	p.ID, p.Version = id, version
	return p
}

func (p Page) fields(wrong map[string]string) []templates.Field {
	return []templates.Field{
		{Input: &templates.Input{ID: "title", Label: "Title", Value: p.Title, Error: wrong["title"]}},
		{Textarea: &templates.Textarea{ID: "body", Label: "Text", Hint: "Markdown: ## for a heading, - for a list, **bold**, [words](https://…) for a link", Value: p.Body, Error: wrong["body"], Rows: 18}},
	}
}

func (p Page) values() [][2]string { return [][2]string{{"Title", p.Title}, {"Text", p.Body}} }

func (q Question) identity() (string, string, int64) { return q.ID, q.Text, q.Version }

func (q Question) versioned(id string, version int64) draft {
	q.ID, q.Version = id, version
	return q
}

func (q Question) fields(wrong map[string]string) []templates.Field {
	list := []templates.Field{{Input: &templates.Input{ID: "question", Label: "Question", Value: q.Text, Error: wrong["question"]}}}
	right := &templates.Checkboxes{ID: "right", Legend: "Which are right?", Hint: "One, or several: then people are asked to choose all of them", Error: wrong["right"]}
	for i := range maxAnswers {
		n := strconv.Itoa(i + 1)
		in := &templates.Input{ID: "answer_" + n, Label: "Answer " + n, Error: wrong["answer_"+n], Optional: i >= 2}
		if i < len(q.Answers) {
			in.Value = q.Answers[i].Text
			if q.Answers[i].Right {
				right.Values = append(right.Values, n)
			}
		}
		list = append(list, templates.Field{Input: in})
		right.Options = append(right.Options, templates.Option{Value: n, Text: "Answer " + n})
	}
	return append(list, templates.Field{Checkboxes: right}, templates.Field{Textarea: &templates.Textarea{ID: "explanation", Label: "Explanation",
		Hint: "Shown with the result, whatever was chosen", Value: q.Explanation, Error: wrong["explanation"], Rows: 4}})
}

func (q Question) values() [][2]string {
	list := [][2]string{{"Question", q.Text}}
	var answers []string
	for _, a := range q.Answers {
		text := a.Text
		if a.Right {
			text += " (right)"
		}
		answers = append(answers, text)
	}
	return append(list, [2]string{"Answers", strings.Join(answers, "\n")}, [2]string{"Explanation", q.Explanation})
}

// clashesOf are the values that somebody else has changed, as far as they differ from what was typed.
func clashesOf(now, typed draft) (list []templates.Clash) {
	ours := typed.values()
	for i, v := range now.values() {
		if v[1] != ours[i][1] {
			list = append(list, templates.Clash{Label: v[0], Now: v[1]})
		}
	}
	if len(list) == 0 {
		list = append(list, templates.Clash{Label: "Everything", Now: "as you have typed it", Taken: true})
	}
	return list
}

func newForm(m *Module, k kind, id string, d draft, problem error, clashes []templates.Clash, previewed bool) (templates.FormPage, error) {
	wrong := map[string]string{}
	errs := fieldErrors(problem)
	for _, e := range errs {
		wrong[e.Field] = e.Message
	}
	page := templates.FormPage{Caption: m.Title, Heading: "Add a " + k.noun, Errors: errs, Clashes: clashes, Groups: []templates.FieldGroup{{Fields: d.fields(wrong)}},
		Action: m.deskPath() + k.path + "/new", Submit: templates.Button{Name: "step", Value: "save", Form: "Save"}, Cancel: templates.Link{Href: m.deskPath(), Text: "Cancel"}}
	if id != "" {
		_, _, version := d.identity()
		page.Heading, page.Action = "Change a "+k.noun, m.deskPath()+k.path+"/"+id
		page.Hidden = []templates.Button{{Name: "version", Value: strconv.FormatInt(version, 10)}}
		page.Danger = templates.Link{Href: page.Action + "/delete", Text: "Delete this " + k.noun}
	}
	text, ok := preview(d)
	if ok {
		page.Others = []templates.Button{{Name: "step", Value: "preview", Form: "Preview"}}
	}
	if !ok || !previewed {
		return page, nil
	}
	var err error
	page.Preview, err = rendered(text)
	return page, err
}
