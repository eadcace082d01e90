package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// poolSize is how many connections one instance opens at most.
const poolSize = 16

// limits keep an instance that is paused in a transaction, or a stalled lock, from holding up everybody else. The URL can set others.
var limits = map[string]string{"lock_timeout": "5s", "idle_in_transaction_session_timeout": "15s"}

func openPostgres(ctx context.Context, raw string) (*DB, error) {
	cfg, err := pgx.ParseConfig(raw)
	if err != nil {
		// The driver's own error can quote the URL, password and all.
		return nil, errors.New("the database URL cannot be read; it looks like postgres://user:password@host:5432/masterclass")
	}
	for name, value := range limits {
		if _, set := cfg.RuntimeParams[name]; !set {
			cfg.RuntimeParams[name] = value
		}
	}
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(poolSize)
	pool.SetMaxIdleConns(poolSize)
	b := bun.NewDB(pool, pgdialect.New())
	db := &DB{DB: b, Read: b, postgres: true}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach the database at %s: %w", hostOf(raw), err), db.Close())
	}
	return db, nil
}

func hostOf(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return u.Host
	}
	return "the configured address"
}
