package site

import (
	"fmt"
	"net/url"
	"strconv"
	"unicode/utf8"

	"masterclass/internal/search"
	"masterclass/news"
	"masterclass/templates"
)

// eventGroup is the group of events; those of articles have the names of their kinds.
const eventGroup = "events"

// searchGroups are the groups of results by name, with their headings.
var searchGroups = map[string]string{
	eventGroup: "Events", string(news.News): "News", string(news.ServiceDevelopment): "Service developments", string(news.Video): "Videos",
	string(news.ELearning): "E-learning", string(news.Document): "Documents", string(news.Expert): "Experts", string(news.Page): "Pages",
}

// groupOf is an article's group.
func groupOf(k news.Kind) string {
	if k == news.WhatsNew {
		k = news.News
	}
	return string(k)
}

const (
	searchPath  = "/search"
	maxQuery    = 100 // characters
	shownEach   = 3   // results of each group when all groups are shown
	shownOfOne  = 20  // results of one group on a page
	lastOfGroup = 50  // pages: nobody reads on that far, and each costs as much as all before it
)

// SearchPage is site/search.
type SearchPage struct {
	Breadcrumbs []templates.Link
	Errors      []templates.FieldError
	Query       templates.Input
	In          string // the group that is looked at, "" for all
	InTitle     string
	All         templates.Link // back to all groups
	Searched    bool
	Count       string // "12 results"
	Some        bool
	Suggestion  templates.Link
	Groups      []SearchGroup
	Pager       templates.Pager
	Ways        []templates.Link // on, when nothing is found or asked
}

// SearchGroup are the results of a kind.
type SearchGroup struct {
	ID, Title string
	Count     string
	Hits      []search.Hit
	More      templates.Link
}

func newSearchPage(text string) SearchPage {
	return SearchPage{
		Breadcrumbs: []templates.Link{{Href: "/", Text: "Home"}},
		Query:       templates.Input{ID: "q", Label: "Search for", Hint: "Such as a topic, a kind of event or a document’s name", InputMode: "search", Value: text, Autocomplete: "off"},
		Ways: []templates.Link{
			{Href: "/events", Text: "All events and meetings"}, {Href: "/news", Text: "News"}, {Href: "/service-developments", Text: "Service developments"},
			{Href: "/documents", Text: "Documents"}, {Href: "/experts", Text: "Experts by topic"}, {Href: "/contact", Text: "Ask us"},
		},
	}
}

// tooLong says so where a search is.
func (p *SearchPage) tooLong() bool {
	if utf8.RuneCountInString(p.Query.Value) <= maxQuery {
		return false
	}
	p.Query.Error = fmt.Sprintf("Search for %d characters or fewer", maxQuery)
	p.Errors = []templates.FieldError{{Field: p.Query.ID, Message: p.Query.Error}}
	return true
}

// results puts in what was found, on a page of one group or of all.
func (p *SearchPage) results(r search.Results, in string, page int) error {
	text := p.Query.Value
	p.Searched, p.Some, p.In, p.InTitle, p.Count = true, r.Some, in, searchGroups[in], counted(r.Total)
	if r.Suggestion != "" {
		p.Suggestion = templates.Link{Href: searchLink(r.Suggestion, "", 1), Text: r.Suggestion}
	}
	for _, g := range r.Groups {
		switch {
		case in == "":
			group := SearchGroup{ID: "in-" + g.Name, Title: searchGroups[g.Name], Count: counted(g.Total), Hits: g.Hits}
			if g.Total > len(g.Hits) {
				group.More = templates.Link{Href: searchLink(text, g.Name, 1), Text: fmt.Sprintf("All %d results in %s", g.Total, group.Title)}
			}
			p.Groups = append(p.Groups, group)
		case in == g.Name:
			p.All = templates.Link{Href: searchLink(text, "", 1), Text: fmt.Sprintf("All %s on the whole site", counted(r.Total))}
			p.Groups = []SearchGroup{{ID: "in-" + g.Name, Title: p.InTitle, Hits: g.Hits}}
			p.Count = counted(g.Total)
			return p.paged(text, in, page, g.Total)
		}
	}
	if in != "" { // nothing in that group: whatever the others have
		p.All, p.Count = templates.Link{Href: searchLink(text, "", 1), Text: fmt.Sprintf("All %s on the whole site", counted(r.Total))}, counted(0)
		return p.paged(text, in, page, 0)
	}
	return nil
}

// paged adds the links to the pages before and after, and refuses a page that is not there.
func (p *SearchPage) paged(text, in string, page, total int) error {
	pages := max(1, min(lastOfGroup, (total+shownOfOne-1)/shownOfOne))
	if page > pages {
		return errNoSearchPage
	}
	link := func(n int) templates.Link {
		return templates.Link{Href: searchLink(text, in, n), Text: fmt.Sprintf("Page %d of %d", n, pages)}
	}
	if page > 1 {
		p.Pager.Previous = link(page - 1)
	}
	if page < pages {
		p.Pager.Next = link(page + 1)
	}
	return nil
}

func counted(n int) string {
	if n == 1 {
		return "1 result"
	}
	return strconv.Itoa(n) + " results"
}

func searchLink(text, in string, page int) string {
	v := url.Values{"q": {text}}
	if in != "" {
		v.Set("in", in)
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	return searchPath + "?" + v.Encode()
}

// title is the page's title; it says what was looked for, so that a browser's history does.
func (p SearchPage) title(page int) string {
	switch {
	case !p.Searched:
		return "Search"
	case p.In != "" && page > 1:
		return fmt.Sprintf("Search for ‘%s’ in %s (page %d)", p.Query.Value, p.InTitle, page)
	case p.In != "":
		return fmt.Sprintf("Search for ‘%s’ in %s", p.Query.Value, p.InTitle)
	}
	return fmt.Sprintf("Search for ‘%s’", p.Query.Value)
}
