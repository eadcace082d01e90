package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/news"
)

const (
	searchArticles = 10_000
	searchAsked    = 1000 // searches a round
)

// searches are people who look for words among 10,000 articles: how long one in a hundred of them waits at most, against what half of
// them wait at most where there is nothing to find.
func searches(b *testing.B) []figure {
	full, empty := figureSettings(b, stores{}), figureSettings(b, stores{})
	for _, s := range []settings{full, empty} {
		fillFigures(b, s, figureEvent(b, 10))
	}
	db := openFigures(b, full.options())
	fillArticles(b, db)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	ours, bare := startRole(b, "site", full), startRole(b, "site", empty)
	for deadline := time.Now().Add(2 * time.Minute); !canSearch(b, ours.addr) && time.Now().Before(deadline); { // its index is being made
		settled()
	}
	r := rand.New(rand.NewPCG(3, 4))
	wait := func(addr string, share float64) float64 {
		var took []time.Duration
		for range searchAsked {
			began := time.Now()
			searchFor(b, addr, asked(r))
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		return took[int(share*float64(len(took)-1))].Seconds() * 1000
	}
	waits := measured(fmt.Sprintf("search, %d articles (p99) against none (p50)", searchArticles), "ms", "< 10", func(int) (float64, float64) {
		return wait(ours.addr, 0.99), wait(bare.addr, 0.5)
	})
	waits.note = fmt.Sprintf("(none, p99: %.2g ms, which is what the machine itself adds)", wait(bare.addr, 0.99))
	return []figure{waits}
}

// figureWords is one of 30,000 words, the first of which are the most frequent.
func figureWords(n uint64) string {
	syllables := []string{"on", "co", "lo", "gy", "che", "mo", "the", "ra", "py", "nur", "se", "tri", "al", "me", "di", "ca", "re", "ta", "li", "no", "va"}
	var b strings.Builder
	for k := n + uint64(len(syllables)); k > 0; k /= uint64(len(syllables)) {
		b.WriteString(syllables[k%uint64(len(syllables))])
	}
	return b.String()
}

// asked is what somebody looks for: one word or two, none of the most frequent; a tenth are misspelt, a tenth begun.
func asked(r *rand.Rand) string {
	var words []string
	for range 1 + r.IntN(2) {
		word := figureWords(200 + r.Uint64N(5000))
		switch r.IntN(10) {
		case 0:
			at := r.IntN(len(word) - 1)
			word = word[:at] + "x" + word[at+1:]
		case 1:
			word = word[:max(3, len(word)-2)]
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// searchFor reads the answer as it is sent, compressed: what a browser does with it is its own time.
func searchFor(b *testing.B, addr, words string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+addr+"/search?in=news&q="+url.QueryEscape(words), nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); err != nil || n == 0 || res.StatusCode != 200 {
		b.Fatal(res.StatusCode, n, err)
	}
}

func canSearch(b *testing.B, addr string) bool {
	b.Helper()
	res, err := http.Get("http://" + addr + "/search?q=" + figureWords(0))
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode == 200 && res.Body.Close() == nil
}

func fillArticles(b *testing.B, db *store.DB) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 8, 30_000)
	text := func(n int) string {
		words := make([]string, n)
		for i := range words {
			words[i] = figureWords(zipf.Uint64())
		}
		return strings.Join(words, " ")
	}
	err := db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for n := range searchArticles {
			a := news.Article{Kind: news.News, Slug: fmt.Sprintf("figure-%d", n), Title: text(8), Summary: text(25), Body: text(400), Status: news.Published, PublishedAt: time.Now()}
			if err := news.NewStore(db).Insert(ctx, tx, a, time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
