package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// cli is the command line. Every flag is also an environment variable.
type cli struct {
	Settings `embed:""`

	Demo        demoCmd        `cmd:"" help:"Serve a sample site from ./demo-data, made the first time. Nothing else is needed."`
	Serve       serveCmd       `cmd:"" help:"Serve the site. Brings the database's schema up to date first."`
	Migrate     migrateCmd     `cmd:"" help:"Bring the database's schema up to date and say what was done."`
	Organiser   organiserCmd   `cmd:"" help:"Look after the organisers' accounts."`
	Mail        mailCmd        `cmd:"" help:"Try out the delivery of mail."`
	Healthcheck healthcheckCmd `cmd:"" help:"Exit with 0 if the server at the configured address is ready, for containers."`
	Rush        rushCmd        `cmd:"" help:"Rehearse an opening rush against a running server, and check that no seat is given twice."`
	Backup      backupCmd      `cmd:"" help:"Write a copy of the SQLite database to a file, while the site is served."`
	Restore     restoreCmd     `cmd:"" help:"Put a copy that backup wrote in the place of the database, while the site is stopped."`
	Reconcile   reconcileCmd   `cmd:"" help:"Check beside a running server that no seat is lost or given twice. Exits with 1 if anything is wrong."`
	Config      configCmd      `cmd:"" help:"Show the settings in force, with secrets masked."`
	Version     versionCmd     `cmd:"" help:"Show the versions of the program and of its database schema."`
}

func main() { os.Exit(run(os.Args[1:])) }

// run gives the exit code: 0, or 1 with one sentence on standard error.
func run(args []string) int {
	var c cli
	if err := dropEmpty(); err != nil {
		fmt.Fprintln(os.Stderr, "masterclass:", err)
		return 1
	}
	parser, err := newParser(&c)
	if err != nil {
		fmt.Fprintln(os.Stderr, "masterclass:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"} // which prints the commands and ends the program
	}
	cmd, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "masterclass: %v. Try masterclass --help.\n", err)
		return 1
	}
	if err := cmd.Run(&c.Settings); err != nil {
		fmt.Fprintln(os.Stderr, "masterclass:", strings.Join(strings.Fields(err.Error()), " ")) // drivers' errors have several lines
		return 1
	}
	return 0
}

func newParser(c *cli) (*kong.Kong, error) {
	return kong.New(c, kong.Name("masterclass"),
		kong.Description("Events and registrations for professional bodies in healthcare. Try `masterclass demo`."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}

// dropEmpty makes an empty setting one that is not set: compose files pass on variables that nobody gave a value.
func dropEmpty() error {
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if value != "" || !strings.HasPrefix(name, "MASTERCLASS_") {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	return nil
}
