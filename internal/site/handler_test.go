package site_test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/site"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/internal/web"
	"masterclass/news"
	"masterclass/templates"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// now is when these tests take place.
var now = time.Date(2027, time.February, 11, 9, 30, 0, 0, time.UTC)

// free seats are all there.
type free struct{}

func (free) Available(_ context.Context, places []events.Place) (map[string]events.Availability, error) {
	all := map[string]events.Availability{}
	for _, p := range places {
		all[p.ID] = events.Availability{Left: p.Capacity}
	}
	return all, nil
}

func event(slug, day string, status events.Status) *events.Event {
	id := uuid.Must(uuid.NewV7()).String()
	return &events.Event{ID: id, Slug: slug, UID: id + "@masterclass", Title: "Title of " + slug, TimeZone: "Europe/London", StartsLocal: day + "T09:30", EndsLocal: day + "T16:00",
		Status: status, Listed: true, Version: 1, CreatedAt: 1, UpdatedAt: 1, RegistrationClosesAt: now.AddDate(1, 0, 0).UnixMilli(),
		Places: []events.Place{{ID: uuid.Must(uuid.NewV7()).String(), EventID: id, Name: "In person", Capacity: 60}}}
}

func article(kind news.Kind, slug string, change ...func(*news.Article)) news.Article {
	a := news.Article{Kind: kind, Slug: slug, Title: "Title of " + slug, Status: news.Published, PublishedAt: now.Add(-time.Hour)}
	for _, f := range change {
		f(&a)
	}
	return a
}

func pinned(a *news.Article) { a.Pinned, a.PublishedAt = true, now.AddDate(0, -1, 0) }
func module(n int) func(*news.Article) {
	return func(a *news.Article) { a.Position = n }
}

// home is the front page of a site with this content.
func home(t *testing.T, db *store.DB, es []*events.Event, articles []news.Article) string {
	t.Helper()
	stored, written := events.NewStore(db), news.NewStore(db)
	err := db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		for _, e := range es {
			if err := stored.Insert(ctx, tx, e); err != nil {
				return err
			}
		}
		for _, a := range articles {
			if err := written.Insert(ctx, tx, a, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := templates.Parse(templates.Embedded(), nil)
	if err != nil {
		t.Fatal(err)
	}
	clock, kept := func() time.Time { return now }, web.NewAnswers(1<<20)
	app := web.New(web.Config{Answers: kept, Site: web.Site{Name: "The Partnership", Strapline: "Better.", ContactEmail: "events@partnership.example", BaseURL: "https://events.example.org"},
		Views: pages, Log: slog.New(slog.DiscardHandler), Now: clock})
	site.NewHandler(events.NewHandler(stored, free{}, kept, time.UTC, clock), written, kept, clock).Routes(app)
	res, err := app.Test(httptest.NewRequest("GET", "/", nil), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%d, %v:\n%s", res.StatusCode, err, body)
	}
	return string(body)
}

var (
	headings = regexp.MustCompile(`<h2[^>]*>([^<]+)</h2>`)
	cardLink = regexp.MustCompile(`app-event-card__link" href="/events/([^"]+)"`)
	titles   = regexp.MustCompile(`>Title of ([a-z-]+)</a>`)
)

func found(page string, pattern *regexp.Regexp) string {
	_, main, _ := strings.Cut(page, `<div class="app-hero">`)
	main, _, _ = strings.Cut(main, "<footer")
	var all []string
	for _, m := range pattern.FindAllStringSubmatch(main, -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, "|")
}

func TestTheFrontPageShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	const last, learning = "Elsewhere on this site", "E-learning|"
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		page := home(t, db, nil, nil)
		if got := found(page, headings); got != learning+last || !strings.Contains(page, "Coming soon") || strings.Contains(found(page, regexp.MustCompile(`(href="/(?:documents|experts)")`)), "href") {
			t.Errorf("an empty site has %s:\n%s", got, page)
		}
	})
	for name, c := range map[string]struct {
		events                 []*events.Event
		articles               []news.Article
		headings, next, titles string
		soon                   bool
		shows                  []string
	}{
		"the next event is the first that takes place": {
			events: []*events.Event{event("off", "2027-02-20", events.Cancelled), event("put-off", "2027-02-21", events.Postponed), event("draft", "2027-02-22", events.Draft),
				event("later", "2027-04-01", events.Published), event("next", "2027-03-01", events.Published), event("over", "2027-01-01", events.Published)},
			headings: "Our next event|" + learning + last, next: "next", titles: "next", soon: true},
		"no next event where none takes place": {
			events:   []*events.Event{event("off", "2027-02-20", events.Cancelled), event("put-off", "2027-01-21", events.Postponed), event("over", "2027-01-01", events.Published)},
			headings: learning + last, soon: true},
		"each section with content, in its order": {
			articles: []news.Article{article(news.News, "news"), article(news.WhatsNew, "latest"), article(news.Video, "video"), article(news.ServiceDevelopment, "service"), article(news.ELearning, "module")},
			headings: "Service developments|E-learning|Videos|What’s new|News|" + last, titles: "service|module|video|latest|news"},
		"what is pinned comes first, and then the newest": {
			articles: []news.Article{article(news.News, "old", func(a *news.Article) { a.PublishedAt = now.AddDate(0, 0, -9) }), article(news.News, "newest"), article(news.News, "pinned", pinned)},
			headings: learning + "News|" + last, titles: "pinned|newest|old", soon: true},
		"modules in their order": {
			articles: []news.Article{article(news.ELearning, "second", module(2)), article(news.ELearning, "first", module(1))},
			headings: learning + last, titles: "first|second"},
		"what is not published yet is not there": {
			articles: []news.Article{article(news.ELearning, "draft", func(a *news.Article) { a.Status = news.Draft }),
				article(news.News, "scheduled", func(a *news.Article) { a.PublishedAt = now.Add(time.Hour) })},
			headings: learning + last, soon: true},
		"documents and experts are linked": {
			articles: []news.Article{article(news.Document, "list"), article(news.Expert, "somebody")},
			headings: learning + last, soon: true, shows: []string{`<a href="/documents">Documents</a> to adapt`, `<a href="/experts">Experts</a> by topic`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := home(t, storetest.SQLite(t), c.events, c.articles)
			if got := found(page, headings); got != c.headings {
				t.Errorf("the headings are %s, want %s", got, c.headings)
			}
			if got := found(page, cardLink); got != c.next {
				t.Errorf("the next event is %q, want %q", got, c.next)
			}
			if got := found(page, titles); got != c.titles {
				t.Errorf("it shows %s, want %s", got, c.titles)
			}
			if got := strings.Contains(page, "Coming soon"); got != c.soon {
				t.Errorf("e-learning comes soon: %v", got)
			}
			for _, text := range c.shows {
				if !strings.Contains(page, text) {
					t.Errorf("it does not show %s", text)
				}
			}
		})
	}
}
