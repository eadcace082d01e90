package organisers

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// add adds somebody with the role and gives their id.
func add(t *testing.T, o *Organisers, address string, role access.Role) string {
	t.Helper()
	if _, err := o.Add(context.Background(), address, "Sam "+address[:3], role, password); err != nil {
		t.Fatal(err)
	}
	id, _, err := o.records.passwordOf(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAnInvitationLeadsIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		b.signIn(email, password)
		form := url.Values{"email": {"Bob@example.org"}, "name": {" Bob\tBaker "}, "role": {"editor"}}
		b.post("/organise/team", url.Values{"email": {"x"}, "name": {"Bob"}}).wants(t, 422, "").shows(t, "<title>Error: ", badAddress, `value="Bob"`)
		b.post("/organise/team", url.Values{"email": {"bob@example.org"}, "name": {"Bob"}}).wants(t, 422, "").shows(t, `<a href="#role">`)
		b.post("/organise/team", form).wants(t, 303, "/organise/team?done=invited")
		b.get("/organise/team?done=invited").wants(t, 200, "").shows(t, "The invitation is on its way", "Bob Baker", "Bob@example.org", "Invited")
		b.post("/organise/team", form).wants(t, 422, "").shows(t, "is in the team already")
		first := b.o.lastLink(t)
		id, _, err := b.o.records.passwordOf(context.Background(), "bob@example.org")
		if err != nil {
			t.Fatal(err)
		}
		b.post("/organise/team/"+id+"/invite", nil).wants(t, 303, "/organise/team?done=invited")
		b.get(first).wants(t, 410, "")
		bob := b.another()
		bob.post(b.o.lastLink(t), url.Values{"password": {"bob has a long one"}}).wants(t, 303, "/organise")
		bob.get("/organise").wants(t, 200, "").shows(t, "Bob Baker", "Editor")
		bob.get("/organise/team").wants(t, 403, "")
		b.post("/organise/team/"+id+"/invite", nil).wants(t, 409, "")
		if got := trailOf(t, db); !strings.Contains(got, "organiser.invited as editor; organiser.invited again; organiser.password-set by link") {
			t.Errorf("the trail says %q", got)
		}
	})
}

func TestAnotherRoleAndRemovalEndTheSignIns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		id := add(t, b.o, "bob@example.org", access.Organiser)
		b.signIn(email, password)
		bob := b.another()
		bob.signIn("bob@example.org", password).wants(t, 303, "/organise")
		b.post("/organise/team/"+id, url.Values{"name": {"Bob"}, "role": {"organiser"}}).wants(t, 303, "/organise/team?done=changed")
		bob.get("/organise").wants(t, 200, "")
		b.post("/organise/team/"+id, url.Values{"name": {"Bob"}, "role": {"editor"}}).wants(t, 303, "/organise/team?done=changed")
		bob.get("/organise").wants(t, 303, "/organise/sign-in")
		bob.signIn("bob@example.org", password).wants(t, 303, "/organise")
		b.get("/organise/team/"+id+"/remove").wants(t, 200, "").shows(t, "Remove Bob from the team?")
		b.post("/organise/team/"+id+"/remove", nil).wants(t, 303, "/organise/team?done=removed")
		bob.get("/organise").wants(t, 303, "/organise/sign-in")
		bob.signIn("bob@example.org", password).wants(t, 422, "")
		for _, path := range []string{"/organise/team/" + id, "/organise/team/" + id + "/remove", "/organise/team/none"} {
			b.get(path).wants(t, 404, "")
		}
		for _, path := range []string{"", "/invite", "/two-step", "/sign-ins", "/remove"} {
			b.post("/organise/team/"+id+path, url.Values{"name": {"Bob"}, "role": {"owner"}}).wants(t, 404, "")
		}
		b.get("/organise/audit?who=organiser:"+id).wants(t, 200, "").shows(t, "Signed in", ">Bob<")
		b.post("/organise/team", url.Values{"email": {"bob@example.org"}, "name": {"Bob again"}, "role": {"steward"}}).wants(t, 303, "/organise/team?done=invited")
		bob.post(b.o.lastLink(t), url.Values{"password": {"bob has a long one"}}).wants(t, 303, "/organise")
		bob.get("/organise").wants(t, 200, "").shows(t, "Steward", "You are not assigned to an event")
	})
}

func TestNobodyChangesTheirOwnRole(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	add(t, b.o, "bob@example.org", access.Owner)
	own, _, _ := b.o.records.passwordOf(context.Background(), strings.ToLower(email))
	b.signIn(email, password)
	b.get("/organise/team/"+own).wants(t, 200, "").shows(t, "You cannot change your own role")
	b.post("/organise/team/"+own, url.Values{"name": {"Ada King"}}).wants(t, 303, "/organise/team?done=changed")
	b.post("/organise/team/"+own, url.Values{"name": {"Ada"}, "role": {"editor"}}).wants(t, 409, "")
	b.post("/organise/team/"+own+"/remove", nil).wants(t, 409, "")
	b.post("/organise/team/"+own+"/two-step", nil).wants(t, 409, "")
	b.get("/organise/team").wants(t, 200, "").shows(t, "Ada King")
}

func TestOneOwnerStaysWhenTwoRemoveEachOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		one, two := add(t, o, "one@example.org", access.Owner), add(t, o, "two@example.org", access.Owner)
		if _, err := o.Add(ctx, "three@example.org", "Not yet", access.Owner, ""); err != nil { // cannot sign in
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		errs := make(chan error, 2)
		wg.Go(func() { errs <- o.Remove(ctx, two, access.Entry{Actor: "organiser:" + one}) })
		wg.Go(func() {
			errs <- o.ChangeMember(ctx, one, Change{Name: "One", Role: access.Editor}, access.Entry{Actor: "organiser:" + two})
		})
		wg.Wait()
		a, b := <-errs, <-errs
		if a == nil {
			a = b
		}
		if !errors.Is(a, ErrLastOwner) || (a != b && b != nil && !errors.Is(b, ErrLastOwner)) {
			t.Errorf("got %v and %v", a, b)
		}
	})
}

func TestStewardsAreAssignedToEvents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const insert = `insert into events (id, slug, uid, title, starts_local, ends_local, time_zone, starts_at, ends_at, status, created_at, updated_at)
			values (?, ?, ?, ?, '2027-05-01T09:00', '2027-05-01T17:00', 'Europe/London', 1, 2, 'published', 1, 1)`
		var events overview
		for _, id := range []string{"e1", "e2"} {
			if _, err := db.NewRaw(insert, id, "event-"+id, id, "Event "+id).Exec(context.Background()); err != nil {
				t.Fatal(err)
			}
			events = append(events, EventLine{ID: id, Title: "Event " + id, Slug: "event-" + id, When: "Saturday 1 May 2027"})
		}
		b := newBrowser(t, db, base, events)
		addWithPassword(t, b.o)
		id := add(t, b.o, "bob@example.org", access.Steward)
		b.signIn(email, password)
		b.post("/organise/team/"+id, url.Values{"name": {"Bob"}, "role": {"steward"}, "events": {"e1", "e3"}}).wants(t, 422, "").shows(t, `<a href="#events">`)
		b.post("/organise/team/"+id, url.Values{"name": {"Bob"}, "role": {"steward"}, "events": {"e2"}}).wants(t, 303, "/organise/team?done=changed")
		b.get("/organise/team/"+id).wants(t, 200, "").shows(t, `value="e2" checked`)
		bob := b.another()
		bob.signIn("bob@example.org", password)
		page := bob.get("/organise").wants(t, 200, "")
		page.shows(t, "Event e2", `href="/organise/events/event-e2/check-in"`)
		if strings.Contains(page.body, "Event e1") {
			t.Error("the steward sees an event that is not theirs")
		}
		// Once it is over for long it is not offered, but stays with whoever was assigned to it, and saving drops it only if it is unticked.
		events[1].State, events[0].State, events[0].Draft = "over", "not published yet", true
		b.get("/organise/team/"+id).wants(t, 200, "").shows(t, `value="e2" checked`, "Saturday 1 May 2027, over", "Saturday 1 May 2027, not published yet")
		if page := b.get("/organise/team/" + add(t, b.o, "eve@example.org", access.Steward)); strings.Contains(page.body, "Event e2") {
			t.Error("an event that is over for long is offered to others")
		}
		b.post("/organise/team/"+id, url.Values{"name": {""}, "role": {"steward"}, "events": {"e1"}}).wants(t, 422, "").shows(t, "Event e2", `value="e1" checked`)
		b.post("/organise/team/"+id, url.Values{"name": {"Bob"}, "role": {"steward"}, "events": {"e1", "e2"}}).wants(t, 303, "/organise/team?done=changed")
		if page := bob.get("/organise").wants(t, 200, ""); strings.Contains(page.body, "event-e1") || !strings.Contains(page.body, "not published yet") {
			t.Error("a draft's pages are linked, or it is not there")
		}
		b.post("/organise/team/"+id, url.Values{"name": {"Bob"}, "role": {"steward"}, "events": {"e2"}}).wants(t, 303, "/organise/team?done=changed")
		for slug, want := range map[string]bool{"event-e1": false, "event-e2": true} {
			if got, err := b.o.Assigned(context.Background(), id, slug); err != nil || got != want {
				t.Errorf("%s: %v, %v", slug, got, err)
			}
		}
		b.post("/organise/team/"+id, url.Values{"name": {"Bob"}, "role": {"editor"}, "events": {"e2"}}).wants(t, 303, "/organise/team?done=changed")
		if n := count(t, db, "event_stewards"); n != 0 {
			t.Errorf("an editor has %d events", n)
		}
		if got := trailOf(t, db); !strings.Contains(got, "organiser.assigned") || !strings.Contains(got, "organiser.re-roled from steward to editor; organiser.unassigned") {
			t.Errorf("the trail says %q", got)
		}
	})
}

func TestAnotherOwnerTurnsOffASecondStep(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	setUpTwoStep(t, b.o, enter(t, b.o))
	ada, _, _ := b.o.records.passwordOf(context.Background(), strings.ToLower(email))
	add(t, b.o, "bob@example.org", access.Owner)
	b.signIn("bob@example.org", password).wants(t, 303, "/organise")
	b.get("/organise/team/"+ada).wants(t, 200, "").shows(t, "Turn off their second step")
	b.post("/organise/team/"+ada+"/two-step", nil).wants(t, 303, "/organise/team?done=two-step")
	enter(t, b.o)
}

func TestATeamOfNobodyIsRefused(t *testing.T) {
	o := newTestOrganisers(t, storetest.SQLite(t), newClock())
	if err := o.Invite(context.Background(), "bob@example.org", "", access.Editor, "Ada", access.Entry{}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

var seenField = regexp.MustCompile(`name="seen" value="([^"]+)"`)

func TestTwoOwnersWhoChangeAMemberLoseNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := newBrowser(t, db, base, nil)
		addWithPassword(t, b.o)
		b.signIn(email, password)
		id := add(t, b.o, "bob@example.org", access.Steward)
		page := "/organise/team/" + id
		stale := func() string { return seenField.FindStringSubmatch(b.get(page).wants(t, 200, "").body)[1] }
		mark := stale()
		b.post(page, url.Values{"name": {"Sam bob"}, "role": {"editor"}, "seen": {mark}}).wants(t, 303, "/organise/team?done=changed")
		b.post(page, url.Values{"name": {"Robert"}, "role": {"steward"}, "seen": {mark}}).wants(t, 303, "/organise/team?done=changed") // the name alone
		if m, err := b.o.Member(context.Background(), id); err != nil || m.Name != "Robert" || m.Role != access.Editor {
			t.Errorf("it is %+v, %v", m, err)
		}
		b.post(page, url.Values{"name": {"Robert"}, "role": {"organiser"}, "seen": {mark}}).wants(t, 422, "").
			shows(t, `<a href="#role">Somebody else has changed the role meanwhile`, `value="organiser" checked`)
		b.post(page, url.Values{"name": {"Robert"}, "role": {"organiser"}, "seen": {stale()}}).wants(t, 303, "/organise/team?done=changed")
		c := Change{Name: "Robert", Role: access.Owner, was: access.Editor}
		if err := b.o.ChangeMember(context.Background(), id, c, access.Entry{}); !errors.Is(err, ErrMemberChanged) {
			t.Errorf("at the very moment: %v", err)
		}
	})
}
