package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masterclass/internal/store"
	"masterclass/registrations"
	"masterclass/registrations/seats"
)

type reconcileCmd struct {
	Repair bool `env:"MASTERCLASS_RECONCILE_REPAIR" help:"Write what the database has into Redis, then check again. The database is never changed."`
}

// settles is longer than two of the rounds in which a server brings Redis in step and passes seats on.
const settles = 2500 * time.Millisecond

// Run checks beside a running server, without its lock, and changes nothing in the database.
func (r reconcileCmd) Run(s *Settings) (err error) {
	cfg, err := s.check()
	if err != nil {
		return err
	}
	ctx, stop := untilStopped()
	defer stop()
	db, err := openToRead(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, err := registrations.Check(ctx, db, time.Now())
	if err != nil {
		return err
	}
	inRedis, err := r.redis(ctx, cfg, db)
	if err != nil {
		return err
	}
	return verdict(cfg, db, found, inRedis)
}

// openToRead opens a database that has the program's own schema.
func openToRead(ctx context.Context, cfg *Config) (*store.DB, error) {
	db, err := store.OpenToRead(ctx, store.Options{URL: cfg.DatabaseURL, File: databaseFile(cfg)})
	if err != nil {
		if cfg.DatabaseURL != "" {
			return nil, fmt.Errorf("the setting MASTERCLASS_DATABASE_URL cannot be used: %w", err)
		}
		return nil, fmt.Errorf("check %s: %w; set MASTERCLASS_DATA_DIR to the folder of the site", databaseFile(cfg), err)
	}
	schema, err := db.Schema(ctx)
	if err == nil {
		err = schema.Check()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the %s database cannot be checked: %w", db.Kind(), err), db.Close())
	}
	return db, nil
}

// redis checks a Redis of its own, and mends it first where that is asked for. The embedded one is inside the server.
func (r reconcileCmd) redis(ctx context.Context, cfg *Config, db *store.DB) (found []seats.Problem, err error) {
	if cfg.RedisURL == "" {
		if r.Repair {
			fmt.Println("The embedded Redis mends itself, inside the server: there is nothing to write.")
		}
		return nil, nil
	}
	client, err := store.OpenRedis(cfg.RedisURL)
	if err != nil {
		return nil, fmt.Errorf("the setting MASTERCLASS_REDIS_URL cannot be used: %w", err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	held := seats.New(db, client, seats.Options{Hold: cfg.Hold, Now: time.Now, Log: cfg.Logger})
	defer held.Close()
	if r.Repair {
		n, err := held.Repair(ctx)
		if err != nil {
			return []seats.Problem{{Rule: "redis", Text: "it could not be mended: " + err.Error()}}, nil
		}
		fmt.Printf("Wrote %s into Redis.\n", count(int64(n), "open place"))
	}
	found, err = held.Check(ctx, settle)
	if err != nil && ctx.Err() == nil {
		return []seats.Problem{{Rule: "redis", Text: "it could not be checked: " + err.Error()}}, nil
	}
	return found, err
}

// settle gives a running server the time to finish what is on its way.
func settle(ctx context.Context) error {
	select {
	case <-time.After(settles):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// verdict says what was found, and is an error when that is anything.
func verdict(cfg *Config, db *store.DB, found registrations.Checked, inRedis []seats.Problem) error {
	problems := append(found.Problems, inRedis...)
	for _, p := range problems {
		fmt.Println(p)
	}
	where := db.Kind() + " and Redis"
	if cfg.RedisURL == "" {
		where = db.Kind() + " alone (the embedded Redis is inside the server)"
	}
	fmt.Printf("Checked %s and %s in %s: %s.\n", count(found.Places, "place"), count(found.Registrations, "registration"), where, count(int64(len(problems)), "problem"))
	if len(problems) > 0 {
		return errors.New("not everything is in order")
	}
	return nil
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
