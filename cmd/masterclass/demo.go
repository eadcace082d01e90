package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/secret"
	"masterclass/internal/store"
	"masterclass/internal/web"
	"masterclass/organisers"
)

type demoCmd struct{}

// demoOrganiser is who signs in to the demo.
const demoOrganiser = "organiser@sample.example"

// Run serves the sample site.
func (demoCmd) Run(s *Settings) error {
	if s.DataDir == "" {
		s.DataDir = demoFolder
	}
	s.Demo = true
	return serve(*s, func(ctx context.Context, a *App) error {
		if err := a.loadSample(ctx); err != nil {
			return err
		}
		password, err := a.demoPassword(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("Site: %s\nOrganiser: %s  password: %s\nMail: %s\n", a.cfg.BaseURL, demoOrganiser, password, a.mailDir())
		return a.sayIfPast(ctx, os.Stdout)
	})
}

// demoPassword makes the demo's organiser the first time and reads their password at every later one.
func (a *App) demoPassword(ctx context.Context) (string, error) {
	file := a.data.Join("organiser-password")
	text, err := os.ReadFile(file)
	if err == nil {
		return string(text), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	password := secret.Random(12)
	if _, err := a.organisers.Add(ctx, demoOrganiser, "Demo organiser", access.Owner, password); err != nil {
		return "", err
	}
	return password, store.WriteFile(file, []byte(password))
}

// sayIfPast tells how to renew a sample whose events are over.
func (a *App) sayIfPast(ctx context.Context, out io.Writer) error {
	upcoming, err := a.events.Upcoming(ctx, a.now())
	if err == nil && len(upcoming) == 0 {
		_, err = fmt.Fprintf(out, "The sample's events are over. For new dates, stop this, delete the folder %s and start again.\n", a.data.Path)
	}
	return err
}

// demoAtHome says that this is the demo on one's own machine, where owners are asked for no code. It listens to others too, by default, for a
// phone at the door, so that each request is looked at as well (web.FromThisMachine).
func (c *Config) demoAtHome() bool {
	u, err := url.Parse(c.BaseURL)
	return err == nil && c.Demo && web.Loopback(u.Host)
}

// newOrganisers are the accounts beside a running server: for commands, which send no mail.
func newOrganisers(db *store.DB, trail *access.Trail) *organisers.Organisers {
	return organisers.New(organisers.Parts{DB: db, Trail: trail, Now: time.Now})
}
