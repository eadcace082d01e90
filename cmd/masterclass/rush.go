package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	maxRushPeople      = 1_000_000 // their latencies are kept, about 24 bytes a person
	maxRushConcurrency = 10_000    // each has a connection of its own
)

// rushCmd rehearses an opening from the outside: it knows no more than anybody who comes to the site.
type rushCmd struct {
	URL         string `required:"" env:"MASTERCLASS_RUSH_URL" name:"url" help:"Address of the running server, such as http://localhost:8080."`
	Event       string `required:"" env:"MASTERCLASS_RUSH_EVENT" help:"Slug of the event, the last part of its page's address."`
	People      int    `required:"" env:"MASTERCLASS_RUSH_PEOPLE" help:"How many people come, up to 1,000,000."`
	Concurrency int    `env:"MASTERCLASS_RUSH_CONCURRENCY" default:"64" help:"How many of them are there at a time, up to 10,000."`
	Place       string `env:"MASTERCLASS_RUSH_PLACE" help:"Name or id of the place they want. Default: the event's first."`
	JSON        bool   `env:"MASTERCLASS_RUSH_JSON" name:"json" help:"Print the report as one JSON object."`
	Yes         bool   `env:"MASTERCLASS_RUSH_YES" help:"Rehearse against another machine, too."`
}

// Help is shown by masterclass rush --help.
func (rushCmd) Help() string {
	return `Each person loads the event's page, registers by JSON, with an answer to each question that must be answered, and,
if the place is full, joins the waiting list. Afterwards the event and a sample of the registrations' own pages are read, to see that every
seat was given once, that no seat is left while people wait and that nothing acknowledged was lost. Any of this being wrong ends it with exit code 1 and a sentence each.

The server must run with MASTERCLASS_RATE_LIMIT=0, since everybody comes from one address, and nobody else should register meanwhile. The
people stay registered: rehearse on a copy, or on masterclass demo. Their addresses end in .invalid, to which nothing is ever delivered.

The first ctrl-C lets those who have begun finish and reports what was done; the second ends it at once.`
}

// Run rehearses until everybody has come, or ctrl-C.
func (r rushCmd) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends the program
	return r.rehearse(ctx, os.Stdout, r.bar(os.Stderr))
}

// screen is what may be a terminal.
type screen interface {
	io.Writer
	Stat() (os.FileInfo, error)
}

// bar is where the progress is drawn: on a terminal, for people, else nowhere.
func (r rushCmd) bar(s screen) io.Writer {
	if info, err := s.Stat(); r.JSON || err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return s
}

// rehearse writes the report to out and, unless bar is nil, its progress to bar. Cancelling the context lets in nobody more.
func (r rushCmd) rehearse(ctx context.Context, out, bar io.Writer) error {
	base, err := r.check(ctx)
	if err != nil {
		return err
	}
	client := newRushClient(base, r.Event, r.Concurrency)
	defer client.close()
	event, before, err := client.open(r.Place)
	if err != nil {
		return err
	}
	run := newRush(client, before, r.People)
	run.answers = event.answers()
	report := run.everybody(ctx, r.Concurrency, bar)
	report.URL, report.Event = base, r.Event
	if !run.limited() {
		report.check(client, before, run)
	}
	if err := report.write(out, r.JSON); err != nil {
		return err
	}
	return report.err()
}

// check refuses what cannot be rehearsed and gives the server's address without a slash at its end.
func (r rushCmd) check(ctx context.Context) (string, error) {
	switch {
	case r.People < 1 || r.People > maxRushPeople:
		return "", fmt.Errorf("--people is %d; it must be from 1 to 1,000,000", r.People)
	case r.Concurrency < 1 || r.Concurrency > maxRushConcurrency:
		return "", fmt.Errorf("--concurrency is %d; it must be from 1 to 10,000", r.Concurrency)
	case r.Event == "":
		return "", errors.New("--event is empty; it is the last part of the address of the event's page")
	}
	u, err := url.Parse(r.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery+u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("--url is %q, which cannot be used; a right value is http://localhost:8080", masked(r.URL))
	}
	if !r.Yes {
		if err := onlyHere(ctx, u.Hostname()); err != nil {
			return "", err
		}
	}
	return u.Scheme + "://" + u.Host, nil
}

// onlyHere refuses a host that is, by any of its addresses, another machine.
func onlyHere(ctx context.Context, host string) error {
	addrs, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return fmt.Errorf("--url names a host that cannot be found: %w", err)
	}
	for _, a := range addrs {
		if !a.IP.IsLoopback() {
			return fmt.Errorf("%s is another machine (%s), and a rehearsal fills its event with invented people; add --yes if that is what you want", host, a.IP)
		}
	}
	return nil
}

// rush is a rehearsal under way.
type rush struct {
	*rushTally
	client *rushClient
	place  rushPlace
	id     string // part of every address, so that another rehearsal has others
	people int

	answers map[string]string // to the event's own questions, by id
}

// everybody lets the people in, so many at a time, until all have come or the context ends; then it waits for those who have begun.
func (r *rush) everybody(ctx context.Context, concurrency int, bar io.Writer) *rushReport {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	began := time.Now()
	shown := r.showProgress(bar, began)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(concurrency, r.people) {
		wg.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1))
				if n > r.people {
					return
				}
				if r.person(n) == rushLimited {
					stop()
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	shown()
	report := r.report(took)
	report.Place, report.Before, report.People, report.Concurrency = r.place.Name, r.place.counts(), r.people, concurrency
	switch {
	case r.limited():
		report.Stopped = rushLimitedSentence
	case report.Came < r.people:
		report.Stopped = fmt.Sprintf("The rehearsal was stopped when %d of %d people had come.", report.Came, r.people)
	}
	return report
}
