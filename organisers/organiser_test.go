package organisers

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestAnOrganiserSignsInAndOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		e, err := o.SignIn(ctx, " ada.lovelace@EXAMPLE.org ", password, here)
		if err != nil {
			t.Fatal(err)
		}
		token := e.Token
		p, err := o.Principal(ctx, token)
		if err != nil || p.Name != "Ada Lovelace" || p.Role != access.Owner || p.Email != email {
			t.Errorf("got %+v, %v", p, err)
		}
		if got := trailOf(t, db); got != "organiser.added as owner; organiser.password-set ; organiser.signed-in" {
			t.Errorf("the trail says %q", got)
		}
		if err := o.SignOut(ctx, token, here); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Principal(ctx, token); !errors.Is(err, ErrSignedOut) {
			t.Errorf("after signing out: %v", err)
		}
	})
}

func TestOnlyHashesOfTokensAreStored(t *testing.T) {
	db := storetest.SQLite(t)
	ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
	addWithPassword(t, o)
	token := enter(t, o)
	var stored string
	if err := db.NewRaw("select token_hash from sign_ins").Scan(ctx, &stored); err != nil || stored != hashOf(token) || len(token) != 43 {
		t.Errorf("%q is stored for %q: %v", stored, token, err)
	}
	if _, err := o.Principal(ctx, stored); !errors.Is(err, ErrSignedOut) {
		t.Error("what a backup holds signs in")
	}
}

func TestSignInDoesNotSayWhetherTheAccountExists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		if _, err := o.Add(ctx, "no-password-yet@example.org", "Nobody", access.Editor, ""); err != nil {
			t.Fatal(err)
		}
		addresses := []string{email, "unknown@example.org", "no-password-yet@example.org", "not an address", "nul\x00@example.org", ""}
		for _, address := range addresses {
			if _, err := o.SignIn(ctx, address, "wrong password", here); !errors.Is(err, ErrWrong) {
				t.Errorf("%q: %v", address, err)
			}
		}
		for range cap(o.passwords.queue) { // the hashing refuses, so whoever reaches it is told
			o.passwords.queue <- struct{}{}
		}
		for _, address := range addresses {
			if _, err := o.SignIn(ctx, address, "wrong password", here); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%q was answered without the hashing: %v", address, err)
			}
		}
	})
}

func TestASignInRunsOut(t *testing.T) {
	for name, steps := range map[string][]time.Duration{
		"two hours after the last request": {time.Hour, time.Hour + 59*time.Minute, 2 * time.Hour},
		"twelve hours after signing in": {119 * time.Minute, 119 * time.Minute, 119 * time.Minute, 119 * time.Minute, 119 * time.Minute, 119 * time.Minute,
			6 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, c := context.Background(), newClock()
			o := newTestOrganisers(t, storetest.SQLite(t), c)
			addWithPassword(t, o)
			token := enter(t, o)
			for i, step := range steps {
				c.Add(step)
				_, err := o.Principal(ctx, token)
				if last := i == len(steps)-1; last != errors.Is(err, ErrSignedOut) {
					t.Errorf("step %d of %d: %v", i+1, len(steps), err)
				}
			}
		})
	}
}

func TestRequestsAreWrittenOnceAMinute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, c := context.Background(), newClock()
		o := newTestOrganisers(t, db, c)
		addWithPassword(t, o)
		token := enter(t, o)
		began := c.Now()
		for _, tc := range []struct{ step, seen time.Duration }{{59 * time.Second, 0}, {time.Second, time.Minute}, {30 * time.Second, time.Minute}} {
			c.Add(tc.step)
			if _, err := o.Principal(ctx, token); err != nil {
				t.Fatal(err)
			}
			var seen int64
			if err := db.NewRaw("select seen_at from sign_ins").Scan(ctx, &seen); err != nil || seen != began.Add(tc.seen).UnixMilli() {
				t.Errorf("seen %v after signing in, not %v: %v", time.UnixMilli(seen).Sub(began), tc.seen, err)
			}
		}
	})
}

func TestALinkWorksOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		token := strings.TrimPrefix(addWithLink(t, o), linkPath)
		var wg sync.WaitGroup
		errs := make(chan error, 4)
		for range cap(errs) {
			wg.Go(func() {
				_, err := o.ChoosePassword(ctx, token, password, here)
				errs <- err
			})
		}
		wg.Wait()
		close(errs)
		won := 0
		for err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, ErrLinkSpent) {
				t.Error(err)
			}
		}
		if won != 1 || count(t, db, "sign_ins") != 1 || count(t, db, "sign_in_links") != 0 {
			t.Errorf("%d used the link", won)
		}
		if got := trailOf(t, db); got != "organiser.added as owner; organiser.password-set by link; organiser.signed-in" {
			t.Errorf("the trail says %q", got)
		}
	})
}

func TestALinkRunsOutAfterADayOrWhenANewOneIsMade(t *testing.T) {
	ctx, c := context.Background(), newClock()
	o := newTestOrganisers(t, storetest.SQLite(t), c)
	first := strings.TrimPrefix(addWithLink(t, o), linkPath)
	second := strings.TrimPrefix(addWithLink(t, o), linkPath)
	if _, err := o.LinkFor(ctx, first); !errors.Is(err, ErrLinkSpent) {
		t.Errorf("the earlier link: %v", err)
	}
	c.Add(24*time.Hour - time.Millisecond)
	if got, err := o.LinkFor(ctx, second); err != nil || got.Email != email {
		t.Errorf("just within the day: %+v, %v", got, err)
	}
	c.Add(time.Millisecond)
	if _, err := o.ChoosePassword(ctx, second, password, here); !errors.Is(err, ErrLinkSpent) {
		t.Errorf("after the day: %v", err)
	}
}

func TestANewPasswordEndsEverySignIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		_, stale, err := o.records.passwordOf(ctx, strings.ToLower(email))
		if err != nil {
			t.Fatal(err)
		}
		old := enter(t, o)
		link := strings.TrimPrefix(addWithLink(t, o), linkPath)
		if _, err := o.Principal(ctx, old); err != nil {
			t.Errorf("a link that nobody used has ended the sign-in: %v", err)
		}
		fresh, err := o.ChoosePassword(ctx, link, "another long one", here)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Principal(ctx, old); !errors.Is(err, ErrSignedOut) {
			t.Errorf("the old sign-in: %v", err)
		}
		p, err := o.Principal(ctx, fresh.Token)
		if err != nil {
			t.Errorf("the new sign-in: %v", err)
		}
		if _, err := o.SignIn(ctx, email, password, here); !errors.Is(err, ErrWrong) {
			t.Errorf("the old password: %v", err)
		}
		if _, err := o.records.signIn(ctx, p.ID, stale, newEntrance(), here, o.now()); !errors.Is(err, ErrWrong) {
			t.Errorf("a sign-in that compared with the old password and was overtaken: %v", err)
		}
	})
}

func TestAddingAgainChangesNameAndRoleAndEndsTheSignIns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		token := enter(t, o)
		if _, err := o.Add(ctx, strings.ToUpper(email), "Ada\r\nKing", access.Steward, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Principal(ctx, token); !errors.Is(err, ErrSignedOut) {
			t.Errorf("the sign-in with the other role: %v", err)
		}
		p, err := o.Principal(ctx, enter(t, o))
		if err != nil || p.Role != access.Steward || p.Name != "Ada King" || count(t, db, "organisers") != 1 {
			t.Errorf("got %+v, %v", p, err)
		}
		if got := trailOf(t, db); !strings.Contains(got, "organiser.re-roled as steward") {
			t.Errorf("the trail says %q", got)
		}
	})
}

func TestAddRefusesWhatCannotBe(t *testing.T) {
	db := storetest.SQLite(t)
	o := newTestOrganisers(t, db, newClock())
	for _, tc := range []struct {
		email, name string
		role        access.Role
		password    string
	}{
		{"", "Ada", access.Owner, password},
		{"Ada <ada@example.org>", "Ada", access.Owner, password},
		{"ada@example.org\r\nBcc: x@example.org", "Ada", access.Owner, password},
		{email, " \x00 ", access.Owner, password},
		{email, strings.Repeat("a", 201), access.Owner, password},
		{email, "Ada", "admin", password},
		{email, "Ada", access.Owner, "nine char"},
	} {
		if _, err := o.Add(context.Background(), tc.email, tc.name, tc.role, tc.password); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
	if n := count(t, db, "organisers"); n != 0 {
		t.Errorf("%d were added", n)
	}
}
