package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/news"
)

// loadSample fills an empty database with the sample site, all or nothing; one that has anything in it is left alone.
func (a *App) loadSample(ctx context.Context) error {
	n, err := a.events.Count(ctx)
	if err != nil || n > 0 {
		return err
	}
	now := a.now()
	samples, list, err := sampleEvents(now, a.cfg.Zone)
	if err != nil {
		return err
	}
	articles, err := a.missingArticles(ctx)
	if err != nil {
		return err
	}
	err = a.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		for i, e := range list {
			if err := a.addSample(ctx, tx, samples[i], e, now); err != nil {
				return err
			}
		}
		if err := a.addArticles(ctx, tx, articles, now); err != nil {
			return err
		}
		return a.addModules(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("load the sample site: %w", err)
	}
	return nil
}

// missingArticles are the sample's, but for the pages where serve has given the installation its own.
func (a *App) missingArticles(ctx context.Context) ([]news.Article, error) {
	articles, err := sampleArticles("", a.now())
	if err != nil {
		return nil, err
	}
	_, pages, err := a.news.ByKind(ctx, news.Page, 1, a.now())
	if err != nil || pages == 0 {
		return articles, err
	}
	return slices.DeleteFunc(articles, func(article news.Article) bool { return article.Kind == news.Page }), nil
}

func (a *App) addSample(ctx context.Context, tx bun.Tx, s sampleEvent, e *events.Event, now time.Time) error {
	if err := a.events.Insert(ctx, tx, e); err != nil {
		return err
	}
	if s.Registered+s.Waiting == 0 {
		return nil
	}
	if err := a.registrar.AddQuietly(ctx, tx.Tx, e, e.Places[0], samplePeople(s.Slug, 0, s.Registered), false); err != nil {
		return err
	}
	return a.registrar.AddQuietly(ctx, tx.Tx, e, e.Places[0], samplePeople(s.Slug, s.Registered, s.Waiting), true)
}

func (a *App) addArticles(ctx context.Context, tx bun.Tx, articles []news.Article, now time.Time) error {
	for _, article := range articles {
		if err := a.news.Insert(ctx, tx, article, now); err != nil && !fault.Is(err, fault.Conflict) { // one that is there stays as it is
			return err
		}
	}
	return nil
}

// loadPages gives a new installation its pages of trust (privacy, accessibility and the like) to start from: every page links to them.
func (a *App) loadPages(ctx context.Context) error {
	_, n, err := a.news.ByKind(ctx, news.Page, 1, a.now())
	if err != nil || n > 0 {
		return err
	}
	pages, err := sampleArticles(news.Page, a.now())
	if err != nil {
		return err
	}
	err = a.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return a.addArticles(ctx, tx, pages, a.now()) })
	if err != nil {
		return fmt.Errorf("load the first pages: %w", err)
	}
	return nil
}
