package organisers

import (
	"context"
	"database/sql"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
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
	o := New(Parts{DB: db, Trail: trail, Keys: testKeys(t), Mails: &letters{}, Site: "UK Chemotherapy Partnership", Now: c.Now})
	o.passwords = newPasswords(cost{memory: 64, passes: 1, threads: 1})
	return o
}

func testKeys(t *testing.T) *secret.Keys {
	t.Helper()
	keys, err := secret.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// letters keeps what would be mailed.
type letters struct {
	sent  []Letter
	woken int
}

func (l *letters) Enqueue(_ context.Context, _ *sql.Tx, letter Letter) error {
	l.sent = append(l.sent, letter)
	return nil
}

func (l *letters) Wake() { l.woken++ }

// lastLink is the path of the link in the last letter, as its mail will have it.
func (o *Organisers) lastLink(t *testing.T) string {
	t.Helper()
	sent := o.records.mails.(*letters).sent
	sent = slices.DeleteFunc(slices.Clone(sent), func(l Letter) bool { return l.Kind == kindNotice })
	if len(sent) == 0 {
		t.Fatal("no link was mailed")
	}
	last := sent[len(sent)-1]
	token, err := linkToken(o.keys, last.Kind, last.Snapshot.(snapshot).Link)
	if err != nil {
		t.Fatal(err)
	}
	return linkPath + token
}

// here is where the tests' requests come from.
var here = Client{Address: "192.0.2.1", Browser: "Firefox on Linux"}

// enter signs Ada in, who has no second step.
func enter(t *testing.T, o *Organisers) (token string) {
	t.Helper()
	e, err := o.SignIn(context.Background(), email, password, here)
	if err != nil || e.Token == "" || e.Pending != "" {
		t.Fatalf("got %+v, %v", e, err)
	}
	return e.Token
}

// codeAt is the code that a phone shows which has the secret.
func codeAt(t *testing.T, secretText string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secretText, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// setUpTwoStep gives the signed-in account a second step: its secret and recovery codes.
func setUpTwoStep(t *testing.T, o *Organisers, token string) (secretText string, codes []string) {
	t.Helper()
	ctx := context.Background()
	s, err := o.Principal(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := o.OfferTwoStep(s.Principal, "Masterclass")
	if err != nil {
		t.Fatal(err)
	}
	codes, err = o.ConfirmTwoStep(ctx, s.ID, Confirmation{Offer: offer.Sealed, Code: codeAt(t, offer.Secret, o.now()), JustSignedIn: true}, token, access.Entry{Actor: "organiser:" + s.ID})
	if err != nil {
		t.Fatal(err)
	}
	return offer.Secret, codes
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

// Overview leaves out what is over, unless it is asked for by its id.
func (o overview) Overview(_ context.Context, ids []string) (list []EventLine, err error) {
	for _, e := range o {
		if e.State != "over" || slices.Contains(ids, e.ID) {
			list = append(list, e)
		}
	}
	return list, nil
}

// nowhere says that no event had another address.
func nowhere(context.Context, string) (string, error) {
	return "", fault.New(fault.NotFound, "No event had this address.")
}

// dashboard stands for the first page of owners and organisers, which another room answers with.
func dashboard(c *fiber.Ctx) error {
	return web.Render(c, "organisers/overview", web.View{Title: "Dashboard", Page: overviewPage{Name: "Dashboard"}})
}

// browser asks the whole application and keeps its cookie.
type browser struct {
	t       *testing.T
	app     *web.Application
	db      *store.DB
	handler *Handler
	o       *Organisers
	clock   *storetest.Clock
	address string
	cookies map[string]string
	paused  time.Duration
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
	h := NewHandler(o, Options{Site: site, Proxies: app.Proxies, Overview: events, Moved: nowhere, Dashboard: dashboard, Trail: access.NewReader(db), Zone: time.UTC, Now: c.Now, OwnersWithoutCode: func(*fiber.Ctx) bool { return true }})
	b := &browser{t: t, app: app, db: db, handler: h, o: o, clock: c, address: "192.0.2.1", cookies: map[string]string{}}
	h.pause = func(d time.Duration) { b.paused += d }
	h.Routes(app)
	return b
}

// another is somebody else's browser on the same site.
func (b *browser) another() *browser {
	other := *b
	other.cookies = map[string]string{}
	return &other
}

// at is the browser at another address.
func (b *browser) at(address string) *browser {
	b.address = address
	return b
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
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
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
		b.cookies[c.Name] = c.Value
		if c.Value == "" {
			delete(b.cookies, c.Name)
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
