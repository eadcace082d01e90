package news_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/news"
)

// room is a newsroom over db, at a time that the test moves.
func room(t *testing.T, db *store.DB) (*news.Newsroom, *storetest.Clock) {
	t.Helper()
	trail, err := access.NewTrail(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trail.Close() })
	clock := storetest.NewClock(now)
	return news.NewNewsroom(news.NewStore(db), trail, clock.Now), clock
}

var kim = news.Editor{Entry: access.Entry{Actor: "organiser:kim"}, Name: "Kim Porter"}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestOfTwoWhoSaveTheSameVersionOneIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, clock := room(t, db)
		get := must[news.Article](t)
		a := piece(news.News, "two")
		a.PublishedAt = time.Time{}
		a = get(r.Create(t.Context(), a, kim))
		mine, theirs := a, a
		mine.Body, theirs.Body = "Mine", "Theirs"
		clock.Add(time.Minute)
		get(r.Save(t.Context(), theirs, kim))
		if _, err := r.Save(t.Context(), mine, kim); !errors.Is(err, news.ErrChanged) {
			t.Errorf("the second is answered %v", err)
		}
		now := get(r.Find(t.Context(), a.ID))
		if now.Body != "Theirs" || now.Version != 2 {
			t.Errorf("the article says %q in version %d", now.Body, now.Version)
		}
		versions, err := r.Versions(t.Context(), a.ID)
		if err != nil || len(versions) != 2 || versions[0].SavedBy != "Kim Porter" {
			t.Errorf("the history is %+v (%v)", versions, err)
		}
		var audited int
		if err := db.QueryRow("select count(*) from audit where subject = '" + a.ID + "' and actor = 'organiser:kim'").Scan(&audited); err != nil || audited != 2 {
			t.Errorf("%d entries of the audit trail (%v)", audited, err)
		}
	})
}

func TestAnEarlierVersionIsRestoredAsANewOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, _ := room(t, db)
		get := must[news.Article](t)
		old := piece(news.News, "old")
		old.Body = "Written before there were versions"
		mustInsert(t, db, old)
		list, _, err := r.List(t.Context(), news.Filter{Page: 1})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		a := get(r.Find(t.Context(), list[0].ID))
		a.Body = "Written over"
		a = get(r.Save(t.Context(), a, kim))
		if _, err := r.Restore(t.Context(), a.ID, 1, 1, kim); !errors.Is(err, news.ErrChanged) {
			t.Errorf("restoring over what was not looked at: %v", err)
		}
		if _, err := r.Restore(t.Context(), a.ID, 9, 2, kim); !errors.Is(err, news.ErrNoVersion) {
			t.Errorf("restoring what is not there: %v", err)
		}
		get(r.Restore(t.Context(), a.ID, 1, 2, kim))
		if a = get(r.Find(t.Context(), a.ID)); a.Body != old.Body || a.Version != 3 || !a.PublishedAt.Equal(old.PublishedAt) {
			t.Errorf("restored as %+v", a)
		}
	})
}

func TestAnAddressThatIsGivenUpLeadsToTheNewOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, _ := room(t, db)
		s, get, path := news.NewStore(db), must[news.Article](t), must[string](t)
		a := get(r.Create(t.Context(), piece(news.News, "first"), kim))
		a.Slug = "second"
		a = get(r.Save(t.Context(), a, kim))
		if to := path(s.Moved(t.Context(), news.News, "first", now)); to != "/news/second" {
			t.Errorf("the first address leads to %q", to)
		}
		a.Kind = news.WhatsNew
		a = get(r.Save(t.Context(), a, kim))
		for _, slug := range []string{"first", "second"} {
			if to := path(s.Moved(t.Context(), news.News, slug, now)); to != "/whats-new/second" {
				t.Errorf("%s leads to %q", slug, to)
			}
		}
		get(r.Create(t.Context(), piece(news.News, "first"), kim))
		if to := path(s.Moved(t.Context(), news.News, "first", now)); to != "" {
			t.Errorf("an address that is used again leads to %q", to)
		}
		b := piece(news.WhatsNew, "second")
		if _, err := r.Create(t.Context(), b, kim); !fault.Is(err, fault.Invalid) {
			t.Errorf("a second article at an address: %v", err)
		}
		other := get(r.Create(t.Context(), piece(news.WhatsNew, "third"), kim))
		other.Slug = "second"
		if _, err := r.Save(t.Context(), other, kim); !news.Taken(err) {
			t.Errorf("moving to an address that is taken: %v", err)
		}
		a.Status = news.Draft
		get(r.Save(t.Context(), a, kim))
		if to := path(s.Moved(t.Context(), news.News, "second", now)); to != "" {
			t.Errorf("an old address tells of a draft: %q", to)
		}
	})
}

func TestAScheduledArticleIsSeenWhenItsTimeHasCome(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, clock := room(t, db)
		get := must[news.Article](t)
		a := piece(news.News, "later")
		a.PublishedAt = now.Add(time.Hour)
		a = get(r.Create(t.Context(), a, kim))
		s := news.NewStore(db)
		if _, err := s.BySlug(t.Context(), news.News, "later", clock.Now()); !fault.Is(err, fault.NotFound) {
			t.Errorf("it is seen before its time: %v", err)
		}
		if _, n, err := r.List(t.Context(), news.Filter{Page: 1, State: news.Scheduled}); err != nil || n != 1 {
			t.Errorf("%d are scheduled (%v)", n, err)
		}
		clock.Add(time.Hour)
		get(s.BySlug(t.Context(), news.News, "later", clock.Now()))
		if _, n, err := r.List(t.Context(), news.Filter{Page: 1, State: "published", Text: "OF LATER"}); err != nil || n != 1 {
			t.Errorf("%d are published (%v)", n, err)
		}
		a.Status, a.PublishedAt = news.Published, time.Time{}
		if a = get(r.Save(t.Context(), a, kim)); !a.PublishedAt.Equal(now.Add(time.Hour)) {
			t.Errorf("saving it again moved it to %s", a.PublishedAt)
		}
	})
}

func TestTheListOfTheNewsroomTakesAnyText(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, _ := room(t, db)
		a := piece(news.News, "hundred")
		a.Title = `100% "sure" _ \ it's`
		must[news.Article](t)(r.Create(t.Context(), a, kim))
		must[news.Article](t)(r.Create(t.Context(), piece(news.News, "other"), kim))
		for _, text := range []string{"100%", "_", `\`, "it's", `"SURE"`} {
			if _, n, err := r.List(t.Context(), news.Filter{Page: 1, Text: text}); err != nil || n != 1 {
				t.Errorf("%q finds %d (%v)", text, n, err)
			}
		}
	})
}

func TestAnAddressIsProposedFromTheTitle(t *testing.T) {
	for title, want := range map[string]string{
		"Nurse-led review": "nurse-led-review", "Résumé: what’s new?": "resume-whats-new", "日本": "article", "New": "article-new", "  A & B  ": "a-b",
		strings.Repeat("word ", 40): strings.TrimSuffix(strings.Repeat("word-", 14), "-"),
	} {
		if got := news.Slug(title); got != want {
			t.Errorf("%q is %q, want %q", title, got, want)
		}
	}
}
