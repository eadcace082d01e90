package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"masterclass/events"
)

const (
	manyRegistered = 100_000
	idleTime       = 10 * time.Second
)

// idles are the program itself, as a process of its own on SQLite, with 100,000 registrations against one with none: how long it takes to be
// ready, and how much memory it keeps once it has been idle for 10 s.
func idles(b *testing.B) []figure {
	bin := filepath.Join(b.TempDir(), "masterclass")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("build the program: %v\n%s", err, out)
	}
	full, empty := figureSettings(b, stores{}), figureSettings(b, stores{})
	crowded := figureEvent(b, manyRegistered)
	fillFigures(b, full, crowded)
	fillFigures(b, empty, figureEvent(b, manyRegistered))
	registerMany(b, full, crowded)
	start := func(s settings) (*figureChild, time.Duration) {
		c := startChild(b, exec.Command(bin, "serve"), s)
		return c, awaitReady(b, c)
	}
	starts := measured("start to ready, SQLite, 100,000 registrations against none", "ms", "", func(int) (float64, float64) {
		ours, took := start(full)
		ours.kill()
		bare, bareTook := start(empty)
		bare.kill()
		return took.Seconds() * 1000, bareTook.Seconds() * 1000
	})
	ours, _ := start(full)
	bare, _ := start(empty)
	atStart := ours.residentMB()
	time.Sleep(idleTime)
	memory := measured("memory after 10 s of idling, the same", "MB", "", func(int) (float64, float64) { return ours.residentMB(), bare.residentMB() })
	memory.note = fmt.Sprintf("(%.0f MB at the start)", atStart)
	return []figure{starts, memory}
}

// registerMany fills an installation's database with confirmed registrations of yesterday, their entries and their messages.
func registerMany(b *testing.B, s settings, e *events.Event) {
	b.Helper()
	db := openFigures(b, s.options())
	defer db.Close()
	const each = "with recursive r(i) as (select 1 union all select i + 1 from r where i < ?1) "
	yesterday := time.Now().AddDate(0, 0, -1).UnixMilli()
	for _, query := range []string{
		"insert into registrations (" + bareRegistration + ") " + each + `select printf('01900000-0000-7000-8000-%012d', i), ?2, ?3, printf('%04d-%04d', i / 10000, i % 10000),
			'confirmed', i, i, false, 0, 0, 'Ms', 'Ada', 'Example', printf('ada%d@full.invalid', i), printf('ada%d@full.invalid', i), 'Nurse',
			'Clinical nurse specialist', 'Example trust', '', ?4, ?4 from r`,
		"insert into audit (" + bareAudit + ") " + each + `select printf('01900000-0001-7000-8000-%012d', i), ?4, 'attendee', 'registration.confirmed', ?2,
			printf('01900000-0000-7000-8000-%012d', i), '', '' from r where ?3 <> ''`,
		"insert into outbox (state, sent_at, " + bareMessage + ") " + each + `select 'sent', ?4, printf('01900000-0002-7000-8000-%012d', i), 'confirmation',
			printf('<ada%d@full.invalid>', i), printf('ada%d@full.invalid', i), printf('<%d@full.invalid>', i), ?2, printf('01900000-0000-7000-8000-%012d', i),
			?2, 0, '{}', true, ?4, ?4 from r where ?3 <> ''`,
		"update places set taken = ?1, version = ?1 where id = ?3 and event_id = ?2 and ?4 > 0",
	} {
		if _, err := db.DB.DB.ExecContext(context.Background(), query, manyRegistered, e.ID, e.Places[0].ID, yesterday); err != nil {
			b.Fatal(err)
		}
	}
}

var resident = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)

// residentMB is how much memory the process keeps, by Linux's count.
func (c *figureChild) residentMB() float64 {
	c.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		c.b.Fatal(err)
	}
	m := resident.FindSubmatch(text)
	if m == nil {
		c.b.Fatalf("no VmRSS in\n%s", text)
	}
	kB, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		c.b.Fatal(err)
	}
	return kB / 1024
}
