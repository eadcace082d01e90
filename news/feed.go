package news

import (
	"encoding/xml"
	"regexp"
	"strings"
	"time"
)

// feedItems is how many articles a feed has.
const feedItems = 20

// feed is the latest of a kind as feed readers get it.
type feed struct {
	title, intro, language string
	home, self             string    // addresses of the list and of the feed itself
	updated                time.Time // never goes back while articles are added and changed
	items                  []feedItem
}

type feedItem struct {
	Article
	href, html string // the whole address, and the body with whole addresses
}

func (i feedItem) id() string { return "urn:uuid:" + i.ID } // the same wherever the article moves

// updated is when the article was changed last, and not before it could be seen.
func (i feedItem) updated() time.Time {
	if i.PublishedAt.After(i.UpdatedAt) {
		return i.PublishedAt
	}
	return i.UpdatedAt
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Updated    string         `xml:"updated"`
	Published  string         `xml:"published"`
	Link       atomLink       `xml:"link"`
	Author     *atomAuthor    `xml:"author"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary,omitempty"`
	Content    *atomText      `xml:"content"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// atom writes the feed as RFC 4287 asks for.
func (f feed) atom(site string) ([]byte, error) {
	doc := struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang     string      `xml:"xml:lang,attr"`
		ID       string      `xml:"id"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle,omitempty"`
		Updated  string      `xml:"updated"`
		Author   atomAuthor  `xml:"author"`
		Links    []atomLink  `xml:"link"`
		Entries  []atomEntry `xml:"entry"`
	}{Lang: f.language, ID: f.home, Title: f.title, Subtitle: f.intro, Updated: f.updated.UTC().Format(time.RFC3339), Author: atomAuthor{site},
		Links: []atomLink{{"self", "application/atom+xml", f.self}, {"alternate", "text/html", f.home}}}
	for _, i := range f.items {
		e := atomEntry{ID: i.id(), Title: i.Title, Updated: i.updated().UTC().Format(time.RFC3339), Published: i.PublishedAt.UTC().Format(time.RFC3339),
			Link: atomLink{"alternate", "text/html", i.href}, Summary: i.Summary}
		if i.Author != "" {
			e.Author = &atomAuthor{i.Author}
		}
		for _, topic := range i.Topics {
			e.Categories = append(e.Categories, atomCategory{topic})
		}
		if i.html != "" {
			e.Content = &atomText{"html", i.html}
		}
		doc.Entries = append(doc.Entries, e)
	}
	return written(doc)
}

type rssGUID struct {
	Permanent bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

type rssItem struct {
	Title       string   `xml:"title"`
	Link        string   `xml:"link"`
	GUID        rssGUID  `xml:"guid"`
	PubDate     string   `xml:"pubDate"`
	Categories  []string `xml:"category"`
	Description string   `xml:"description"`
}

// rss writes the feed as RSS 2.0, with the link to itself that the RSS Advisory Board's profile recommends.
func (f feed) rss() ([]byte, error) {
	type channel struct {
		Title       string    `xml:"title"`
		Link        string    `xml:"link"`
		Description string    `xml:"description"`
		Language    string    `xml:"language"`
		Built       string    `xml:"lastBuildDate"`
		Self        atomLink  `xml:"atom:link"`
		Items       []rssItem `xml:"item"`
	}
	doc := struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Atom    string   `xml:"xmlns:atom,attr"`
		Channel channel  `xml:"channel"`
	}{Version: "2.0", Atom: "http://www.w3.org/2005/Atom", Channel: channel{Title: f.title, Link: f.home, Description: f.intro, Language: f.language,
		Built: f.updated.UTC().Format(time.RFC1123Z), Self: atomLink{"self", "application/rss+xml", f.self}}}
	for _, i := range f.items {
		text := i.html
		if text == "" {
			text = i.Summary
		}
		doc.Channel.Items = append(doc.Channel.Items, rssItem{Title: i.Title, Link: i.href, GUID: rssGUID{false, i.id()},
			PubDate: i.PublishedAt.UTC().Format(time.RFC1123Z), Categories: i.Topics, Description: text})
	}
	return written(doc)
}

func written(doc any) ([]byte, error) {
	body, err := xml.MarshalIndent(doc, "", "  ")
	return append([]byte(xml.Header), append(body, '\n')...), err
}

// In sanitised HTML these are attributes and never text, where the quotation marks are escaped.
var (
	relative = regexp.MustCompile(` (href|src)="/([^/"][^"]*)?"`)
	sizes    = regexp.MustCompile(` (srcset|sizes|loading|tabindex)="[^"]*"`)
)

// absolute makes the addresses in sanitised HTML whole, since a feed is read elsewhere.
func absolute(html, base string) string {
	return relative.ReplaceAllString(sizes.ReplaceAllString(html, ""), ` $1="`+strings.ReplaceAll(base, "$", "$$")+`/$2"`)
}
