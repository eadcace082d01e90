package search

import (
	"context"
	"errors"
	"math"
	"strings"

	index "github.com/blevesearch/bleve_index_api"
)

// tally is what each document, by its number, has of the words that are looked for. A document counts for more the more often a word is in
// it, the shorter its text and the rarer the word. bleve's own searchers go from document to document, with all terms side by side, which
// for a beginning of many words takes ten times as long as going from term to term.
type tally struct {
	scores []float32
	has    []uint16 // a bit for each word
	all    uint16   // the bits of all words
}

// boosts are what a word in a field counts for.
var boosts = []struct {
	field string
	exact float64
	near  float64 // 0: not looked for there
}{{titleField, 6, 2}, {summaryField, 2, 0}, {allField, 1, 0.3}}

// How much the beginning of a word counts for: about a third of the word itself in a title, or text, of the usual length.
const (
	begunTitle = 0.7
	begunText  = 0.02
)

func (s shelf) newTally(words []word) *tally {
	return &tally{scores: make([]float32, len(s.table)), has: make([]uint16, len(s.table)), all: 1<<len(words) - 1}
}

// countExact counts the words as they are, and what the last one begins.
func (s shelf) countExact(ctx context.Context, t *tally, words []word) error {
	for i, w := range words {
		for _, b := range boosts {
			if err := s.add(ctx, t, 1<<i, b.field, w.stem, b.exact); err != nil {
				return err
			}
		}
		if !w.begins() {
			continue
		}
		err1 := s.begun(ctx, t, 1<<i, titleField, s.stems, w.text, begunTitle)
		err2 := s.begun(ctx, t, 1<<i, plainField, s.words, w.text, begunText)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
	}
	return nil
}

// countNear counts those that are spelled nearly so.
func (s shelf) countNear(ctx context.Context, t *tally, words []word) error {
	for i, w := range words {
		for _, b := range boosts {
			if b.near == 0 {
				continue
			}
			for _, stem := range w.near {
				if err := s.add(ctx, t, 1<<i, b.field, stem, b.near); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// begun counts all of a vocabulary's words that begin so.
func (s shelf) begun(ctx context.Context, t *tally, bit uint16, field string, v vocabulary, start string, boost float64) error {
	for _, e := range v.entries[v.at(start):] {
		if !strings.HasPrefix(e.text, start) {
			break
		}
		if err := s.each(ctx, e.text, field, false, func(d *index.TermFieldDoc, rare float64) { t.count(d, bit, boost*rare*rare) }); err != nil {
			return err
		}
	}
	return nil
}

// add counts one term of a field.
func (s shelf) add(ctx context.Context, t *tally, bit uint16, field, term string, boost float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.each(ctx, term, field, true, func(d *index.TermFieldDoc, rare float64) {
		t.count(d, bit, boost*rare*rare*math.Sqrt(float64(d.Freq))*d.Norm)
	})
}

// count adds to what a document has.
func (t *tally) count(d *index.TermFieldDoc, bit uint16, score float64) {
	n := d.ID.Value()
	t.has[n] |= bit
	t.scores[n] += float32(score)
}

// each goes through the documents that have a term, with how rare it is: 1 for one that all have. Without detail it does not say how often each
// has it, nor how long its text is, which takes half of the time.
func (s shelf) each(ctx context.Context, term, field string, detail bool, fn func(d *index.TermFieldDoc, rare float64)) error {
	found, err := s.reader.TermFieldReader(ctx, []byte(term), field, detail, detail, false)
	if err != nil {
		return err
	}
	rare := 1 + math.Log(float64(len(s.table)+1)/float64(found.Count()+1))
	var d index.TermFieldDoc
	for {
		match, err := found.Next(&d)
		if err != nil || match == nil {
			return errors.Join(err, found.Close())
		}
		fn(match, rare)
	}
}
