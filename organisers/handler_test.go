package organisers

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

const base = "https://masterclass.example"

func TestSigningInShowsTheDashboard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		b.get("/organise").wants(t, 303, "/organise/sign-in")
		b.get("/organise/sign-in").wants(t, 200, "").shows(t, `autocomplete="username"`, `autocomplete="current-password"`)
		b.signIn(email, password).wants(t, 303, "/organise")
		page := b.get("/organise").wants(t, 200, "")
		page.shows(t, "Signed in as <strong>Ada Lovelace</strong>", "<title>Dashboard")
		if got := page.Header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("Cache-Control is %q", got)
		}
		b.get("/organise/sign-in").wants(t, 303, "/organise")
		signedIn := maps.Clone(b.cookies)
		b.post("/organise/sign-out", nil).wants(t, 303, "/organise/sign-in")
		if len(b.cookies) != 1 || b.cookies["__Host-organiser-device"] == "" {
			t.Errorf("the browser has kept %v", b.cookies)
		}
		b.cookies = signedIn
		b.get("/organise").wants(t, 303, "/organise/sign-in")
	})
}

func TestTheCookieIsTheHostsAlone(t *testing.T) {
	for baseURL, want := range map[string]http.Cookie{
		base:                    {Name: "__Host-organiser", Secure: true},
		"http://localhost:8080": {Name: "organiser"},
	} {
		b := newBrowser(t, storetest.SQLite(t), baseURL, nil)
		addWithPassword(t, b.o)
		a := b.signIn(email, password).wants(t, 303, "/organise")
		for _, c := range a.Cookies() {
			if c.Secure != want.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("%s: %s", baseURL, c)
			}
		}
		signIn, device := a.Cookies()[0], a.Cookies()[1]
		if signIn.Name != want.Name || len(signIn.Value) != 43 || signIn.MaxAge != 0 || device.Name != want.Name+"-device" || device.MaxAge != 365*24*60*60 || strings.Contains(device.Value, "@") {
			t.Errorf("%s: %s and %s", baseURL, signIn, device)
		}
	}
}

func TestEverySignInHasANewTokenAndEndsTheOldOne(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	const name = "__Host-organiser"
	b.cookies[name] = "chosen-by-somebody-else"
	b.signIn(email, password).wants(t, 303, "/organise")
	first := b.cookies[name]
	b.signIn(email, password).wants(t, 303, "/organise")
	if first == "chosen-by-somebody-else" || first == b.cookies[name] {
		t.Error("a token was used again")
	}
	b.cookies[name] = first
	b.get("/organise").wants(t, 303, "/organise/sign-in")
}

func TestAWrongAddressAndAWrongPasswordGetTheSameAnswer(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	known := b.signIn(email, "wrong password").wants(t, 422, "")
	known.shows(t, "<title>Error: Sign in", `href="#password">`+ErrWrong.Message, `value="`+email+`"`)
	unknown := b.signIn("unknown@example.org", "wrong password").wants(t, 422, "")
	if strings.ReplaceAll(known.body, email, "unknown@example.org") != unknown.body {
		t.Errorf("the pages differ:\n%s\n%s", known.body, unknown.body)
	}
	if strings.Contains(known.body, "wrong password") || len(known.Cookies())+len(unknown.Cookies()) > 0 {
		t.Error("the password is shown again, or a cookie is set")
	}
}

func TestMissingFieldsAreNamed(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	b.signIn("", "").wants(t, 422, "").shows(t, "<title>Error: ", `<a href="#email">Enter your email address</a>`, `<a href="#password">Enter your password</a>`, `id="email-error"`)
	b.signIn(" ada ", "x").wants(t, 422, "").shows(t, `<a href="#email">`+badAddress, `value="ada"`)
	b.post("/organise/sign-in?email=ada%40example.org&password=secret-word", nil).wants(t, 422, "").shows(t, "Enter your password")
}

func TestTheWayBackStaysOnTheSite(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	for next, want := range map[string]string{
		"/organise/events/sact/attendees?page=2": "/organise/events/sact/attendees?page=2",
		"/organise/events/":                      "/organise/events/",
		"":                                       "/organise",
		"/organise":                              "/organise",
		"/organisers":                            "/organise",
		"/events":                                "/organise",
		"https://evil.example/organise/x":        "/organise",
		"//evil.example/organise/x":              "/organise",
		"/\\evil.example/organise/x":             "/organise",
		"/organise/../../evil":                   "/organise",
		"/organise/%2e%2e/evil":                  "/organise",
		"/organise//evil.example":                "/organise",
		"/organise/x\r\nSet-Cookie: a=b":         "/organise",
		"javascript:alert(1)//organise/":         "/organise",
		"/organise/sign-out":                     "/organise",
		"/organise/sign-in?next=%2Forganise":     "/organise",
		"/organise/" + strings.Repeat("a", 2000): "/organise",
	} {
		clear(b.cookies)
		a := b.post("/organise/sign-in", url.Values{"email": {email}, "password": {password}, "next": {next}, "code": {"123456"}})
		a.wants(t, 303, want)
	}
}

func TestEverythingBelowOrganiseAsksForASignIn(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	inside := func(c *fiber.Ctx) error { return c.SendString("inside") }
	b.app.All("/organise/events/:slug", inside)
	b.app.Get("/organisers", inside)
	addWithPassword(t, b.o)
	back := "/organise/sign-in?next=" + url.QueryEscape("/organise/events/sact?page=2")
	b.get("/organise/events/sact?page=2").wants(t, 303, back)
	b.get("/organise/nothing-here").wants(t, 303, "/organise/sign-in?next=%2Forganise%2Fnothing-here")
	b.get("/ORGANISE/events/sact").wants(t, 404, "") // no route is met in another case
	b.get("/%6frganise/events/sact").wants(t, 404, "")
	b.post("/organise/events/sact", nil).wants(t, 303, "/organise/sign-in")
	b.get("/organisers").wants(t, 200, "").shows(t, "inside")
	b.get(back).wants(t, 200, "").shows(t, `value="/organise/events/sact?page=2"`)
	b.signIn(email, password)
	b.get("/organise/events/sact").wants(t, 200, "").shows(t, "inside")
	b.get("/organise/nothing-here").wants(t, 404, "")
	b.clock.Add(2 * time.Hour)
	b.get("/organise/events/sact").wants(t, 303, "/organise/sign-in?next=%2Forganise%2Fevents%2Fsact")
}

func TestALinkLeadsToAPasswordAndIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		link := addWithLink(t, b.o)
		for _, method := range []string{"GET", "HEAD", "GET"} {
			b.do(httptest.NewRequest(method, link, nil)).wants(t, 200, "")
		}
		if count(t, db, "sign_in_links") != 1 || count(t, db, "sign_ins") != 0 || trailOf(t, db) != "organiser.added as owner" {
			t.Fatal("looking at the link has changed something")
		}
		b.get(link).shows(t, "Choose a password", `autocomplete="new-password"`, email)
		b.post(link, url.Values{"password": {""}}).wants(t, 422, "").shows(t, "<title>Error: ", `<a href="#password">Enter a password</a>`)
		b.post(link, url.Values{"password": {"too short"}}).wants(t, 422, "").shows(t, "The password must have 10 characters or more")
		b.post(link, url.Values{"password": {password}}).wants(t, 303, "/organise")
		b.get("/organise").wants(t, 200, "").shows(t, "Ada Lovelace")
		b.get(link).wants(t, 410, "").shows(t, ErrLinkSpent.Message)
		b.post(link, url.Values{"password": {password}}).wants(t, 410, "")
		b.signIn(email, password).wants(t, 303, "/organise")
	})
}

func TestALinkThatHasRunOutIsGone(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	link := addWithLink(t, b.o)
	b.clock.Add(24 * time.Hour)
	b.get(link).wants(t, 410, "")
	b.post(link, url.Values{"password": {password}}).wants(t, 410, "")
	b.get("/organise/sign-in/anything").wants(t, 410, "")
}

func TestOtherSitesCannotSignAnybodyInOrOut(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	link := addWithLink(t, b.o)
	for _, path := range []string{"/organise/sign-in", link, "/organise/sign-out"} {
		r := httptest.NewRequest("POST", path, strings.NewReader("password=correct+horse+battery"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		b.do(r).wants(t, 403, "")
	}
}

func TestGuessingIsLimited(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	for range 10 {
		b.signIn(email, "wrong password").wants(t, 422, "")
	}
	a := b.signIn(strings.ToUpper(email), password).wants(t, 429, "")
	if got := a.Header.Get("Retry-After"); got != "900" {
		t.Errorf("Retry-After is %q", got)
	}
	b.another().at("192.0.2.2").signIn(email, password).wants(t, 303, "/organise")
	for i := range 40 {
		b.address = "198.51.100." + string(rune('0'+i/5))
		b.signIn(email, "wrong password").wants(t, 422, "")
	}
	if b.paused != 0 {
		t.Errorf("paused for %v too early", b.paused)
	}
	b.address = "192.0.2.2"
	b.signIn(email, password).wants(t, 303, "/organise")
	if b.paused != slowBy {
		t.Errorf("an account under attack paused for %v", b.paused)
	}
}

func TestStrangersOnTheNetworkCannotLockSomebodyOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ada := newBrowser(t, db, base, nil)
		addWithPassword(t, ada.o)
		ada.signIn(email, password).wants(t, 303, "/organise")
		ada.post("/organise/sign-out", nil)
		stranger := ada.another()
		for range 10 {
			stranger.signIn(email, "wrong password").wants(t, 422, "")
		}
		for i := range 90 {
			stranger.signIn(fmt.Sprintf("nobody%d@example.org", i), "wrong password").wants(t, 422, "")
		}
		stranger.signIn(email, password).wants(t, 429, "")
		stranger.signIn("another@example.org", password).wants(t, 429, "") // the whole network, but for those whose browsers are known
		for range 9 {
			ada.signIn(email, "wrong password").wants(t, 422, "")
		}
		ada.signIn(email, password).wants(t, 303, "/organise")
		for name, kept := range map[string]string{"forged": "b25l.b25l", "another account's": ada.o.newDevice(access.Principal{Email: "bob@example.org"})} {
			stranger.cookies = map[string]string{"__Host-organiser-device": kept}
			if a := stranger.signIn(email, password); a.StatusCode != 429 {
				t.Errorf("with a cookie that is %s: %d", name, a.StatusCode)
			}
		}
		kept := ada.cookies["__Host-organiser-device"] // in a browser that somebody else got hold of
		for range 10 {
			ada.signIn(email, "wrong password").wants(t, 422, "")
		}
		restarted := newBrowser(t, db, base, nil)
		restarted.cookies["__Host-organiser-device"] = kept
		restarted.signIn(email, password).wants(t, 429, "").shows(t, "from this browser")
	})
}

func TestGuessesCountAtEveryInstanceAndAfterARestart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		one := newBrowser(t, db, base, nil)
		addWithPassword(t, one.o)
		two := newBrowser(t, db, base, nil) // the other instance, or the next start
		for range 5 {
			one.signIn(email, "wrong password").wants(t, 422, "")
			two.signIn(email, "wrong password").wants(t, 422, "")
		}
		for _, b := range []*browser{one, two} {
			if got := b.signIn(email, password).wants(t, 429, "").Header.Get("Retry-After"); got != "900" {
				t.Errorf("Retry-After is %q", got)
			}
		}
		three := newBrowser(t, db, base, nil)
		three.address = "192.0.2.2"
		three.signIn(email, password).wants(t, 303, "/organise")
		if n := count(t, db, "sign_in_failures"); n != 3 {
			t.Errorf("%d tallies are kept", n)
		}
		three.address = one.address
		three.clock.Add(15 * time.Minute)
		three.signIn(email, "wrong password").wants(t, 422, "")
		three.signIn(email, password).wants(t, 303, "/organise")
		three.clock.Add(time.Hour)
		if err := three.o.Purge(t.Context()); err != nil || count(t, db, "sign_in_failures") != 0 {
			t.Errorf("%d tallies are left (%v)", count(t, db, "sign_in_failures"), err)
		}
	})
}
