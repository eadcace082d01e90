package organisers

import (
	"context"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// pending signs Ada in as far as the question for her code.
func pending(t *testing.T, o *Organisers) string {
	t.Helper()
	e, err := o.SignIn(context.Background(), email, password, here)
	if err != nil || e.Pending == "" || e.Token != "" {
		t.Fatalf("got %+v, %v", e, err)
	}
	return e.Pending
}

func TestACodeWorksOnceAndAStepEitherSide(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, c := context.Background(), newClock()
		o := newTestOrganisers(t, db, c)
		addWithPassword(t, o)
		secretText, _ := setUpTwoStep(t, o, enter(t, o))
		try := func(at time.Time) error {
			_, err := o.FinishSignIn(ctx, pending(t, o), codeAt(t, secretText, at), here)
			return err
		}
		if err := try(c.Now()); !errors.Is(err, ErrWrongCode) {
			t.Errorf("the code that turned it on: %v", err)
		}
		c.Add(10 * time.Minute)
		for _, tc := range []struct {
			name string
			off  time.Duration
			want error
		}{
			{"two steps behind", -time.Minute, ErrWrongCode}, {"two steps ahead", time.Minute, ErrWrongCode}, {"one step behind", -30 * time.Second, nil},
			{"the same again", -30 * time.Second, ErrWrongCode}, {"now", 0, nil}, {"one step ahead", 30 * time.Second, nil}, {"now, after a later one", 0, ErrWrongCode},
		} {
			if err := try(c.Now().Add(tc.off)); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v", tc.name, err)
			}
		}
		if !strings.Contains(trailOf(t, db), "organiser.two-step-on ; organiser.sign-in-failed wrong code") {
			t.Errorf("the trail says %q", trailOf(t, db))
		}
	})
}

func TestARecoveryCodeWorksOnceHoweverItIsTyped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		token := enter(t, o)
		_, codes := setUpTwoStep(t, o, token)
		s, err := o.Principal(ctx, token)
		if err != nil || !s.SecondStep || len(codes) != 10 {
			t.Fatalf("%+v has %d codes: %v", s, len(codes), err)
		}
		for n, code := range []string{codes[0], strings.ToUpper(codes[1]), strings.ReplaceAll(codes[2], "-", " ") + " "} {
			for _, want := range []error{nil, ErrWrongCode} {
				if _, err := o.FinishSignIn(ctx, pending(t, o), code, here); !errors.Is(err, want) {
					t.Errorf("%q: %v, want %v", code, err, want)
				}
			}
			if left, err := o.RecoveryCodesLeft(ctx, s.ID); err != nil || left != 9-n {
				t.Errorf("%d are left: %v", left, err)
			}
		}
		by := access.Entry{Actor: "organiser:" + s.ID}
		if _, err := o.RenewRecoveryCodes(ctx, s.ID, "wrong password", by); !fault.Is(err, fault.Invalid) {
			t.Errorf("new codes with a wrong password: %v", err)
		}
		fresh, err := o.RenewRecoveryCodes(ctx, s.ID, password, by)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.FinishSignIn(ctx, pending(t, o), codes[5], here); !errors.Is(err, ErrWrongCode) {
			t.Errorf("an old code: %v", err)
		}
		if _, err := o.FinishSignIn(ctx, pending(t, o), fresh[0], here); err != nil {
			t.Errorf("a new code: %v", err)
		}
	})
}

func TestADatabaseAloneGivesNoCodes(t *testing.T) {
	db := storetest.SQLite(t)
	ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
	addWithPassword(t, o)
	secretText, codes := setUpTwoStep(t, o, enter(t, o))
	p := pending(t, o)
	var stored []string
	for _, query := range []string{"select code_hash from recovery_codes", "select token_hash from pending_sign_ins", "select hex(sealed) from second_steps"} {
		var some []string
		if err := db.NewRaw(query).Scan(ctx, &some); err != nil {
			t.Fatal(err)
		}
		stored = append(stored, some...)
	}
	seed, _ := base32Text.DecodeString(secretText)
	all := strings.ToLower(strings.Join(stored, " "))
	for _, plain := range []string{tidyCode(codes[0]), hashOf(tidyCode(codes[0])), strings.ToLower(p), hex.EncodeToString(seed)} {
		if strings.Contains(all, plain) {
			t.Errorf("%q is stored: %s", plain, all)
		}
	}
}

func TestAPendingSignInRunsOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, c := context.Background(), newClock()
		o := newTestOrganisers(t, db, c)
		addWithPassword(t, o)
		token := enter(t, o)
		secretText, codes := setUpTwoStep(t, o, token)
		late := pending(t, o)
		c.Add(pendingLife)
		if _, err := o.FinishSignIn(ctx, late, codeAt(t, secretText, c.Now()), here); !errors.Is(err, ErrPendingOver) {
			t.Errorf("after five minutes: %v", err)
		}
		guessed := pending(t, o)
		for range codeAttempts {
			if _, err := o.FinishSignIn(ctx, guessed, "000000", here); !errors.Is(err, ErrWrongCode) {
				t.Errorf("a guess: %v", err)
			}
		}
		if _, err := o.FinishSignIn(ctx, guessed, codes[0], here); !errors.Is(err, ErrPendingOver) {
			t.Errorf("after five guesses: %v", err)
		}
		overtaken := pending(t, o)
		s, err := o.Principal(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.ChangePassword(ctx, s.ID, password, "another long one", token, access.Entry{Actor: "organiser:" + s.ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.FinishSignIn(ctx, overtaken, codes[0], here); !errors.Is(err, ErrPendingOver) {
			t.Errorf("after a change of password: %v", err)
		}
	})
}

func TestAMailboxAloneDoesNotPassTheSecondStep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		_, codes := setUpTwoStep(t, o, enter(t, o))
		e, err := o.ChoosePassword(ctx, strings.TrimPrefix(addWithLink(t, o), linkPath), "another long one", here)
		if err != nil || e.Token != "" {
			t.Fatalf("got %+v, %v", e, err)
		}
		token, err := o.FinishSignIn(ctx, e.Pending, codes[0], here)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Principal(ctx, token); err != nil {
			t.Error(err)
		}
	})
}

func TestTheSecondStepIsOfferedAndNotStoredUntilACodeIsRight(t *testing.T) {
	db := storetest.SQLite(t)
	ctx, c := context.Background(), newClock()
	o := newTestOrganisers(t, db, c)
	addWithPassword(t, o)
	token := enter(t, o)
	s, err := o.Principal(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := o.OfferTwoStep(s.Principal, "UKCP: events")
	if err != nil {
		t.Fatal(err)
	}
	if want := "otpauth://totp/UKCP%20events:Ada.Lovelace@example.org?issuer=UKCP%20events&secret=" + offer.Secret; offer.URL != want {
		t.Errorf("the address is %s, want %s", offer.URL, want)
	}
	by := access.Entry{Actor: "organiser:" + s.ID}
	confirm := func(id, sealed, code string) error {
		_, err := o.ConfirmTwoStep(ctx, id, Confirmation{Offer: sealed, Code: code, JustSignedIn: true}, token, by)
		return err
	}
	right := codeAt(t, offer.Secret, c.Now())
	for name, err := range map[string]error{
		"a wrong code":          confirm(s.ID, offer.Sealed, "000000"),
		"no code":               confirm(s.ID, offer.Sealed, ""),
		"somebody else's":       confirm("01941f29-7c00-7000-8000-0000000000aa", offer.Sealed, right),
		"an offer of one's own": confirm(s.ID, "2027-03-11T09:00:00Z AAAA", right),
		"a later date":          confirm(s.ID, strings.Replace(offer.Sealed, "T09:00", "T09:30", 1), right),
	} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if count(t, db, "second_steps") != 0 {
		t.Fatal("it is stored without a code")
	}
	if err := confirm(s.ID, offer.Sealed, right); err != nil {
		t.Fatal(err)
	}
	if err := confirm(s.ID, offer.Sealed, right); !errors.Is(err, ErrTwoStepOn) {
		t.Errorf("a second time: %v", err)
	}
}

func TestAnOfferComesBackWithTheFormForAnHour(t *testing.T) {
	c := newClock()
	o := newTestOrganisers(t, storetest.SQLite(t), c)
	account := access.Principal{ID: "01941f29-7c00-7000-8000-0000000000aa", Email: email}
	offer, err := o.OfferTwoStep(account, "Masterclass")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		wait time.Duration
		want bool
	}{{0, true}, {setUpLife, true}, {time.Second, false}} {
		c.Add(step.wait)
		if again, ok := o.Offered(account, "Masterclass", offer.Sealed); ok != step.want || (ok && (again.Secret != offer.Secret || again.URL != offer.URL)) {
			t.Errorf("after %v more: %+v, %v", step.wait, again, ok)
		}
	}
}

func TestSigningInAsksForTheCodeOnThePageAfter(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	secretText, codes := setUpTwoStep(t, b.o, enter(t, b.o))
	b.get("/organise/sign-in/code").wants(t, 303, "/organise/sign-in")
	form := url.Values{"email": {email}, "password": {password}, "next": {"/organise/account"}}
	b.post("/organise/sign-in", form).wants(t, 303, "/organise/sign-in/code?next=%2Forganise%2Faccount")
	page := b.get("/organise/sign-in/code?next=%2Forganise%2Faccount").wants(t, 200, "")
	page.shows(t, "Enter your code", `autocomplete="one-time-code"`, `value="/organise/account"`)
	if strings.Contains(page.body, password) {
		t.Error("the page holds the password")
	}
	b.get("/organise/account").wants(t, 303, "/organise/sign-in?next=%2Forganise%2Faccount")
	code := url.Values{"code": {"000000"}, "next": {"/organise/account"}}
	b.post("/organise/sign-in/code", code).wants(t, 422, "").shows(t, "<title>Error: ", ErrWrongCode.Message)
	b.post("/organise/sign-in/code", url.Values{"code": {" "}}).wants(t, 422, "").shows(t, "Enter the code")
	b.clock.Add(time.Minute)
	code.Set("code", codeAt(t, secretText, b.clock.Now()))
	code.Set("next", "https://evil.example/")
	b.post("/organise/sign-in/code", code).wants(t, 303, "/organise")
	b.get("/organise").wants(t, 200, "")

	direct := b.another()
	form.Set("code", "000000")
	direct.post("/organise/sign-in", form).wants(t, 422, "").shows(t, "Enter your code", ErrWrongCode.Message)
	form.Set("code", codes[0])
	direct.post("/organise/sign-in", form).wants(t, 303, "/organise/account")
	direct.get("/organise/account").wants(t, 200, "").shows(t, "This one", "End all others")
}

func TestGuessingCodesIsLimitedForTheAccount(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	addWithPassword(t, b.o)
	_, codes := setUpTwoStep(t, b.o, enter(t, b.o))
	form := url.Values{"email": {email}, "password": {password}, "code": {"000000"}}
	for n := range 20 {
		b.address = "198.51.100." + string(rune('1'+n/5))
		b.post("/organise/sign-in", form).wants(t, 422, "")
	}
	b.address = "203.0.113.1"
	form.Set("code", codes[0])
	b.post("/organise/sign-in", form).wants(t, 429, "")
	b.clock.Add(time.Hour)
	b.post("/organise/sign-in", form).wants(t, 303, "/organise")
}

func TestAnOwnerWithoutASecondStepOpensNothingElse(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	b.handler.OwnersWithoutCode = nil
	addWithPassword(t, b.o)
	b.signIn(email, password).wants(t, 303, "/organise")
	for _, path := range []string{"/organise", "/organise/team", "/organise/account", "/organise/audit", "/organise/nothing"} {
		b.get(path).wants(t, 303, "/organise/account/two-step")
	}
	b.post("/organise/team", url.Values{"email": {"bob@example.org"}}).wants(t, 303, "/organise/account/two-step")
	page := b.get("/organise/account/two-step").wants(t, 200, "")
	page.shows(t, "Set up your second step", "<svg", "You are an owner")
	if strings.Contains(page.body, `name="password"`) {
		t.Error("it asks for the password that was just given")
	}
	sealed, secretText := offeredOn(page)
	form := url.Values{"offer": {sealed}, "code": {"12"}}
	b.post("/organise/account/two-step", form).wants(t, 422, "").shows(t, `<a href="#code">The code is not right`, secretText)
	form.Set("code", codeAt(t, tidyCode(secretText), b.clock.Now()))
	b.post("/organise/account/two-step", form).wants(t, 200, "").shows(t, "Your recovery codes", "We do not show them again")
	b.get("/organise").wants(t, 200, "")
	b.get("/organise/account/two-step").wants(t, 200, "").shows(t, "10 recovery codes", "Use another phone")
	b.post("/organise/account/two-step/codes", url.Values{"password": {"wrong"}}).wants(t, 422, "").shows(t, `<a href="#codes-password">The password is not right`)
	b.post("/organise/account/two-step/codes", url.Values{"password": {password}}).wants(t, 200, "").shows(t, "Your recovery codes")
	b.post("/organise/account/two-step/off", nil).wants(t, 422, "").shows(t, `<a href="#off-password">Enter your present password`)
	b.post("/organise/account/two-step/off", url.Values{"password": {password}}).wants(t, 303, "/organise/account?done=two-step")
	b.get("/organise").wants(t, 303, "/organise/account/two-step")
}

// offeredOn is the second step that a page offers: as its form brings it back, and what codes are made from.
func offeredOn(page answer) (sealed, secretText string) {
	_, rest, _ := strings.Cut(page.body, `name="offer" value="`)
	sealed, _, _ = strings.Cut(rest, `"`)
	_, rest, _ = strings.Cut(page.body, `<strong class="app-code">`)
	secretText, _, _ = strings.Cut(rest, "<")
	return sealed, secretText
}

func TestASecondStepOfOnesOwnChoiceAsksForThePassword(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	if _, err := b.o.Add(context.Background(), email, "Ada", access.Organiser, password); err != nil {
		t.Fatal(err)
	}
	b.signIn(email, password).wants(t, 303, "/organise")
	const page = "/organise/account/two-step"
	sealed, secretText := offeredOn(b.get(page).wants(t, 200, ""))
	form := url.Values{"offer": {sealed}, "code": {codeAt(t, tidyCode(secretText), b.clock.Now())}}
	b.post(page, form).wants(t, 422, "").shows(t, `<a href="#password">Enter your present password`, secretText)
	form.Set("password", "wrong")
	for range 10 {
		b.post(page, form).wants(t, 422, "").shows(t, `<a href="#password">The password is not right`, secretText)
	}
	form.Set("password", password)
	b.post(page, form).wants(t, 429, "")
	b.clock.Add(15 * time.Minute)
	form.Set("code", codeAt(t, tidyCode(secretText), b.clock.Now()))
	if count(t, b.db, "second_steps") != 0 {
		t.Fatal("it is turned on without the password")
	}
	b.post(page, form).wants(t, 200, "").shows(t, "Your recovery codes")
}

func TestOthersMayWorkWithoutASecondStep(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	b.handler.OwnersWithoutCode = nil
	if _, err := b.o.Add(context.Background(), email, "Ada", access.Organiser, password); err != nil {
		t.Fatal(err)
	}
	b.signIn(email, password).wants(t, 303, "/organise")
	b.get("/organise").wants(t, 200, "")
}

func TestTheCommandLineForgetsASecondStep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		setUpTwoStep(t, o, enter(t, o))
		if err := o.ForgetSecondStep(ctx, email); err != nil {
			t.Fatal(err)
		}
		enter(t, o)
		if n := count(t, db, "second_steps") + count(t, db, "recovery_codes"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}
