package search

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"
	"sort"
	"strings"
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
	best  float32
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
	found, err := x.shelf.find(ctx, q, words)
	if err != nil {
		return Results{}, fmt.Errorf("search: %w", err)
	}
	r := found.results(q)
	if r.Total == 0 || found.typos {
		r.Suggestion = x.shelf.suggest(words)
	}
	return r, nil
}

// find looks for all words as they are; if that finds little, for such as are spelled nearly so, and if nothing has all of those, for some.
func (s shelf) find(ctx context.Context, q Query, words []word) (finding, error) {
	t := s.newTally(words)
	if err := s.countExact(ctx, t, words); err != nil {
		return finding{}, err
	}
	f := s.choose(q, t, false)
	if f.words = words; f.total >= enough {
		return f, nil
	}
	near := slices.Clone(words)
	for i, w := range near {
		near[i].near = s.stems.near(w.stem, w.typos())
	}
	if err := s.countNear(ctx, t, near); err != nil {
		return finding{}, err
	}
	if f = s.choose(q, t, false); f.total == 0 && len(words) > 1 {
		f = s.choose(q, t, true)
	}
	f.words, f.typos = near, true
	return f, nil
}

// finding are the documents that were found.
type finding struct {
	words  []word
	typos  bool // words that are spelled nearly so count too
	some   bool // not every word has to be there
	total  int
	groups []best // in the shelf's order
}

// best are a group's best documents, and how many it has.
type best struct {
	name  string
	most  int // are kept
	total int
	top   []scored
}

type scored struct {
	*Document
	score float32
}

// choose goes through all documents that have the words, or some of them, and keeps the best of each group.
func (s shelf) choose(q Query, t *tally, some bool) finding {
	f := finding{some: some, groups: make([]best, len(s.groups))}
	for i, name := range s.groups {
		f.groups[i].name, f.groups[i].most = name, q.First+q.Most
		if q.Group != "" && name != q.Group {
			f.groups[i].most = 1 // which is as good as the group is
		}
	}
	for number, has := range t.has {
		d := s.table[number]
		if has == 0 || d.Document == nil || (has != t.all && !some) {
			continue
		}
		score := t.scores[number]
		if some {
			score *= float32(bits.OnesCount16(has)) / float32(bits.OnesCount16(t.all))
		}
		f.total++
		f.groups[d.group].add(scored{d.Document, score})
	}
	return f
}

// add counts the document, and keeps it if it is among the best.
func (b *best) add(s scored) {
	b.total++
	if len(b.top) == b.most {
		if b.most == 0 || !s.better(b.top[b.most-1]) {
			return
		}
		b.top = b.top[:b.most-1]
	}
	at := sort.Search(len(b.top), func(i int) bool { return s.better(b.top[i]) })
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
	m := newMarker(f.words)
	for _, b := range f.groups {
		if b.total == 0 {
			continue
		}
		g := Group{Name: b.name, Total: b.total}
		if len(b.top) > 0 {
			g.best = b.top[0].score
		}
		if q.Group == "" || q.Group == b.name {
			for _, s := range b.top[min(q.First, len(b.top)):] {
				g.Hits = append(g.Hits, m.hit(s.Document))
			}
		}
		r.Groups = append(r.Groups, g)
	}
	slices.SortFunc(r.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.best, a.best), strings.Compare(a.Name, b.Name))
	})
	return r
}
