package torture

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/secret"
	"masterclass/internal/store"
	"masterclass/notify"
	"masterclass/registrations"
	"masterclass/registrations/seats"
)

// organiser does in this process what no page or command does yet, as one more instance.
type organiser struct {
	registrar *registrations.Registrar
	closers   []func() error
}

func newOrganiser(ctx context.Context, r *rig) (o *organiser, err error) {
	o = &organiser{}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.close())
		}
	}()
	db, err := store.Open(ctx, r.options())
	if err != nil {
		return o, err
	}
	o.closers = append(o.closers, db.Close)
	client, err := store.OpenRedis(r.redisURL)
	if err != nil {
		return o, err
	}
	o.closers = append(o.closers, client.Close)
	return o, o.open(ctx, r, db, client)
}

func (o *organiser) open(ctx context.Context, r *rig, db *store.DB, client *store.Redis) error {
	keys, err := secret.New([]byte(secretText))
	if err != nil {
		return err
	}
	trail, err := access.NewTrail(ctx, db)
	if err != nil {
		return err
	}
	outbox, err := notify.NewOutbox(ctx, db, "torture.example", time.Now)
	if err != nil {
		return err
	}
	kept, err := registrations.NewStore(ctx, db)
	if err != nil {
		return err
	}
	ledger, err := seats.NewLedger(ctx, db)
	if err != nil {
		return err
	}
	held := seats.New(db, client, seats.Options{Hold: r.hold, Patience: time.Second, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	o.registrar = registrations.NewRegistrar(registrations.Parts{DB: db, Store: kept, Events: events.NewStore(db), Seats: held, Ledger: ledger,
		Outbox: outbox, Trail: trail, Keys: keys, Offer: time.Hour, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	o.closers = append(o.closers, trail.Close, outbox.Close, kept.Close, ledger.Close,
		func() error { held.Close(); return nil }, func() error { o.registrar.Close(); return nil })
	return nil
}

func (o *organiser) close() error {
	var errs []error
	for i := len(o.closers) - 1; i >= 0; i-- {
		errs = append(errs, o.closers[i]())
	}
	return errors.Join(errs...)
}
