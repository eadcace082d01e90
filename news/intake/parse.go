package intake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
)

// What is kept of a feed, at most.
const (
	maxItems   = 100
	maxTitle   = 300 // characters
	maxExcerpt = 600
	maxLink    = 1000 // bytes
)

// Item is a piece of news that a source has.
type Item struct {
	ID, SourceID, SourceName string
	Title, Link, Excerpt     string
	PublishedAt, FoundAt     time.Time // PublishedAt is zero where the source does not say it
	State                    string    // "new", "published" or "dismissed"
	ArticleID                string

	guid string
}

// parse reads a feed: its title and its items, in plain text. errNoFeed if it is none.
func parse(a answer) (title string, items []Item, err error) {
	defer func() {
		if r := recover(); r != nil { // what another site sends ends nobody's work
			err = errNoFeed.Because(fmt.Errorf("the parser gave up: %v", r))
		}
	}()
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(a.body))
	if err != nil {
		return "", nil, errNoFeed.Because(err)
	}
	seen := map[string]bool{}
	for _, i := range feed.Items {
		item, ok := itemOf(i, a.url)
		if ok && !seen[item.guid] && len(items) < maxItems {
			seen[item.guid] = true
			items = append(items, item)
		}
	}
	return words(feed.Title, maxTitle), items, nil
}

// itemOf is false for an item that leads nowhere or says nothing.
func itemOf(i *gofeed.Item, base *url.URL) (Item, bool) {
	u, err := base.Parse(strings.TrimSpace(i.Link))
	if i.Link == "" || err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || len(u.String()) > maxLink {
		return Item{}, false
	}
	text := i.Description
	if text == "" {
		text = i.Content
	}
	item := Item{Title: words(i.Title, maxTitle), Link: u.String(), Excerpt: words(text, maxExcerpt)}
	if item.Title == "" {
		item.Title = u.Hostname()
	}
	for _, t := range []*time.Time{i.UpdatedParsed, i.PublishedParsed} {
		if t != nil && t.Year() > 1970 && t.Year() < 3000 {
			item.PublishedAt = t.UTC()
		}
	}
	guid := i.GUID
	if guid == "" {
		guid = item.Link
	}
	sum := sha256.Sum256([]byte(guid))
	item.guid = hex.EncodeToString(sum[:])
	return item, true
}

// words are what is written in HTML, on one line of at most so many characters.
func words(text string, limit int) string {
	var b strings.Builder
	hidden := ""
	for z := html.NewTokenizer(strings.NewReader(text)); b.Len() < 8*limit; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		name, _ := z.TagName()
		switch tag := string(name); {
		case kind == html.StartTagToken && (tag == "script" || tag == "style"):
			hidden = tag
		case kind == html.EndTagToken && tag == hidden:
			hidden = ""
		case kind == html.TextToken && hidden == "":
			b.WriteString(string(z.Text()))
		default:
			b.WriteByte(' ')
		}
	}
	plain := strings.ToValidUTF8(strings.ReplaceAll(html.UnescapeString(b.String()), "\x00", ""), "\uFFFD")
	line := []rune(strings.Join(strings.Fields(plain), " "))
	if len(line) > limit {
		return strings.TrimSpace(string(line[:limit-1])) + "…"
	}
	return string(line)
}
