package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"masterclass/internal/access"
	"masterclass/news"
)

const newsDesk = "/organise/articles"

// articleID is the id of an article of the sample.
func (s *testSite) articleID(t *testing.T, slug string) string {
	t.Helper()
	var id string
	if err := s.db.NewRaw("select id from articles where slug = ?", slug).Scan(t.Context(), &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// presses fills in the form of a page and sends it by the button.
func presses(name string, status int, address, button string, fields url.Values) scene {
	return scene{name, status, func(b *browser) int {
		b.open(address)
		b.fill(fields)
		return b.press(`main button[value="` + button + `"]`)
	}}
}

func newsroomScenes(t *testing.T, s *testSite) []scene {
	t.Helper()
	id := s.articleID(t, "nurse-led-review")
	page := newsDesk + "/" + id
	return []scene{
		at("articles", newsDesk), at("articles-kind", newsDesk+"?kind=document"), at("articles-none", newsDesk+"?q=nothing+is+like+this"), at("article-new", newsDesk+"/new?kind=news"),
		presses("article-errors", 422, newsDesk+"/new", "save", url.Values{"state": {"scheduled"}}),
		presses("article-preview", 200, newsDesk+"/new?kind=news", "preview", url.Values{"title": {"A new clinic"}, "body": {"## Who it is for\n\n- people\n- [more](/about)\n\n| a | b |\n|---|---|\n| 1 | 2 |"}}),
		at("article-edit", page), presses("article-saved", 200, page, "save", url.Values{"body": {"One more sentence.\n\n"}}),
		{"article-conflict", 409, func(b *browser) int {
			b.open(page)
			a, err := s.newsroom.Find(t.Context(), id)
			if err == nil {
				a.Body, a.Title = strings.Replace(a.Body, "One more sentence.", "What they wrote.", 1), a.Title+" again"
				_, err = s.newsroom.Save(t.Context(), a, news.Editor{Entry: access.Entry{Actor: "organiser:sam"}, Name: "Sam Newcomer"})
			}
			if err != nil {
				t.Fatal(err)
			}
			b.fill(url.Values{"body": {"What I wrote. "}})
			return b.press(`main button[value="save"]`)
		}},
		at("article-files", page+"/files"), presses("article-files-errors", 422, page+"/files", "upload", nil),
		{"article-uploaded", 200, func(b *browser) int {
			b.open(page + "/files")
			b.run(chromedp.SetUploadFiles("#file", []string{pictureFile(t)}, chromedp.ByQuery))
			b.fill(url.Values{"alt": {"Two nurses at a desk, one of them on the telephone"}})
			return b.press(`main button[value="upload"]`)
		}},
		{"article-with-image", 200, func(b *browser) int {
			line := eval[string](b, `document.querySelector('main .app-line').innerText`)
			b.open(page)
			b.fill(url.Values{"body": {line + "\n\n"}})
			b.press(`main button[value="save"]`)
			return b.open("/service-developments/nurse-led-review")
		}},
		at("article-history", page+"/versions"), at("article-version", page+"/versions/1"),
	}
}

// pictureFile is a photograph's worth of PNG.
func pictureFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "desk.png")
	if err := os.WriteFile(file, square(t, 1800), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// sourceScenes are the news sources, with what two of them brought or did not.
func (s *testSite) sourceScenes(t *testing.T) []scene {
	t.Helper()
	now := s.now().UnixMilli()
	for _, statement := range []string{
		"insert into sources (id, name, url, checked_at, due_at, problem, added_at) values ('s1', 'A journal of oncology', 'https://journal.example.org/a-long-path-to/the/feed/of/its/news.rss', ?, 9999999999999, '', 1)",
		"insert into sources (id, name, url, checked_at, due_at, problem, added_at) values ('s2', 'A site that moved', 'https://moved.example.org/feed', ?, 9999999999999, 'The site answers with the error 404', 1)",
		`insert into source_items (id, source_id, guid, title, link, excerpt, found_at, state) values ('i1', 's1', 'g1', 'A trial of home delivery ends early', 'https://journal.example.org/1',
			'More than a thousand people took part in nine countries.', ?, 'new')`,
		`insert into source_items (id, source_id, guid, title, link, excerpt, found_at, state) values ('i2', 's1', 'g2', 'Another piece of news', 'https://journal.example.org/2', '', ?, 'new')`,
	} {
		if _, err := s.db.NewRaw(statement, now).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const sources, item = "/organise/sources", "/organise/sources/items/i1"
	return []scene{
		at("sources", sources), presses("sources-errors", 422, sources, "add", url.Values{"url": {"http://127.0.0.1/feed"}}),
		at("source-item", item), presses("source-item-errors", 422, item, "publish", nil),
		presses("source-item-published", 200, item, "publish", url.Values{"summary": {"Delivery at home is safe, says a large trial."}}), at("source-item-settled", item),
		presses("source-item-dismissed", 200, "/organise/sources/items/i2", "dismiss", nil),
	}
}

func TestBrowserTheNewsroomCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	b := s.startBrowser(t)
	b.signsIn(s, access.Editor)
	b.look(at("sources-empty", "/organise/sources"))
	for _, sc := range append(newsroomScenes(t, s), s.sourceScenes(t)...) {
		b.look(sc)
	}
}
