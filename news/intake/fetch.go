package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"masterclass/internal/fault"
)

// How much patience a source is met with.
const (
	fetchTime    = 10 * time.Second
	maxFeed      = 2 << 20 // bytes, unpacked
	maxRedirects = 3
)

// Errors for people.
var (
	ErrAddress   = fault.New(fault.Invalid, "Enter the address of a feed that starts with https:// or http://, without a port of its own")
	ErrPrivate   = fault.New(fault.Invalid, "The address leads to a private network, where this site does not look")
	errSlow      = fault.New(fault.Invalid, "The site did not answer within 10 seconds")
	errTooLong   = fault.New(fault.Invalid, "The feed is larger than 2 MB")
	errRedirects = fault.New(fault.Invalid, "The address leads on to others more than three times")
	errAway      = fault.New(fault.Invalid, "The site cannot be reached. Check the address, or try again later")
	errNoFeed    = fault.New(fault.Invalid, "What is at this address is no RSS or Atom feed. Look for a link to the feed on the site")
)

// Fetcher gets feeds from public addresses.
type Fetcher struct {
	client  *http.Client
	trusted []netip.AddrPort
}

// NewFetcher makes one. Trusted addresses are those of a test's servers.
func NewFetcher(trusted ...netip.AddrPort) *Fetcher {
	f := &Fetcher{trusted: trusted}
	dialer := &net.Dialer{Timeout: fetchTime, Control: f.control}
	f.client = &http.Client{
		Timeout: fetchTime,
		Transport: &http.Transport{ // without a proxy, which would choose the address
			DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: fetchTime, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errRedirects
			}
			return f.check(req.URL)
		},
	}
	return f
}

// control refuses a connection when its address is known, and before anything is sent.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrPrivate.Because(err)
	}
	if slices.Contains(f.trusted, to) {
		return nil
	}
	if to.Port() != 80 && to.Port() != 443 {
		return ErrAddress
	}
	if !public(to.Addr()) {
		return ErrPrivate
	}
	return nil
}

// check says whether the address is one that may be asked for. Where its name leads is seen when the connection is made.
func (f *Fetcher) check(u *url.URL) error {
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return ErrAddress
	}
	if to, err := netip.ParseAddrPort(u.Host); err == nil && slices.Contains(f.trusted, to) {
		return nil
	}
	if p := u.Port(); p != "" && p != "80" && p != "443" {
		return ErrAddress
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !public(ip) {
		return ErrPrivate
	}
	return nil
}

// Address is a source's address as it is kept. ErrAddress or ErrPrivate if it may not be one.
func (f *Fetcher) Address(text string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || len(text) > 1000 {
		return "", ErrAddress
	}
	u.Fragment = ""
	return u.String(), f.check(u)
}

// answer is what a source says; without a body it has nothing new.
type answer struct {
	body           []byte
	etag, modified string
	url            *url.URL // where the redirects led
}

// get asks a source for what it has, unless that is still what the marks stand for. Errors are for people.
func (f *Fetcher) get(ctx context.Context, address, etag, modified string) (answer, error) {
	address, err := f.Address(address)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, ErrAddress.Because(err)
	}
	req.Header.Set("User-Agent", "Masterclass (news intake)")
	req.Header.Set("Accept", "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1")
	for name, mark := range map[string]string{"If-None-Match": etag, "If-Modified-Since": modified} {
		if mark != "" {
			req.Header.Set(name, mark)
		}
	}
	res, err := f.client.Do(req)
	if err != nil {
		return answer{}, sentence(err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	a := answer{etag: mark(res, "ETag"), modified: mark(res, "Last-Modified"), url: res.Request.URL}
	switch {
	case res.StatusCode == http.StatusNotModified:
		return answer{etag: etag, modified: modified}, nil
	case res.StatusCode != http.StatusOK:
		return answer{}, fault.New(fault.Invalid, fmt.Sprintf("The site answers with the error %d", res.StatusCode))
	}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, maxFeed+1)); err != nil {
		return answer{}, sentence(err)
	}
	if len(a.body) > maxFeed {
		return answer{}, errTooLong
	}
	return a, nil
}

// mark is a header to send back, unless it is one that no honest source sends.
func mark(res *http.Response, name string) string {
	if v := res.Header.Get(name); len(v) <= 300 && !strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
		return v
	}
	return ""
}

// sentence says what went wrong; the rest is for the log.
func sentence(err error) error {
	var timeout net.Error
	if f, ok := fault.Of(err); ok {
		return f
	}
	if errors.As(err, &timeout) && timeout.Timeout() {
		return errSlow.Because(err)
	}
	return errAway.Because(err)
}
