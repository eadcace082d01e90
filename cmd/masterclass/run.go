package main

import (
	"context"
	"errors"
	"net"
	"time"

	"masterclass/internal/secret"
	"masterclass/internal/site"
	"masterclass/notify"
)

// How often what is past its time is deleted, and how long the others wait for an instance that died.
const (
	purgeEvery = time.Hour
	purgeLease = 90 * time.Minute
)

// How long the requests in hand, and all the work, may take once the program is asked to stop: container managers wait
// ten seconds in all. The mail's worker gives its messages seven.
const (
	stopTime = 8 * time.Second
	lastTime = 8500 * time.Millisecond
)

// Run serves on the listener until the context ends: then it finishes the requests and messages in hand. Mail that those requests
// queue goes out at the next start.
func (a *App) Run(ctx context.Context, ln net.Listener) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	a.registrar.CatchUp(ctx)
	beside := []func(context.Context) error{a.breath.run, a.follow, a.worker.Run, a.sweep, a.registrar.Tend, a.registrar.Remind, a.purge, a.intake.Watch, a.keepIndex}
	workers := make(chan error, len(beside))
	for _, run := range beside {
		go func() { workers <- run(work) }()
	}
	served := make(chan error, 1)
	go func() { served <- a.web.Serve(ln) }()

	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	stopWork()
	enough := time.After(lastTime)
	if ctx.Err() != nil {
		a.live.Close() // the server does not know of its streams
		err = a.web.ShutdownWithTimeout(stopTime)
		if errors.Is(err, context.DeadlineExceeded) {
			a.cfg.Logger.Warn("some requests were cut off at the end")
			err = nil
		}
	}
	return errors.Join(err, a.await(workers, enough))
}

// follow hears of what other instances change.
func (a *App) follow(ctx context.Context) error { return a.events.Follow(ctx, a.cfg.Logger) }

// sweep removes the mail that was written to files for people who were erased, also if mail goes another way by now.
func (a *App) sweep(ctx context.Context) error {
	return notify.NewSweeper(a.outbox, a.mailDir(), a.cfg.Logger).Run(ctx)
}

// keepIndex keeps the search's index as the events, articles and modules are.
func (a *App) keepIndex(ctx context.Context) error {
	return a.index.Follow(ctx, a.cfg.Logger, site.NewEventSource(a.events, a.now), site.NewArticleSource(a.news, a.now, a.cfg.Zone),
		site.NewLearningSource(a.learning))
}

// await waits for those that work beside the requests until it is enough: what they leave undone is safe in the database.
func (a *App) await(workers <-chan error, enough <-chan time.Time) error {
	var errs []error
	for range cap(workers) {
		select {
		case err := <-workers:
			if !errors.Is(err, context.Canceled) {
				errs = append(errs, err)
			}
		case <-enough:
			a.cfg.Logger.Warn("some messages were cut off at the end; they are tried again at the next start")
			return errors.Join(errs...)
		}
	}
	return errors.Join(errs...)
}

// purge deletes what is past its time, now and every hour. Of several instances one does the work.
func (a *App) purge(ctx context.Context) error {
	holder := secret.Random(16)
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if err := a.purgeIfMine(ctx, holder); err != nil && ctx.Err() == nil {
			a.cfg.Logger.Error("old data is not deleted yet", "error", err)
		}
		select {
		case <-ctx.Done():
			a.unpurge(context.WithoutCancel(ctx), holder)
			return nil
		case <-tick.C:
		}
	}
}

func (a *App) purgeIfMine(ctx context.Context, holder string) error {
	mine, err := a.db.Lease(ctx, "purge", holder, a.now(), purgeLease)
	if err != nil || !mine {
		return err
	}
	return errors.Join(a.registrar.Purge(ctx), a.news.PurgeFiles(ctx, a.now()), a.learning.Purge(ctx), a.organisers.Purge(ctx))
}

// unpurge leaves the work to the others, and to the next start of this instance.
func (a *App) unpurge(ctx context.Context, holder string) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := a.db.Unlease(ctx, "purge", holder); err != nil {
		a.cfg.Logger.Warn("the others delete old data a little later", "error", err)
	}
}
