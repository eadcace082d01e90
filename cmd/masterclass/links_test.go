package main

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// leaf is what the crawl needs of a page: where it leads, and the ids that a fragment can name.
type leaf struct {
	links []string
	ids   map[string]bool
}

// readLeaf takes the addresses of links, styles, scripts and pictures. Forms are not sent.
func readLeaf(t *testing.T, text string) leaf {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	l := leaf{ids: map[string]bool{}}
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				l.ids[a.Val] = true
			case a.Key == "href" || a.Key == "src":
				l.links = append(l.links, a.Val)
			}
		}
	}
	return l
}

// crawl follows every link of the site from an address, and gives the pages it came to by their paths and queries.
func (v *visitor) crawl(t *testing.T, from string) map[string]leaf {
	t.Helper()
	base, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	pages, linkedFrom := map[string]leaf{}, map[string]string{from: "the address bar"}
	type place struct{ page, fragment, from string }
	var places []place
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		here := queue[0]
		a := v.get(here)
		if a.StatusCode != 200 {
			t.Errorf("%s, linked from %s, answers %d", here, linkedFrom[here], a.StatusCode)
		}
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			continue
		}
		pages[here] = readLeaf(t, a.text)
		for _, link := range pages[here].links {
			u, err := a.Request.URL.Parse(link)
			if err != nil {
				t.Errorf("%s has a link that cannot be read: %q", here, link)
				continue
			}
			if u.Host != base.Host || u.Scheme != base.Scheme {
				continue
			}
			to := u.RequestURI()
			if u.Fragment != "" {
				places = append(places, place{to, u.Fragment, here})
			}
			if linkedFrom[to] == "" {
				linkedFrom[to] = here
				queue = append(queue, to)
			}
		}
	}
	for _, p := range places {
		if !pages[p.page].ids[p.fragment] {
			t.Errorf("%s links to %s#%s, which is not there", p.from, p.page, p.fragment)
		}
	}
	return pages
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	pages := s.visitor(t).crawl(t, "/")
	const fewest = 45
	if len(pages) < fewest {
		t.Errorf("%d pages can be reached from the home page, want %d or more", len(pages), fewest)
	}
	for _, want := range []string{"/events/" + masterclass + "/register", "/series/acute-oncology", "/registrations/find", "/accessibility", "/organise/sign-in"} {
		if _, found := pages[want]; !found {
			t.Errorf("no link leads to %s", want)
		}
	}
}
