package search

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// followEvery is how soon a change can be found.
const followEvery = 3 * time.Second

// fetchSize is how many documents are asked for at a time.
const fetchSize = 200

// lazily is how many documents are made an index of in a moment: of so few it is made when somebody searches for the first time, since it
// takes a fifth of the memory of an idle program.
const lazily = 1000

// Follow fills the index from the sources, and keeps it as they are until ctx ends. Call it once. While a source cannot be read, what was
// known of it stays.
func (x *Index) Follow(ctx context.Context, log *slog.Logger, sources ...Source) error {
	if few(ctx, sources) {
		select {
		case <-ctx.Done():
			return nil
		case <-x.wanted:
		}
	}
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	away := false
	stamps := make([]string, len(sources))
	for {
		err := x.refresh(ctx, sources, stamps)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !away:
			log.Warn("changes are not found by the search for now", "error", err)
		case err == nil:
			x.started.Do(func() { close(x.ready) })
		}
		away = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// few says that there is little to read. A source that cannot be read counts as little: it is asked again when somebody searches.
func few(ctx context.Context, sources []Source) bool {
	n := 0
	for _, s := range sources {
		versions, err := s.Versions(ctx)
		if err != nil {
			return true
		}
		n += len(versions)
	}
	return n < lazily
}

// Refresh takes over what has changed in the sources since they were last asked. A test calls it in place of Follow.
func (x *Index) Refresh(ctx context.Context, sources ...Source) error {
	err := x.refresh(ctx, sources, make([]string, len(sources)))
	if err == nil {
		x.started.Do(func() { close(x.ready) })
	}
	return err
}

// refresh asks each source whether its stamp is still what it was.
func (x *Index) refresh(ctx context.Context, sources []Source, stamps []string) error {
	changed := false
	now := make([]string, len(sources))
	for i, s := range sources {
		stamp, err := s.Stamp(ctx)
		if err != nil {
			return err
		}
		now[i] = stamp
		changed = changed || stamp == "" || stamp != stamps[i]
	}
	if !changed {
		return nil
	}
	if err := x.take(ctx, sources); err != nil {
		return err
	}
	copy(stamps, now)
	return nil
}

// take compares the versions and fetches what differs.
func (x *Index) take(ctx context.Context, sources []Source) error {
	x.mu.RLock()
	known := x.docs
	x.mu.RUnlock()
	var docs []Document
	there := map[string]bool{}
	for _, s := range sources {
		versions, err := s.Versions(ctx)
		if err != nil {
			return err
		}
		var missing []string
		for id, version := range versions {
			there[id] = true
			if d := known[id]; d == nil || d.Version != version {
				missing = append(missing, id)
			}
		}
		slices.Sort(missing)
		for ids := range slices.Chunk(missing, fetchSize) {
			some, err := s.Documents(ctx, ids)
			if err != nil {
				return err
			}
			docs = append(docs, some...)
		}
	}
	var gone []string
	for id := range known {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	return x.Put(docs, gone)
}
