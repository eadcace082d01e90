package news

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"masterclass/internal/markdown"
	"masterclass/internal/web"
	"masterclass/templates"
)

// moreLinks is how many other articles the end of an article names.
const moreLinks = 3

// Item is an article in a list.
type Item struct {
	templates.Link
	Label         string // such as "Module 1", where the title does not say it
	Date, ISODate string // "11 March 2027" and "2027-03-11"; empty in kinds without dates
	Summary       string
	Note          templates.Tag
	Topics        string
}

// IndexPage is a page of a kind's list.
type IndexPage struct {
	Breadcrumbs   []templates.Link
	Title, Intro  string
	Number, Pages int
	Tiles         bool
	Items         []Item
	Elsewhere     templates.Link // the way on when the list is empty
	Atom, RSS     string         // the addresses of its feeds
	Pager         templates.Pager
}

// SourceLine says who wrote what an article is about, and leads there.
type SourceLine struct {
	Name, Href string
	Outside    bool // Href is on another site
}

// ShowPage is one article of a kind that has a list.
type ShowPage struct {
	Item
	Breadcrumbs []templates.Link
	Author      string
	Source      SourceLine
	Open        templates.Link // the article's own file or recording, on this site
	Body        template.HTML
	More        []Item
	All         templates.Link
}

// PlainPage is a page at the site's root.
type PlainPage struct {
	Breadcrumbs []templates.Link
	Title       string
	Summary     string
	Body        template.HTML
}

func home() templates.Link { return templates.Link{Href: "/", Text: "Home"} }

func newIndexPage(s section, articles []Article, number, total int, zone *time.Location) (IndexPage, error) {
	pages := max(1, (total+PageSize-1)/PageSize)
	if number > pages {
		return IndexPage{}, errNoSuchPage
	}
	elsewhere := templates.Link{Href: "/events", Text: "See our events and meetings"}
	return IndexPage{
		Breadcrumbs: []templates.Link{home()}, Title: s.title, Intro: s.intro, Number: number, Pages: pages, Tiles: s.tiles,
		Items: items(articles, zone), Elsewhere: elsewhere, Pager: pager(s.path, number, pages),
		Atom: s.path + ".atom", RSS: s.path + ".rss",
	}, nil
}

// title tells the pages of a long list apart.
func (p IndexPage) title() string {
	if p.Number == 1 {
		return p.Title
	}
	return fmt.Sprintf("%s (page %d of %d)", p.Title, p.Number, p.Pages)
}

func pager(path string, number, pages int) templates.Pager {
	link := func(n int) templates.Link {
		href := path
		if n > 1 {
			href = fmt.Sprintf("%s?page=%d", path, n)
		}
		return templates.Link{Href: href, Text: fmt.Sprintf("Page %d of %d", n, pages)}
	}
	var p templates.Pager
	if number > 1 {
		p.Previous = link(number - 1)
	}
	if number < pages {
		p.Next = link(number + 1)
	}
	return p
}

func newShowPage(s section, a Article, more []Article, known map[string]markdown.File, site web.Site, zone *time.Location) (ShowPage, error) {
	body, err := render(a.Body, known, site)
	if err != nil {
		return ShowPage{}, fmt.Errorf("article %s: %w", a.Path(), err)
	}
	source, open := links(s, a)
	if f, ok := known[a.Link]; ok && f.Note != "" {
		open.Text += " (" + f.Note + ")"
	}
	list := templates.Link{Href: s.path, Text: s.title}
	return ShowPage{
		Item: item(a, zone), Breadcrumbs: []templates.Link{home(), list}, Author: a.Author, Source: source, Open: open, Body: body,
		More: items(more, zone), All: list,
	}, nil
}

func newPlainPage(a Article, known map[string]markdown.File, site web.Site) (PlainPage, error) {
	body, err := render(a.Body, known, site)
	if err != nil {
		return PlainPage{}, fmt.Errorf("page %s: %w", a.Path(), err)
	}
	return PlainPage{Breadcrumbs: []templates.Link{home()}, Title: a.Title, Summary: a.Summary, Body: body}, nil
}

func items(articles []Article, zone *time.Location) []Item {
	list := make([]Item, len(articles))
	for i, a := range articles {
		list[i] = item(a, zone)
	}
	return list
}

func item(a Article, zone *time.Location) Item {
	i := Item{Link: templates.Link{Href: a.Path(), Text: a.Title}, Label: label(a), Summary: a.Summary,
		Note: templates.Tag{Text: a.Note, Colour: "grey"}, Topics: strings.Join(a.Topics, ", ")}
	if a.Kind.Dated() {
		day := a.PublishedAt.In(zone)
		i.Date, i.ISODate = day.Format("2 January 2006"), day.Format(time.DateOnly)
	}
	return i
}

// label numbers a module, unless its title begins with the number already.
func label(a Article) string {
	if a.Kind != ELearning || a.Position == 0 {
		return ""
	}
	l := fmt.Sprintf("Module %d", a.Position)
	if strings.HasPrefix(a.Title, l) {
		return ""
	}
	return l
}

// links are the article's link as its source, when it leads to another site, or as its own file or recording.
func links(s section, a Article) (SourceLine, templates.Link) {
	u, err := url.Parse(a.Link)
	switch {
	case err != nil || a.Link == "":
		return SourceLine{Name: a.Source}, templates.Link{}
	case u.Host == "":
		return SourceLine{Name: a.Source}, templates.Link{Href: a.Link, Text: s.open}
	case a.Source == "":
		return SourceLine{Name: u.Hostname(), Href: a.Link, Outside: true}, templates.Link{}
	}
	return SourceLine{Name: a.Source, Href: a.Link, Outside: true}, templates.Link{}
}

// render turns a body into safe HTML. Authors write {{contact}} for a link to the site's address, alone or as a
// link of their own, and {{site}} for its name.
func render(body string, known map[string]markdown.File, site web.Site) (template.HTML, error) {
	mailto := "mailto:" + site.ContactEmail
	link := "[" + site.ContactEmail + "](" + mailto + ")"
	body = strings.NewReplacer( // the first of these that fits at a place is taken
		"[{{contact}}](mailto:{{contact}})", link,
		"mailto:{{contact}}", mailto,
		"{{contact}}", link,
		"{{site}}", site.Name,
	).Replace(body)
	return markdown.Page(body, known)
}
