package main

import (
	"context"
	"errors"
	"time"
)

// purgeEvery is how often what is past its time is deleted.
const purgeEvery = time.Hour

// purge deletes what is past its time, now and every hour.
func (a *App) purge(ctx context.Context) error {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := errors.Join(a.registrar.Purge(ctx), a.news.PurgeFiles(ctx, a.now()), a.learning.Purge(ctx)); err != nil && ctx.Err() == nil {
			a.cfg.Logger.Error("old data is not deleted yet", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
