package main

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/news"
	"masterclass/news/files"
)

// eventFiles keeps the files of events in the newsroom's room for them.
type eventFiles struct {
	room *news.Store
	now  func() time.Time
}

// Read takes what was uploaded, if it is of a type that is kept.
func (f eventFiles) Read(name string, body []byte) (events.Upload, error) {
	file, err := files.Read(name, body)
	if err != nil {
		return nil, err
	}
	return eventFile{f, file}, nil
}

// Release gives up what the holder has.
func (f eventFiles) Release(ctx context.Context, tx bun.Tx, holder string) error {
	return f.room.Release(ctx, tx, holder)
}

// eventFile is an upload that is not kept yet.
type eventFile struct {
	eventFiles
	file files.File
}

// Keep keeps it for the holder.
func (f eventFile) Keep(ctx context.Context, tx bun.Tx, holder string) (path, words string, err error) {
	path, err = f.room.Hold(ctx, tx, holder, f.file, f.now())
	return path, f.file.Type.Words + ", " + files.Size(int64(len(f.file.Body))), err
}
