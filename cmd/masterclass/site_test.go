package main

import (
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTheSiteMapHasEveryPageThatMayBeFound(t *testing.T) {
	t.Parallel()
	eachStores(t, func(t *testing.T, st stores) {
		s := startSite(t, st)
		v := s.visitor(t)
		var list struct {
			URLs []struct {
				Loc     string `xml:"loc"`
				LastMod string `xml:"lastmod"`
			} `xml:"url"`
		}
		a := v.get("/sitemap.xml").want(t, 200)
		if err := xml.Unmarshal([]byte(a.text), &list); err != nil || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/xml") {
			t.Fatalf("%v: %v", err, a.Header)
		}
		seen := map[string]bool{}
		for _, u := range list.URLs {
			at, err := url.Parse(u.Loc)
			if err != nil || !at.IsAbs() || seen[at.Path] {
				t.Fatalf("%q, %v", u.Loc, err)
			}
			seen[at.Path] = true
			page := v.get(at.Path).want(t, 200, `rel="canonical" href="`+u.Loc+`"`)
			if strings.Contains(page.text, `content="noindex"`) {
				t.Errorf("%s asks not to be found", at.Path)
			}
			if _, err := time.Parse(time.RFC3339, u.LastMod); u.LastMod != "" && err != nil {
				t.Error(err)
			}
		}
		for _, path := range []string{"/", "/events", "/events/" + masterclass, "/events/" + masterclass + "/programme", "/events/" + masterclass + "/speakers/lead-nurse",
			"/series/acute-oncology", "/news", "/news/welcome-to-our-new-site", "/about", "/experts/cancer-pharmacy"} {
			if !seen[path] {
				t.Errorf("%s is not on the map", path)
			}
		}
	})
}

func TestCrawlersAreToldWhereNotToGo(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	a := s.visitor(t).get("/robots.txt").want(t, 200, "User-agent: *\n", "Disallow: /organise\n", "Disallow: /registrations/\n", "/sitemap.xml\n")
	if strings.Contains(a.text, "ics") || strings.Contains(a.text, "/calendars") || // Google Calendar subscribes to nothing that is closed to crawlers
		strings.Contains(a.text, "Disallow: /\n") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("robots.txt is %s", a.text)
	}
}

// RFC 9116.
func TestThereIsSomebodyToTellOfAHole(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	a := s.visitor(t).get("/.well-known/security.txt").want(t, 200)
	fields := map[string]string{}
	for line := range strings.Lines(a.text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || fields[name] != "" {
			t.Fatalf("a line is %q", line)
		}
		fields[name] = value
	}
	expires, err := time.Parse(time.RFC3339, fields["Expires"])
	ahead := time.Until(expires)
	if err != nil || ahead < 30*24*time.Hour || ahead > 365*24*time.Hour || !strings.HasPrefix(fields["Contact"], "mailto:") {
		t.Errorf("it says %v, %v", fields, err)
	}
	if a.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("it is %v", a.Header)
	}
}
