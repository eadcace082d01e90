package main

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"masterclass/internal/access"
	"masterclass/registrations"
)

const (
	figureDoors = 20
	doorScans   = 60                    // of each door a round
	breathTime  = 20 * time.Millisecond // between two scans of a door: nobody is faster
)

func doorsSQLite(b *testing.B) []figure { return doors(b, "20 doors at once, SQLite", stores{}) }

func doorsPostgres(b *testing.B) []figure {
	return doors(b, "20 doors at once, PostgreSQL", durable(b))
}

// doors is how long 20 doors that scan at once wait for an answer at worst (p99), against what one door waits for (p50). Everybody is scanned twice, as
// happens, so half of the answers write.
func doors(b *testing.B, what string, on stores) []figure {
	b.Helper()
	s := startSite(b, on)
	tickets := s.guests(b, figureRounds*doorScans*(figureDoors+1)/2)
	hands := s.owners(b, figureDoors)
	next := func(n int) (some []string) {
		some, tickets = append(tickets[:n:n], tickets[:n]...), tickets[n:]
		return some
	}
	return []figure{measured(what, "ms", "< 5", func(int) (float64, float64) {
		alone := scanAll(b, hands[:1], next(doorScans/2))
		all := scanAll(b, hands, next(figureDoors*doorScans/2))
		return at99(all), median(alone)
	})}
}

// scanAll has the doors scan the tickets, all of them one at the same moment and then a breath, as long as the tickets last; it gives how long
// each answer took in milliseconds.
func scanAll(b *testing.B, hands []*visitor, tickets []string) (took []float64) {
	b.Helper()
	var mu sync.Mutex
	for ; len(tickets) >= len(hands); tickets = tickets[len(hands):] {
		var all sync.WaitGroup
		for i, v := range hands {
			all.Go(func() {
				waited := scanOne(b, v, tickets[i])
				mu.Lock()
				defer mu.Unlock()
				took = append(took, float64(waited.Microseconds())/1000)
			})
		}
		all.Wait()
		time.Sleep(breathTime)
	}
	return took
}

func scanOne(b *testing.B, v *visitor, ticket string) time.Duration {
	b.Helper()
	began := time.Now()
	a := v.call(doorPath+"/scans", map[string]any{"scans": []map[string]any{{"id": uuid.NewString(), "code": ticket, "action": "in", "at": began.UnixMilli()}}},
		"Sec-Fetch-Site", "same-origin")
	waited := time.Since(began)
	var got struct{ Answers []struct{ Class string } }
	if err := json.Unmarshal([]byte(a.text), &got); err != nil || len(got.Answers) != 1 || got.Answers[0].Class == "refused" {
		b.Errorf("a scan answers %d, %v: %s", a.StatusCode, err, a.text)
	}
	return waited
}

func at99(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)*99/100]
}

// owners are so many browsers in which an organiser who may do everything is signed in.
func (s *testSite) owners(t testing.TB, n int) []*visitor {
	t.Helper()
	const email, password = "figures@example.com", "correct horse battery"
	if _, err := s.organisers.Add(context.Background(), email, "Kim Porter", access.Owner, password); err != nil { // once: it ends sign-ins
		t.Fatal(err)
	}
	list := make([]*visitor, n)
	for i := range list {
		list[i] = s.visitor(t)
		list[i].post("/organise/sign-in", url.Values{"email": {email}, "password": {password}}).want(t, 200)
	}
	return list
}

// guests adds so many people with places to the Masterclass and gives their tickets.
func (s *testSite) guests(t testing.TB, n int) (tickets []string) {
	t.Helper()
	ctx := context.Background()
	e, err := s.events.Outline(ctx, masterclass)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.db.DB.DB.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	for range n {
		id := uuid.Must(uuid.NewV7()).String()
		if _, err := tx.Exec(s.db.Rebind(`insert into registrations (id, event_id, place_id, reference, status, version, joined, title, first_name, last_name, email, mailbox,
			profession, job_role, employer, regulator_number, created_at, updated_at) values (?, ?, ?, ?, 'confirmed', 1, 1, '', 'Ada', 'Example', ?, ?, 'Nurse', '', '', '', 0, 0)`),
			id, e.ID, e.Places[0].ID, registrations.Reference(id), id+"@example.com", id+"@example.com"); err != nil {
			t.Fatal(err)
		}
		ticket, err := registrations.Ticket(s.keys, id)
		if err != nil {
			t.Fatal(err)
		}
		tickets = append(tickets, ticket)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return tickets
}
