package organisers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

func TestWhoAsksAtTheSameMomentIsToldApart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		tokens, wants := []string{"", "no such token"}, []string{"", ""} // whose each is, by email
		for i := range 5 {
			email := fmt.Sprintf("steward%d@example.org", i)
			if _, err := o.Add(ctx, email, "Kim Porter", access.Steward, password); err != nil {
				t.Fatal(err)
			}
			for range 2 { // at two doors
				e, err := o.SignIn(ctx, email, password, here)
				if err != nil {
					t.Fatal(err)
				}
				tokens, wants = append(tokens, e.Token), append(wants, email)
			}
		}
		ended := len(tokens) - 1
		if err := o.SignOut(ctx, tokens[ended], here); err != nil {
			t.Fatal(err)
		}
		wants[ended] = ""
		var wg sync.WaitGroup
		for range 5 {
			for i, token := range tokens {
				wg.Go(func() {
					s, err := o.Principal(ctx, token)
					if s.Email != wants[i] || (wants[i] == "") != errors.Is(err, ErrSignedOut) {
						t.Errorf("the token of %q is %q's: %v", wants[i], s.Email, err)
					}
				})
				wg.Go(func() {
					if yes, err := o.Assigned(ctx, fmt.Sprint(i), "nowhere"); yes || err != nil {
						t.Errorf("assigned is %v, %v", yes, err)
					}
				})
			}
		}
		wg.Wait()
	})
}

func TestWhoAsksInAnOutageOrAtTheEndIsToldSo(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t)
	ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
	addWithPassword(t, o)
	token := enter(t, o)
	if _, err := db.NewRaw("alter table sign_ins rename to sign_ins_away").Exec(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Principal(ctx, token); err == nil || errors.Is(err, ErrSignedOut) {
		t.Errorf("without the table: %v", err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Principal(ctx, token); !fault.Is(err, fault.Unavailable) {
		t.Errorf("when all is closed: %v", err)
	}
	if _, err := o.Assigned(ctx, "1", "nowhere"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("when all is closed: %v", err)
	}
	if f, ok := fault.Of(errClosing); !ok || f.RetryAfter < time.Second {
		t.Errorf("nobody is told when to come again: %+v", f)
	}
}
