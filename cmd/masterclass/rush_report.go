package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// rushReport is what a rehearsal found; as JSON its keys stay as they are.
type rushReport struct {
	URL         string  `json:"url"`
	Event       string  `json:"event"`
	Place       string  `json:"place"`
	People      int     `json:"people"` // who were to come
	Came        int     `json:"came"`
	Concurrency int     `json:"concurrency"`
	Seconds     float64 `json:"seconds"`
	Requests    int     `json:"requests"`
	PerSecond   float64 `json:"requests_per_second"`
	Steps       struct {
		Page         rushLatency `json:"page"`
		Registration rushLatency `json:"registration"`
		WaitingList  rushLatency `json:"waiting_list"`
	} `json:"steps"`
	Outcomes rushOutcomes `json:"outcomes"`
	Before   rushCounts   `json:"before"`
	After    *rushCounts  `json:"after"` // null where it was not looked at
	Links    int          `json:"links_followed"`
	Broken   []string     `json:"broken"`  // a sentence each
	Stopped  string       `json:"stopped"` // why not everybody came
}

// rushLatency is how long the requests of one step took, in milliseconds.
type rushLatency struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// rushOutcomes say for how many people it ended how. Full are those whom not even the waiting list took.
type rushOutcomes struct {
	Confirmed int            `json:"confirmed"`
	Pending   int            `json:"pending"`
	Waiting   int            `json:"waiting"`
	Full      int            `json:"full"`
	Already   int            `json:"already"`
	Errors    map[string]int `json:"errors"`
}

// rushCounts are what the server tells of the place.
type rushCounts struct {
	Capacity int `json:"capacity"`
	Left     int `json:"left"`
	Waiting  int `json:"waiting"`
}

func (p rushPlace) counts() rushCounts { return rushCounts{p.Capacity, p.Left, p.Waiting} }

// rushLimitedSentence ends a rehearsal in which the rate limit would be all that is measured.
const rushLimitedSentence = "The server answered 429, too many requests: in a rehearsal everybody comes from one address, so start it with MASTERCLASS_RATE_LIMIT=0."

func newRushLatency(sorted []time.Duration) rushLatency {
	return rushLatency{Count: len(sorted), P50: percentile(sorted, 50), P95: percentile(sorted, 95), P99: percentile(sorted, 99), Max: percentile(sorted, 100)}
}

// percentile is the smallest of the sorted times that p per cent of them do not exceed (nearest rank), in milliseconds.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*p + 99) / 100 // rounded up
	return float64(sorted[max(rank, 1)-1].Microseconds()) / 1000
}

func newRushOutcomes(counts map[string]int) rushOutcomes {
	o := rushOutcomes{Errors: map[string]int{}}
	known := map[string]*int{rushConfirmed: &o.Confirmed, rushPending: &o.Pending, rushWaiting: &o.Waiting, rushFull: &o.Full, rushAlready: &o.Already}
	for name, n := range counts {
		if into := known[name]; into != nil {
			*into = n
		} else {
			o.Errors[name] = n
		}
	}
	return o
}

// seated are those who were told that a seat is theirs, or is kept until the organisers have decided.
func (o rushOutcomes) seated() int { return o.Confirmed + o.Pending }

// failed is how many met an error, and of which kinds.
func (o rushOutcomes) failed() (int, string) {
	total, kinds := 0, []string{}
	for _, kind := range slices.Sorted(maps.Keys(o.Errors)) {
		total += o.Errors[kind]
		kinds = append(kinds, fmt.Sprintf("%d %s", o.Errors[kind], kind))
	}
	return total, strings.Join(kinds, ", ")
}

// err is why the rehearsal did not go well, or nil.
func (r *rushReport) err() error {
	said := slices.Clone(r.Broken)
	if r.Stopped != "" {
		said = append(said, r.Stopped)
	}
	if len(said) == 0 {
		return nil
	}
	return errors.New(strings.Join(said, " "))
}

func (r *rushReport) write(out io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	_, err := io.WriteString(out, r.text())
	return err
}

// text is the report for people.
func (r *rushReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d people came for %d seats of %s at %s, %d at a time.\n", r.Came, r.People, r.Before.Left, r.Place, r.Event, r.Concurrency)
	fmt.Fprintf(&b, "%d requests in %.2f s, %.0f a second.\n\n", r.Requests, r.Seconds, r.PerSecond)
	table := tabwriter.NewWriter(&b, 0, 0, 3, ' ', tabwriter.AlignRight)
	row := func(format string, values ...any) { fmt.Fprintf(table, format+"\t\n", values...) } // to memory: it cannot fail
	row("step\tcount\tp50 ms\tp95 ms\tp99 ms\tmax ms")
	for _, s := range []struct {
		name string
		rushLatency
	}{{"page", r.Steps.Page}, {"registration", r.Steps.Registration}, {"waiting list", r.Steps.WaitingList}} {
		row("%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f", s.name, s.Count, s.P50, s.P95, s.P99, s.Max)
	}
	_ = table.Flush() // to memory
	o := r.Outcomes
	fmt.Fprintf(&b, "\nconfirmed %d, awaiting approval %d, waiting %d, full %d, already registered %d\n", o.Confirmed, o.Pending, o.Waiting, o.Full, o.Already)
	if total, kinds := o.failed(); total > 0 {
		fmt.Fprintf(&b, "errors %d: %s\n", total, kinds)
	} else {
		b.WriteString("errors 0\n")
	}
	b.WriteString(r.verdict())
	return b.String()
}

func (r *rushReport) verdict() string {
	if r.After == nil {
		return "Nothing was checked.\n"
	}
	at := fmt.Sprintf("Afterwards: capacity %d, left %d, waiting %d. Links followed: %d.\n", r.After.Capacity, r.After.Left, r.After.Waiting, r.Links)
	switch len(r.Broken) {
	case 0:
		return at + "Every check holds.\n"
	case 1:
		return at + "A check is broken.\n"
	}
	return at + fmt.Sprintf("%d checks are broken.\n", len(r.Broken))
}
