package notify

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// SMTP delivers to one mail server over a few connections, which it keeps for the messages to come: call Close when
// there are none. Safe for concurrent use.
type SMTP struct {
	host, port         string
	username, password string
	auth               bool
	security           security

	tls           *tls.Config
	dial, command time.Duration // the longest that connecting, and any wait for the server, may take
	pool          pool
}

// security is how the connection is protected.
type security int

const (
	startTLS security = iota // upgraded before anything else is said, or not used
	implicit                 // TLS from the first octet (RFC 8314)
	none
)

var errSMTPURL = errors.New("the SMTP URL cannot be read; it looks like smtp://user:password@host:587 or smtps://user:password@host:465, with special characters of the password written as %40 (@), %3A (:), %2F (/), %23 (#)")

// ParseSMTP reads smtp://user:password@host:587, where STARTTLS is required unless the host is this machine or
// ?tls=none is given (?tls=required requires it of this machine too), or smtps://host:465. No error quotes the URL.
func ParseSMTP(raw string) (*SMTP, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return nil, errSMTPURL
	}
	s := &SMTP{host: u.Hostname(), port: u.Port(), dial: 10 * time.Second, command: 60 * time.Second, pool: newPool()}
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	if err := s.protect(u); err != nil {
		return nil, err
	}
	if n, err := strconv.Atoi(s.port); err != nil || n < 1 || n > 65535 {
		return nil, errSMTPURL
	}
	if u.User == nil {
		return s, nil
	}
	s.auth, s.username = true, u.User.Username()
	s.password, _ = u.User.Password()
	if s.username == "" || s.password == "" || strings.ContainsAny(s.username+s.password, "\x00\r\n") {
		return nil, errors.New("the SMTP URL needs both a user name and a password, or neither")
	}
	if s.security == none && !loopback(s.host) {
		return nil, errors.New("the SMTP URL has a password and ?tls=none: the password would be sent for all to read")
	}
	return s, nil
}

// protect reads the scheme, its port and ?tls=.
func (s *SMTP) protect(u *url.URL) error {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errSMTPURL
	}
	mode := q.Get("tls")
	if q.Del("tls"); len(q) > 0 {
		return errors.New("the SMTP URL knows no setting but tls, as in ?tls=none")
	}
	standard := "587"
	switch {
	case u.Scheme == "smtps" && mode != "none":
		s.security, standard = implicit, "465"
	case u.Scheme != "smtp":
		return errSMTPURL
	case mode == "none" || (mode == "" && loopback(s.host)):
		s.security = none
	case mode != "" && mode != "required":
		return errors.New("the SMTP URL's tls is none or required")
	}
	if s.port == "" {
		s.port = standard
	}
	return nil
}

// loopback says whether the host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// String is the URL for people, with the password masked.
func (s *SMTP) String() string {
	scheme, login, query := "smtp", "", ""
	switch {
	case s.security == implicit:
		scheme = "smtps"
	case s.security == none && !loopback(s.host):
		query = "?tls=none"
	case s.security == startTLS && loopback(s.host):
		query = "?tls=required"
	}
	if s.auth {
		login = url.User(s.username).String() + ":***@"
	}
	return scheme + "://" + login + net.JoinHostPort(s.host, s.port) + query
}
