package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestRushReportForPeople(t *testing.T) {
	t.Parallel()
	r := rehearsal(newRushFake(t, func(*rushFake) {}).URL, 30)
	r.JSON, r.Place = false, "in person"
	var out bytes.Buffer
	if err := r.rehearse(t.Context(), &out, nil); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"30 of 30 people came for 10 seats of In person", "p50 ms", "p99 ms", "waiting list", "confirmed 10, awaiting approval 0, waiting 20",
		"errors 0\n", "capacity 10, left 0, waiting 20", "Every check holds."} {
		if !strings.Contains(out.String(), words) {
			t.Errorf("the report does not say %q:\n%s", words, &out)
		}
	}
}

func TestRushPercentilesAreNearestRanks(t *testing.T) {
	t.Parallel()
	upTo := func(n int) (list []time.Duration) {
		for i := range n {
			list = append(list, time.Duration(i+1)*time.Millisecond)
		}
		return list
	}
	for _, c := range []struct {
		times              []time.Duration
		p50, p95, p99, max float64
	}{
		{nil, 0, 0, 0, 0},
		{upTo(1), 1, 1, 1, 1},
		{upTo(2), 1, 2, 2, 2},
		{upTo(10), 5, 10, 10, 10},
		{upTo(100), 50, 95, 99, 100},
		{upTo(101), 51, 96, 100, 101},
		{upTo(1000), 500, 950, 990, 1000},
		{[]time.Duration{1500 * time.Microsecond, 2250 * time.Microsecond}, 1.5, 2.25, 2.25, 2.25},
	} {
		if got, want := newRushLatency(c.times), (rushLatency{len(c.times), c.p50, c.p95, c.p99, c.max}); got != want {
			t.Errorf("of %d times: %+v, want %+v", len(c.times), got, want)
		}
	}
}

func TestRushFollowsASampleOfManyLinks(t *testing.T) {
	t.Parallel()
	few, many := newRush(nil, rushPlace{}, maxAllLinks), newRush(nil, rushPlace{}, maxAllLinks+1)
	for range maxAllLinks {
		few.acknowledged(rushReceipt{})
	}
	late := 0
	for n := range 1000 {
		link := ""
		if n >= 500 {
			link = "late"
		}
		many.acknowledged(rushReceipt{link: link})
	}
	for _, r := range many.receipts {
		if r.link == "late" {
			late++
		}
	}
	if len(few.receipts) != maxAllLinks || len(many.receipts) != maxSomeLinks {
		t.Errorf("%d and %d links are followed", len(few.receipts), len(many.receipts))
	}
	if late < 5 || late > 45 { // by chance once in 10^9
		t.Errorf("%d of the %d links are of the second half", late, maxSomeLinks)
	}
}
