package torture

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what came of one trial, or of all trials of a scenario.
type report struct {
	scenario     string
	seed         uint64
	long         bool
	trials       int
	acknowledged int
	looks        int
	struck       int64
	took         time.Duration
	found        findings
	failed       int // trials
	notes        []string
}

// shown are the kinds of finding that have a column of their own.
var shown = []kind{oversold, lost, unmailed, overtaken, holdLost, unsold, miscounted, drifted, surprising}

const textsShown = 4 // findings of a kind, in words

// String says what was found, with what it takes to look again.
func (r report) String() string {
	var b strings.Builder
	again := fmt.Sprintf("-only '^%s$' -seed %d", r.scenario, r.seed)
	if r.long {
		again += " -trials 1"
	}
	fmt.Fprintf(&b, "%s (again: -args %s): %d registrations were acknowledged, the fault struck %d times, the watcher looked %d times\n",
		r.scenario, again, r.acknowledged, r.struck, r.looks)
	for _, k := range shown {
		texts := r.found[k]
		for n, text := range texts {
			if n == textsShown {
				fmt.Fprintf(&b, "  %s: and %d more\n", k, len(texts)-n)
				break
			}
			fmt.Fprintf(&b, "  %s: %s\n", k, text)
		}
	}
	for _, note := range r.notes {
		fmt.Fprintf(&b, "  %s\n", note)
	}
	return b.String()
}

// table sums the trials of each scenario up.
func table(w io.Writer, reports []report) error {
	sums := map[string]*report{}
	var names []string
	for _, r := range reports {
		sum := sums[r.scenario]
		if sum == nil {
			sum = &report{scenario: r.scenario, found: findings{}}
			sums[r.scenario] = sum
			names = append(names, r.scenario)
		}
		sum.trials++
		sum.acknowledged += r.acknowledged
		sum.struck += r.struck
		sum.took += r.took
		sum.failed += r.failed
		sum.found.merge(r.found)
	}
	slices.Sort(names)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "scenario\ttrials\tacknowledged\tfaults")
	for _, k := range shown {
		fmt.Fprintf(t, "\t%s", k)
	}
	fmt.Fprint(t, "\tseconds\tverdict\n")
	for _, name := range names {
		r := sums[name]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d", name, r.trials, r.acknowledged, r.struck)
		for _, k := range shown {
			fmt.Fprintf(t, "\t%d", len(r.found[k]))
		}
		verdict := "holds"
		if r.failed > 0 {
			verdict = fmt.Sprintf("FAILS in %d", r.failed)
		}
		fmt.Fprintf(t, "\t%.0f\t%s\n", r.took.Seconds(), verdict)
	}
	return t.Flush()
}
