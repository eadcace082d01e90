package notify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

const (
	sweepEvery = time.Minute
	// sweepBack is how far each look goes back beyond the one before: a worker that had an erased message in hand writes its file at most a
	// lease later, and the clocks of several instances may differ.
	sweepBack = leaseFor + 8*time.Minute
)

// Sweeper removes the files of messages that were erased with their person. What was erased stands in the outbox, so that nothing is left
// behind by a process that dies between the erasure and the removal: the first look goes back to the beginning. Each instance sweeps its own
// folder.
type Sweeper struct {
	o       *Outbox
	dir     string
	log     *slog.Logger
	began   time.Time // by the clock of the file system
	swept   time.Time // when the last look that succeeded began, by the outbox's clock; zero before it
	cleared bool      // half-written files of an earlier process are gone
}

// NewSweeper sweeps the folder that Files write to. There may be none, or no more mail may go there: what is there from before counts.
func NewSweeper(o *Outbox, dir string, log *slog.Logger) *Sweeper {
	return &Sweeper{o: o, dir: dir, log: log, began: time.Now()}
}

// Run sweeps now, each minute, and when something was erased here, until ctx ends; then it returns nil.
func (s *Sweeper) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "the files of erased messages are not removed yet", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.o.wipe:
		}
	}
}

// Sweep removes what is to go. What could not be removed is tried again by the next.
func (s *Sweeper) Sweep(ctx context.Context) error {
	now, since := s.o.now(), time.Time{}
	if !s.swept.IsZero() {
		since = s.swept.Add(-sweepBack)
	}
	ids, err := s.o.erased(ctx, since)
	if err != nil {
		return err
	}
	errs := []error{s.clear()}
	for _, id := range ids {
		errs = append(errs, remove(filepath.Join(s.dir, fileName(id))))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove the files of erased messages: %w", err)
	}
	s.swept = now
	return nil
}

// clear removes, once, what a process that died left half-written: nobody could tell any more whose it is. What this process writes is newer.
func (s *Sweeper) clear() error {
	if s.cleared {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(s.dir, halfWritten))
	errs := []error{err}
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && info.ModTime().Before(s.began) {
			err = remove(name)
		}
		if !errors.Is(err, fs.ErrNotExist) { // else it has been finished meanwhile
			errs = append(errs, err)
		}
	}
	s.cleared = errors.Join(errs...) == nil
	return errors.Join(errs...)
}

// remove is content with a file that is not there.
func remove(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
