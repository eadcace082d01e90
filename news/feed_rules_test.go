package news_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"masterclass/internal/store/storetest"
	"masterclass/internal/web"
	"masterclass/news"
)

// Feeds as strictly as their rules say, each element as often as it occurs.
type (
	feedLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		Href string `xml:"href,attr"`
	}
	atomPart struct {
		ID      []string   `xml:"http://www.w3.org/2005/Atom id"`
		Title   []string   `xml:"http://www.w3.org/2005/Atom title"`
		Updated []string   `xml:"http://www.w3.org/2005/Atom updated"`
		Author  []string   `xml:"http://www.w3.org/2005/Atom author>name"`
		Links   []feedLink `xml:"http://www.w3.org/2005/Atom link"`
	}
	atomFeed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		atomPart
		Entries []struct {
			atomPart
			Published []string `xml:"http://www.w3.org/2005/Atom published"`
			Content   []string `xml:"http://www.w3.org/2005/Atom content"`
		} `xml:"http://www.w3.org/2005/Atom entry"`
	}
	rssFeed struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Channel []struct {
			Self        []feedLink `xml:"http://www.w3.org/2005/Atom link"`
			Title       []string   `xml:"title"`
			Links       []plain    `xml:"link"`
			Description []string   `xml:"description"`
			Built       []string   `xml:"lastBuildDate"`
			Items       []struct {
				Title       []string `xml:"title"`
				Link        []string `xml:"link"`
				Description []string `xml:"description"`
				Published   []string `xml:"pubDate"`
				GUID        []struct {
					Permanent string `xml:"isPermaLink,attr"`
					ID        string `xml:",chardata"`
				} `xml:"guid"`
			} `xml:"item"`
		} `xml:"channel"`
	}
	// plain is an element that may be of another namespace with the same name.
	plain struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	}
)

// one is the text of an element that must be there once, and not be empty.
func one(t *testing.T, name string, all []string) string {
	t.Helper()
	if len(all) != 1 || all[0] == "" {
		t.Errorf("%s is %q, not one text", name, all)
		return ""
	}
	return all[0]
}

// iri wants an absolute address or name.
func iri(t *testing.T, name, text string) {
	t.Helper()
	if u, err := url.Parse(text); err != nil || !u.IsAbs() {
		t.Errorf("%s is %q, which is not absolute", name, text)
	}
}

// date wants a time in a layout, exactly.
func date(t *testing.T, name, layout, text string) time.Time {
	t.Helper()
	at, err := time.Parse(layout, text)
	if err != nil || at.Format(layout) != text {
		t.Errorf("%s is %q, %v", name, text, err)
	}
	return at
}

// check looks at what RFC 4287 requires of a feed (4.1.1) and of an entry (4.1.2) alike.
func (p atomPart) check(t *testing.T, name string) (id string, updated time.Time) {
	t.Helper()
	id = one(t, name+" id", p.ID)
	iri(t, name+" id", id)
	one(t, name+" title", p.Title)
	seen := map[string]bool{}
	for _, l := range p.Links {
		if iri(t, name+" link", l.Href); seen[l.Rel+l.Type] {
			t.Errorf("%s has two links that are %s", name, l.Rel)
		}
		seen[l.Rel+l.Type] = true
	}
	return id, date(t, name+" updated", time.RFC3339, one(t, name+" updated", p.Updated))
}

// rulesOfAtom reads a feed by RFC 4287 and gives its entries' ids.
func rulesOfAtom(t *testing.T, text, path string) (ids []string) {
	t.Helper()
	var f atomFeed
	if err := xml.Unmarshal([]byte(text), &f); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	_, updated := f.check(t, "the feed's")
	one(t, "the feed's author", f.Author) // so that no entry needs one
	if !slices.Contains(f.Links, feedLink{"self", "application/atom+xml", "http://localhost:8080" + path}) {
		t.Errorf("its links are %v, without itself", f.Links)
	}
	for _, e := range f.Entries {
		id, changed := e.check(t, "an entry's")
		if slices.Contains(ids, id) {
			t.Errorf("two entries are %s", id)
		}
		ids = append(ids, id)
		if published := date(t, "published", time.RFC3339, one(t, "published", e.Published)); changed.Before(published) || changed.After(updated) {
			t.Errorf("an entry is published at %s and updated at %s, the feed at %s", published, changed, updated)
		}
		if len(e.Author) > 1 || len(e.Content) > 1 || (len(e.Content) == 0 && !slices.ContainsFunc(e.Links, func(l feedLink) bool { return l.Rel == "alternate" })) {
			t.Errorf("an entry has %d authors, %d contents and the links %v", len(e.Author), len(e.Content), e.Links)
		}
	}
	return ids
}

// rulesOfRSS reads a feed by RSS 2.0 and the RSS Advisory Board's profile, and gives its items' ids.
func rulesOfRSS(t *testing.T, text, path string) (ids []string) {
	t.Helper()
	var f rssFeed
	if err := xml.Unmarshal([]byte(text), &f); err != nil || f.Version != "2.0" || len(f.Channel) != 1 {
		t.Fatalf("%v: %d channels of version %q in %s", err, len(f.Channel), f.Version, text)
	}
	c := f.Channel[0]
	one(t, "the channel's title", c.Title)
	one(t, "the channel's description", c.Description)
	var links []string
	for _, l := range c.Links {
		if l.XMLName.Space == "" {
			links = append(links, l.Text)
		}
	}
	iri(t, "the channel's link", one(t, "the channel's link", links))
	date(t, "lastBuildDate", time.RFC1123Z, one(t, "lastBuildDate", c.Built))
	if want := []feedLink{{"self", "application/rss+xml", "http://localhost:8080" + path}}; !slices.Equal(c.Self, want) {
		t.Errorf("atom:link is %v, want %v", c.Self, want)
	}
	for _, i := range c.Items {
		one(t, "an item's title", i.Title)
		iri(t, "an item's link", one(t, "an item's link", i.Link))
		if len(i.Description) != 1 {
			t.Errorf("an item has %d descriptions", len(i.Description))
		}
		date(t, "pubDate", time.RFC1123Z, one(t, "pubDate", i.Published))
		if len(i.GUID) != 1 || i.GUID[0].ID == "" || i.GUID[0].Permanent != "false" || slices.Contains(ids, i.GUID[0].ID) {
			t.Errorf("an item's guid is %v, after %v", i.GUID, ids)
			continue
		}
		ids = append(ids, i.GUID[0].ID)
	}
	return ids
}

func TestTheFeedsKeepTheirRules(t *testing.T) {
	db := storetest.SQLite(t)
	r, clock := room(t, db)
	var made []news.Article
	for n := range 3 {
		a := piece(news.News, fmt.Sprint("piece-", n))
		if n > 0 {
			a.Author, a.Summary, a.Body = "Kim", "In short & <plain>", "A [link](/about) & more"
		}
		stored, err := r.Create(t.Context(), a, kim)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, stored)
	}
	app := application(t, db, clock.Now)
	rules := map[string]func(*testing.T, string, string) []string{"/news.atom": rulesOfAtom, "/news.rss": rulesOfRSS}
	before := map[string][]string{}
	for path, read := range rules {
		before[path] = read(t, feedText(t, app, path), path)
		if empty := map[string]string{"/news.atom": "/videos.atom", "/news.rss": "/videos.rss"}[path]; len(read(t, feedText(t, app, empty), empty)) != 0 {
			t.Errorf("%s has articles", empty)
		}
	}
	if slices.Sort(before["/news.atom"]); len(before["/news.atom"]) != len(made) {
		t.Errorf("the feed has %d of %d articles", len(before["/news.atom"]), len(made))
	}
	clock.Add(time.Hour)
	moved := made[1]
	moved.Slug, moved.Title = "elsewhere", "Another title"
	if _, err := r.Save(t.Context(), moved, kim); err != nil {
		t.Fatal(err)
	}
	for path, read := range rules {
		after := read(t, feedText(t, app, path), path)
		slices.Sort(after)
		slices.Sort(before[path])
		if !slices.Equal(after, before[path]) {
			t.Errorf("%s: the ids were %v and are %v when an article has another address", path, before[path], after)
		}
	}
}

func feedText(t *testing.T, app *web.Application, path string) string {
	t.Helper()
	res, err := app.Test(httptest.NewRequest("GET", path, nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%s answers %d, %v", path, res.StatusCode, err)
	}
	return string(text)
}
