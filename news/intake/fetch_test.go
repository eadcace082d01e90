package intake

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestOnlyThePublicInternetIsAsked(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.216.34": true, "8.8.8.8": true, "2606:2800:220:1:248:1893:25c8:1946": true, "127.0.0.1": false, "127.9.9.9": false, "0.0.0.0": false, "10.1.2.3": false,
		"172.16.0.1": false, "172.31.255.255": false, "172.32.0.1": true, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false,
		"100.128.0.1": true, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "192.0.2.1": false, "::1": false, "::": false, "fe80::1": false,
		"fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": false, "64:ff9b::7f00:1": false,
		"2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false, "fec0::1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %t", text, got)
		}
	}
}

func TestAnAddressThatMayNotBeASourceIsRefused(t *testing.T) {
	f := NewFetcher()
	for _, text := range []string{"", "x", "ftp://example.org/", "file:///etc/passwd", "javascript:1", "http://", "https://example.org:8443/", "http://example.org:22/", "http://user:pass@example.org/",
		"http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data", "http://10.0.0.1:80/", "//example.org/x", "https://" + strings.Repeat("a", 1000)} {
		if _, err := f.Address(text); !errors.Is(err, ErrAddress) && !errors.Is(err, ErrPrivate) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"https://www.example.org/news.rss", "http://example.org:80/x", " https://example.org:443/ "} {
		if _, err := f.Address(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	// Names and numbers that only the resolver, or the dialler, knows to be this machine.
	for _, text := range []string{"http://localhost/", "http://LOCALHOST:80/", "http://127.1/", "http://0x7f000001/", "http://2130706433/"} {
		if _, err := f.get(t.Context(), text, "", ""); err == nil || (text[7] == 'l' && !errors.Is(err, ErrPrivate)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// serve is a source under test, which the fetcher trusts.
func serve(t *testing.T, h http.HandlerFunc) (*Fetcher, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return NewFetcher(netip.MustParseAddrPort(strings.TrimPrefix(s.URL, "http://"))), s.URL
}

func TestASourceThatLeadsToAPrivateNetworkIsLeft(t *testing.T) {
	reached := false
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(inner.Close)
	for _, to := range []string{inner.URL, "http://localhost/", "http://127.0.0.1/", "http://[::1]/", "http://192.168.0.1/", "file:///etc/passwd", "http://example.org:6379/"} {
		f, address := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
		if _, err := f.get(t.Context(), address, "", ""); !errors.Is(err, ErrPrivate) && !errors.Is(err, ErrAddress) {
			t.Errorf("it led to %s: %v", to, err)
		}
	}
	if reached {
		t.Error("the private server was asked")
	}
}

func TestTheFourthRedirectIsNotFollowed(t *testing.T) {
	hops := 0
	f, address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hops++
		http.Redirect(w, r, fmt.Sprintf("/%d", hops), http.StatusFound)
	})
	if _, err := f.get(t.Context(), address, "", ""); !errors.Is(err, errRedirects) || hops != 4 {
		t.Errorf("after %d requests: %v", hops, err)
	}
}

func TestAHugeFeedIsCutOff(t *testing.T) {
	for _, packed := range []bool{false, true} {
		f, address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			page := []byte(strings.Repeat(" ", 1<<20))
			if !packed {
				for range 10 {
					_, _ = w.Write(page)
				}
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 10 {
				_, _ = z.Write(page)
			}
			_ = z.Close()
		})
		if _, err := f.get(t.Context(), address, "", ""); !errors.Is(err, errTooLong) {
			t.Errorf("packed: %t: %v", packed, err)
		}
	}
}

func TestASlowSourceIsGivenUp(t *testing.T) {
	end := make(chan struct{})
	f, address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		select { // the body never comes
		case <-end:
		case <-r.Context().Done():
		}
	})
	defer close(end)
	f.client.Timeout = 50 * time.Millisecond
	_, err := f.get(context.Background(), address, "", "")
	if err == nil || !strings.Contains(err.Error(), errSlow.Message) {
		t.Errorf("it answers %v", err)
	}
}

func TestASourceIsAskedOnlyForWhatIsNew(t *testing.T) {
	f, address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"1"` && r.Header.Get("If-Modified-Since") == "Thu, 11 Mar 2027 09:00:00 GMT" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Thu, 11 Mar 2027 09:00:00 GMT")
		_, _ = w.Write([]byte("feed"))
	})
	first, err := f.get(t.Context(), address, "", "")
	if err != nil || string(first.body) != "feed" {
		t.Fatalf("%+v (%v)", first, err)
	}
	second, err := f.get(t.Context(), address, first.etag, first.modified)
	if err != nil || second.body != nil || second.etag != first.etag || second.modified != first.modified {
		t.Errorf("%+v (%v)", second, err)
	}
}

func TestAnErrorOfTheSourceIsSaid(t *testing.T) {
	f, address := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	if _, err := f.get(t.Context(), address, "", ""); err == nil || !strings.Contains(err.Error(), "error 404") {
		t.Errorf("it answers %v", err)
	}
}
