package intake

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/news"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	now = time.Date(2027, time.March, 11, 9, 30, 0, 0, time.UTC)
	kim = news.Editor{Entry: access.Entry{Actor: "organiser:kim"}, Name: "Kim Porter"}
)

// feedServer serves what a test says.
type feedServer struct {
	*httptest.Server
	mu   sync.Mutex
	body string
}

func (f *feedServer) says(body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.body = body
}

func (f *feedServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, _ = io.WriteString(w, f.body)
}

func rss(items ...string) string {
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>A &amp; B news</title><link>https://example.org/</link>` + strings.Join(items, "") + `</channel></rss>`
}

func entry(n int) string {
	return fmt.Sprintf(`<item><title>Item %d</title><link>/story/%d</link><guid>tag:%d</guid><pubDate>Wed, 10 Mar 2027 08:00:00 GMT</pubDate>
		<description>&lt;p&gt;Some &lt;b&gt;words&lt;/b&gt;.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description></item>`, n, n, n)
}

func start(t *testing.T, db *store.DB) (*Intake, *feedServer, *storetest.Clock) {
	t.Helper()
	trail, err := access.NewTrail(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	f := &feedServer{}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() { f.Close(); _ = trail.Close() })
	clock := storetest.NewClock(now)
	room := news.NewNewsroom(news.NewStore(db), trail, clock.Now)
	trusted := netip.MustParseAddrPort(strings.TrimPrefix(f.URL, "http://"))
	return New(db, room, trail, NewFetcher(trusted), clock.Now, slog.New(slog.DiscardHandler)), f, clock
}

func waiting(t *testing.T, n *Intake) []Item {
	t.Helper()
	list, err := n.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhatASourceBringsWaitsForAnEditor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n, f, clock := start(t, db)
		f.says(rss(entry(1)))
		s, err := n.Add(t.Context(), "", f.URL, kim)
		if err != nil || s.Name != "A & B news" {
			t.Fatalf("%+v (%v)", s, err)
		}
		if _, err := n.Add(t.Context(), "Again", f.URL, kim); !fault.Is(err, fault.Invalid) {
			t.Errorf("adding it twice: %v", err)
		}
		f.says(rss(entry(1), entry(2)))
		if err := n.WatchOnce(t.Context()); err != nil || len(waiting(t, n)) != 1 {
			t.Errorf("it is read before its time (%v)", err)
		}
		clock.Add(checkEvery + jitter)
		if err := n.WatchOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
		list := waiting(t, n)
		if len(list) != 2 || list[0].Title != "Item 2" || list[0].Excerpt != "Some words ." || list[0].Link != f.URL+"/story/2" {
			t.Errorf("%+v", list)
		}
		var articles int
		if err := db.QueryRow("select count(*) from articles").Scan(&articles); err != nil || articles != 0 {
			t.Errorf("%d articles were published by themselves (%v)", articles, err)
		}
	})
}

func TestAnEditorPublishesOrDismissesOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n, f, _ := start(t, db)
		f.says(rss(entry(1), entry(2), entry(3)))
		if _, err := n.Add(t.Context(), "A journal", f.URL, kim); err != nil {
			t.Fatal(err)
		}
		list := waiting(t, n)
		piece := Piece{Kind: news.WhatsNew, Title: "A new drug", Summary: "Why it matters here."}
		for _, bad := range []Piece{{Kind: news.News, Title: "x"}, {Kind: news.News, Summary: "x"}, {Kind: news.Page, Title: "about", Summary: "x"}, {Kind: news.News, Title: "x", Summary: "Some  words ."}} {
			if _, err := n.Publish(t.Context(), list[0].ID, bad, kim); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		a, err := n.Publish(t.Context(), list[0].ID, piece, kim)
		if err != nil || a.Path() != "/whats-new/a-new-drug" || a.Source != "A journal" || a.Link != list[0].Link || a.Body != "" {
			t.Fatalf("%+v (%v)", a, err)
		}
		if _, err := n.Publish(t.Context(), list[0].ID, piece, kim); !errors.Is(err, ErrSettled) {
			t.Errorf("publishing it twice: %v", err)
		}
		if b, err := n.Publish(t.Context(), list[1].ID, piece, kim); err != nil || b.Slug != "a-new-drug-2" {
			t.Errorf("another of the same title: %+v (%v)", b, err)
		}
	})
}

func TestWhatWasSettledDoesNotComeBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n, f, _ := start(t, db)
		f.says(rss(entry(1)))
		if _, err := n.Add(t.Context(), "A journal", f.URL, kim); err != nil {
			t.Fatal(err)
		}
		list := waiting(t, n)
		if err := n.Dismiss(t.Context(), list[0].ID, kim); err != nil {
			t.Error(err)
		}
		if err := n.Dismiss(t.Context(), list[0].ID, kim); !errors.Is(err, ErrSettled) {
			t.Errorf("dismissing it twice: %v", err)
		}
		if err := n.Dismiss(t.Context(), "none", kim); !errors.Is(err, ErrNoItem) {
			t.Errorf("dismissing what is not there: %v", err)
		}
		sources, err := n.Sources(t.Context())
		if err != nil || len(waiting(t, n)) != 0 || sources[0].New != 0 {
			t.Errorf("%+v (%v)", sources, err)
		}
		if err := n.Check(t.Context(), sources[0].ID); err != nil || len(waiting(t, n)) != 0 {
			t.Errorf("what was settled is back (%v)", err)
		}
		if err := n.Remove(t.Context(), sources[0].ID, kim); err != nil {
			t.Error(err)
		}
		if err := n.Check(t.Context(), sources[0].ID); !errors.Is(err, ErrNoSource) {
			t.Errorf("looking at what was removed: %v", err)
		}
	})
}

func TestASourceThatBreaksSaysSoAndKeepsWhatItBrought(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		n, f, _ := start(t, db)
		f.says(rss(entry(1)))
		s, err := n.Add(t.Context(), "", f.URL, kim)
		if err != nil {
			t.Fatal(err)
		}
		for _, broken := range []string{"", "<html><title>Sign in</title></html>", rss(entry(2))[:80], "\x00\x01", strings.Repeat("<a>", 100_000)} {
			f.says(broken)
			if err := n.Check(t.Context(), s.ID); err != nil {
				t.Fatal(err)
			}
			list, err := n.Sources(t.Context())
			if err != nil || list[0].Problem == "" || len(waiting(t, n)) != 1 {
				t.Errorf("%.20q: %+v (%v)", broken, list, err)
			}
		}
		f.says(rss(entry(1)))
		if err := n.Check(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		if list, err := n.Sources(t.Context()); err != nil || list[0].Problem != "" {
			t.Errorf("it is well again: %+v (%v)", list, err)
		}
		for _, address := range []string{"http://127.0.0.1/x", "gopher://x", "http://localhost/"} {
			if _, err := n.Add(t.Context(), "", address, kim); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", address, err)
			}
		}
	})
}

func TestAFeedsTricksAreWords(t *testing.T) {
	base, _ := url.Parse("https://example.org/feed")
	hostile := rss(`<item><title>&lt;img src=x onerror=1&gt;A &amp;amp; B`+"\u202e"+`</title><link>javascript:alert(1)</link></item>`,
		`<item><title></title><link>https://example.org/1</link><description>`+strings.Repeat("long ", 1000)+`</description></item>`,
		`<item><title>&lt;b&gt;Bold&lt;/b&gt;</title><link> https://example.org/2 </link></item>`, `<item><title>No link</title></item>`,
		`<item><title>Twice</title><link>https://example.org/2</link></item>`)
	_, items, err := parse(answer{body: []byte(hostile), url: base})
	if err != nil || len(items) != 2 {
		t.Fatalf("%+v (%v)", items, err)
	}
	if items[0].Title != "example.org" || len([]rune(items[0].Excerpt)) > maxExcerpt || items[1].Title != "Bold" {
		t.Errorf("%+v", items)
	}
	many := make([]string, 500)
	for i := range many {
		many[i] = entry(i)
	}
	if _, items, err := parse(answer{body: []byte(rss(many...)), url: base}); err != nil || len(items) != maxItems {
		t.Errorf("%d items (%v)", len(items), err)
	}
	atom := `<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>x</id><title type="html">&lt;i&gt;One&lt;/i&gt;</title><link href="/one"/><updated>2027-03-10T08:00:00Z</updated></entry></feed>`
	if _, items, err := parse(answer{body: []byte(atom), url: base}); err != nil || len(items) != 1 || items[0].Title != "One" || items[0].Link != "https://example.org/one" || items[0].PublishedAt.IsZero() {
		t.Errorf("%+v (%v)", items, err)
	}
}

func FuzzParseTakesAnything(f *testing.F) {
	f.Add([]byte(rss(entry(1))))
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"url":"https://x.example/"}]}`))
	base, _ := url.Parse("https://example.org/feed")
	f.Fuzz(func(t *testing.T, body []byte) {
		_, items, _ := parse(answer{body: body, url: base})
		for _, i := range items {
			if !strings.HasPrefix(i.Link, "http") || i.Title == "" || strings.ContainsAny(i.Title+i.Excerpt, "\x00\n") {
				t.Errorf("%+v", i)
			}
		}
	})
}
