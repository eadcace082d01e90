package notify

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	netsmtp "net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// session is what a test's mail server does with one message.
type session struct {
	conn             *smtp.Conn
	mail, rcpt, data func(c *smtp.Conn) error
	got              chan delivered
	to               string
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) Mail(string, *smtp.MailOptions) error { return ask(s.mail, s.conn) }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return ask(s.rcpt, s.conn)
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.got <- delivered{to: s.to, id: s.conn.Hostname(), raw: raw}
	return ask(s.data, s.conn)
}

func ask(f func(*smtp.Conn) error, c *smtp.Conn) error {
	if f == nil {
		return nil
	}
	return f(c)
}

// refuse answers with a code and words that quote the address, as servers do.
func refuse(code int) func(*smtp.Conn) error {
	return func(*smtp.Conn) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "not now, <ann@example.org>"}
	}
}

func drop(c *smtp.Conn) error { return c.Conn().Close() }

// certificate is one for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, pool
}

// mailServer starts a server and gives a client of it, with the setting in its URL.
func mailServer(t *testing.T, like session, scheme, query string, offersTLS *tls.Config) (*SMTP, <-chan delivered) {
	t.Helper()
	like.got = make(chan delivered, 10)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s := like
		s.conn = c
		return &s, nil
	}))
	server.TLSConfig, server.Domain, server.ErrorLog = offersTLS, "mx.example.org", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if scheme == "smtps" {
		l = tls.NewListener(l, offersTLS)
	}
	ended := make(chan struct{})
	go func() { _ = server.Serve(l); close(ended) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	return parsed(t, scheme+"://"+address+query), like.got
}

func parsed(t *testing.T, raw string) *SMTP {
	t.Helper()
	s, err := ParseSMTP(raw)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var aMessage = []byte("Subject: Hello\r\n\r\n.a line that begins with a dot\r\nFrom here on\r\n")

func deliver(t *testing.T, s *SMTP) error {
	t.Helper()
	return s.Deliver(t.Context(), "events@example.org", "ann@example.org", aMessage, "id")
}

func TestSMTPDelivers(t *testing.T) {
	t.Parallel()
	config, pool := certificate(t)
	for name, c := range map[string]struct{ scheme, query string }{
		"plain to this machine": {"smtp", ""}, "STARTTLS": {"smtp", "?tls=required"}, "implicit TLS": {"smtps", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, got := mailServer(t, session{}, c.scheme, c.query, config)
			s.tls.RootCAs = pool
			if err := deliver(t, s); err != nil {
				t.Fatal(err)
			}
			d := <-got
			if d.to != "ann@example.org" || string(d.raw) != string(aMessage) || !strings.Contains(d.id, ".") {
				t.Errorf("%s said EHLO and sent to %s:\n%s", d.id, d.to, d.raw)
			}
		})
	}
}

func TestAnUntrustedCertificateStopsTheMail(t *testing.T) {
	t.Parallel()
	config, _ := certificate(t)
	for scheme, query := range map[string]string{"smtp": "?tls=required", "smtps": ""} {
		s, got := mailServer(t, session{}, scheme, query, config)
		if err := deliver(t, s); err == nil || IsPermanent(err) || len(got) != 0 {
			t.Errorf("%s: %v, %d messages", scheme, err, len(got))
		}
	}
}

func TestARefusalIsForGoodOrForNow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		like      session
		permanent bool
		want      string
	}{
		"a mailbox that does not exist": {session{rcpt: refuse(550)}, true, "550 5.1.1 not now, <[address]>"},
		"a message that is spam":        {session{data: refuse(554)}, true, "554 5.1.1 not now, <[address]>"},
		"a sender who is not allowed":   {session{mail: refuse(553)}, true, "553 5.1.1 not now, <[address]>"},
		"a mailbox that is busy":        {session{rcpt: refuse(450)}, false, "450 4.1.1 not now, <[address]>"},
		"a server that shuts down":      {session{mail: refuse(421)}, false, "421 4.1.1 not now, <[address]>"},
		"credentials that are missing":  {session{mail: refuse(530)}, false, "530 5.1.1 not now, <[address]>"},
		"a line cut before the reply":   {session{data: drop}, false, ""},
		"a line cut at the recipient":   {session{rcpt: drop}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := mailServer(t, c.like, "smtp", "", nil)
			err := deliver(t, s)
			if err == nil || IsPermanent(err) != c.permanent {
				t.Fatalf("permanent %v: %v", IsPermanent(err), err)
			}
			if got := Problem(err); c.want != "" && !strings.HasSuffix(got, ". ("+c.want+")") && !strings.HasSuffix(got, c.want+")") {
				t.Errorf("organisers read %q, want %q", got, c.want)
			}
		})
	}
}

func TestALostReplySendsTheSameMessageIDAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		var once sync.Once
		cut := func(c *smtp.Conn) error {
			once.Do(func() { _ = drop(c) })
			return nil
		}
		s, got := mailServer(t, session{data: cut}, "smtp", "", nil)
		b.w = b.worker(s)
		id := b.enqueue(to("ann@example.org"))
		b.once()
		b.state(id, "queued")
		b.clock.Add(time.Hour)
		b.once()
		b.state(id, "sent")
		if first, second := <-got, <-got; string(first.raw) != string(second.raw) {
			t.Error("the second attempt sent other bytes")
		}
	})
}

func TestAServerThatStallsIsLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit time.Duration
		stop  bool
	}{"after the limit": {50 * time.Millisecond, false}, "when the context has ended": {time.Minute, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			release, stalled := make(chan struct{}), make(chan struct{}, 1)
			stall := func(*smtp.Conn) error { stalled <- struct{}{}; <-release; return nil }
			s, _ := mailServer(t, session{rcpt: stall}, "smtp", "", nil)
			defer close(release)
			s.command = c.limit
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result := make(chan error)
			go func() { result <- s.Deliver(ctx, "events@example.org", "ann@example.org", aMessage, "id") }()
			if <-stalled; c.stop {
				cancel()
			}
			if err := <-result; err == nil || IsPermanent(err) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// scripted is a server that answers each line by its first word, and the lines that it was sent.
func scripted(t *testing.T, replies map[string]string) (address string, lines func() []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var seen []string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "220 mx.example.org ready\r\n")
			for in := bufio.NewScanner(conn); in.Scan(); {
				mu.Lock()
				seen = append(seen, in.Text())
				mu.Unlock()
				word, _, _ := strings.Cut(in.Text(), " ")
				reply, ok := replies[word]
				if !ok {
					reply = "250 ok"
				}
				fmt.Fprint(conn, reply+"\r\n")
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return l.Addr().String(), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), seen...)
	}
}

func TestNothingIsSentInPlainText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ url, ehlo string }{
		"STARTTLS is required and not offered":     {"smtp://ann:secret@%s?tls=required", "250-mx\r\n250 AUTH PLAIN"},
		"credentials are set and AUTH not offered": {"smtp://ann:secret@%s", "250-mx\r\n250 SIZE 1000"},
		"AUTH offers nothing that we speak":        {"smtp://ann:secret@%s", "250-mx\r\n250 AUTH CRAM-MD5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, lines := scripted(t, map[string]string{"EHLO": c.ehlo})
			err := deliver(t, parsed(t, fmt.Sprintf(c.url, address)))
			if err == nil || IsPermanent(err) || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error is %v", err)
			}
			for _, line := range lines() {
				if !strings.HasPrefix(line, "EHLO ") && line != "QUIT" {
					t.Errorf("it said %q", line)
				}
			}
		})
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	refused := map[string]string{"EHLO": "250-mx\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong password"}
	plain := map[string]string{"EHLO": "250-mx\r\n250 AUTH LOGIN PLAIN", "AUTH": "235 welcome", "DATA": "354 go on"}
	login := map[string]string{"EHLO": "250-mx\r\n250 AUTH LOGIN", "AUTH": "334 VXNlcm5hbWU6", "YW5u": "334 UGFzc3dvcmQ6", "c2VjcmV0": "235 welcome"}
	for name, c := range map[string]struct {
		replies map[string]string
		said    string
	}{
		"PLAIN": {plain, "AUTH PLAIN AGFubgBzZWNyZXQ="}, "LOGIN": {login, "AUTH LOGIN|YW5u|c2VjcmV0|MAIL"}, "a wrong password": {refused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.replies["RCPT"] = "451 enough" // the script ends here
			address, lines := scripted(t, c.replies)
			err := deliver(t, parsed(t, "smtp://ann:secret@"+address))
			if err == nil || IsPermanent(err) {
				t.Errorf("the error is %v: a mistake in the settings must not fail messages for good", err)
			}
			said := strings.Join(lines(), "|")
			if !strings.Contains(said, c.said) || strings.Contains(said, "RCPT") != (c.said != "") {
				t.Errorf("the client said %s", said)
			}
		})
	}
}

func TestAPasswordIsNeverSentInPlainToAnotherMachine(t *testing.T) {
	t.Parallel()
	if _, _, err := (plainAuth{"a", "b"}).Start(&netsmtp.ServerInfo{Name: "mx.example.org"}); err == nil {
		t.Error("PLAIN was begun")
	}
	if _, _, err := (loginAuth{"a", "b"}).Start(&netsmtp.ServerInfo{Name: "mx.example.org"}); err == nil {
		t.Error("LOGIN was begun")
	}
	if _, _, err := (plainAuth{"a", "b"}).Start(&netsmtp.ServerInfo{Name: "mx.example.org", TLS: true}); err != nil {
		t.Error(err)
	}
}

func TestNobodysAddressesAreNotWrittenTo(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBench(t, db)
		b.w = b.worker(parsed(t, "smtp://127.0.0.1:1")) // nothing listens there
		for address, want := range map[string]string{
			"a@rush.invalid": "not delivered: .invalid", "b@INVALID": "not delivered: .invalid", "c@sample.example": "not delivered: sample.example",
		} {
			id := b.enqueue(to(address))
			b.once()
			if r := b.state(id, "sent"); r.Problem != want || r.Raw == nil {
				t.Errorf("%s: %q", address, r.Problem)
			}
		}
		id := b.enqueue(to("d@notinvalid.example"))
		b.once()
		b.state(id, "queued")
	})
}

func TestParseSMTP(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"smtp://mx.example.org":                        "smtp://mx.example.org:587",
		"smtp://ann:s3cr%40t@mx.example.org:2525":      "smtp://ann:***@mx.example.org:2525",
		"smtps://ann%40example.org:s3cr@mx.nhs.uk":     "smtps://ann%40example.org:***@mx.nhs.uk:465",
		"smtp://mx.example.org?tls=none":               "smtp://mx.example.org:587?tls=none",
		"smtp://localhost:1025":                        "smtp://localhost:1025",
		"smtp://[::1]:1025/?tls=required":              "smtp://[::1]:1025?tls=required",
		"smtp://ann:s3cr@mx.example.org/?tls=required": "smtp://ann:***@mx.example.org:587",
	} {
		s, err := ParseSMTP(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
		} else if got := s.String(); got != want || strings.Contains(got, "s3cr") {
			t.Errorf("%s is shown as %s, want %s", raw, got, want)
		}
	}
	for _, raw := range []string{
		"", "mx.example.org:587", "http://ann:s3cr@mx.example.org", "smtp://ann:s3cr@", "smtp://ann:s3/cr@mx.example.org",
		"smtp://ann:s3cr#x@mx.example.org", "smtp://ann:s3cr@mx.example.org:0", "smtp://ann:s3cr@mx.example.org:99999",
		"smtp://ann:s3cr@mx.example.org?tls=none", "smtp://ann:s3cr@mx.example.org?tls=perhaps", "smtps://ann:s3cr@mx.example.org?tls=none",
		"smtp://ann:s3cr@mx.example.org?password=s3cr", "smtp://ann@mx.example.org", "smtp://:s3cr@mx.example.org",
		"smtp://ann:s3cr%0d%0aRSET@mx.example.org", "smtp://ann:s3cr@mx.example.org/folder", "smtp://ann:s3cr%zz@mx.example.org",
	} {
		if s, err := ParseSMTP(raw); err == nil {
			t.Errorf("%s was taken as %s", raw, s)
		} else if strings.Contains(err.Error(), "s3") {
			t.Errorf("%s: the error quotes the password: %v", raw, err)
		}
	}
}

func TestEHLOHasAFullHostName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sender string
		local  net.Addr
	}{
		{"events@example.org", &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}},
		{"events@localhost", &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}},
		{"events@localhost", &net.TCPAddr{IP: net.ParseIP("2001:db8::1")}},
	} {
		if got := hello(c.sender, c.local); !strings.ContainsAny(got, ".:") || strings.ContainsAny(got, " @") {
			t.Errorf("from %s at %v: %q", c.sender, c.local, got)
		}
	}
}
