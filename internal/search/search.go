package search

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
)

// Query is what somebody looks for.
type Query struct {
	Text  string
	Group string // only this group's results are given; those of the others are counted
	First int    // how many results of each group are passed over
	Most  int    // how many results of each group are given
}

// Results are what was found, the best first.
type Results struct {
	Groups     []Group // those in which something was found, the one with the best result first
	Total      int
	Some       bool   // nothing has all the words: these have some of them
	Suggestion string // another spelling that finds something, "" for none
}

// Group are the results of a kind.
type Group struct {
	Name  string
	Total int
	Hits  []Hit
	best  float64
}

// Hit is a document that was found.
type Hit struct {
	Path, Note string
	Title      []Piece
	Excerpt    []Piece // of the summary, or of the text around the first word that was found
}

// enough is how many results there have to be for words that are spelled nearly so not to be looked for.
const enough = 3

// Search finds documents. Until the index is ready it waits as long as ctx lets it, and then gives ErrNotReady.
func (x *Index) Search(ctx context.Context, q Query) (Results, error) {
	words := wordsOf(q.Text)
	if len(words) == 0 {
		return Results{}, nil
	}
	if err := x.await(ctx); err != nil {
		return Results{}, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	var found finding
	var err error
	for l := range x.shelf.looks(words) {
		if found, err = x.shelf.find(ctx, q, l); err != nil {
			return Results{}, fmt.Errorf("search: %w", err)
		}
		if found.total >= enough || (found.total > 0 && l.typos) {
			break
		}
	}
	r := found.results(q)
	if r.Total == 0 || found.typos {
		r.Suggestion = x.shelf.suggest(words)
	}
	return r, nil
}

// look is one way to look for words.
type look struct {
	words []word
	typos bool // near ones too
	some  bool // not every word has to be there
}

// looks are the ways in the order in which they are tried until enough is found.
func (s shelf) looks(words []word) func(yield func(look) bool) {
	return func(yield func(look) bool) {
		if !yield(look{words: words}) {
			return
		}
		near := slices.Clone(words)
		for i, w := range near {
			near[i].near = s.stems.near(w.stem, w.typos())
		}
		if yield(look{words: near, typos: true}) && len(words) > 1 {
			yield(look{words: near, typos: true, some: true})
		}
	}
}

// searcher gives the documents of a look with their scores.
func (s shelf) searcher(ctx context.Context, l look) (search.Searcher, error) {
	var each []search.Searcher
	for _, w := range l.words {
		one, err := s.forWord(ctx, w)
		if err != nil {
			return nil, err
		}
		each = append(each, one)
	}
	if l.some {
		return searcher.NewDisjunctionSearcher(ctx, s.reader, each, 1, options)
	}
	return searcher.NewConjunctionSearcher(ctx, s.reader, each, options)
}

var options = search.SearcherOptions{}

// boosts are what a word in a field counts for.
var boosts = []struct {
	field string
	exact float64
	near  float64 // 0: not looked for there
}{{titleField, 6, 2}, {summaryField, 2, 0}, {allField, 1, 0.3}}

// How much the beginning of a word counts for.
const (
	begunTitle = 2
	begunText  = 0.4
)

// forWord gives the documents that have one word in any field.
func (s shelf) forWord(ctx context.Context, w word) (search.Searcher, error) {
	var list []search.Searcher
	var failed error
	add := func(one search.Searcher, err error) {
		if err != nil {
			failed = err
			return
		}
		list = append(list, one)
	}
	for _, b := range boosts {
		add(searcher.NewTermSearcher(ctx, s.reader, w.stem, b.field, b.exact, options))
		for _, stem := range w.near {
			if b.near == 0 {
				break
			}
			add(searcher.NewTermSearcher(ctx, s.reader, stem, b.field, b.near, options))
		}
	}
	if w.begins() {
		add(searcher.NewTermPrefixSearcher(ctx, s.reader, w.text, titleField, begunTitle, options))
		add(searcher.NewTermPrefixSearcher(ctx, s.reader, w.text, plainField, begunText, options))
	}
	if failed != nil {
		return nil, failed
	}
	return searcher.NewDisjunctionSearcher(ctx, s.reader, list, 1, options)
}

// finding are the documents of one look.
type finding struct {
	look
	total  int
	groups map[string]*best
}

// best are a group's best documents, and how many it has.
type best struct {
	total int
	top   []scored
}

type scored struct {
	*Document
	score float64
}

// find goes through all documents of the look and keeps the best of each group.
func (s shelf) find(ctx context.Context, q Query, l look) (finding, error) {
	f := finding{look: l, groups: map[string]*best{}}
	found, err := s.searcher(ctx, l)
	if err != nil {
		return f, err
	}
	defer found.Close()
	sc := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(found.DocumentMatchPoolSize()+1, 0), IndexReader: s.reader}
	for n := 0; ; n++ {
		match, err := found.Next(sc)
		if err != nil || match == nil {
			return f, err
		}
		if n%1024 == 0 && ctx.Err() != nil {
			return f, ctx.Err()
		}
		if d := s.table[match.IndexInternalID.Value()]; d != nil {
			f.add(d, match.Score, q)
		}
		sc.DocumentMatchPool.Put(match)
	}
}

func (f *finding) add(d *Document, score float64, q Query) {
	g := f.groups[d.Group]
	if g == nil {
		g = &best{}
		f.groups[d.Group] = g
	}
	g.total++
	f.total++
	most := q.First + q.Most
	if q.Group != "" && d.Group != q.Group {
		most = 1 // which is as good as the group is
	}
	g.add(scored{d, score}, most)
}

// add keeps the document if it is among the best.
func (b *best) add(s scored, most int) {
	if len(b.top) == most && !s.better(b.top[most-1]) {
		return
	}
	at := sort.Search(len(b.top), func(i int) bool { return s.better(b.top[i]) })
	if len(b.top) == most {
		b.top = b.top[:most-1]
	}
	b.top = slices.Insert(b.top, at, s)
}

// better orders by score, and what is equally good by its address, so that pages of a list stay apart.
func (s scored) better(than scored) bool {
	if s.score != than.score {
		return s.score > than.score
	}
	return s.Path < than.Path
}

// results gives what was asked for, with the words marked.
func (f finding) results(q Query) Results {
	r := Results{Total: f.total, Some: f.some && f.total > 0}
	m := marker{f.words}
	for name, b := range f.groups {
		g := Group{Name: name, Total: b.total, best: b.top[0].score}
		if q.Group == "" || q.Group == name {
			for _, s := range b.top[min(q.First, len(b.top)):] {
				g.Hits = append(g.Hits, m.hit(s.Document))
			}
		}
		r.Groups = append(r.Groups, g)
	}
	slices.SortFunc(r.Groups, func(a, b Group) int {
		if a.best != b.best {
			return int(sign(b.best - a.best))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return r
}

func sign(f float64) float64 {
	if f < 0 {
		return -1
	}
	return 1
}
