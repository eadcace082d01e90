package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"slices"
	"strings"
	"time"

	"masterclass/internal/crash"
)

// Deliver hands the message to the server. A 5xx about this message is Permanent; a 4xx, a refusal of our own
// credentials, and every broken connection are not: the server may have taken a message whose reply was lost, and
// knows it by its Message-ID when it comes again. Addresses that nobody has are Withheld. The connection is closed
// when ctx ends.
func (s *SMTP) Deliver(ctx context.Context, from, to string, raw []byte, _ string) error {
	if err := withheld(to); err != nil {
		return err
	}
	sender, err := bare(from)
	if err != nil {
		return err
	}
	rcpt, err := bare(to)
	if err != nil {
		return err
	}
	c, err := s.connect(ctx, sender)
	if err != nil {
		return errors.Join(ctx.Err(), err)
	}
	defer c.Close()
	if err := transmit(c.Client, sender, rcpt, raw); err != nil {
		return refusal(err)
	}
	crash.At(crash.AfterSMTP)
	_ = c.Quit() // the message is the server's by now, whatever it says to this
	return nil
}

// client is a connection that ends with a context.
type client struct {
	*smtp.Client
	release func() bool
}

// Close closes the connection.
func (c *client) Close() {
	c.release()
	_ = c.Client.Close() // usually closed by Quit already
}

// connect gives a connection that is ready for MAIL.
func (s *SMTP) connect(ctx context.Context, sender string) (*client, error) {
	conn, err := (&net.Dialer{Timeout: s.dial}).DialContext(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return nil, fmt.Errorf("reach the mail server: %w", err)
	}
	release := context.AfterFunc(ctx, func() { _ = conn.Close() })
	local := conn.LocalAddr()
	conn = &impatient{Conn: conn, limit: s.command}
	if s.security == implicit {
		conn = tls.Client(conn, s.tls)
	}
	c, err := smtp.NewClient(conn, s.host)
	if err == nil {
		if err = s.greet(c, hello(sender, local)); err == nil {
			return &client{Client: c, release: release}, nil
		}
	}
	release()
	_ = conn.Close() // err says what went wrong
	return nil, fmt.Errorf("greet the mail server: %w", err)
}

// greet says EHLO, turns TLS on and signs in. Nothing is sent in plain text, and no step is left out, because the
// server does not offer it.
func (s *SMTP) greet(c *smtp.Client, name string) error {
	if err := c.Hello(name); err != nil {
		return err
	}
	if s.security == startTLS {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return errors.New("the mail server does not offer STARTTLS; without it mail could be read on the way (?tls=none allows that)")
		}
		if err := c.StartTLS(s.tls); err != nil {
			return fmt.Errorf("turn TLS on: %w", err)
		}
	}
	if !s.auth {
		return nil
	}
	_, offered := c.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		return c.Auth(plainAuth{s.username, s.password})
	case slices.Contains(mechanisms, "LOGIN"):
		return c.Auth(loginAuth{s.username, s.password})
	}
	return errors.New("the mail server does not offer to sign in by PLAIN or LOGIN, and a user name is set")
}

// transmit sends one message; its errors are about that message.
func transmit(c *smtp.Client, from, to string, raw []byte) error {
	if err := c.Mail(from); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}

// refusal is Permanent for a 5xx (RFC 5321 4.2.1), but for those that ask for other credentials (RFC 4954 6): a
// mistake in the settings must not cost anybody their message.
func refusal(err error) error {
	var p *textproto.Error
	if !errors.As(err, &p) || p.Code < 500 || slices.Contains([]int{530, 534, 535, 538}, p.Code) {
		return fmt.Errorf("hand a message over: %w", err)
	}
	return &Permanent{Err: err}
}

// hello is the full host name that EHLO asks for (RFC 5321 4.1.1.1): this machine's, else the sender's domain, else
// our address as a literal.
func hello(sender string, local net.Addr) string {
	names := []string{sender[strings.LastIndexByte(sender, '@')+1:]}
	if host, err := os.Hostname(); err == nil {
		names = append([]string{host}, names...)
	}
	for _, name := range names {
		if strings.Contains(name, ".") && hostName.MatchString(name) {
			return name
		}
	}
	tcp, ok := local.(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case tcp.IP.To4() != nil:
		return "[" + tcp.IP.String() + "]"
	}
	return "[IPv6:" + tcp.IP.String() + "]"
}

// impatient gives each wait for the other side a limit.
type impatient struct {
	net.Conn
	limit time.Duration
}

// Read reads what comes within the limit.
func (c *impatient) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write writes what is taken within the limit.
func (c *impatient) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
