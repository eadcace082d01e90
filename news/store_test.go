package news_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/news"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var now = time.Date(2027, time.March, 11, 9, 30, 0, 0, time.UTC)

// piece is a published article of an hour ago, for a test to change.
func piece(kind news.Kind, slug string) news.Article {
	return news.Article{Kind: kind, Slug: slug, Title: "Title of " + slug, Status: news.Published, PublishedAt: now.Add(-time.Hour)}
}

func insert(db *store.DB, articles ...news.Article) error {
	return db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for _, a := range articles {
			if err := news.NewStore(db).Insert(ctx, tx, a, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func mustInsert(t *testing.T, db *store.DB, articles ...news.Article) {
	t.Helper()
	if err := insert(db, articles...); err != nil {
		t.Fatal(err)
	}
}

func slugs(articles []news.Article) string {
	var all []string
	for _, a := range articles {
		all = append(all, a.Slug)
	}
	return fmt.Sprint(all)
}

func TestAnArticleIsReadAsItWasWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		want := piece(news.WhatsNew, "five-year-strategy")
		want.Title, want.Summary, want.Body = `Tomorrow's "care" ? \ %s`, "Résumé – £5; 日本", "A *body*\n\nwith ' and \\ and ?"
		want.Topics, want.Note, want.Source, want.Link = []string{"Policy", "Living with cancer"}, "Coming soon", "A body", "https://www.example.org/a?b=c&d"
		want.Position, want.PublishedAt = 7, now.Add(-3*time.Millisecond)
		want.Author, want.Pinned, want.Version, want.UpdatedAt = "A writer", true, 1, now
		mustInsert(t, db, want)
		got, err := news.NewStore(db).BySlug(t.Context(), news.WhatsNew, "five-year-strategy", now)
		if err != nil {
			t.Fatal(err)
		}
		if got.ID == "" {
			t.Error("it was given no id")
		}
		got.ID = ""
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestOnlyWhatIsPublishedIsSeen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		draft, archived, later, atOnce := piece(news.News, "draft"), piece(news.News, "archived"), piece(news.News, "later"), piece(news.News, "at-once")
		draft.Status, archived.Status = news.Draft, news.Archived
		later.PublishedAt, atOnce.PublishedAt = now.Add(time.Millisecond), now
		mustInsert(t, db, draft, archived, later, atOnce, piece(news.Video, "other-kind"))
		s := news.NewStore(db)
		for _, slug := range []string{"draft", "archived", "later", "other-kind", "unknown", "", "at-once'--", "At-Once", "\xff"} {
			if _, err := s.BySlug(t.Context(), news.News, slug, now); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", slug, err)
			}
		}
		list, total, err := s.ByKind(t.Context(), news.News, 1, now)
		if err != nil || total != 1 || slugs(list) != "[at-once]" {
			t.Errorf("the list is %s of %d, %v", slugs(list), total, err)
		}
		latest, err := s.Latest(t.Context(), news.News, 5, now)
		if err != nil || slugs(latest) != "[at-once]" {
			t.Errorf("the latest are %s, %v", slugs(latest), err)
		}
		if _, err := s.BySlug(t.Context(), news.News, "later", now.Add(time.Millisecond)); err != nil {
			t.Errorf("when its time has come: %v", err)
		}
	})
}

func TestTheOrderOfEachKind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for i, kind := range []news.Kind{news.News, news.ELearning} {
			for n, slug := range []string{"b", "c", "a"} { // b is the newest, and the second by position
				a := piece(kind, slug)
				a.PublishedAt, a.Position = now.Add(-time.Duration(n)*time.Hour), (n+1)%3+1
				mustInsert(t, db, a)
			}
			want := []string{"[b c a]", "[a b c]"}[i]
			latest, err := news.NewStore(db).Latest(t.Context(), kind, 3, now)
			if err != nil || slugs(latest) != want {
				t.Errorf("%s: %s, not %s (%v)", kind, slugs(latest), want, err)
			}
		}
	})
}

func TestMoreFollowsOnFromAModuleAndIsTheNewestOtherwise(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for n := 1; n <= 5; n++ {
			module, item := piece(news.ELearning, fmt.Sprint("m", n)), piece(news.News, fmt.Sprint("n", n))
			module.Position, item.PublishedAt = n, now.Add(-time.Duration(n)*time.Hour)
			mustInsert(t, db, module, item)
		}
		for from, want := range map[string]string{"m3": "[m4 m5 m1]", "m5": "[m1 m2 m3]", "n2": "[n1 n3 n4]"} {
			kind := map[byte]news.Kind{'m': news.ELearning, 'n': news.News}[from[0]]
			a, err := news.NewStore(db).BySlug(t.Context(), kind, from, now)
			if err != nil {
				t.Fatal(err)
			}
			more, err := news.NewStore(db).More(t.Context(), a, 3, now)
			if err != nil || slugs(more) != want {
				t.Errorf("after %s: %s, not %s (%v)", from, slugs(more), want, err)
			}
		}
	})
}

func TestPagesOfAListHoldEveryArticleOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const all = news.PageSize*2 + 1
		for n := range all {
			mustInsert(t, db, piece(news.News, fmt.Sprint("n", n))) // all of one moment: the id decides
		}
		seen := map[string]bool{}
		for page, size := range []int{news.PageSize, news.PageSize, 1, 0} {
			list, total, err := news.NewStore(db).ByKind(t.Context(), news.News, page+1, now)
			if err != nil || total != all || len(list) != size {
				t.Fatalf("page %d has %d of %d, %v", page+1, len(list), total, err)
			}
			for _, a := range list {
				seen[a.Slug] = true
			}
		}
		if len(seen) != all {
			t.Errorf("%d articles were on the pages, not %d", len(seen), all)
		}
	})
}

func TestAnAddressIsTakenOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mustInsert(t, db, piece(news.News, "welcome"), piece(news.Video, "welcome"))
		err := db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			s := news.NewStore(db)
			if err := s.Insert(ctx, tx, piece(news.News, "welcome"), now); !fault.Is(err, fault.Conflict) {
				t.Errorf("the second one: %v", err)
			}
			return s.Insert(ctx, tx, piece(news.News, "farewell"), now)
		})
		if err != nil {
			t.Errorf("the transaction could not go on: %v", err)
		}
	})
}

func TestRulesOfAnArticle(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*news.Article)
		field  string
	}{
		"no title":           {func(a *news.Article) { a.Title = " " }, "title"},
		"an unknown kind":    {func(a *news.Article) { a.Kind = "poem" }, "kind"},
		"no slug":            {func(a *news.Article) { a.Slug = "" }, "slug"},
		"a dot in the slug":  {func(a *news.Article) { a.Slug = "a.b" }, "slug"},
		"a reserved slug":    {func(a *news.Article) { a.Slug = "new" }, "slug"},
		"a script as link":   {func(a *news.Article) { a.Link = "javascript:alert(1)" }, "link"},
		"a link to nowhere":  {func(a *news.Article) { a.Link = "https://" }, "link"},
		"a hidden host":      {func(a *news.Article) { a.Link = "//evil.example" }, "link"},
		"a backslashed host": {func(a *news.Article) { a.Link = `/\evil.example` }, "link"},
		"a comma in a topic": {func(a *news.Article) { a.Topics = []string{"a, b"} }, "topics"},
		"an unknown status":  {func(a *news.Article) { a.Status = "" }, "status"},
	} {
		a := piece(news.News, "fine")
		if err := a.Check(); err != nil {
			t.Fatalf("an article within the rules: %v", err)
		}
		c.change(&a)
		f, ok := fault.Of(a.Check())
		if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != c.field {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
