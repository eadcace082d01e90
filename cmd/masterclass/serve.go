package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

type serveCmd struct{}

// Run serves until SIGTERM or SIGINT.
func (serveCmd) Run(s *Settings) error {
	return serve(*s, func(ctx context.Context, a *App) error {
		if err := a.loadPages(ctx); err != nil {
			return err
		}
		a.cfg.Logger.Info("serving", "address", a.cfg.Listen, "site", a.cfg.BaseURL, "database", a.db.Kind(), "embedded redis", a.redis.Embedded)
		return nil
	})
}

// serve opens the program, prepares it and runs it until a signal asks it to stop.
func serve(s Settings, prepare func(context.Context, *App) error) (err error) {
	cfg, err := s.check()
	if err != nil {
		return err
	}
	ln, err := listen(cfg)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := ln.Close(); cerr != nil && !errors.Is(cerr, net.ErrClosed) {
			err = errors.Join(err, cerr)
		}
	}()
	cfg.listening(ln.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	a, err := Open(ctx, cfg, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := prepare(ctx, a); err != nil {
		return err
	}
	return a.Run(ctx, ln)
}

// listen takes the address before anything else is opened: a port in use is the commonest mistake.
func listen(cfg *Config) (net.Listener, error) {
	ln, err := net.Listen("tcp", cfg.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is in use by another program; stop it, or set MASTERCLASS_LISTEN to another address such as :8081", cfg.Listen)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; set MASTERCLASS_LISTEN to an address such as :8080", cfg.Listen, err)
	}
	return ln, nil
}

// listening tells the configuration the port that was found, where it asked for any.
func (c *Config) listening(at net.Addr) {
	host, port, _ := net.SplitHostPort(c.Listen) // check has read it
	if tcp, ok := at.(*net.TCPAddr); ok && port == "0" {
		port = strconv.Itoa(tcp.Port)
		c.Listen = net.JoinHostPort(host, port)
		if c.Settings.BaseURL == "http://localhost:0" {
			c.BaseURL = "http://localhost:" + port
		}
	}
}
