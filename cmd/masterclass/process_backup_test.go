package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// secretOf is the secret that an installation made for itself.
func secretOf(t *testing.T, s settings) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s["DATA_DIR"], "secret"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// addresses are those of everyone registered at an installation that is stopped.
func addresses(t *testing.T, s settings) map[string]bool {
	t.Helper()
	db := openStopped(t, s)
	defer db.Close()
	var list []string
	if err := db.NewRaw("select email from registrations").Scan(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for _, a := range list {
		set[a] = true
	}
	return set
}

// backsUp makes backups while 20 people register at a time, and restores each elsewhere. What is on its way then is no problem.
func backsUp(t *testing.T, b binary) {
	s := inFolder(t).with("REDIS_URL", storetest.RedisURL(t))
	insertEvent(t, s, 100_000)
	p, site := b.serve(t, s)
	v := newVisitor(t, site)
	place := v.event(killed).Places[0].ID
	known := &acknowledged{path: map[string]string{}}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	for worker := range 20 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				ask := person(0, place)
				ask["email"] = fmt.Sprintf("w%d.n%d@example.com", worker, n)
				status, manage, err := v.tryCall("/api/v1/events/"+killed+"/registrations", ask)
				if err != nil || status != 201 {
					t.Errorf("registering gave %d, %v", status, err)
					return
				}
				known.add(ask["email"].(string), manage)
			}
		})
	}
	folder := t.TempDir()
	before := map[string]map[string]string{}
	for n := range 3 {
		file := filepath.Join(folder, fmt.Sprint("copy", n, ".db"))
		before[file] = known.sofar(t, 50*(n+1))
		b.run(t, s, "backup", file).want(0, file, filepath.Join(s["DATA_DIR"], "secret"))
	}
	b.run(t, s, "reconcile").want(0, "0 problems", "SQLite and Redis")
	stop()
	wg.Wait()
	b.run(t, s, "reconcile").want(0, "0 problems")
	p.stop()
	for file, earlier := range before {
		restoresElsewhere(t, b, file, secretOf(t, s), earlier, len(known.path))
	}
}

// sofar waits until so many are acknowledged and gives them.
func (a *acknowledged) sofar(t *testing.T, n int) map[string]string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		a.mu.Lock()
		if len(a.path) >= n {
			defer a.mu.Unlock()
			some := map[string]string{}
			for k, v := range a.path {
				some[k] = v
			}
			return some
		}
		a.mu.Unlock()
	}
	t.Fatal("nobody is registered any more")
	return nil
}

func restoresElsewhere(t *testing.T, b binary, file, secret string, earlier map[string]string, all int) {
	t.Helper()
	s := inFolder(t).with("SECRET", secret)
	b.run(t, s, "restore", file).want(0, "Restored "+file, "1 events")
	b.run(t, s, "reconcile").want(0, "0 problems", "SQLite alone")
	have := addresses(t, s)
	for email := range earlier {
		if !have[email] {
			t.Errorf("%s does not have %s, who was registered before the backup began", file, email)
		}
	}
	if len(have) > all {
		t.Errorf("%s has %d registrations of %d", file, len(have), all)
	}
	checkRecord(t, s, len(earlier))
	p, site := b.serve(t, s)
	for email, path := range earlier {
		newVisitor(t, site).get(path).want(t, 200, "Your place is confirmed", email)
		break // one is enough: the links work with the secret that was kept
	}
	p.stop()
}

func backupRefusals(t *testing.T, b binary) {
	s := inFolder(t)
	file := filepath.Join(t.TempDir(), "copy.db")
	b.run(t, s, "backup", file).refused("no database", "MASTERCLASS_DATA_DIR")
	if _, err := os.Stat(s["DATA_DIR"]); !os.IsNotExist(err) {
		t.Errorf("a backup of nothing has made the folder: %v", err)
	}
	p, _ := b.serve(t, s)
	if err := os.WriteFile(file, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.run(t, s, "backup", file).refused(file, "already")
	if text, err := os.ReadFile(file); err != nil || string(text) != "precious" {
		t.Errorf("the file is %q now: %v", text, err)
	}
	b.run(t, s, "backup", filepath.Join(file, "below")).refused("back up")
	b.run(t, s, "backup").refused("<file>")
	b.run(t, s.with("DATABASE_URL", "postgres://u:"+password+"@h/x"), "backup", file+"2").refused("pg_dump")
	b.run(t, s.with("DATABASE_URL", "postgres://u:"+password+"@h/x"), "restore", file).refused("pg_dump")
	p.stop()
}

func restoreRefusals(t *testing.T, b binary) {
	s := inFolder(t)
	insertEvent(t, s, 10)
	p, _ := b.serve(t, s)
	folder := t.TempDir()
	good, rubbish := filepath.Join(folder, "good.db"), filepath.Join(folder, "rubbish.db")
	b.run(t, s, "backup", good).want(0)
	if err := os.WriteFile(rubbish, []byte(strings.Repeat("rubbish", 3000)), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, s, "restore", good).refused("another masterclass", "MASTERCLASS_DATA_DIR")
	p.stop()
	b.run(t, s, "restore", rubbish).refused(rubbish, "not a Masterclass database")
	b.run(t, s, "restore", good+"2").refused(good+"2", "no such file")
	b.run(t, s.with("SECRET", strings.Repeat("another-", 8)), "restore", good).refused(good, "MASTERCLASS_SECRET")
	elsewhere := inFolder(t)
	b.run(t, elsewhere, "restore", good).refused("secret is missing", filepath.Join(elsewhere["DATA_DIR"], "secret"))
	if _, err := os.Stat(filepath.Join(elsewhere["DATA_DIR"], "secret")); !os.IsNotExist(err) {
		t.Errorf("the refusal has made a secret: %v", err)
	}
	names, err := filepath.Glob(filepath.Join(s["DATA_DIR"], "*before*"))
	if err != nil || len(names) > 0 {
		t.Errorf("the refused ones have left %v, %v", names, err)
	}
	b.run(t, s, "restore", good).want(0, "is now "+filepath.Join(s["DATA_DIR"], "masterclass.db.before-"))
}

// overruled restores an older state beside a Redis that has the newer one.
func overruled(t *testing.T, b binary) {
	s := inFolder(t).with("REDIS_URL", storetest.RedisURL(t))
	insertEvent(t, s, 10)
	p, site := b.serve(t, s)
	v := newVisitor(t, site)
	place := v.event(killed).Places[0].ID
	register := func(from, to int) {
		for n := from; n < to; n++ {
			v.call("/api/v1/events/"+killed+"/registrations", person(n, place)).want(t, 201)
		}
	}
	register(0, 3)
	file := filepath.Join(t.TempDir(), "copy.db")
	b.run(t, s, "backup", file).want(0)
	register(3, 10)
	if left := v.event(killed).Places[0].Left; left != 0 {
		t.Fatalf("%d are left of 10 after 10", left)
	}
	b.run(t, s, "reconcile").want(0, "SQLite and Redis", "0 problems")
	p.stop()
	b.run(t, s, "restore", file).want(0, "3 registrations")
	b.run(t, s, "reconcile").want(1, "redis: place "+place, "taken 10", "taken 3", "1 problem.")
	p, site = b.serve(t, s)
	v = newVisitor(t, site)
	var left int
	for deadline := time.Now().Add(5 * time.Second); left != 7 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		left = v.event(killed).Places[0].Left
	}
	if left != 7 {
		t.Errorf("%d are left, want 7: Redis still has what was restored away", left)
	}
	register(3, 10)
	v.call("/api/v1/events/"+killed+"/registrations", person(10, place)).want(t, 409, "full")
	b.run(t, s, "reconcile").want(0, "0 problems")
	p.stop()
}

// reconciles breaks the record and Redis, and sees that each is told apart, on both databases.
func reconciles(t *testing.T, b binary) {
	for name, database := range map[string]func(testing.TB) string{"SQLite": func(testing.TB) string { return "" }, "PostgreSQL": storetest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			s := inFolder(t).with("DATABASE_URL", database(t)).with("REDIS_URL", storetest.RedisURL(t))
			if name == "SQLite" {
				b.run(t, s, "reconcile").refused("no database", "MASTERCLASS_DATA_DIR")
			} else {
				b.run(t, s, "reconcile").refused("not a Masterclass database")
			}
			p := b.start(t, s, "", "demo")
			p.said(p.out, demoSite)
			b.run(t, s, "reconcile").want(0, name+" and Redis", "0 problems")
			p.stop()
			redis, err := store.OpenRedis(s["REDIS_URL"])
			if err != nil {
				t.Fatal(err)
			}
			defer redis.Close()
			if err := redis.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			b.run(t, s, "reconcile").want(1, "is not in Redis")
			b.run(t, s, "reconcile", "--repair").want(0, "into Redis", "0 problems")
			b.run(t, s, "reconcile").want(0)
			db, err := store.Open(t.Context(), store.Options{URL: s["DATABASE_URL"], File: filepath.Join(s["DATA_DIR"], "masterclass.db")})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var id string
			if err := db.NewRaw("select id from places where taken > 0 order by id limit 1").Scan(t.Context(), &id); err != nil {
				t.Fatal(err)
			}
			if _, err := db.NewRaw("update places set taken = taken - 1 where id = ?", id).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			told := b.run(t, s, "reconcile", "--repair").want(1, "counts: place "+id)
			if !regexp.MustCompile(`(?m)^Checked \d+ places and \d+ registrations in .*: \d+ problems?\.$`).MatchString(told.out.String()) {
				t.Errorf("the last line is missing:\n%s", told.out)
			}
			if _, err := db.NewRaw("delete from migrations where name > '0001_house'").Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.run(t, s, "reconcile").refused("schema", "masterclass migrate")
		})
	}
}
