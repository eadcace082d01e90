package intake

import (
	"net/url"
	"time"

	"masterclass/news"
	"masterclass/templates"
)

// SourcesPage is what is watched and what it has brought.
type SourcesPage struct {
	Notice    templates.Notice
	Errors    []templates.FieldError
	Name, URL templates.Input
	Waiting   []ItemRow
	More      bool // than are shown
	Sources   []SourceRow
}

// ItemRow is an item that waits.
type ItemRow struct {
	ID, Title, Excerpt, Source, When string
}

// SourceRow is a source.
type SourceRow struct {
	ID, Name, URL, Checked, Problem string
	New                             int
}

func day(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2 January 2006")
}

func newSourcesPage(sources []Source, waiting []Item, zone *time.Location) SourcesPage {
	var p SourcesPage
	for _, i := range waiting {
		p.Waiting = append(p.Waiting, ItemRow{ID: i.ID, Title: i.Title, Excerpt: i.Excerpt, Source: i.SourceName, When: day(i.PublishedAt, zone)})
	}
	p.More = len(waiting) == waitingShown
	for _, s := range sources {
		row := SourceRow{ID: s.ID, Name: s.Name, URL: s.URL, Problem: s.Problem, New: s.New}
		if !s.CheckedAt.IsZero() {
			row.Checked = s.CheckedAt.In(zone).Format("2 January 2006 at 3:04pm")
		}
		p.Sources = append(p.Sources, row)
	}
	return p
}

func messageOf(errs []templates.FieldError, field string) string {
	for _, e := range errs {
		if e.Field == field {
			return e.Message
		}
	}
	return ""
}

func (p *SourcesPage) form(name, address string, errs []templates.FieldError) {
	p.Errors = errs
	p.URL = templates.Input{ID: "url", Label: "Address of the feed", Hint: "RSS or Atom, such as https://www.example.org/news.rss", Type: "url", Value: address,
		Error: messageOf(errs, "url")}
	p.Name = templates.Input{ID: "name", Label: "Name", Hint: "Leave it empty for the feed’s own.", Value: name, Error: messageOf(errs, "name"), Optional: true}
}

// ItemPage is an item under review.
type ItemPage struct {
	Errors                             []templates.FieldError
	Item                               Item
	When, Host, Action, State, Article string
	Kind                               templates.Select
	Title                              templates.Input
	Summary                            templates.Textarea
}

func newItemPage(i Item, p Piece, errs []templates.FieldError, zone *time.Location) ItemPage {
	page := ItemPage{Errors: errs, Item: i, When: day(i.PublishedAt, zone), Action: path + "/items/" + i.ID,
		Kind:  templates.Select{ID: "kind", Label: "Publish under", Value: string(p.Kind), Error: messageOf(errs, "kind")},
		Title: templates.Input{ID: "title", Label: "Title", Value: p.Title, Error: messageOf(errs, "title")},
		Summary: templates.Textarea{ID: "summary", Label: "Summary in your own words", Hint: "What matters to the people who read this site, in one to three sentences.",
			Value: p.Summary, Error: messageOf(errs, "summary"), Rows: 5}}
	for _, k := range []news.Kind{news.News, news.WhatsNew} {
		page.Kind.Options = append(page.Kind.Options, templates.Option{Value: string(k), Text: k.Title()})
	}
	if u, err := url.Parse(i.Link); err == nil {
		page.Host = u.Hostname()
	}
	switch i.State {
	case "published":
		page.State, page.Article = "This has been published.", "/organise/articles/"+i.ArticleID
	case "dismissed":
		page.State = "This has been dismissed."
	}
	return page
}
