package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-message"
	"github.com/uptrace/bun"

	"masterclass/events"
	"masterclass/internal/store"
)

// killed is the event that people register for while the program is killed.
const killed = "killed"

// insertEvent puts an event with one place into the installation's SQLite database, before the program starts.
func insertEvent(t *testing.T, s settings, capacity int64) {
	t.Helper()
	if err := os.MkdirAll(s["DATA_DIR"], 0o700); err != nil {
		t.Fatal(err)
	}
	db := openStopped(t, s)
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := openEvent(newID(), killed, capacity)
	if err := db.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error { return events.NewStore(db).Insert(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// openEvent takes registrations for a place of each capacity.
func openEvent(id, slug string, capacities ...int64) *events.Event {
	now := time.Now()
	day := now.AddDate(0, 0, 40).Format(events.LocalDate)
	e := &events.Event{ID: id, Slug: slug, UID: id + "@masterclass", Title: "Open event " + slug, TimeZone: "Europe/London", Status: events.Published, Listed: true,
		StartsLocal: day + "T09:30", EndsLocal: day + "T16:00", RegistrationOpensAt: now.Add(-time.Hour).UnixMilli(),
		RegistrationClosesAt: now.AddDate(0, 0, 30).UnixMilli(), CreatedAt: now.UnixMilli(), UpdatedAt: now.UnixMilli()}
	for n, capacity := range capacities {
		e.Places = append(e.Places, events.Place{ID: newID(), EventID: id, Name: "Place " + itoa(n+1), Position: int64(n + 1), Capacity: capacity})
	}
	return e
}

// openStopped opens the database of a program that is not running.
func openStopped(t *testing.T, s settings) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{File: filepath.Join(s["DATA_DIR"], "masterclass.db")})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// acknowledged are registrations that were answered with 201: address to the path of the manage page.
type acknowledged struct {
	mu   sync.Mutex
	path map[string]string
}

func (a *acknowledged) add(email, manage string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.path[email] = manage
	return len(a.path)
}

func survivesKills(t *testing.T, b binary) {
	const rounds, capacity = 5, 200
	const seed = 20270311
	random := rand.New(rand.NewPCG(seed, seed))
	s := inFolder(t)
	insertEvent(t, s, capacity)
	known := &acknowledged{path: map[string]string{}}
	before := map[string]string{} // mails that were written before a kill
	for round := range rounds {
		p, url := b.serve(t, s)
		v := newVisitor(t, url)
		known.check(t, v)
		crowd(t, p, v, known, round, random.IntN(40), time.Duration(random.IntN(3000))*time.Microsecond)
		mailsUnchanged(t, s, before)
		checkRecord(t, s, len(known.path))
	}
	if len(known.path) == 0 {
		t.Fatalf("nobody was registered (seed %d)", seed)
	}
	p, url := b.serve(t, s)
	known.check(t, newVisitor(t, url))
	awaitMails(t, s, known)
	p.stop()
	mailsUnchanged(t, s, before)
	checkSent(t, s)
	t.Logf("%d registrations were acknowledged in %d rounds", len(known.path), rounds)
}

// crowd lets 25 people register at a time, and kills the program some microseconds after so many have.
func crowd(t *testing.T, p *process, v *visitor, known *acknowledged, round, after int, later time.Duration) {
	t.Helper()
	place := v.event(killed).Places[0].ID
	enough := len(known.path) + after
	var dying sync.Once
	var wg sync.WaitGroup
	for worker := range 25 {
		wg.Go(func() {
			for n := 0; ; n++ {
				ask := person(0, place)
				ask["email"] = fmt.Sprintf("r%d.w%d.n%d@example.com", round, worker, n)
				status, manage, err := v.tryCall("/api/v1/events/"+killed+"/registrations", ask)
				if err != nil {
					return // killed
				}
				total := enough + 1
				if status == http.StatusCreated {
					total = known.add(ask["email"].(string), manage)
				}
				if total > enough {
					dying.Do(func() { time.AfterFunc(later, func() { _ = p.cmd.Process.Kill() }) }) // p.kill below looks after the rest
				}
			}
		})
	}
	wg.Wait()
	p.kill()
}

// tryCall is call for a server that may be gone; the answer counts only if it came whole.
func (v *visitor) tryCall(path string, body any) (status int, manage string, err error) {
	req := v.jsonRequest(path, body)
	res, err := v.Do(req)
	if err != nil {
		return 0, "", err
	}
	var answer struct {
		Status    string
		ManageURL string `json:"manage_url"`
	}
	err = errors.Join(decode(res.Body, &answer), res.Body.Close())
	if err == nil && res.StatusCode == http.StatusCreated && answer.Status != "confirmed" {
		err = fmt.Errorf("the status is %q", answer.Status)
	}
	u, perr := url.Parse(answer.ManageURL)
	if err = errors.Join(err, perr); err != nil {
		return 0, "", err
	}
	return res.StatusCode, u.Path, nil
}

// check looks at each acknowledged registration's own page.
func (a *acknowledged) check(t *testing.T, v *visitor) {
	t.Helper()
	for email, path := range a.path {
		v.get(path).want(t, 200, "Your place is confirmed", email)
	}
}

// checkRecord checks what must always be true of the database, also of one that was just killed.
func checkRecord(t *testing.T, s settings, acknowledged int) {
	t.Helper()
	db := openStopped(t, s)
	defer db.Close()
	number := func(query string) (n int) {
		t.Helper()
		if err := db.NewRaw(query).Scan(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	var verdict string
	if err := db.NewRaw("pragma integrity_check").Scan(t.Context(), &verdict); err != nil || verdict != "ok" {
		t.Errorf("the database is not whole: %s %v", verdict, err)
	}
	taken := number("select taken from places")
	if n := number("select count(*) from registrations where status = 'confirmed'"); n != taken || n < acknowledged {
		t.Errorf("%d places are taken by %d people; %d were acknowledged", taken, n, acknowledged)
	}
	if number("select count(*) from places where taken > capacity") != 0 {
		t.Error("the place is oversold")
	}
	for _, table := range []string{"outbox where kind = 'confirmation'", "audit where action = 'registration.confirmed'"} {
		if n := number("select count(*) from " + table); n != taken {
			t.Errorf("%d rows of %s for %d registrations", n, table, taken)
		}
	}
}

func mailFiles(t *testing.T, s settings) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s["DATA_DIR"], "mail", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return files
}

// mailsUnchanged checks that a mail once written is never another one afterwards, and remembers the new ones.
func mailsUnchanged(t *testing.T, s settings, before map[string]string) {
	t.Helper()
	now := mailFiles(t, s)
	for name, text := range before {
		if now[name] != text {
			t.Errorf("%s has changed after a restart", name)
		}
	}
	for name, text := range now {
		before[name] = text
	}
}

// awaitMails waits until each acknowledged registration has its mail, and that there is one only.
func awaitMails(t *testing.T, s settings, known *acknowledged) {
	t.Helper()
	var missing []string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		to := map[string]int{}
		for name, text := range mailFiles(t, s) {
			m, err := message.Read(strings.NewReader(text))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			to[strings.Trim(m.Header.Get("To")[strings.LastIndexByte(m.Header.Get("To"), '<')+1:], ">")]++
		}
		missing = missing[:0]
		for email := range known.path {
			if to[email] > 1 {
				t.Fatalf("%s has %d mails", email, to[email])
			}
			if to[email] == 0 {
				missing = append(missing, email)
			}
		}
		if len(missing) == 0 {
			return
		}
	}
	t.Fatalf("no mail was written to %v", missing)
}

// checkSent checks that the bytes that went out are those that were kept before, each with its own Message-ID.
func checkSent(t *testing.T, s settings) {
	t.Helper()
	db := openStopped(t, s)
	defer db.Close()
	files := map[string]string{}
	for name, text := range mailFiles(t, s) {
		files[name[len(name)-len("00000000-0000-0000-0000-000000000000.eml"):]] = text
	}
	var rows []struct {
		ID, MessageID, State string
		Raw                  []byte
	}
	if err := db.NewRaw("select o.id, o.message_id, o.state, b.raw from outbox o left join message_bytes b on b.id = o.id").Scan(t.Context(), &rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.State != "sent" || files[r.ID+".eml"] != string(r.Raw) || !strings.Contains(string(r.Raw), r.MessageID) {
			t.Errorf("message %s is %s, and its file is not what was kept", r.MessageID, r.State)
		}
	}
	if len(files) != len(rows) {
		t.Errorf("%d files of %d messages", len(files), len(rows))
	}
}
