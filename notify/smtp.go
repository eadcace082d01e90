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
	if err := s.pool.enter(ctx); err != nil {
		return err
	}
	defer s.pool.leave()
	return s.deliver(ctx, envelopeOf{sender, rcpt, raw})
}

// deliver uses a kept connection if there is one. One that turns out to be of no use before it was given the message
// is nobody's failure: the next is tried, and a fresh one in the end.
func (s *SMTP) deliver(ctx context.Context, m envelopeOf) error {
	for c := s.pool.take(); c != nil; c = s.pool.take() {
		if stale, err := s.over(ctx, c, m); !stale {
			return err
		}
	}
	c, err := s.connect(ctx, m.sender)
	if err != nil {
		return errors.Join(ctx.Err(), err)
	}
	_, err = s.over(ctx, c, m)
	return err
}

// over sends the message over the connection and keeps that for the next one if it is as good as before. It is stale
// if it broke, or the server took leave (421), before the server can have had the message.
func (s *SMTP) over(ctx context.Context, c *client, m envelopeOf) (stale bool, err error) {
	release := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	given, err := c.send(m)
	usable := err == nil || (isReply(err) && c.reset() == nil)
	open := release() // else ctx has closed it, or does so now
	if usable && open {
		s.pool.put(c)
		return false, refusal(err)
	}
	_ = c.Close() // it may be closed already
	if err != nil && !open {
		return false, errors.Join(ctx.Err(), refusal(err))
	}
	return !given && err != nil && !isReply(err), refusal(err)
}

// isReply says whether the error is the server's answer on a connection that stays open: a 421 closes it (RFC 5321 3.8).
func isReply(err error) bool {
	var p *textproto.Error
	return errors.As(err, &p) && p.Code != 421
}

// connect gives a connection that is ready for MAIL.
func (s *SMTP) connect(ctx context.Context, sender string) (*client, error) {
	conn, err := (&net.Dialer{Timeout: s.dial}).DialContext(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return nil, fmt.Errorf("reach the mail server: %w", err)
	}
	release := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer release()
	local, patient := conn.LocalAddr(), &impatient{Conn: conn, limit: s.command}
	conn = patient
	if s.security == implicit {
		conn = tls.Client(conn, s.tls)
	}
	c, err := smtp.NewClient(conn, s.host)
	if err == nil {
		if err = s.greet(c, hello(sender, local)); err == nil {
			return newClient(c, patient), nil
		}
	}
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

// refusal is Permanent for a 5xx (RFC 5321 4.2.1), but for those that ask for other credentials (RFC 4954 6): a
// mistake in the settings must not cost anybody their message.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	var p *textproto.Error
	if !errors.As(err, &p) || p.Code < 500 || wantsCredentials(p.Code) {
		return fmt.Errorf("hand a message over: %w", err)
	}
	return &Permanent{Err: err}
}

// wantsCredentials says whether a refusal is of who we are, and not of the message.
func wantsCredentials(code int) bool { return slices.Contains([]int{530, 534, 535, 538}, code) }

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
