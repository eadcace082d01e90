package site

import (
	"context"

	"masterclass/internal/markdown"
	"masterclass/internal/search"
	"masterclass/news"
	"masterclass/news/learning"
)

// learningSource has the search find the pages of the modules that are open.
type learningSource struct{ *learning.Learning }

// NewLearningSource follows the modules.
func NewLearningSource(l *learning.Learning) search.Source { return learningSource{l} }

// Versions are those of the pages that can be read.
func (s learningSource) Versions(ctx context.Context) (map[string]string, error) {
	pages, err := s.Readable(ctx, nil)
	versions := map[string]string{}
	for _, p := range pages {
		versions[p.ID] = p.Version
	}
	return versions, err
}

// Documents are pages that can be read.
func (s learningSource) Documents(ctx context.Context, ids []string) ([]search.Document, error) {
	pages, err := s.Readable(ctx, ids)
	var docs []search.Document
	for _, p := range pages {
		docs = append(docs, search.Document{ID: p.ID, Version: p.Version, Group: groupOf(news.ELearning), Path: "/e-learning/" + p.Slug + "/" + p.Number,
			Title: p.Title, Body: markdown.Text(p.Body), Note: p.Module})
	}
	return docs, err
}
