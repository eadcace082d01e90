package main

import (
	"context"

	"masterclass/internal/search"
	"masterclass/internal/site"
)

// openSearch adds the search, which keepIndex keeps up.
func (a *App) openSearch() (err error) {
	if a.index, err = search.New(); err != nil {
		return err
	}
	a.onClose(a.index.Close)
	site.NewSearchHandler(a.index).Routes(a.web)
	return nil
}

// keepIndex keeps the search's index as the events and articles are.
func (a *App) keepIndex(ctx context.Context) error {
	return a.index.Follow(ctx, a.cfg.Logger, site.NewEventSource(a.events, a.now), site.NewArticleSource(a.news, a.now, a.cfg.Zone),
		site.NewLearningSource(a.learning))
}
