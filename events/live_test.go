package events_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"masterclass/events"
	"masterclass/internal/store/storetest"
	"masterclass/internal/web"
)

// changing is what is left, for a test to change; it counts how often it is asked.
type changing struct {
	mu    sync.Mutex
	left  left
	looks int
}

func (c *changing) Available(ctx context.Context, places []events.Place) (map[string]events.Availability, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks++
	return c.left.Available(ctx, places)
}

func (c *changing) become(place events.Place, a events.Availability) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = left{place.ID: a}
}

func (c *changing) looked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.looks
}

// liveSite is the stream of events on a port of its own.
type liveSite struct {
	*events.Live
	*changing
	url string
}

func newLiveSite(t *testing.T, clock func() time.Time, es ...*events.Event) liveSite {
	t.Helper()
	db := storetest.SQLite(t)
	mustInsert(t, db, es...)
	seats := &changing{}
	live := events.NewLive(events.NewStore(db), seats, 100, clock, slog.New(slog.DiscardHandler))
	app := newSite(t, db, seats, clock).app
	live.Routes(app)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- app.Serve(ln) }()
	t.Cleanup(func() {
		live.Close()
		if err := app.ShutdownWithTimeout(10 * time.Second); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return liveSite{live, seats, "http://" + ln.Addr().String()}
}

// ask asks for the stream of an event; headers are names and values in turn.
func (s liveSite) ask(t *testing.T, method, slug string, headers ...string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/events/"+slug+"/places", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// live is what an event of the stream holds.
type live struct {
	Registration string
	Places       []struct {
		ID, Words, State string
		Left, Waiting    int64
	}
	Action struct{ Href, Text, Note string }
}

// next reads the next event of the stream.
func next(t *testing.T, r *bufio.Reader) (l live) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("the stream ended: %v", err)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(data), &l); err != nil {
				t.Fatal(err)
			}
			return l
		}
	}
}

func TestThoseWhoWatchAnEventSeeEachChangeByOneLookForAll(t *testing.T) {
	t.Parallel()
	e := meeting("masterclass")
	s := newLiveSite(t, at(now), e)
	var streams []*bufio.Reader
	for range 20 {
		streams = append(streams, bufio.NewReader(s.ask(t, "GET", e.Slug).Body))
	}
	for _, r := range streams {
		got := next(t, r)
		if got.Registration != "open" || len(got.Places) != 2 || got.Places[0].ID != e.Places[0].ID || got.Places[0].Words != "60 places left" || got.Places[0].State != "open" ||
			got.Places[0].Left != 60 || got.Action.Href != "/events/masterclass/register" || got.Action.Text != "Register" || !strings.HasPrefix(got.Action.Note, "Registration closes at") {
			t.Fatalf("the first event is %+v", got)
		}
	}
	before, began := s.looked(), time.Now()
	for _, change := range []struct {
		left events.Availability
		told bool
		want string
	}{
		{events.Availability{Left: 7}, true, "7 places left"},
		{events.Availability{Waiting: 2}, false, "Full – 2 people on the waiting list"}, // nobody says so
		{events.Availability{Left: 1}, true, "1 place left"},
	} {
		s.become(e.Places[0], change.left)
		if change.told {
			s.Changed(e.ID)
		}
		for _, r := range streams {
			if got := next(t, r).Places[0]; got.Words != change.want || got.State != change.left.State() || got.Left != change.left.Left || got.Waiting != change.left.Waiting {
				t.Fatalf("the change is seen as %+v", got)
			}
		}
	}
	if looks, most := s.looked()-before, 2*int(time.Since(began).Seconds()+1); looks > most {
		t.Errorf("20 streams took %d looks, more than %d", looks, most)
	}
}

func TestTheStreamSaysWhatThePageSays(t *testing.T) {
	t.Parallel()
	soon, full := meeting("soon"), meeting("full")
	soon.RegistrationOpensAt = now.Add(time.Hour).UnixMilli()
	full.Places = full.Places[:1]
	clock := storetest.NewClock(now)
	s := newLiveSite(t, clock.Now, soon, full)
	s.become(full.Places[0], events.Availability{})
	for _, e := range []*events.Event{soon, full} {
		got := next(t, bufio.NewReader(s.ask(t, "GET", e.Slug).Body))
		res, err := http.Get(s.url + "/events/" + e.Slug)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		words := []string{got.Action.Text, got.Action.Note, `data-live="/events/` + e.Slug + `/places"`}
		for _, p := range got.Places {
			words = append(words, p.Words, `data-live-place="`+p.ID+`"`, "app-places--"+p.State, `data-live-badge="`+p.State+`"`)
		}
		for _, w := range words {
			if !strings.Contains(string(page), w) {
				t.Errorf("the stream of %s says %q, the page does not", e.Slug, w)
			}
		}
	}
	r := bufio.NewReader(s.ask(t, "GET", soon.Slug).Body)
	next(t, r)
	clock.Add(time.Hour)
	if got := next(t, r); got.Registration != "open" || got.Action.Text != "Register" {
		t.Errorf("once registration opens it says %+v", got)
	}
}

func TestAStreamEndsWhereNothingCanChangeAnyMore(t *testing.T) {
	t.Parallel()
	e := meeting("masterclass")
	past := on(meeting("past"), "2027-02-10T09:00", "2027-02-10T10:00")
	clock := storetest.NewClock(now)
	s := newLiveSite(t, clock.Now, e, past, as(meeting("cancelled"), events.Cancelled))
	for slug, note := range map[string]string{"past": "This event is over.", "cancelled": "This event has been cancelled."} {
		res := s.ask(t, "GET", slug)
		r := bufio.NewReader(res.Body)
		got := next(t, r)
		rest, err := io.ReadAll(r)
		if res.StatusCode != 200 || got.Registration != "closed" || got.Action.Note != note || err != nil || string(rest) != "\n" {
			t.Errorf("%s answers %d, %+v, then %q, %v", slug, res.StatusCode, got, rest, err)
		}
		if res := s.ask(t, "GET", slug, "Last-Event-ID", "over"); res.StatusCode != 204 {
			t.Errorf("whoever comes back to %s is answered %d", slug, res.StatusCode)
		}
	}
	r := bufio.NewReader(s.ask(t, "GET", e.Slug).Body)
	next(t, r)
	clock.Add(21 * 24 * time.Hour) // registration closes
	rest, err := io.ReadAll(r)
	if !strings.Contains(string(rest), "id: over\nevent: places\ndata: {\"registration\":\"closed\"") || err != nil {
		t.Errorf("when registration closes the stream says %q, %v", rest, err)
	}
	if res := s.ask(t, "GET", e.Slug, "Last-Event-ID", "over"); res.StatusCode != 204 {
		t.Errorf("whoever comes back is answered %d", res.StatusCode)
	}
}

func TestStreamsOfEventsThatNobodyMaySee(t *testing.T) {
	t.Parallel()
	s := newLiveSite(t, at(now), meeting("masterclass"), as(meeting("draft"), events.Draft))
	for _, slug := range []string{"nothing", "draft", "%00", "UPPER"} {
		for _, method := range []string{"GET", "HEAD"} {
			if res := s.ask(t, method, slug); res.StatusCode != 404 || res.Header.Get("Content-Type") == web.EventStream {
				t.Errorf("%s %s answers %d, %v", method, slug, res.StatusCode, res.Header)
			}
		}
	}
	if res := s.ask(t, "HEAD", "masterclass"); res.StatusCode != 200 || res.Header.Get("Content-Type") != web.EventStream || s.Watching() != 0 {
		t.Errorf("HEAD answers %d, %v", res.StatusCode, res.Header)
	}
}

// It runs beside no other test, whose streams would be counted too.
func TestStreamsLeaveNothingBehind(t *testing.T) {
	e := meeting("masterclass")
	s := newLiveSite(t, at(now), e)
	before := sockets()
	nothing := func() bool { return watching() == "0 room, 0 streams" && sockets() <= before }
	for range 3 {
		var bodies []io.Closer
		for range 30 {
			res := s.ask(t, "GET", e.Slug)
			next(t, bufio.NewReader(res.Body))
			bodies = append(bodies, res.Body)
		}
		soon := time.Now().Add(20 * time.Second) // a stream's goroutine may not have begun yet
		for watching() != "1 room, 30 streams" && time.Now().Before(soon) {
			time.Sleep(5 * time.Millisecond)
		}
		if here := watching(); here != "1 room, 30 streams" {
			t.Errorf("while 30 watch there are %s", here)
		}
		for _, b := range bodies {
			b.Close()
		}
		deadline := time.Now().Add(20 * time.Second)
		for !nothing() && time.Now().Before(deadline) {
			time.Sleep(5 * time.Millisecond)
		}
		if !nothing() || s.Watching() != 0 {
			t.Fatalf("when all have gone there are %s and %d sockets, at first %d", watching(), sockets(), before)
		}
	}
}

// watching counts the goroutines of rooms and streams.
func watching() string {
	stacks := make([]byte, 16<<20)
	text := string(stacks[:runtime.Stack(stacks, true)])
	return fmt.Sprintf("%d room, %d streams", strings.Count(text, "events.(*Live).follow("), strings.Count(text, "web.(*Stream).talk("))
}

// sockets counts the open sockets of this process, where the system tells (Linux).
func sockets() (n int) {
	files, _ := filepath.Glob("/proc/self/fd/*") // the pattern is right
	for _, f := range files {
		if to, err := os.Readlink(f); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}
