package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
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

// doors is how long 20 doors that scan at once wait for an answer at worst (p99), against what one door waits for (p50). Each scan lets somebody in:
// those that find it done already write nothing, and would be another kind of answer.
func doors(b *testing.B, what string, on stores) []figure {
	b.Helper()
	s := startSite(b, on)
	tickets := s.guests(b, figureRounds*doorScans*(figureDoors+1))
	var hands []*hand
	for _, v := range s.stewards(b, figureDoors) {
		hands = append(hands, newHand(b, v))
	}
	next := func(n int) (some []string) {
		some, tickets = tickets[:n], tickets[n:]
		return some
	}
	return []figure{measured(what, "ms", "< 5", func(int) (float64, float64) {
		alone := scanAll(b, hands[:1], next(doorScans))
		all := scanAll(b, hands, next(figureDoors*doorScans))
		return at99(all), median(alone)
	})}
}

// scanAll has the doors scan the tickets, all of them one at the same moment and then a breath, as long as the tickets last; it gives how long
// each answer took in milliseconds.
func scanAll(b *testing.B, hands []*hand, tickets []string) (took []float64) {
	b.Helper()
	for ; len(tickets) >= len(hands); tickets = tickets[len(hands):] {
		var all sync.WaitGroup
		answers := make([]answered, len(hands))
		for i, h := range hands {
			request := h.request(tickets[i])
			all.Go(func() { answers[i] = h.scan(request) })
		}
		all.Wait()
		for _, a := range answers {
			if err := a.wrong(); err != nil {
				b.Fatal(err)
			}
			took = append(took, float64(a.waited.Microseconds())/1000)
		}
		time.Sleep(breathTime)
	}
	return took
}

// hand is a signed-in browser at a door, with a connection that stays open. It is lean, since it shares the processors with the server.
type hand struct {
	conn   net.Conn
	r      *bufio.Reader
	header string
}

func newHand(b *testing.B, v *visitor) *hand {
	b.Helper()
	door, err := url.Parse(v.base + doorPath)
	if err != nil {
		b.Fatal(err)
	}
	header := "POST " + doorPath + "/scans HTTP/1.1\r\nHost: " + door.Host + "\r\nContent-Type: application/json\r\nSec-Fetch-Site: same-origin\r\nCookie: "
	for i, c := range v.Jar.Cookies(door) {
		if i > 0 {
			header += "; "
		}
		header += c.Name + "=" + c.Value
	}
	conn, err := net.Dial("tcp", door.Host)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return &hand{conn, bufio.NewReader(conn), header}
}

func (h *hand) request(ticket string) []byte {
	body := fmt.Sprintf(`{"scans":[{"id":%q,"code":%q,"action":"in","at":%d}]}`, uuid.NewString(), ticket, time.Now().UnixMilli())
	return fmt.Appendf(nil, "%s\r\nContent-Length: %d\r\n\r\n%s", h.header, len(body), body)
}

// answered is what a door was told, after so long. What it says is read when every door has heard: the server wants the processors till then.
type answered struct {
	waited time.Duration
	status int
	text   []byte
	err    error
}

func (h *hand) scan(request []byte) (a answered) {
	began := time.Now()
	if a.err = h.conn.SetDeadline(began.Add(figureTime)); a.err != nil {
		return a
	}
	if _, a.err = h.conn.Write(request); a.err != nil {
		return a
	}
	r, err := http.ReadResponse(h.r, nil)
	if a.err = err; err != nil {
		return a
	}
	a.status = r.StatusCode
	a.text, a.err = io.ReadAll(r.Body)
	a.waited = time.Since(began)
	return a
}

func (a answered) wrong() error {
	var got struct{ Answers []struct{ Class string } }
	if err := errors.Join(a.err, json.Unmarshal(a.text, &got)); err != nil || len(got.Answers) != 1 || got.Answers[0].Class != "" {
		return fmt.Errorf("a scan answers %d, %v: %s", a.status, err, a.text)
	}
	return nil
}

func at99(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)*99/100]
}

// stewards are so many browsers in which somebody is signed in who helps at the Masterclass.
func (s *testSite) stewards(t testing.TB, n int) []*visitor {
	t.Helper()
	const email, password = "figures@example.com", "correct horse battery"
	if _, err := s.organisers.Add(context.Background(), email, "Kim Porter", access.Steward, password); err != nil { // once: it ends sign-ins
		t.Fatal(err)
	}
	if _, err := s.db.NewRaw("insert into event_stewards (event_id, organiser_id, created_at) select e.id, o.id, 1 from events e, organisers o where e.slug = ? and o.mailbox = ?",
		masterclass, email).Exec(context.Background()); err != nil {
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
			profession, job_role, employer, regulator_number, created_at, updated_at) values (?, ?, ?, ?, 'confirmed', ?, 1, '', 'Ada', 'Example', ?, ?, 'Nurse', '', '', '', 0, 0)`),
			id, e.ID, e.Places[0].ID, registrations.Reference(id), e.Places[0].Version+1, id+"@example.com", id+"@example.com"); err != nil {
			t.Fatal(err)
		}
		ticket, err := registrations.Ticket(s.keys, id, 0)
		if err != nil {
			t.Fatal(err)
		}
		tickets = append(tickets, ticket)
	}
	if _, err := tx.Exec(s.db.Rebind("update places set capacity = capacity + ?, taken = taken + ?, version = version + 1 where id = ?"), n, n, e.Places[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return tickets
}
