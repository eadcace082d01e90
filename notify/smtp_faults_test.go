package notify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// rawServer hands each connection, and its number from 1 on, to a function; it is closed when that returns.
func rawServer(t *testing.T, talk func(conn net.Conn, n int)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for n := 1; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			wg.Go(func() { defer conn.Close(); talk(conn, n) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, conn := range open {
			_ = conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// polite talks SMTP until ends says, of a line that came, that it is enough. Messages come out of got.
func polite(conn net.Conn, got chan<- string, ends func(line string) bool) {
	fmt.Fprint(conn, "220 mx.example.org\r\n")
	var message strings.Builder
	inData := false
	for in := bufio.NewScanner(conn); in.Scan(); {
		line := in.Text()
		if ends != nil && ends(line) {
			return
		}
		switch {
		case inData && line == ".":
			inData = false
			got <- message.String()
			message.Reset()
			fmt.Fprint(conn, "250 taken\r\n")
		case inData:
			message.WriteString(line + "\n")
		case line == "DATA":
			inData = true
			fmt.Fprint(conn, "354 go on\r\n")
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// swallow reads until the other side goes, and never answers.
func swallow(conn net.Conn) {
	for in := bufio.NewScanner(conn); in.Scan(); {
		continue
	}
}

func TestAServerInTroubleGetsTheMessageLater(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trouble func(conn net.Conn, got chan<- string) // of the first connection
	}{
		"421 at the greeting":      {func(conn net.Conn, _ chan<- string) { fmt.Fprint(conn, "421 4.3.2 too busy\r\n") }},
		"554 at the greeting":      {func(conn net.Conn, _ chan<- string) { fmt.Fprint(conn, "554 5.3.2 no service\r\n"); swallow(conn) }},
		"gone before the greeting": {func(net.Conn, chan<- string) {}},
		"silent at the greeting":   {func(conn net.Conn, _ chan<- string) { swallow(conn) }},
		"silent at the recipient": {func(conn net.Conn, got chan<- string) {
			polite(conn, got, func(line string) bool { return strings.HasPrefix(line, "RCPT") && stall(conn) })
		}},
		"silent after the message": {func(conn net.Conn, got chan<- string) {
			polite(conn, got, func(line string) bool { return line == "." && stall(conn) })
		}},
		"gone after the message": {func(conn net.Conn, got chan<- string) {
			polite(conn, got, func(line string) bool { return line == "." })
		}},
		"no SMTP at all": {func(conn net.Conn, _ chan<- string) { fmt.Fprint(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, storetest.SQLite(t))
			got := make(chan string, 10)
			s := parsed(t, "smtp://"+rawServer(t, func(conn net.Conn, n int) {
				if n == 1 {
					c.trouble(conn, got)
					return
				}
				polite(conn, got, nil)
			}))
			b.w = b.worker(s)
			id := b.enqueue(to("ann@example.org"))
			s.command = 100 * time.Millisecond
			b.once()
			first := b.state(id, StateQueued)
			if first.Problem == "" || first.Attempts != 1 {
				t.Errorf("the row is %+v", first)
			}
			s.command = time.Minute
			b.clock.Add(time.Hour)
			b.once()
			if r := b.state(id, StateSent); string(r.Raw) != string(first.Raw) || r.MessageID != first.MessageID || len(got) != 1 {
				t.Errorf("%d messages arrived, or they differ", len(got))
			}
		})
	}
}

// stall keeps the connection and says nothing more.
func stall(conn net.Conn) bool {
	swallow(conn)
	return true
}

func TestARefusalForNowIsFollowedByAnotherAttempt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		var asked atomic.Int64
		busyAtFirst := func(c *smtp.Conn) error {
			if asked.Add(1) == 1 {
				return refuse(451)(c)
			}
			return nil
		}
		s, got := mailServer(t, session{rcpt: busyAtFirst}, "smtp", "", nil)
		b.w = b.worker(s)
		id := b.enqueue(to("ann@example.org"))
		b.once()
		b.state(id, StateQueued)
		if b.once() != 0 {
			t.Error("it did not wait")
		}
		b.clock.Add(time.Minute)
		b.once()
		b.state(id, StateSent)
		if len(got) != 1 {
			t.Errorf("%d messages arrived", len(got))
		}
	})
}

func TestARefusalOfWhatWasSentIsForGood(t *testing.T) {
	t.Parallel()
	for _, code := range []int{552, 554} {
		b := newBench(t, storetest.SQLite(t))
		s, _ := mailServer(t, session{data: refuse(code)}, "smtp", "", nil)
		b.w = b.worker(s)
		id := b.enqueue(to("ann@example.org"))
		b.once()
		if r := b.state(id, StateFailed); !strings.Contains(r.Problem, fmt.Sprint(code)) {
			t.Errorf("organisers read %q", r.Problem)
		}
	}
}

// counted is how many connections a server saw.
func counted(connections *atomic.Int64, talk func(net.Conn)) func(net.Conn, int) {
	return func(conn net.Conn, _ int) { connections.Add(1); talk(conn) }
}

func TestMessagesShareAConnection(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	got := make(chan string, 300)
	s := parsed(t, "smtp://"+rawServer(t, counted(&seen, func(conn net.Conn) { polite(conn, got, nil) })))
	s.pool.perConn = 100
	for range 250 {
		if err := deliver(t, s); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 250 || seen.Load() != 3 {
		t.Errorf("%d messages over %d connections, want 250 over 3", len(got), seen.Load())
	}
}

func TestAConnectionThatTheServerDroppedIsNobodysFailure(t *testing.T) {
	t.Parallel()
	for name, parting := range map[string]string{"without a word": "", "with a 421": "421 4.4.2 idle for too long\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen atomic.Int64
			got, gone := make(chan string, 10), make(chan struct{}, 10)
			s := parsed(t, "smtp://"+rawServer(t, counted(&seen, func(conn net.Conn) {
				polite(conn, got, func(line string) bool {
					if line == "." {
						fmt.Fprint(conn, "250 taken\r\n"+parting)
					}
					return line == "."
				})
				_ = conn.Close()
				gone <- struct{}{}
			})))
			for range 3 {
				if err := deliver(t, s); err != nil {
					t.Fatal(err)
				}
				<-gone
			}
			if seen.Load() != 3 {
				t.Errorf("%d connections", seen.Load())
			}
		})
	}
}

func TestAnIdleConnectionIsAskedAndClosed(t *testing.T) {
	t.Parallel()
	said := make(chan string, 20)
	s := parsed(t, "smtp://"+rawServer(t, func(conn net.Conn, _ int) {
		polite(conn, make(chan string, 10), func(line string) bool { said <- strings.Fields(line + " -")[0]; return false })
	}))
	until := func(word string) {
		t.Helper()
		for w := range said {
			if w == word {
				return
			}
			if w == "QUIT" || w == "EHLO" {
				t.Fatalf("it said %s, want %s", w, word)
			}
		}
	}
	if err := deliver(t, s); err != nil {
		t.Fatal(err)
	}
	s.pool.mu.Lock()
	s.pool.idle[0].idleSince = time.Now().Add(-2 * keptUnasked)
	s.pool.mu.Unlock()
	if <-said; true { // EHLO
		until(".")
	}
	s.pool.keptFor = time.Millisecond
	if err := deliver(t, s); err != nil {
		t.Fatal(err)
	}
	until("RSET")
	until(".")
	until("QUIT")
}

func TestNoMoreConnectionsThanAllowedAreOpen(t *testing.T) {
	t.Parallel()
	var open, most atomic.Int64
	got := make(chan string, 100)
	s := parsed(t, "smtp://"+rawServer(t, func(conn net.Conn, _ int) {
		if n := open.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer open.Add(-1)
		polite(conn, got, nil)
	}))
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if err := s.Deliver(t.Context(), "events@example.org", "ann@example.org", aMessage, "id"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(got) != 40 || most.Load() > connections {
		t.Errorf("%d messages over %d connections at once", len(got), most.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	for range connections {
		if err := s.pool.enter(ctx); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := s.Deliver(ctx, "events@example.org", "ann@example.org", aMessage, "id"); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a connection ends with %v", err)
	}
}

// A server may let DATA begin though it refused the recipient before, when all was said at once (RFC 2920 3.1).
func TestARecipientRefusedInAPipelineIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data string // the answer to DATA
		more string // of what follows
	}{"with DATA": {"503 5.5.1 no recipients", ""}, "and DATA let begin": {"354 go on", "554 5.5.1 no recipients"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen atomic.Int64
			s := parsed(t, "smtp://"+rawServer(t, counted(&seen, func(conn net.Conn) {
				fmt.Fprint(conn, "220 mx\r\n")
				for in := bufio.NewScanner(conn); in.Scan(); {
					reply, _, _ := strings.Cut(in.Text(), " ")
					switch reply {
					case "EHLO":
						reply = "250-mx\r\n250 PIPELINING"
					case "RCPT":
						reply = "550 5.1.1 nobody"
					case "DATA":
						reply = c.data
					case ".":
						reply = c.more
					default:
						reply = "250 ok"
					}
					fmt.Fprint(conn, reply+"\r\n")
				}
			})))
			for range 2 {
				if err := deliver(t, s); !IsPermanent(err) || !strings.Contains(err.Error(), "nobody") {
					t.Errorf("the error is %v", err)
				}
			}
			if seen.Load() != 1 {
				t.Errorf("%d connections: a refusal is no reason to leave one", seen.Load())
			}
		})
	}
}

func TestACertificateOfAnotherNameStopsTheMail(t *testing.T) {
	t.Parallel()
	config, pool := certificate(t)
	s, got := mailServer(t, session{}, "smtp", "?tls=required", config)
	s.tls.RootCAs, s.tls.ServerName = pool, "mail.example.net"
	if err := deliver(t, s); err == nil || IsPermanent(err) || len(got) != 0 {
		t.Errorf("%v, %d messages", err, len(got))
	}
}

// The slow domain's messages are let go only when everybody else has theirs.
func TestASlowDomainDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const others = 60
		b := newBench(t, db)
		var mu sync.Mutex
		served := 0
		release := make(chan struct{})
		b.w = b.worker(deliverFunc(func(ctx context.Context, to string) error {
			if strings.HasSuffix(to, "@slow.example") {
				select {
				case <-release:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if served++; served == others {
				close(release)
			}
			return nil
		}))
		for i := range 300 { // more than are leased at once, and all before the others
			b.enqueue(to(fmt.Sprintf("person%d@slow.example", i)))
		}
		for i := range others {
			b.enqueue(to(fmt.Sprintf("person%d@quick.example", i)))
		}
		if s := b.w.shift(t.Context(), false); s.err != nil || s.sent != 300+others {
			t.Errorf("%d sent, %v", s.sent, s.err)
		}
	})
}

// deliverFunc is a Deliverer.
type deliverFunc func(ctx context.Context, to string) error

func (f deliverFunc) Deliver(ctx context.Context, _, to string, _ []byte, _ string) error {
	return f(ctx, to)
}
