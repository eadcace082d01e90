package organisers

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// sameBytes compares two answers in everything that an onlooker sees but the id of the request.
func sameBytes(t *testing.T, known, unknown answer) {
	t.Helper()
	for _, a := range []answer{known, unknown} {
		a.Header.Del("X-Request-Id")
		a.Header.Del("Date")
	}
	var one, other strings.Builder
	_ = known.Header.Write(&one)
	_ = unknown.Header.Write(&other)
	if known.StatusCode != unknown.StatusCode || one.String() != other.String() || known.body != unknown.body {
		t.Errorf("the answers differ: %d %s %s\nand %d %s %s", known.StatusCode, one.String(), known.body, unknown.StatusCode, other.String(), unknown.body)
	}
}

func TestAskingForANewPasswordDoesNotSayWhoHasAnAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		ask := func(address string) (answer, time.Duration) {
			b.paused = 0
			return b.post("/organise/sign-in/forgotten", url.Values{"email": {address}}), b.paused
		}
		for n := range 6 {
			known, slow := ask(" ada.lovelace@EXAMPLE.org")
			unknown, fast := ask("unknown@example.org")
			if want := map[bool]int{true: 303, false: 429}[n < 5]; known.StatusCode != want {
				t.Fatalf("request %d is answered %d", n+1, known.StatusCode)
			}
			if n < 5 {
				sameBytes(t, known, unknown)
			}
			if known.StatusCode != unknown.StatusCode || slow != fast || slow != evenTime {
				t.Errorf("%d after %v, and %d after %v", known.StatusCode, slow, unknown.StatusCode, fast)
			}
		}
		if sent := b.o.records.mails.(*letters).sent; len(sent) != 5 || sent[0].To.Address != email {
			t.Errorf("%d mails: %+v", len(sent), sent)
		}
		sameBytes(t, b.get("/organise/sign-in/forgotten?sent=yes"), b.get("/organise/sign-in/forgotten?sent=yes"))
		b.clock.Add(time.Hour)
		if again, _ := ask(email); again.StatusCode != 303 {
			t.Errorf("an hour later: %d", again.StatusCode)
		}
		if trail := trailOf(t, db); strings.Contains(trail, "@") || strings.Count(trail, "organiser.reset-asked") != 6 {
			t.Errorf("the trail says %q", trail)
		}
		bad, _ := ask("not an address")
		bad.wants(t, 422, "").shows(t, "<title>Error: ", `<a href="#email">`+badAddress)
	})
}

func TestAnAddressCannotAskForEverybody(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	for n := range 21 {
		a := b.post("/organise/sign-in/forgotten", url.Values{"email": {strings.Repeat("a", n+1) + "@example.org"}})
		if want := map[bool]int{true: 303, false: 429}[n < 20]; a.StatusCode != want {
			t.Fatalf("request %d is answered %d", n+1, a.StatusCode)
		}
	}
}

func TestTheMailedLinkLeadsToANewPasswordOnceWithinAnHour(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		old := b.another()
		old.signIn(email, password)
		ask := func() string {
			b.post("/organise/sign-in/forgotten", url.Values{"email": {email}}).wants(t, 303, "/organise/sign-in/forgotten?sent=yes")
			return b.o.lastLink(t)
		}
		late := ask()
		b.clock.Add(resetLife)
		b.get(late).wants(t, 410, "")
		first, link := ask(), ask()
		b.get(first).wants(t, 200, "") // who asks for a link must not take away one that somebody waits for
		b.post(link, url.Values{"password": {"another long one"}}).wants(t, 303, "/organise")
		b.get("/organise").wants(t, 200, "")
		old.get("/organise").wants(t, 303, "/organise/sign-in")
		for _, spent := range []string{first, link} {
			b.get(spent).wants(t, 410, "")
		}
		old.signIn(email, "another long one").wants(t, 303, "/organise")
	})
}

func TestNothingInTheDatabaseIsALink(t *testing.T) {
	db := storetest.SQLite(t)
	ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
	addWithPassword(t, o)
	if err := o.Forgotten(ctx, email, here); err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(o.lastLink(t), linkPath)
	var stored string
	if err := db.NewRaw("select token_hash from sign_in_links").Scan(ctx, &stored); err != nil || stored != hashOf(token) {
		t.Errorf("%q is stored: %v", stored, err)
	}
	kept := o.records.mails.(*letters).sent[0].Snapshot.(snapshot)
	for _, no := range []string{stored, kept.Link} {
		if _, err := o.LinkFor(ctx, no); !errors.Is(err, ErrLinkSpent) {
			t.Errorf("%q opens the account", no)
		}
	}
}

func TestAFailedSignInIsNotedWithoutWhatWasTyped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		for _, address := range []string{email, "unknown@example.org"} {
			if _, err := o.SignIn(ctx, address, "typed-secret", here); !errors.Is(err, ErrWrong) {
				t.Fatal(err)
			}
		}
		page, err := access.NewReader(db).Read(ctx, access.Query{Groups: []string{"organiser."}, Most: 2})
		if err != nil || len(page.Lines) != 2 {
			t.Fatalf("%+v, %v", page, err)
		}
		for n, name := range []string{"", "Ada Lovelace"} {
			l := page.Lines[n]
			if l.Action != "organiser.sign-in-failed" || l.SubjectName != name || (l.Subject == "") != (name == "") || l.Address != here.Address || l.Detail != "wrong password" {
				t.Errorf("%+v", l)
			}
		}
	})
}
