package news_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/news"
	"masterclass/news/files"
)

func pdf(t *testing.T, name, text string) files.File {
	t.Helper()
	f, err := files.Read(name, []byte("%PDF-1.4 "+text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAFileIsServedWhileAnArticleThatHasItCanBeSeen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, _ := room(t, db)
		s := news.NewStore(db)
		draft := piece(news.Document, "draft")
		draft.Status = news.Draft
		a, err := r.Create(t.Context(), draft, kim)
		if err != nil {
			t.Fatal(err)
		}
		u, err := r.AddFile(t.Context(), a.ID, pdf(t, "Check list.pdf", "1"), "", kim)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Stored(t.Context(), u.Hash, u.Name, true, now); !errors.Is(err, news.ErrNoFile) {
			t.Errorf("a draft's file is shown to everybody: %v", err)
		}
		if mime, size, err := s.Stored(t.Context(), u.Hash, u.Name, false, now); err != nil || size != 10 || mime != "application/pdf" {
			t.Errorf("writers get %d bytes of %q (%v)", size, mime, err)
		}
		for _, c := range []struct {
			after, length int64
			want          string
		}{{0, 10, "%PDF-1.4 1"}, {1, 3, "PDF"}, {9, 1, "1"}} {
			if body, err := s.Part(t.Context(), u.Hash, c.after, c.length); err != nil || string(body) != c.want {
				t.Errorf("%d bytes after %d are %q (%v)", c.length, c.after, body, err)
			}
		}
		a.Status = news.Published
		if a, err = r.Save(t.Context(), a, kim); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Stored(t.Context(), u.Hash, u.Name, true, now); err != nil {
			t.Errorf("a published file: %v", err)
		}
		if _, _, err := s.Stored(t.Context(), u.Hash, "another-name.pdf", true, now); !errors.Is(err, news.ErrNoFile) {
			t.Errorf("a file has any name: %v", err)
		}
		known, err := s.FilesIn(t.Context(), "see [it]("+u.Path()+") and /files/"+strings.Repeat("0", 64)+"/none.pdf")
		if err != nil || len(known) != 1 || known[u.Path()].Note != "PDF, 10 bytes" {
			t.Errorf("the text has %+v (%v)", known, err)
		}
	})
}

func TestAFileThatNoArticleHasIsPurgedAfterAWhile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, clock := room(t, db)
		s := news.NewStore(db)
		a, err := r.Create(t.Context(), piece(news.Document, "a"), kim)
		if err != nil {
			t.Fatal(err)
		}
		gone, err := r.AddFile(t.Context(), a.ID, pdf(t, "gone.pdf", "gone"), "", kim)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.AddFile(t.Context(), a.ID, pdf(t, "kept.pdf", "kept"), "", kim); err != nil {
			t.Fatal(err)
		}
		if err := r.RemoveFile(t.Context(), a.ID, gone.Hash, kim); err != nil {
			t.Fatal(err)
		}
		if err := r.RemoveFile(t.Context(), a.ID, gone.Hash, kim); !errors.Is(err, news.ErrNoFile) {
			t.Errorf("removing it twice: %v", err)
		}
		count := func() (n int) {
			if err := s.PurgeFiles(t.Context(), clock.Now()); err != nil {
				t.Fatal(err)
			}
			if err := db.QueryRow("select count(*) from files").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := count(); n != 2 {
			t.Errorf("%d files are left at once", n)
		}
		clock.Add(2 * time.Hour)
		if n := count(); n != 1 {
			t.Errorf("%d files are left later", n)
		}
	})
}
