package news_test

import (
	"fmt"
	"html"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/internal/web"
	"masterclass/news"
	"masterclass/templates"
)

// visit gives the status and the page that a visitor is answered.
type visit func(path string) (int, string)

// site is the public pages over db, with the real templates.
func site(t *testing.T, db *store.DB) visit {
	t.Helper()
	app := application(t, db, func() time.Time { return now })
	return func(path string) (int, string) {
		t.Helper()
		res, err := app.Test(httptest.NewRequest("GET", path, nil), -1)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
}

// application is what answers for them, at the time of the clock.
func application(t *testing.T, db *store.DB, clock func() time.Time) *web.Application {
	t.Helper()
	return applicationOf(t, news.NewStore(db), web.NewAnswers(1<<20), clock)
}

func applicationOf(t *testing.T, s *news.Store, kept *web.Answers, clock func() time.Time) *web.Application {
	t.Helper()
	pages, err := templates.Parse(ownTemplates(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	app := web.New(web.Config{Answers: kept, Site: web.Site{Name: "The Partnership", ContactEmail: "events@partnership.example", BaseURL: "http://localhost:8080"},
		Views: pages, Log: slog.New(slog.DiscardHandler), Now: clock})
	news.NewHandler(s, kept, clock, london).Routes(app)
	return app
}

// ownTemplates are the layout, the error page and the pages of this package: other packages' need functions of theirs.
func ownTemplates(t *testing.T) fs.FS {
	t.Helper()
	own := fstest.MapFS{}
	for _, pattern := range []string{"layout/*", "errors/*", "news/*", "static/*"} {
		files, err := fs.Glob(templates.Embedded(), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := fs.ReadFile(templates.Embedded(), file)
			if err != nil {
				t.Fatal(err)
			}
			own[file] = &fstest.MapFile{Data: data}
		}
	}
	return own
}

// shows fails unless the path answers 200 with each of the texts, and gives the page.
func (v visit) shows(t *testing.T, path string, texts ...string) string {
	t.Helper()
	status, page := v(path)
	if status != 200 {
		t.Errorf("%s answers %d", path, status)
	}
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("%s does not show %q", path, text)
		}
	}
	if n := strings.Count(page, "<h1"); n != 1 {
		t.Errorf("%s has %d first headings", path, n)
	}
	return page
}

func TestEverySectionHasAListAndItsArticles(t *testing.T) {
	db := storetest.SQLite(t)
	for _, kind := range news.Kinds() {
		a := piece(kind, "first-one")
		a.Title, a.Summary, a.Note, a.Topics = "The first of "+string(kind), "What it says.", "Coming soon", []string{"Nursing", "Safety"}
		mustInsert(t, db, a, piece(kind, "another"))
	}
	v := site(t, db)
	for _, kind := range news.Kinds() {
		title := html.EscapeString(kind.Title())
		v.shows(t, kind.Path(), "<title>"+title+" – The Partnership</title>", "<h1>"+title+"</h1>", html.EscapeString(kind.Intro()),
			`href="`+kind.Path()+`/first-one"`, "What it says.", "Coming soon", "Nursing, Safety")
		v.shows(t, kind.Path()+"/first-one", "<title>The first of "+string(kind)+" – "+title+" – The Partnership</title>",
			"<h1>The first of "+string(kind)+"</h1>", "Coming soon", `<a href="`+kind.Path()+`">`+title+`</a>`, `href="`+kind.Path()+`/another"`)
	}
}

func TestDatesAreThoseOfTheZone(t *testing.T) {
	db := storetest.SQLite(t)
	a, module := piece(news.News, "summer"), piece(news.ELearning, "cells")
	a.PublishedAt, module.PublishedAt = time.Date(2026, time.July, 3, 23, 30, 0, 0, time.UTC), time.Date(2026, time.July, 3, 23, 30, 0, 0, time.UTC)
	module.Position = 2
	mustInsert(t, db, a, module)
	v := site(t, db)
	v.shows(t, "/news", `<time datetime="2026-07-04">4 July 2026</time>`)
	v.shows(t, "/news/summer", `<time datetime="2026-07-04">4 July 2026</time>`)
	for _, path := range []string{"/e-learning", "/e-learning/cells"} {
		if page := v.shows(t, path, "Module 2"); strings.Contains(page, "July 2026") {
			t.Errorf("%s shows a date", path)
		}
	}
}

func TestAModuleIsNumberedOnce(t *testing.T) {
	db := storetest.SQLite(t)
	module := piece(news.ELearning, "cells")
	module.Title, module.Position = "Module 2: Cells", 2
	mustInsert(t, db, module)
	if page := site(t, db).shows(t, "/e-learning"); strings.Count(page, "Module 2") != 1 {
		t.Error("the number is there twice")
	}
}

func TestNothingThatIsWrittenCanRun(t *testing.T) {
	db := storetest.SQLite(t)
	const trick = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	for _, kind := range []news.Kind{news.News, news.Expert, news.Page} {
		a := piece(kind, "about")
		a.Title, a.Summary, a.Body, a.Note, a.Source, a.Topics = trick, trick, trick+"\n\n[x](javascript:alert(1))", trick, trick, []string{trick}
		a.Link = `https://example.org/"><script>`
		mustInsert(t, db, a)
	}
	v := site(t, db)
	for _, path := range []string{"/news", "/news/about", "/experts", "/experts/about", "/about"} {
		page := v.shows(t, path, "&lt;script&gt;")
		for _, bad := range []string{"<script>alert", "<img", `href="javascript:`, `"><script`} {
			if strings.Contains(page, bad) {
				t.Errorf("%s has %s", path, bad)
			}
		}
	}
}

func TestWhatCannotBeSeenIsNotFound(t *testing.T) {
	db := storetest.SQLite(t)
	draft, later := piece(news.News, "draft"), piece(news.News, "later")
	draft.Status, later.PublishedAt = news.Draft, now.Add(time.Minute)
	mustInsert(t, db, draft, later)
	v := site(t, db)
	for path, sentence := range map[string]string{
		"/news/draft": "We could not find that news item.", "/news/later": "We could not find that news item.",
		"/videos/none": "We could not find that video.", "/experts/no.dot": "We could not find that expert.",
		"/documents/%FF%00": "We could not find that document.", "/privacy": "That page has not been published yet.",
		"/news?page=0": "does not have that many pages", "/news?page=2": "does not have that many pages",
		"/news?page=99999999999999999999": "does not have that many pages", "/news?page=x": "does not have that many pages",
	} {
		if status, page := v(path); status != 404 || !strings.Contains(page, sentence) {
			t.Errorf("%s answers %d without %q", path, status, sentence)
		}
	}
	if page := v.shows(t, "/news", "Nothing has been published here yet.", `href="/events"`); strings.Contains(page, "/news/later") {
		t.Error("the list names what cannot be seen")
	}
}

func TestALongListHasPages(t *testing.T) {
	db := storetest.SQLite(t)
	for n := range news.PageSize*2 + 1 {
		mustInsert(t, db, piece(news.Document, fmt.Sprint("d", n)))
	}
	v := site(t, db)
	first := v.shows(t, "/documents", "Page 1 of 3", `href="/documents?page=2" rel="next"`, `rel="canonical"`)
	if strings.Contains(first, `rel="prev"`) || strings.Count(first, "app-articles__item") != news.PageSize {
		t.Error("the first page is not the first twenty alone")
	}
	v.shows(t, "/documents?page=2", "<title>Documents (page 2 of 3) –", `href="/documents" rel="prev"`, `href="/documents?page=3" rel="next"`, "noindex")
	last := v.shows(t, "/documents?page=3", "Page 3 of 3", `href="/documents?page=2" rel="prev"`)
	if strings.Contains(last, `rel="next"`) || strings.Count(last, "app-articles__item") != 1 {
		t.Error("the last page is not the last one alone")
	}
}

func TestWhereAnArticleLeads(t *testing.T) {
	db := storetest.SQLite(t)
	out, bare, named, file := piece(news.News, "out"), piece(news.News, "bare"), piece(news.News, "named"), piece(news.Document, "file")
	out.Link, out.Source, bare.Link = "https://www.nice.org.uk/ta406", "NICE", "https://www.nice.org.uk/ta406"
	named.Source, file.Link = "A journal", "/files/checklist.pdf"
	mustInsert(t, db, out, bare, named, file)
	v := site(t, db)
	v.shows(t, "/news/out", `<a href="https://www.nice.org.uk/ta406" rel="noopener noreferrer">NICE (on another website)</a>`)
	v.shows(t, "/news/bare", `rel="noopener noreferrer">www.nice.org.uk (on another website)</a>`)
	v.shows(t, "/news/named", "Source: A journal")
	v.shows(t, "/documents/file", `href="/files/checklist.pdf">Open the document</a>`)
}

func TestTheSitesOwnNamesInABody(t *testing.T) {
	db := storetest.SQLite(t)
	a := piece(news.Page, "contact")
	a.Body = "Write to {{contact}}, or [to us](mailto:{{contact}}).\n\n[{{contact}}](mailto:{{contact}}) is {{site}}."
	mustInsert(t, db, a)
	page := site(t, db).shows(t, "/contact", `<a href="mailto:events@partnership.example">to us</a>`, "is The Partnership.")
	if n := strings.Count(page, `<a href="mailto:events@partnership.example">events@partnership.example</a>`); n != 2 || strings.Contains(page, "{{") {
		t.Errorf("%d links of the address: %s", n, page)
	}
}

var link = regexp.MustCompile(`<a [^>]*href="(/(?:news|whats-new|service-developments|videos|e-learning|documents|experts|about|accessibility|privacy|cookies|contact)(?:[/?][^"#]*)?)"`)

func TestTheSampleArticlesLinkToPagesThatAreThere(t *testing.T) {
	db := storetest.SQLite(t)
	all := sampleArticles(t)
	if len(all) == 0 {
		t.Skip("there are no sample articles beside this package")
	}
	mustInsert(t, db, all...)
	v := site(t, db)
	seen, next := map[string]bool{}, []string{"/news", "/experts"}
	for len(next) > 0 {
		path := next[0]
		next = next[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		page := v.shows(t, path)
		if strings.Contains(page, "{{") {
			t.Errorf("%s shows a placeholder", path)
		}
		for _, found := range link.FindAllStringSubmatch(page, -1) {
			next = append(next, html.UnescapeString(found[1]))
		}
	}
	for _, a := range all {
		if !seen[a.Path()] {
			t.Errorf("%s cannot be reached", a.Path())
		}
	}
}

func TestSecurityTxtSaysWhomToWriteTo(t *testing.T) {
	db := storetest.SQLite(t)
	v := site(t, db)
	if status, text := v("/.well-known/security.txt"); status != 200 || !strings.HasPrefix(text, "Contact: mailto:events@partnership.example\nExpires: 2027-09-11T00:00:00Z\n") {
		t.Errorf("it answers %d: %s", status, text)
	}
	a := piece(news.Page, "security")
	a.Link = "https://partnership.example/report"
	mustInsert(t, db, a)
	if _, text := v("/.well-known/security.txt"); !strings.HasPrefix(text, "Contact: https://partnership.example/report\n") {
		t.Errorf("the page's link is not the contact: %s", text)
	}
}

func TestAnArchivedArticleHasGoneForGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		archived, draft, unseen := piece(news.News, "archived"), piece(news.News, "draft"), piece(news.News, "unseen")
		archived.Status, draft.Status, unseen.Status = news.Archived, news.Draft, news.Archived
		unseen.PublishedAt = now.Add(time.Hour)
		mustInsert(t, db, archived, draft, unseen)
		if _, err := db.NewRaw("insert into article_addresses (kind, slug, article_id) select 'news', 'old-address', id from articles where slug = 'archived'").Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		get := site(t, db)
		for path, want := range map[string]int{"/news/archived": 410, "/news/old-address": 410, "/videos/archived": 404, "/news/draft": 404, "/news/unseen": 404, "/news/none": 404} {
			status, page := get(path)
			if status != want {
				t.Errorf("%s answers %d, want %d", path, status, want)
			}
			if !strings.Contains(page, `href="/search"`) || !strings.Contains(page, `href="/events"`) {
				t.Errorf("%s leads nowhere:\n%s", path, page)
			}
		}
	})
}

func TestAPageOfArticlesIsKeptUntilOneIsChanged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := news.NewStore(db)
		trail, err := access.NewTrail(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		defer trail.Close()
		r := news.NewNewsroom(s, trail, func() time.Time { return now })
		a, err := r.Create(t.Context(), piece(news.News, "kept"), kim)
		if err != nil {
			t.Fatal(err)
		}
		kept := web.NewAnswers(1 << 20)
		app := applicationOf(t, s, kept, func() time.Time { return now })
		for _, path := range []string{"/news", "/news/kept", "/news.atom", "/news.rss"} {
			ask := func(headers ...string) *http.Response {
				t.Helper()
				req := httptest.NewRequest("GET", path, nil)
				for i := 0; i+1 < len(headers); i += 2 {
					req.Header.Set(headers[i], headers[i+1])
				}
				res, err := app.Test(req, -1)
				if err != nil {
					t.Fatal(err)
				}
				return res
			}
			first := ask()
			tag := first.Header.Get("ETag")
			if first.StatusCode != 200 || tag == "" || first.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s answers %d with %v", path, first.StatusCode, first.Header)
			}
			if again := ask("If-None-Match", tag); again.StatusCode != 304 {
				t.Errorf("%s answers %d to who has it", path, again.StatusCode)
			}
			if packed := ask("Accept-Encoding", "gzip"); packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("ETag") == tag {
				t.Errorf("%s is packed as %v", path, packed.Header)
			}
			a.Title += "!"
			if a, err = r.Save(t.Context(), a, kim); err != nil {
				t.Fatal(err)
			}
			changed := ask("If-None-Match", tag)
			body, err := io.ReadAll(changed.Body)
			if err != nil || changed.StatusCode != 200 || !strings.Contains(string(body), a.Title) {
				t.Errorf("%s answers %d after a change (%v), without %q", path, changed.StatusCode, err, a.Title)
			}
		}
	})
}
