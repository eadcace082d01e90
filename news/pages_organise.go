package news

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"masterclass/internal/web"
	"masterclass/templates"
)

const deskPath = "/organise/articles"

// DeskPage is the organisers' list of articles.
type DeskPage struct {
	Notice  templates.Notice
	Kinds   []web.Tab
	Kind    Kind
	State   templates.Select
	Text    templates.Input
	New     string
	Total   int
	Rows    []DeskRow
	Pager   templates.Pager
	Any     bool // there are articles, if not of those that were asked for
	Filters bool // not all of them were asked for
}

// DeskRow is an article in it.
type DeskRow struct {
	templates.Link
	Kind, When string
	Tag        templates.Tag
	Pinned     bool
}

var stateOptions = []templates.Option{{Text: "Any"}, {Value: string(Draft), Text: "Draft"}, {Value: string(Scheduled), Text: "Scheduled"},
	{Value: string(Published), Text: "Published"}, {Value: string(Archived), Text: "Archived"}}

func stateTag(a Article, now time.Time) templates.Tag {
	switch a.State(now) {
	case Scheduled:
		return templates.Tag{Text: "Scheduled", Colour: "purple"}
	case State(Published):
		return templates.Tag{Text: "Published", Colour: "green"}
	case State(Archived):
		return templates.Tag{Text: "Archived", Colour: "grey"}
	}
	return templates.Tag{Text: "Draft", Colour: "blue"}
}

// address is the list with other choices; what is empty is left out.
func (f Filter) address(kind Kind, page int) string {
	q := url.Values{}
	for name, value := range map[string]string{"kind": string(kind), "state": string(f.State), "q": f.Text} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if page > 1 {
		q.Set("page", fmt.Sprint(page))
	}
	if len(q) == 0 {
		return deskPath
	}
	return deskPath + "?" + q.Encode()
}

func newDeskPage(f Filter, list []Article, total int, counts map[Kind]int, now time.Time, zone *time.Location) DeskPage {
	p := DeskPage{Total: total, Kind: f.Kind, New: deskPath + "/new", Filters: f.Kind != "" || f.State != "" || f.Text != "",
		State: templates.Select{ID: "state", Label: "State", Value: string(f.State), Options: stateOptions},
		Text:  templates.Input{ID: "q", Label: "Words in the title or summary", Value: f.Text, Optional: true}}
	sum := 0
	for _, n := range counts {
		sum += n
	}
	p.Any = sum > 0
	p.Kinds = []web.Tab{{Href: f.address("", 1), Text: fmt.Sprintf("All (%d)", sum), Current: f.Kind == ""}}
	for _, s := range append(sections[:len(sections):len(sections)], plain) {
		p.Kinds = append(p.Kinds, web.Tab{Href: f.address(s.kind, 1), Text: fmt.Sprintf("%s (%d)", s.title, counts[s.kind]), Current: f.Kind == s.kind})
	}
	if f.Kind != "" {
		p.New += "?kind=" + string(f.Kind)
	}
	for _, a := range list {
		p.Rows = append(p.Rows, DeskRow{Link: templates.Link{Href: deskPath + "/" + a.ID, Text: a.Title}, Kind: a.Kind.Title(), Tag: stateTag(a, now),
			Pinned: a.Pinned, When: when(a, now, zone)})
	}
	pages := max(1, (total+PageSize-1)/PageSize)
	if f.Page > 1 {
		p.Pager.Previous = templates.Link{Href: f.address(f.Kind, f.Page-1), Text: fmt.Sprintf("Page %d of %d", f.Page-1, pages)}
	}
	if f.Page < pages {
		p.Pager.Next = templates.Link{Href: f.address(f.Kind, f.Page+1), Text: fmt.Sprintf("Page %d of %d", f.Page+1, pages)}
	}
	return p
}

// when says when the article is or was published, or else when it was saved last.
func when(a Article, now time.Time, zone *time.Location) string {
	switch a.State(now) {
	case Scheduled:
		return "for " + moment(a.PublishedAt, zone)
	case State(Published):
		return a.PublishedAt.In(zone).Format("2 January 2006")
	}
	return "saved " + moment(a.UpdatedAt, zone)
}

// moment is a date and time as the NHS style writes them: "11 March 2027 at 9:30am".
func moment(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	clock := strings.Replace(t.Format("3:04pm"), ":00", "", 1)
	switch t.Format("15:04") {
	case "12:00":
		clock = "midday"
	case "00:00":
		clock = "midnight"
	}
	return t.Format("2 January 2006") + " at " + clock
}

// ArticlePage is an article in the making.
type ArticlePage struct {
	Notice                           templates.Notice
	Errors                           []templates.FieldError
	Heading, Action, Version, Public string
	Tabs                             []web.Tab
	Tag                              templates.Tag
	Kind                             templates.Select
	Title, Slug, Topics, Author      templates.Input
	Source, Link, Note, Position     templates.Input
	Summary, Body                    templates.Textarea
	Pinned                           templates.Checkbox
	State                            templates.Radios
	Date, Time                       templates.Input
	Preview                          *ShowPage
	Conflict                         *ConflictPage
	New                              bool
}

// ConflictPage is what somebody else has saved meanwhile, and how one's own text differs from it.
type ConflictPage struct {
	By, When string
	Theirs   string
	Changes  []Changed
}

// articleTabs are the pages of an article.
func articleTabs(id, current string) []web.Tab {
	var tabs []web.Tab
	for _, t := range []struct{ end, text string }{{"", "Text"}, {"/files", "Images and files"}, {"/versions", "History"}} {
		tabs = append(tabs, web.Tab{Href: deskPath + "/" + id + t.end, Text: t.text, Current: t.end == current})
	}
	return tabs
}

func newArticlePage(f form, errs []templates.FieldError) ArticlePage {
	message := func(id string) string {
		for _, e := range errs {
			if e.Field == id {
				return e.Message
			}
		}
		return ""
	}
	input := func(id, label, hint string, optional bool) templates.Input {
		return templates.Input{ID: id, Label: label, Hint: hint, Value: f[id], Error: message(id), Optional: optional}
	}
	p := ArticlePage{Errors: errs, Version: f["version"],
		Kind:  templates.Select{ID: "kind", Label: "Kind", Value: f["kind"], Error: message("kind"), Options: kindOptions()},
		Title: input("title", "Title", "", false),
		Slug:  input("slug", "Address", "The end of the page’s address. Leave it empty to have one made from the title. Its old address leads to a new one. A plain page is at /pages/ and this, but for about, accessibility, privacy, cookies, contact and security, which every site has at its root.", true),
		Summary: templates.Textarea{ID: "summary", Label: "Summary", Hint: "One or two sentences for lists and search engines.", Value: f["summary"],
			Error: message("summary"), Rows: 3, Optional: true},
		Body: templates.Textarea{ID: "body", Label: "Text", Value: f["body"], Error: message("body"), Rows: 20, Optional: true,
			Hint: "Markdown: an empty line between paragraphs, ## before a heading, - before an item of a list, [words](https://…) for a link."},
		Topics: input("topics", "Topics", "Separate them with commas.", true), Author: input("author", "Author", "", true),
		Source: input("source", "Source", "Who wrote what the article is about.", true),
		Link:   input("link", "Link", "Where the article leads: an address that starts with https://, or a file of this site that starts with /. A video’s page plays an .mp4 or .webm file of this site.", true),
		Note:   input("note", "Note", "A few words that stand out in lists, such as Coming soon.", true),
		Position: templates.Input{ID: "position", Label: "Order", Hint: "The number of a module, or the place of an expert in the list.", Value: f["position"],
			Error: message("position"), Optional: true, InputMode: "numeric", Class: "nhsuk-input--width-4"},
		Pinned: templates.Checkbox{ID: "pinned", Label: "Show it first in its section of the home page", Checked: f["pinned"] != ""},
		State:  templates.Radios{ID: "state", Legend: "State", Value: f["state"], Error: message("state"), Options: stateChoices},
		Date:   templates.Input{ID: "publish_date", Label: "Publish on", Type: "date", Value: f["publish_date"], Error: message("publish_date"), Class: "nhsuk-input--width-10"},
		Time:   templates.Input{ID: "publish_time", Label: "At", Type: "time", Value: f["publish_time"], Error: message("publish_time"), Class: "nhsuk-input--width-5"},
	}
	p.Title.Class = "nhsuk-u-width-full"
	return p
}

var stateChoices = []templates.Option{
	{Value: string(Draft), Text: "Draft", Hint: "Only writers see it."},
	{Value: string(Published), Text: "Published", Hint: "Everybody sees it from now on."},
	{Value: string(Scheduled), Text: "Scheduled", Hint: "Everybody sees it from the date and time below."},
	{Value: string(Archived), Text: "Archived", Hint: "It is taken off the site and kept here."},
}

func kindOptions() []templates.Option {
	options := []templates.Option{{Text: "Choose a kind"}}
	for _, s := range sections {
		options = append(options, templates.Option{Value: string(s.kind), Text: s.title})
	}
	return append(options, templates.Option{Value: string(Page), Text: "Plain page"})
}
