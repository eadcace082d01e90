package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// figureRounds is how often what is ours and its yardstick take turns: the figure is the median of the rounds' ratios, since a machine is
// never equally fast for long. No time or rate means anything by itself.
const figureRounds = 5

// BenchmarkFigures measures the program from the outside against yardsticks that do the same work barely, side by side in the same run, and
// prints one table. It takes minutes, so it runs only when -bench names it: go test -run '^$' -bench Figures -benchtime 1x ./cmd/masterclass.
// FIGURES_PROFILE=/FOLDER keeps CPU profiles of the servers there, one a round.
func BenchmarkFigures(b *testing.B) {
	if !strings.Contains(flag.Lookup("test.bench").Value.String(), "Figures") {
		b.Skip("run make figures: this takes minutes")
	}
	var table figureTable
	for _, f := range []struct {
		name string
		run  func(*testing.B) []figure
	}{
		{"burst_sqlite", burstSQLite},
		{"burst_postgres", burstPostgres},
		{"three_instances", threeInstances},
		{"slow_mail", slowMails},
		{"refusal_embedded", refusalEmbedded},
		{"refusal_redis", refusalRedis},
		{"feed", feeds},
		{"pages", pages},
		{"rush", rushes},
		{"slow_disk", slowDisks},
		{"idle", idles},
		{"search", searches},
		{"doors_sqlite", doorsSQLite},
		{"doors_postgres", doorsPostgres},
	} {
		b.Run(f.name, func(b *testing.B) { table.add(b, f.run(b)) })
	}
	table.print()
}

// figure is one line of the table: what was measured, ours, the yardstick, and what one is to be of the other.
type figure struct {
	what            string
	unit            string // of ours and of the yardstick, such as "registrations/s"
	ours, yardstick float64
	ratio           float64
	low, high       float64 // of the rounds' ratios
	target          string  // "" for none
	note            string
}

// measured runs the rounds, each of which gives a rate of ours and one of the yardstick.
func measured(what, unit, target string, round func(n int) (ours, yardstick float64)) figure {
	var ours, yardsticks, ratios []float64
	for n := range figureRounds {
		o, y := round(n + 1)
		ours, yardsticks, ratios = append(ours, o), append(yardsticks, y), append(ratios, o/y)
	}
	return figure{what: what, unit: unit, target: target, ours: median(ours), yardstick: median(yardsticks), ratio: median(ratios),
		low: slices.Min(ratios), high: slices.Max(ratios)}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// figureTable gathers the figures of all benchmarks.
type figureTable []figure

func (t *figureTable) add(b *testing.B, figures []figure) {
	b.ReportMetric(0, "ns/op") // not shown: it is the time of all rounds
	for i, f := range figures {
		nth := ""
		if len(figures) > 1 {
			nth = strconv.Itoa(i+1) + ":"
		}
		b.ReportMetric(f.ours, nth+"ours:"+f.unit)
		b.ReportMetric(f.yardstick, nth+"yardstick:"+f.unit)
		b.ReportMetric(f.ratio, nth+"ratio")
	}
	*t = append(*t, figures...)
}

func (t *figureTable) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	row := func(format string, values ...any) { fmt.Fprintf(w, format+"\n", values...) } // a terminal that is gone has nobody to tell
	row("\nwhat\tours\tyardstick\tratio\t(rounds)\ttarget\tunit, notes")
	for _, f := range *t {
		row("%s\t%.4g\t%.4g\t%.2f\t(%.2f to %.2f)\t%s\t%s %s", f.what, f.ours, f.yardstick, f.ratio, f.low, f.high, f.target, f.unit, f.note)
	}
	_ = w.Flush() // as above
}

// perSecond is a rate.
func perSecond(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }
