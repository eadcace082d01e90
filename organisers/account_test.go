package organisers

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestSignInsAreListedAndEnded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		one, two, three := enter(t, o), enter(t, o), enter(t, o)
		s, err := o.Principal(ctx, one)
		if err != nil {
			t.Fatal(err)
		}
		by := access.Entry{Actor: "organiser:" + s.ID}
		places, err := o.Places(ctx, s.ID, one)
		if err != nil || len(places) != 3 || places[0].Address != here.Address || places[0].Browser != here.Browser {
			t.Fatalf("%+v, %v", places, err)
		}
		for _, p := range places {
			if p.Here != (p.ID == hashOf(one)) {
				t.Errorf("%+v", p)
			}
		}
		if err := o.EndSignIn(ctx, "somebody-else", hashOf(two), by); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Principal(ctx, two); err != nil {
			t.Errorf("somebody else has ended it: %v", err)
		}
		if err := o.EndSignIn(ctx, s.ID, hashOf(two), by); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Principal(ctx, two); !errors.Is(err, ErrSignedOut) {
			t.Errorf("the ended one: %v", err)
		}
		if err := o.EndOtherSignIns(ctx, s.ID, one, by); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Principal(ctx, three); !errors.Is(err, ErrSignedOut) {
			t.Errorf("the other one: %v", err)
		}
		if _, err := o.Principal(ctx, one); err != nil {
			t.Errorf("this one: %v", err)
		}
	})
}

func TestChangingThePasswordAsksForThePresentOneAndEndsTheOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		b.signIn(email, password)
		other := b.another()
		other.signIn(email, password).wants(t, 303, "/organise")
		change := func(present, fresh string) answer {
			return b.post("/organise/account/password", url.Values{"present": {present}, "password": {fresh}})
		}
		change("", "another long one").wants(t, 422, "").shows(t, "<title>Error: ", `<a href="#present">Enter your present password`)
		change("wrong", "another long one").wants(t, 422, "").shows(t, `<a href="#present">The password is not right`)
		change(password, "short").wants(t, 422, "").shows(t, `<a href="#password">The password must have`)
		change(password, "another long one").wants(t, 303, "/organise/account?done=password")
		b.get("/organise/account?done=password").wants(t, 200, "").shows(t, "Your password is changed")
		other.get("/organise").wants(t, 303, "/organise/sign-in")
		other.signIn(email, password).wants(t, 422, "")
		other.signIn(email, "another long one").wants(t, 303, "/organise")
	})
}

func TestThePresentPasswordCannotBeGuessedFromAnOpenBrowser(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	b.signIn(email, password)
	for range 10 {
		b.post("/organise/account/password", url.Values{"present": {"wrong"}, "password": {"another long one"}}).wants(t, 422, "")
	}
	b.post("/organise/account/password", url.Values{"present": {password}, "password": {"another long one"}}).wants(t, 429, "")
}

func TestBrowsersAreNamedInWords(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                        "Firefox on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           "Edge on Windows",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                                   "Chrome on Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":     "Samsung Internet on Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                   "Safari on a Mac",
		"curl/8.0": "Another program", "": "Another program",
	} {
		if got := browserWords(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
