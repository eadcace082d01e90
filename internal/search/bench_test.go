package search

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// lorem are n texts of words that are as frequent as words are, of a vocabulary of 30,000.
func lorem(n int) (docs []Document) {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 8, 30_000)
	text := func(n int) string {
		words := make([]string, n)
		for i := range words {
			words[i] = rare(zipf.Uint64())
		}
		return strings.Join(words, " ")
	}
	for i := range n {
		docs = append(docs, Document{ID: itoa(i), Path: "/" + itoa(i), Group: "g" + itoa(i%7), Version: "1", Title: text(8), Summary: text(25), Body: text(400)})
	}
	return docs
}

// BenchmarkSearch looks for words as people do, in very many texts: one or two, some misspelt, some begun. It gives the median and what one
// in a hundred takes.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{0, 60, 10_000} {
		x, err := New()
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if err := x.Put(lorem(n), nil); err != nil {
			b.Fatal(err)
		}
		close(x.ready)
		b.Logf("%d documents: made in %v", n, time.Since(began))
		b.Run(itoa(n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(3, 4))
			var took []time.Duration
			slowest, most := "", time.Duration(0)
			for b.Loop() {
				text := asked(r)
				began := time.Now()
				if _, err := x.Search(b.Context(), Query{Text: text, Group: "g1", Most: 20}); err != nil {
					b.Fatal(err)
				}
				if d := time.Since(began); d > most {
					slowest, most = text, d
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs(p50)")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs(p99)")
			b.Logf("the slowest was %q with %v", slowest, most)
		})
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// rare is one of 30,000 words, the first of which are the most frequent.
func rare(n uint64) (text string) {
	syllables := strings.Fields("on co lo gy che mo the ra py nur se tri al me di ca re ta li no va")
	for k := n + uint64(len(syllables)); k > 0; k /= uint64(len(syllables)) {
		text += syllables[k%uint64(len(syllables))]
	}
	return text
}

// asked is what somebody looks for.
func asked(r *rand.Rand) string {
	var words []string
	for range 1 + r.IntN(2) {
		word := rare(200 + r.Uint64N(5000))
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
