package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/mail"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
)

type migrateCmd struct{}

// Run migrates and names what ran.
func (migrateCmd) Run(s *Settings) error {
	cfg, err := s.check()
	if err != nil {
		return err
	}
	data, err := openDataDir(cfg)
	if err != nil {
		return err
	}
	db, err := openDB(context.Background(), cfg, data)
	if err != nil {
		return err
	}
	ran, err := db.Migrate(context.Background())
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if len(ran) == 0 {
		fmt.Printf("The schema of the %s database is up to date (%s).\n", db.Kind(), store.SchemaVersion())
	}
	for _, name := range ran {
		fmt.Printf("Ran %s on the %s database.\n", name, db.Kind())
	}
	return nil
}

type configCmd struct{}

// Run prints the settings as environment variables.
func (configCmd) Run(s *Settings) error {
	c, err := s.check()
	if err != nil {
		return err
	}
	for _, one := range c.inForce() {
		fmt.Printf("%s=%s\n", one.name, one.value)
	}
	return nil
}

type versionCmd struct{}

// Run prints what the build recorded.
func (versionCmd) Run(*Settings) error {
	version, revision := built()
	fmt.Printf("masterclass %s, revision %s, schema %s\n", version, revision, store.SchemaVersion())
	return nil
}

// built is what the build recorded of itself.
func built() (version, revision string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)", "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return info.Main.Version, setting.Value
		}
	}
	return info.Main.Version, "unknown"
}

type healthcheckCmd struct{}

// Run asks the server at the configured address whether it is ready.
func (healthcheckCmd) Run(s *Settings) error {
	c, err := s.check()
	if err != nil {
		return err
	}
	hostname, port, _ := net.SplitHostPort(c.Listen) // check has read it
	if hostname == "" || hostname == "0.0.0.0" || hostname == "::" {
		hostname = "127.0.0.1"
	}
	client := &http.Client{Timeout: 5 * time.Second}
	res, err := client.Get("http://" + net.JoinHostPort(hostname, port) + "/readyz")
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not ready: it answers %s", res.Status)
	}
	return nil
}

type mailCmd struct {
	Test mailTestCmd `cmd:"" help:"Send one message by the configured way and say what happened."`
}

type mailTestCmd struct {
	Address string `arg:"" help:"Where to send it."`
}

// Run delivers one message without the outbox.
func (m mailTestCmd) Run(s *Settings) error {
	c, err := s.check()
	if err != nil {
		return err
	}
	to, err := mail.ParseAddress(m.Address)
	if err != nil {
		return fmt.Errorf("%q is not an email address; it looks like name@example.org", m.Address)
	}
	deliverer, folder, err := c.mailWay()
	if err != nil {
		return err
	}
	if c.SMTP != nil {
		defer c.SMTP.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := c.sendTest(ctx, deliverer, *to); err != nil {
		return fmt.Errorf("%s: %w", c.refusedTest(), err)
	}
	fmt.Println(c.tookTest(folder, "the mailbox of "+to.Address))
	return nil
}

type organiserCmd struct {
	Add organiserAddCmd `cmd:"" help:"Create an organiser, or give one another role or password."`
}

type organiserAddCmd struct {
	Email         string `required:"" env:"MASTERCLASS_ORGANISER_EMAIL" help:"Email address to sign in with."`
	Name          string `required:"" env:"MASTERCLASS_ORGANISER_NAME" help:"Name, as colleagues see it."`
	Role          string `required:"" env:"MASTERCLASS_ORGANISER_ROLE" enum:"owner,organiser,steward,editor" help:"One of owner, organiser, steward, editor."`
	PasswordStdin bool   `env:"MASTERCLASS_ORGANISER_PASSWORD_STDIN" help:"Read a password from standard input. Without it, a one-use link to choose one is printed."`
	ForgetCodes   bool   `env:"MASTERCLASS_ORGANISER_FORGET_CODES" help:"Turn off the second step of signing in, for somebody who has lost their phone and their recovery codes."`
}

// Run adds the organiser beside a running server.
func (o organiserAddCmd) Run(s *Settings) error {
	c, err := s.check()
	if err != nil {
		return err
	}
	password := ""
	if o.PasswordStdin {
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the password: %w", err)
		}
		if password = strings.TrimRight(line, "\r\n"); password == "" {
			return errors.New("no password came on standard input")
		}
	}
	link, err := o.add(context.Background(), c, password)
	if f, ok := fault.Of(err); ok {
		return errors.New(f.Message)
	}
	if err != nil {
		return err
	}
	if link == "" {
		fmt.Printf("%s can sign in at %s/organise/sign-in as %s.\n", o.Name, c.BaseURL, o.Role)
		return nil
	}
	fmt.Printf("%s can choose a password and sign in as %s, once and within a day, at\n%s%s\n", o.Name, o.Role, c.BaseURL, link)
	return nil
}

func (o organiserAddCmd) add(ctx context.Context, c *Config, password string) (link string, err error) {
	data, err := openDataDir(c)
	if err != nil {
		return "", err
	}
	db, err := openDB(ctx, c, data)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Migrate(ctx); err != nil {
		return "", err
	}
	trail, err := access.NewTrail(ctx, db)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, trail.Close()) }()
	accounts := newOrganisers(db, trail)
	if link, err = accounts.Add(ctx, o.Email, o.Name, access.Role(o.Role), password); err != nil || !o.ForgetCodes {
		return link, err
	}
	return link, accounts.ForgetSecondStep(ctx, o.Email)
}
