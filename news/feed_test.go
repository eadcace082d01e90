package news_test

import (
	"encoding/xml"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/news"
)

func TestTheFeedsSayWhatTheListSays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		a, later := piece(news.WhatsNew, "tricks"), piece(news.WhatsNew, "later")
		a.Title, a.Summary, a.Topics, a.Author = `<b>A & B</b> "x"`, "Short ]]> & sweet", []string{"Policy", "Nursing"}, "Kim"
		a.Body = "A [link](/about), [out](https://example.org/?a=b&c=d).\n\n<script>alert(1)</script>\n\n` href=\"/x\"`"
		later.PublishedAt = now.Add(time.Hour)
		mustInsert(t, db, a, later)
		v := site(t, db)
		for _, ending := range []string{".atom", ".rss"} {
			status, text := v("/whats-new" + ending)
			if status != 200 {
				t.Fatalf("%s answers %d", ending, status)
			}
			f, err := gofeed.NewParser().ParseString(text)
			if err != nil || len(f.Items) != 1 {
				t.Fatalf("%s: %v in %s", ending, err, text)
			}
			i := f.Items[0]
			if i.Title != a.Title && !strings.Contains(text, "&lt;b&gt;A &amp; B") || i.Link != "http://localhost:8080/whats-new/tricks" || !strings.HasPrefix(i.GUID, "urn:uuid:") ||
				len(i.Categories) != 2 || i.PublishedParsed == nil || !i.PublishedParsed.Equal(a.PublishedAt) {
				t.Errorf("%s: %+v", ending, i)
			}
			body := i.Content + i.Description
			for _, want := range []string{`href="http://localhost:8080/about"`, `href="https://example.org/?a=b&amp;c=d"`, `href=&#34;/x&#34;`} {
				if !strings.Contains(body, want) {
					t.Errorf("%s has no %s: %s", ending, want, body)
				}
			}
			if strings.Contains(body, "<script") {
				t.Errorf("%s has a script", ending)
			}
			if !strings.Contains(text, `rel="self"`) || !strings.Contains(text, `href="http://localhost:8080/whats-new`+ending+`"`) {
				t.Errorf("%s does not say where it is: %s", ending, text)
			}
		}
		v.shows(t, "/whats-new", `<link rel="alternate" type="application/atom+xml"`, `href="/whats-new.atom"`, `href="/whats-new.rss"`)
	})
}

func TestEveryKindHasFeedsAlsoWhenTheyAreEmpty(t *testing.T) {
	v := site(t, storetest.SQLite(t))
	for _, kind := range news.Kinds() {
		for _, ending := range []string{".atom", ".rss"} {
			status, text := v(kind.Path() + ending)
			if err := xml.Unmarshal([]byte(text), new(struct{})); status != 200 || err != nil {
				t.Errorf("%s%s answers %d (%v)", kind.Path(), ending, status, err)
			}
		}
	}
}

func TestAFeedIsSentAgainOnlyWhenItHasChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, clock := room(t, db)
		a, err := r.Create(t.Context(), piece(news.News, "one"), kim)
		if err != nil {
			t.Fatal(err)
		}
		app := application(t, db, clock.Now)
		ask := func(name, mark string) (int, string) {
			t.Helper()
			req := httptest.NewRequest("GET", "/news.atom", nil)
			req.Header.Set(name, mark)
			res, err := app.Test(req, -1)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			return res.StatusCode, res.Header.Get(map[string]string{"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}[name])
		}
		marks := map[string]string{}
		for _, name := range []string{"If-None-Match", "If-Modified-Since"} {
			_, marks[name] = ask(name, "")
			if status, _ := ask(name, marks[name]); status != 304 {
				t.Errorf("%s %q answers %d", name, marks[name], status)
			}
		}
		clock.Add(time.Minute)
		a.Status = news.Archived
		if _, err := r.Save(t.Context(), a, kim); err != nil {
			t.Fatal(err)
		}
		for name, mark := range marks {
			if status, _ := ask(name, mark); status != 200 {
				t.Errorf("%s answers %d after an article was taken away", name, status)
			}
		}
	})
}
