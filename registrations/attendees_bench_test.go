package registrations

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"masterclass/internal/store/storetest"
	"masterclass/internal/web"
	"masterclass/templates"
)

// fill registers so many people at the event's first place, by hand: nine of ten are confirmed.
func (d *desk) fill(n int) {
	d.t.Helper()
	const seat = "i % 10 <> 0"
	d.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) insert into registrations (id, event_id, place_id, reference, status, version, joined,
		title, first_name, last_name, email, mailbox, profession, job_role, employer, regulator_number, created_at, updated_at)
		select '018f0000-0000-7000-8000-' || cast(100000000000 + i as text), cast(? as text), cast(? as text), 'REF-' || cast(i as text),
		case when `+seat+` then 'confirmed' else 'cancelled' end, i, i,
		'Dr', 'Ada', 'Name ' || cast((i * 7919) % 100003 as text), 'p' || cast(i as text) || '@example.com', 'p' || cast(i as text) || '@example.com',
		case when i % 3 = 0 then 'Pharmacist' else 'Nurse' end, 'Clinical nurse specialist', 'Trust, ' || cast(i % 211 as text), '12A3456B', i, i from n`,
		n, d.event.ID, d.event.Places[0].ID)
	d.exec("update places set taken = (select count(*) from registrations where place_id = places.id and status = 'confirmed'), version = ? where id = ?", n, d.event.Places[0].ID)
	if d.db.Kind() == "PostgreSQL" {
		d.exec("analyze registrations")
	}
}

const benchQuestion = "018f0000-0000-7000-9000-000000000000"

// come lets every second one of those who are confirmed come, and answer a question.
func (d *desk) come() {
	d.t.Helper()
	d.exec(`insert into attendance (id, registration_id, event_id, came_at, came_by, noted_at) select 'v' || id, id, event_id, 1, 'kim', created_at * 60000 from registrations
		where event_id = ? and status = 'confirmed' and created_at % 2 = 0`, d.event.ID)
	d.exec("insert into questions (id, event_id, kind, label, position) values (?, ?, 'yes_no', 'Dinner?', 0)", benchQuestion, d.event.ID)
	d.exec("insert into answers (registration_id, question_id, value) select id, ?, case when created_at % 2 = 0 then 'Yes' else 'No' end from registrations where event_id = ?", benchQuestion, d.event.ID)
}

// benchLooks are what organisers ask a list for.
var benchLooks = map[string]Look{
	"first": {Page: 1, Sort: byName}, "last": {Page: 1 << 30, Sort: byEmployer, Status: Confirmed}, "search": {Search: "name 7", Sort: byName}, "rare": {Search: "nobody at all", Sort: byName},
	"came": {Attendance: DidCome, Sort: byName}, "answer": {Answer: answerIs{QuestionID: benchQuestion, Value: "Yes"}, Sort: byName},
	"filter": {Profession: "Pharmacist", Status: Confirmed, Sort: byTime},
}

// BenchmarkAttendeeList is the time that a page of the list takes at an event of 50,000 registrations and at one of 500, from the address to the
// bytes, and how many times that of the small one the large one takes: at most 3.
func BenchmarkAttendeeList(b *testing.B) {
	pages, err := templates.Parse(templates.Embedded(), nil)
	must(b, err)
	for database, open := range benchDatabases {
		large, small := newDesk(b, open(b), storetest.EmbeddedRedis(b), 1<<40), newDesk(b, open(b), storetest.EmbeddedRedis(b), 1<<40)
		large.fill(50_000)
		small.fill(500)
		large.come()
		small.come()
		for name, l := range benchLooks {
			b.Run(database+" "+name, func(b *testing.B) {
				var slow, quick time.Duration
				listOnce(b, pages, large, l) // reads everybody the first time
				listOnce(b, pages, small, l)
				for b.Loop() {
					slow += listOnce(b, pages, large, l)
					quick += listOnce(b, pages, small, l)
				}
				b.ReportMetric(slow.Seconds()*1000/float64(b.N), "ms/50000")
				b.ReportMetric(quick.Seconds()*1000/float64(b.N), "ms/500")
				b.ReportMetric(float64(slow)/float64(quick), "times")
			})
		}
	}
}

func listOnce(b *testing.B, pages *templates.Pages, d *desk, l Look) time.Duration {
	began := time.Now()
	e, err := d.deskEvent(context.Background(), d.event.Slug)
	must(b, err)
	f, list, err := d.Attendees(context.Background(), e, l)
	must(b, err)
	l.Page = f.Page
	must(b, pages.Render(io.Discard, "registrations/organise-attendees", web.View{Title: "Attendees", Page: newListPage(e, l, f, list)}))
	return time.Since(began)
}

const exportRows = 100_000

// BenchmarkExport is an export of 100,000 registrations, beside a bare loop that selects and writes the same columns: rows a second, as a share of the
// loop's, and by how much the heap grows at most.
func BenchmarkExport(b *testing.B) {
	for database, open := range benchDatabases {
		d := newDesk(b, open(b), storetest.EmbeddedRedis(b), 1<<40)
		d.fill(exportRows)
		b.Run(database, func(b *testing.B) {
			var ours, bare time.Duration
			var grew uint64
			for b.Loop() {
				ours += exportOnce(b, d, &grew)
				bare += bareExport(b, d)
			}
			rows := float64(exportRows) * float64(b.N)
			b.ReportMetric(rows/ours.Seconds(), "rows/s")
			b.ReportMetric(100*float64(bare)/float64(ours), "%bare")
			b.ReportMetric(float64(grew)/(1<<20), "MB")
		})
		b.Run(database+" xlsx", func(b *testing.B) {
			var grew uint64
			for b.Loop() {
				peak := watchHeap()
				f, err := newXLSX(d.event)
				must(b, err)
				must(b, d.export(context.Background(), d.event, Look{}, f.row))
				must(b, f.writeTo(io.Discard))
				must(b, f.close())
				grew = max(grew, peak())
			}
			b.ReportMetric(float64(grew)/(1<<20), "MB")
		})
	}
}

func exportOnce(b *testing.B, d *desk, grew *uint64) time.Duration {
	peak := watchHeap()
	began := time.Now()
	f := newCSV(d.event, io.Discard)
	n := 0
	must(b, f.header())
	must(b, d.export(context.Background(), d.event, Look{}, func(x *exported) error { n++; return f.row(x) }))
	must(b, f.Flush())
	took := time.Since(began)
	if *grew = max(*grew, peak()); n != exportRows {
		b.Fatalf("%d rows", n)
	}
	return took
}

// watchHeap says by how much the heap in use has grown at most since it was called.
func watchHeap() func() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, most := m.HeapInuse, m.HeapInuse
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(stop); <-done; return most - before }
}

// bareExport is the yardstick: one query, and its values with commas between.
func bareExport(b *testing.B, d *desk) time.Duration {
	began := time.Now()
	rows, err := d.db.Read.DB.QueryContext(context.Background(), d.db.Rebind(exportQuery), d.event.ID, "", exportRows)
	must(b, err)
	defer rows.Close()
	w := bufio.NewWriterSize(io.Discard, 64<<10)
	var text [12]string
	var at [3]int64
	into := make([]any, 0, 15)
	for i := range text {
		into = append(into, &text[i])
	}
	for i := range at {
		into = append(into, &at[i])
	}
	for rows.Next() {
		must(b, rows.Scan(into...))
		for _, s := range text {
			_, _ = w.WriteString(s)
			_ = w.WriteByte(',')
		}
		for _, n := range at {
			_, _ = w.WriteString(strconv.FormatInt(n, 10))
			_ = w.WriteByte(',')
		}
		_ = w.WriteByte('\n')
	}
	must(b, rows.Err())
	return time.Since(began)
}

// BenchmarkBurstBesideExport is how many register a second while an event of 100,000 is exported, as a share of how many do without.
func BenchmarkBurstBesideExport(b *testing.B) {
	for database, open := range benchDatabases {
		d := newDesk(b, open(b), storetest.EmbeddedRedis(b), 1<<40)
		d.fill(exportRows)
		var people atomic.Int64
		b.Run(database, func(b *testing.B) {
			var alone, beside time.Duration
			for b.Loop() {
				alone += d.burst(b, &people)
				ctx, stop := context.WithCancel(context.Background())
				var exports sync.WaitGroup
				exports.Go(func() {
					for ctx.Err() == nil {
						seen := map[string]bool{}
						err := d.export(ctx, d.event, Look{}, func(x *exported) error {
							if seen[x.id] {
								return fmt.Errorf("%s came twice", x.id)
							}
							seen[x.id] = true
							return nil
						})
						if err == nil && len(seen) < exportRows {
							b.Errorf("an export has %d rows", len(seen))
						}
						if err != nil && ctx.Err() == nil {
							b.Error(err)
						}
					}
				})
				beside += d.burst(b, &people)
				stop()
				exports.Wait()
			}
			b.ReportMetric(100*float64(alone)/float64(beside), "%alone")
		})
	}
}

// burst registers 4,000 people, 64 at a time.
func (d *desk) burst(b *testing.B, people *atomic.Int64) time.Duration {
	const each = 4000 / 64
	began := time.Now()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range each {
				if _, err := d.Register(context.Background(), d.ask(int(people.Add(1)))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}
