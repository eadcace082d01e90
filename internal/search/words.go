package search

import (
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/token/porter"
	"github.com/blevesearch/bleve/v2/analysis/token/stop"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
)

// english gives the stems of a text's words without those that every text has; plain gives those words
// in small letters, typed all of them.
var (
	english = &analysis.DefaultAnalyzer{Tokenizer: unicode.NewUnicodeTokenizer(), TokenFilters: []analysis.TokenFilter{
		en.NewPossessiveFilter(), lowercase.NewLowerCaseFilter(), stop.NewStopTokensFilter(stopWords()), porter.NewPorterStemmer(),
	}}
	plain = &analysis.DefaultAnalyzer{Tokenizer: unicode.NewUnicodeTokenizer(), TokenFilters: []analysis.TokenFilter{
		en.NewPossessiveFilter(), lowercase.NewLowerCaseFilter(), stop.NewStopTokensFilter(stopWords()),
	}}
	typed = &analysis.DefaultAnalyzer{Tokenizer: unicode.NewUnicodeTokenizer(), TokenFilters: []analysis.TokenFilter{
		en.NewPossessiveFilter(), lowercase.NewLowerCaseFilter(),
	}}
)

func stopWords() analysis.TokenMap {
	words := analysis.NewTokenMap()
	_ = words.LoadBytes(en.EnglishStopWords) // a list in memory can be read
	return words
}

// The lengths, in letters, from which a word may be misspelled in one place and in two, and from which what it begins is looked for.
const (
	oneTypo   = 4
	twoTypos  = 8
	beginning = 3
)

// word is one that somebody looks for.
type word struct {
	text string // in small letters
	stem string
	near []string // stems that are spelled nearly alike, where those count too
	last bool     // somebody may still be writing it
}

// typos is how many letters of it may be wrong.
func (w word) typos() int {
	switch n := utf8.RuneCountInString(w.text); {
	case n >= twoTypos:
		return 2
	case n >= oneTypo:
		return 1
	}
	return 0
}

// begins says whether words that begin with it are meant too.
func (w word) begins() bool { return w.last && utf8.RuneCountInString(w.text) >= beginning }

// MaxWords is how many words of a search count; more are left out.
const MaxWords = 10

// wordsOf are the words of a search, without those that every text has, each once.
func wordsOf(text string) []word {
	tokens := typed.Analyze([]byte(text))
	var words []word
	seen := map[string]bool{}
	for i, t := range tokens {
		w := word{text: string(t.Term), stem: stemOf(string(t.Term)), last: i == len(tokens)-1}
		if w.stem == "" && w.begins() { // "the" may become "therapy"
			w.stem = w.text
		}
		if w.stem == "" || seen[w.stem] || len(words) == MaxWords {
			continue
		}
		seen[w.stem] = true
		words = append(words, w)
	}
	return words
}

// stemOf is a word's stem; "" for one that every text has.
func stemOf(text string) string {
	stems := english.Analyze([]byte(text))
	if len(stems) != 1 {
		return ""
	}
	return string(stems[0].Term)
}

// matches says whether a word of a text, in small letters, is what is looked for.
func (w word) matches(text string) bool {
	if w.begins() && strings.HasPrefix(text, w.text) {
		return true
	}
	stem := ""
	for i := -1; i < len(w.near); i++ {
		wanted := w.stem
		if i >= 0 {
			wanted = w.near[i]
		}
		if !sameStart(text, wanted) { // most are not, and a stem takes time
			continue
		}
		if stem == "" {
			stem = stemOf(text)
		}
		if stem == wanted {
			return true
		}
	}
	return false
}

// sameStart says whether the first letters are the same: a stemmer changes ends.
func sameStart(a, b string) bool {
	n := min(2, len(a), len(b))
	return a[:n] == b[:n]
}
