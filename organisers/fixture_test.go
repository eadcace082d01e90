package organisers

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
	"masterclass/internal/web"
	"masterclass/templates"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	email    = "Ada.Lovelace@example.org"
	password = "correct horse battery"
)

func newClock() *storetest.Clock {
	return storetest.NewClock(time.Date(2027, 3, 11, 9, 0, 0, 0, time.UTC))
}

func newTestOrganisers(t *testing.T, db *store.DB, c *storetest.Clock) *Organisers {
	t.Helper()
	trail, err := access.NewTrail(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := trail.Close(); err != nil {
			t.Error(err)
		}
	})
	o := New(db, trail, c.Now)
	o.passwords = newPasswords(cost{memory: 64, passes: 1, threads: 1})
	return o
}

// addWithPassword adds Ada, an owner.
func addWithPassword(t *testing.T, o *Organisers) {
	t.Helper()
	if _, err := o.Add(context.Background(), email, "Ada Lovelace", access.Owner, password); err != nil {
		t.Fatal(err)
	}
}

// addWithLink adds Ada, an owner, and gives her link.
func addWithLink(t *testing.T, o *Organisers) (link string) {
	t.Helper()
	link, err := o.Add(context.Background(), email, "Ada Lovelace", access.Owner, "")
	if err != nil {
		t.Fatal(err)
	}
	return link
}

// trailOf is the audit trail as text, oldest first.
func trailOf(t *testing.T, db *store.DB) string {
	t.Helper()
	var lines []string
	if err := db.NewRaw("select action || ' ' || detail from audit order by id").Scan(context.Background(), &lines); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.Join(lines, "; "))
}

func count(t *testing.T, db *store.DB, table string) (n int) {
	t.Helper()
	if err := db.NewRaw("select count(*) from "+table).Scan(context.Background(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

type overview []EventLine

func (o overview) Overview(context.Context) ([]EventLine, error) { return o, nil }

// browser asks the whole application and keeps its cookie.
type browser struct {
	t       *testing.T
	app     *web.Application
	db      *store.DB
	handler *Handler
	o       *Organisers
	clock   *storetest.Clock
	address string
	cookie  *http.Cookie
}

func newBrowser(t *testing.T, db *store.DB, baseURL string, events overview) *browser {
	t.Helper()
	pages, err := ownPages()
	if err != nil {
		t.Fatal(err)
	}
	_, believed, _ := net.ParseCIDR("0.0.0.0/32") // app.Test's own address
	c, site := newClock(), web.Site{Name: "Masterclass", BaseURL: baseURL}
	app := web.New(web.Config{Site: site, Views: pages, Log: slog.New(slog.DiscardHandler), Proxies: []*net.IPNet{believed}, Now: c.Now})
	o := newTestOrganisers(t, db, c)
	h := NewHandler(o, site, app.Proxies, events, c.Now)
	h.Routes(app)
	return &browser{t: t, app: app, db: db, handler: h, o: o, clock: c, address: "192.0.2.1"}
}

// ownPages are the real pages that this package shows: those of others want functions of their own.
var ownPages = sync.OnceValues(func() (*templates.Pages, error) {
	own := fstest.MapFS{}
	for _, pattern := range []string{"layout/*", "static/*", "errors/*", "organisers/*"} {
		found, err := fs.Glob(templates.Embedded(), pattern)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			body, err := fs.ReadFile(templates.Embedded(), file)
			if err != nil {
				return nil, err
			}
			own[file] = &fstest.MapFile{Data: body}
		}
	}
	return templates.Parse(own, nil)
})

type answer struct {
	*http.Response
	body string
}

func (b *browser) get(path string) answer { return b.do(httptest.NewRequest("GET", path, nil)) }

func (b *browser) post(path string, form url.Values) answer {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *browser) signIn(email, password string) answer {
	return b.post("/organise/sign-in", url.Values{"email": {email}, "password": {password}})
}

func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	r.Header.Set("X-Forwarded-For", b.address)
	if b.cookie != nil {
		r.AddCookie(&http.Cookie{Name: b.cookie.Name, Value: b.cookie.Value})
	}
	res, err := b.app.Test(r, -1)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		b.cookie = c
		if c.Value == "" {
			b.cookie = nil
		}
	}
	return answer{res, string(body)}
}

// wants checks the status, and where a redirect leads.
func (a answer) wants(t *testing.T, status int, location string) answer {
	t.Helper()
	if a.StatusCode != status || a.Header.Get("Location") != location {
		t.Fatalf("got %d to %q, not %d to %q: %s", a.StatusCode, a.Header.Get("Location"), status, location, a.body)
	}
	return a
}

func (a answer) shows(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page does not show %q:\n%s", part, a.body)
		}
	}
}
