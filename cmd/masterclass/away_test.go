package main

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

const registerForm = "/events/" + masterclass + "/register"

// held fills in the form and gives the check page's hidden fields: a seat is held, and all that is left is to confirm.
func (v *visitor) held(n int, place string) url.Values {
	v.t.Helper()
	form := formOf(person(n, place))
	form.Set("dietary", "No nuts,\nno <b>seeds</b>")
	form.Set("consent_sensitive", "yes")
	form.Set("claim", hiddenFields(v.get(registerForm).want(v.t, 200).text).Get("claim"))
	form.Set("step", "check")
	return hiddenFields(v.post(registerForm, form).want(v.t, 200, "Check your answers").text)
}

// step is the form with a step.
func step(name string, form url.Values) url.Values {
	with := url.Values{"step": {name}}
	for k, v := range form {
		if k != "step" {
			with[k] = v
		}
	}
	return with
}

// wantAway checks the page of an outage, and that what it sends on is what was sent.
func (a answer) wantAway(t *testing.T, sent url.Values, words ...string) url.Values {
	t.Helper()
	a.want(t, 503, append(words, "We cannot reach our records just now", "Try again", `action="`+a.Request.URL.Path+`"`)...)
	if wait := a.Header.Get("Retry-After"); wait != "30" {
		t.Errorf("Retry-After is %q", wait)
	}
	if kept := a.Header.Get("Cache-Control"); kept != "private, no-store" {
		t.Errorf("Cache-Control is %q", kept)
	}
	again := hiddenFields(a.text)
	for name := range sent {
		if again.Get(name) != sent.Get(name) {
			t.Errorf("%s was %q and is sent again as %q", name, sent.Get(name), again.Get(name))
		}
	}
	return again
}

// pressed sends a form until the database answers: the first connections out of a pool can still be those that were cut.
func (v *visitor) pressed(path string, form url.Values) answer {
	v.t.Helper()
	a := v.post(path, form)
	for deadline := time.Now().Add(20 * time.Second); a.StatusCode == 503 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		a = v.post(path, hiddenFields(a.text))
	}
	return a
}

// wantRegistered checks that a mailbox has one registration that stands, and one message about it.
func (s *testSite) wantRegistered(t *testing.T, mailbox string) {
	t.Helper()
	var registrations, messages int
	err := s.db.NewRaw(`select (select count(*) from registrations where mailbox = ? and status <> 'cancelled'),
		(select count(*) from outbox where mailbox = ? and kind = 'confirmation')`, mailbox, mailbox).Scan(t.Context(), &registrations, &messages)
	if err != nil || registrations != 1 || messages != 1 {
		t.Errorf("%s has %d registrations and %d confirmations, %v", mailbox, registrations, messages, err)
	}
}

func TestAnOutageLosesNothingThatWasTyped(t *testing.T) {
	t.Parallel()
	server := storetest.MortalPostgres(t)
	s := startSite(t, stores{database: server.URL}, func(s *Settings) { s.MetricsToken = "open-sesame" })
	v := s.visitor(t)
	v.awaitMetric("masterclass_database_up", equals("1"))
	place := v.event(masterclass).Places[0].ID
	confirm := step("confirm", v.held(1, place))
	manage, other := v.registered(2, masterclass, place, false), v.registered(3, masterclass, place, false)
	details := formOf(person(2, place))
	for _, fixed := range []string{"email", "place"} {
		details.Del(fixed)
	}
	details.Set("job_role", "Ward manager")

	server.Down()
	for name, words := range map[string][]string{
		"check": {"Nothing was registered by this step"}, "change": {"Nothing was registered by this step"},
		"confirm": {"We do not know whether you have been registered"}, "wait": {"We do not know whether you have joined the waiting list"},
	} {
		sent := step(name, confirm)
		v.post(registerForm, sent).wantAway(t, sent, append(words, "Ada", "ada1@example.com", "no &lt;b&gt;seeds&lt;/b&gt;")...)
	}
	time.Sleep(2100 * time.Millisecond) // until the event itself is not remembered any more
	v.post(registerForm, confirm).wantAway(t, confirm, "As you chose")
	bare := formOf(person(9, place)) // of a program that does not show the form first
	if again := v.post(registerForm, bare).wantAway(t, bare); again.Get("step") != "check" || again.Get("claim") != "" {
		t.Errorf("what has no step or claim is sent again with %q and %q", again.Get("step"), again.Get("claim"))
	}
	changes := v.post(manage+"/details", details).wantAway(t, details, "We do not know whether your changes were saved", "Back to your registration")
	for action, words := range map[string]string{
		"/cancel": "whether your cancellation went through", "/accept": "whether you have accepted the place", "/decline": "whether you have declined the place",
		"/resend": "at worst it comes twice",
	} {
		v.post(other+action, nil).wantAway(t, nil, "We do not know", words, "Back to your registration", `href="`+other[len(s.URL):]+`"`)
	}
	v.post("/registrations/find", url.Values{"email": {"ada2@example.com"}}).wantAway(t, url.Values{"email": {"ada2@example.com"}})
	if a := v.call("/api/v1/events/"+masterclass+"/registrations", person(8, place)).want(t, 503, `"unavailable"`); a.Header.Get("Retry-After") == "" {
		t.Error("the JSON answer does not say when to try again")
	}
	v.get(registerForm).want(t, 503)
	v.awaitMetric("masterclass_database_up", equals("0"))
	again := v.post(registerForm, confirm).wantAway(t, confirm)

	server.Up(t)
	v.awaitMetric("masterclass_database_up", equals("1"))
	done := v.pressed(registerForm, again).want(t, 200, "Your place is confirmed", "no &lt;b&gt;seeds&lt;/b&gt;")
	if twice := v.post(registerForm, again).want(t, 200, "Your place is confirmed"); twice.Request.URL.Path != done.Request.URL.Path {
		t.Errorf("trying again twice leads to %s and %s", done.Request.URL.Path, twice.Request.URL.Path)
	}
	s.wantRegistered(t, "ada1@example.com")
	v.pressed(manage+"/details", changes).want(t, 200, "Your details are changed", "Ward manager")
	v.get(other).want(t, 200, "Your place is confirmed") // nothing was cancelled
	v.pressed(other+"/cancel", nil).want(t, 200, "This registration is cancelled")
}

func TestACommitWhoseAnswerWasLostRegistersOnce(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(url.Values){
		"from the check page":    func(url.Values) {},
		"by a program, no claim": func(form url.Values) { form.Del("claim") }, // the one that it is given has to travel on
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loseTheAnswer(t, spoil)
		})
	}
}

func loseTheAnswer(t *testing.T, spoil func(url.Values)) {
	database := storetest.MigratedPostgresURL(t)
	wire := storetest.NewWire(t, database)
	s := startSite(t, stores{database: wire.URL})
	v := s.visitor(t)
	confirm := step("confirm", v.held(1, v.event(masterclass).Places[0].ID))
	confirm.Set("employer", "Trust beyond the wire")
	spoil(confirm)
	wire.CutAfterCommit("Trust beyond the wire")
	again := v.post(registerForm, confirm).wantAway(t, confirm, "We do not know whether you have been registered", "In person", "Trust beyond the wire")
	beside, err := store.Open(t.Context(), store.Options{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := errors.Join(beside.QueryRow("select count(*) from registrations where mailbox = 'ada1@example.com'").Scan(&n), beside.Close()); err != nil || n != 1 {
		t.Fatalf("%d were committed before the wire was cut, %v", n, err)
	}
	again = v.post(registerForm, again).wantAway(t, again, "We do not know whether you have been registered") // though this one changed nothing
	wire.Mend()
	v.pressed(registerForm, again).want(t, 200, "Your place is confirmed", "Trust beyond the wire")
	s.wantRegistered(t, "ada1@example.com")
}

// With SQLite the database cannot be away, but another program that writes to it, such as one that restores or mends, can hold it for
// longer than we wait.
func TestALockedDatabaseLosesNothingThatWasTyped(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	confirm := step("confirm", v.held(1, v.event(masterclass).Places[0].ID))
	other, err := store.Open(context.Background(), store.Options{File: s.data.Join("masterclass.db")})
	if err != nil {
		t.Fatal(err)
	}
	locked, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		err := other.InTx(context.Background(), func(context.Context, bun.Tx) error {
			close(locked)
			<-release
			return nil
		})
		ended <- err
	}()
	<-locked
	again := v.post(registerForm, confirm).wantAway(t, confirm, "We do not know whether you have been registered", "In person", "no &lt;b&gt;seeds&lt;/b&gt;")
	close(release)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	v.pressed(registerForm, again).want(t, 200, "Your place is confirmed")
	s.wantRegistered(t, "ada1@example.com")
}

// fill has the database grow no more and writes into what room it has, until nobody can be registered; the JSON answers say why not.
func (s *testSite) fill(t *testing.T, v *visitor, place string) {
	t.Helper()
	if _, err := s.db.Exec("create table filler (x); pragma max_page_count = 1"); err != nil { // 1: as many as there are
		t.Fatal(err)
	}
	for _, size := range []int{2000, 200, 10} {
		for err := error(nil); err == nil; {
			_, err = s.db.Exec("insert into filler values (zeroblob(?))", size)
		}
	}
	for n, refused := 100, 0; refused < 3; n++ { // some pages of other tables have room for another row
		a := v.call("/api/v1/events/"+masterclass+"/registrations", person(n, place))
		switch {
		case a.StatusCode == 503 && a.Header.Get("Retry-After") != "" && strings.Contains(a.text, `"unavailable"`):
			refused++
		case a.StatusCode != 201 || n > 140:
			t.Fatalf("with a full disk registering answers %d: %s", a.StatusCode, a.text)
		}
	}
}

func TestAFullDiskLosesNothingThatWasTyped(t *testing.T) {
	t.Parallel()
	s := startSite(t, stores{})
	v := s.visitor(t)
	place := v.event(masterclass).Places[0].ID
	confirm := step("confirm", v.held(1, place))
	s.fill(t, v, place)
	again := v.post(registerForm, confirm).wantAway(t, confirm, "We do not know whether you have been registered", "no &lt;b&gt;seeds&lt;/b&gt;")
	v.get("/events/"+masterclass).want(t, 200) // reading goes on
	if _, err := s.db.Exec("pragma max_page_count = 4294967294"); err != nil {
		t.Fatal(err)
	}
	v.pressed(registerForm, again).want(t, 200, "Your place is confirmed")
	s.wantRegistered(t, "ada1@example.com")
}
