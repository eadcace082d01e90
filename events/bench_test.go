package events_test

import (
	"fmt"
	"testing"

	"github.com/valyala/fasthttp"

	"masterclass/events"
	"masterclass/internal/store/storetest"
)

func BenchmarkFeed200Events(b *testing.B) {
	db := storetest.SQLite(b)
	var all []*events.Event
	for i := range 200 {
		day := now.AddDate(0, 0, i).Format(events.LocalDate)
		all = append(all, on(meeting(fmt.Sprintf("event-%d", i)), day+"T09:30", day+"T16:45"))
	}
	mustInsert(b, db, all...)
	benchmark(b, newSite(b, db, left{}, at(now)), "/events.ics")
}

func BenchmarkEventPage(b *testing.B) {
	db := storetest.SQLite(b)
	mustInsert(b, db, withProgramme(meeting("masterclass")))
	benchmark(b, newSite(b, db, left{}, at(now)), "/events/masterclass")
}

func benchmark(b *testing.B, s site, path string) {
	b.Helper()
	b.SetBytes(int64(len(s.shows(path, 200).text)))
	serve := s.app.Handler()
	b.ReportAllocs()
	for b.Loop() {
		var c fasthttp.RequestCtx
		c.Request.SetRequestURI(path)
		serve(&c)
		if c.Response.StatusCode() != 200 {
			b.Fatal(c.Response.StatusCode())
		}
	}
}
