package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"masterclass/internal/secret"
	"masterclass/internal/store"
)

type restoreCmd struct {
	File string `arg:"" help:"A copy that backup wrote."`
}

// Run puts a copy in the place of the database of a site that is stopped.
func (r restoreCmd) Run(s *Settings) error {
	cfg, err := s.check()
	if err != nil {
		return err
	}
	if cfg.DatabaseURL != "" {
		return errors.New("restore puts back a SQLite database; for this site's PostgreSQL use pg_restore or psql on what pg_dump wrote")
	}
	if _, err := os.Stat(r.File); err != nil {
		return fmt.Errorf("%s cannot be restored: %w", r.File, cause(err))
	}
	data, err := openDataDir(cfg)
	if err != nil {
		return err
	}
	if err := data.Lock(); err != nil {
		return err
	}
	done, err := r.restore(cfg, data)
	if err := errors.Join(err, data.Unlock()); err != nil {
		return err
	}
	r.say(cfg, done)
	return nil
}

func (r restoreCmd) restore(cfg *Config, data *store.DataDir) (store.Restored, error) {
	keys, err := keptSecret(cfg, data)
	if err != nil {
		return store.Restored{}, err
	}
	ctx, stop := untilStopped()
	defer stop()
	done, err := store.Restore(ctx, r.File, databaseFile(cfg), keys.Fingerprint(), time.Now())
	if err != nil {
		return done, fmt.Errorf("%s cannot be restored: %w", r.File, err)
	}
	return done, nil
}

// keptSecret is the secret in force. Here none is made: a new one could not read the copy.
func keptSecret(cfg *Config, data *store.DataDir) (*secret.Keys, error) {
	file := data.Join("secret")
	if _, err := os.Stat(file); cfg.Secret == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the secret is missing; put the one that was kept with the copy at %s, or set MASTERCLASS_SECRET", file)
	}
	return openSecret(cfg, data)
}

func (r restoreCmd) say(cfg *Config, done store.Restored) {
	fmt.Printf("Restored %s as %s: %d events, %d registrations", r.File, databaseFile(cfg), done.Events, done.Registrations)
	if !done.Newest.IsZero() {
		fmt.Printf(", the newest of %s", done.Newest.In(cfg.Zone).Format("2 January 2006 15:04 MST"))
	}
	fmt.Println(".")
	if done.Aside != "" {
		fmt.Printf("The database that was there is now %s.\n", done.Aside)
	}
	if done.Unread != nil {
		fmt.Printf("It could not be read (%v), so Redis is overruled by the time of day alone.\n", done.Unread)
	}
	if len(done.Missing) > 0 {
		fmt.Println("Its schema is an older one; the next start brings it up to date.")
	}
	fmt.Println("The next start takes its numbers over into Redis, and sends what was waiting to be sent when the copy was made, even if it was sent since.")
}

// cause takes the path out of a file error: the sentence has it already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
