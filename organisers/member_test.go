package organisers

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestEverybodyChangesTheirOwnName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		id := add(t, b.o, "bob@example.org", access.Steward)
		b.signIn("bob@example.org", password)
		b.get("/organise/account").wants(t, 200, "").shows(t, `name="name" type="text" value="Sam bob"`)
		b.post("/organise/account/name", url.Values{"name": {" "}}).wants(t, 422, "").shows(t, "<title>Error: ", `<a href="#name">`)
		b.post("/organise/account/name", url.Values{"name": {"Bob\r\n Baker"}}).wants(t, 303, "/organise/account?done=name")
		b.get("/organise/account?done=name").wants(t, 200, "").shows(t, "Your name is changed", `value="Bob Baker"`, "Signed in as <strong>Bob Baker</strong>")
		if m, err := b.o.Member(t.Context(), id); err != nil || m.Role != access.Steward {
			t.Errorf("%+v, %v", m, err)
		}
		if got := trailOf(t, db); strings.Count(got, "organiser.renamed") != 1 {
			t.Errorf("the trail says %q", got)
		}
	})
}

func TestSigningOutIsInTheTrail(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		b.signIn(email, password)
		for range 2 { // the second has nothing to end
			b.post("/organise/sign-out", nil).wants(t, 303, "/organise/sign-in")
		}
		page, err := access.NewReader(db).Read(t.Context(), access.Query{Groups: []string{"organiser."}, Most: 2})
		if err != nil || len(page.Lines) != 2 {
			t.Fatalf("%+v, %v", page, err)
		}
		out, in := page.Lines[0], page.Lines[1]
		if out.Action != "organiser.signed-out" || in.Action != "organiser.signed-in" || out.Who != "Ada Lovelace" || out.Address != b.address {
			t.Errorf("the trail says %+v", page.Lines)
		}
	})
}

func TestAnOwnerCorrectsAnAddress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		id := add(t, b.o, "bob@example.org", access.Organiser)
		closed := add(t, b.o, "eve@example.org", access.Organiser)
		b.signIn(email, password)
		b.post("/organise/team/"+closed+"/remove", nil).wants(t, 303, "/organise/team?done=removed")
		bob := b.another()
		bob.signIn("bob@example.org", password).wants(t, 303, "/organise")
		bob.post("/organise/sign-in/forgotten", url.Values{"email": {"bob@example.org"}})
		link := b.o.lastLink(t)
		b.o.heard(t)
		page := "/organise/team/" + id
		change := func(to string) answer { return b.post(page+"/address", url.Values{"email": {to}}) }
		b.get(page).wants(t, 200, "").shows(t, `value="bob@example.org"`, "the password that they have")
		change("bob").wants(t, 422, "").shows(t, `<a href="#email">`+badAddress, `value="bob"`)
		change("ADA.lovelace@example.org").wants(t, 422, "").shows(t, "is in the team already")
		change("eve@example.org").wants(t, 422, "").shows(t, "was closed")
		change("bob@example.org").wants(t, 303, "/organise/team?done=address")
		bob.get("/organise").wants(t, 200, "") // nothing has changed so far
		if got := b.o.heard(t); got != nil {
			t.Errorf("%q is told", got)
		}
		change("Robert@example.org").wants(t, 303, "/organise/team?done=address")
		b.get("/organise/team?done=address").wants(t, 200, "").shows(t, "both addresses are told", "Robert@example.org")
		want := []string{"address-left to bob@example.org by Ada Lovelace", "address-taken to Robert@example.org by Ada Lovelace"}
		if got := b.o.heard(t); !slices.Equal(got, want) {
			t.Errorf("%q is told", got)
		}
		bob.get("/organise").wants(t, 303, "/organise/sign-in")
		bob.get(link).wants(t, 410, "")
		bob.signIn("bob@example.org", password).wants(t, 422, "")
		bob.signIn("robert@example.org", password).wants(t, 303, "/organise")
		bob.post(page+"/address", url.Values{"email": {"x@example.org"}}).wants(t, 403, "")
		b.post("/organise/team/none/address", url.Values{"email": {"x@example.org"}}).wants(t, 404, "")
		if got := trailOf(t, db); strings.Count(got, "organiser.address-changed") != 1 || strings.Contains(got, "@") {
			t.Errorf("the trail says %q", got)
		}
	})
}

func TestWhoWasInvitedAtAWrongAddressIsInvitedAtTheRightOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		b.signIn(email, password)
		b.post("/organise/team", url.Values{"email": {"bbo@example.org"}, "name": {"Bob"}, "role": {"editor"}}).wants(t, 303, "/organise/team?done=invited")
		wrong := b.o.lastLink(t)
		id, _, err := b.o.records.passwordOf(t.Context(), "bbo@example.org")
		if err != nil {
			t.Fatal(err)
		}
		b.post("/organise/team/"+id+"/address", url.Values{"email": {"bob@example.org"}}).wants(t, 303, "/organise/team?done=address")
		b.get(wrong).wants(t, 410, "")
		sent := b.o.records.mails.(*letters).sent
		if last := sent[len(sent)-1]; last.Kind != kindInvitation || last.To.Address != "bob@example.org" {
			t.Errorf("%+v", last)
		}
		b.another().post(b.o.lastLink(t), url.Values{"password": {"another long one"}}).wants(t, 303, "/organise")
	})
}

func TestAnOwnerEndsTheSignInsOfALostComputer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		own, _, _ := b.o.records.passwordOf(t.Context(), strings.ToLower(email))
		id := add(t, b.o, "bob@example.org", access.Organiser)
		b.signIn(email, password)
		one, two := b.another(), b.another()
		one.signIn("bob@example.org", password)
		two.signIn("bob@example.org", password)
		b.get("/organise/team/"+id).wants(t, 200, "").shows(t, "Sign them out everywhere")
		b.post("/organise/team/"+id+"/sign-ins", nil).wants(t, 303, "/organise/team?done=sign-ins")
		for _, lost := range []*browser{one, two} {
			lost.get("/organise").wants(t, 303, "/organise/sign-in")
		}
		one.signIn("bob@example.org", password).wants(t, 303, "/organise")
		for _, path := range []string{"/sign-ins", "/address"} {
			b.post("/organise/team/"+own+path, url.Values{"email": {"x@example.org"}}).wants(t, 409, "")
		}
		b.get("/organise").wants(t, 200, "")
		b.post("/organise/team/none/sign-ins", nil).wants(t, 404, "")
		if got := trailOf(t, db); !strings.Contains(got, "organiser.sign-in-ended all;") {
			t.Errorf("the trail says %q", got)
		}
	})
}
