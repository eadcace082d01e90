package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"masterclass/internal/store"
)

type backupCmd struct {
	File string `arg:"" help:"Where to write the copy: a file that is not there yet."`
}

// Run copies the database while another process serves from it.
func (b backupCmd) Run(s *Settings) error {
	cfg, err := s.check()
	if err != nil {
		return err
	}
	if cfg.DatabaseURL != "" {
		return errors.New("backup copies a SQLite database; for this site's PostgreSQL use pg_dump, and keep the secret with what it writes")
	}
	ctx, stop := untilStopped()
	defer stop()
	from := databaseFile(cfg)
	size, err := store.Backup(ctx, from, b.File)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already and stays as it is; name a file that is not there yet", b.File)
	case errors.Is(err, store.ErrNoDatabase):
		return fmt.Errorf("back up %s: %w; set MASTERCLASS_DATA_DIR to the folder of the site", from, err)
	case err != nil:
		return fmt.Errorf("back up %s: %w", from, err)
	}
	fmt.Printf("Wrote %s: %s.\n%s\n", b.File, bytesInWords(size), keepSecret(cfg))
	return nil
}

// untilStopped ends with the first SIGTERM or SIGINT, so that a command can clean up.
func untilStopped() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
}

func databaseFile(cfg *Config) string { return filepath.Join(cfg.DataDir, "masterclass.db") }

func keepSecret(cfg *Config) string {
	where := filepath.Join(cfg.DataDir, "secret")
	if cfg.Secret != "" {
		where = "MASTERCLASS_SECRET, which is not in it"
	}
	return "Keep it together with the secret (" + where + "): without that it cannot be used."
}

func bytesInWords(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f KB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
