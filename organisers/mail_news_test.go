package organisers

import (
	"context"
	"slices"
	"strings"
	"testing"

	"masterclass/internal/access"
	"masterclass/internal/store"
	"masterclass/internal/store/storetest"
)

// heard is what was told since it was last asked, as "news to address by whom".
func (o *Organisers) heard(t *testing.T) (list []string) {
	t.Helper()
	l := o.records.mails.(*letters)
	for _, letter := range l.sent {
		if letter.Kind != kindNotice {
			continue
		}
		s := letter.Snapshot.(snapshot)
		line := string(s.What) + " to " + letter.To.Address
		if s.By != "" {
			line += " by " + s.By
		}
		if list = append(list, line); letter.Mailbox != strings.ToLower(letter.To.Address) || s.At != o.now().UnixMilli() {
			t.Errorf("%+v", letter)
		}
	}
	if len(list) > 0 && l.woken == 0 {
		t.Error("nobody says that there is mail")
	}
	l.sent, l.woken = nil, 0
	return list
}

func TestAnAccountHearsOfWhatHappensToIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		addWithPassword(t, o)
		token := enter(t, o)
		s, err := o.Principal(ctx, token)
		if err != nil {
			t.Fatal(err)
		}
		bob := add(t, o, "bob@example.org", access.Organiser)
		ada := access.Entry{Actor: "organiser:" + s.ID}
		var codes []string
		for _, step := range []struct {
			name string
			do   func() error
			want []string
		}{
			{"a wrong present password", func() error {
				if o.ChangePassword(ctx, s.ID, "wrong", "another long one", token, ada) == nil {
					t.Error("a wrong password changes it")
				}
				return nil
			}, nil},
			{"another password", func() error { return o.ChangePassword(ctx, s.ID, password, "another long one", token, ada) }, []string{"password-changed to " + email}},
			{"a link for a new one", func() error { return o.Forgotten(ctx, email, here) }, nil},
			{"a second step", func() error { _, codes = setUpTwoStep(t, o, token); return nil }, []string{"two-step-on to " + email}},
			{"other recovery codes", func() (err error) { codes, err = o.RenewRecoveryCodes(ctx, s.ID, "another long one", ada); return err }, []string{"recovery-codes to " + email}},
			{"a recovery code", func() error {
				e, err := o.SignIn(ctx, email, "another long one", here)
				if err == nil {
					_, err = o.FinishSignIn(ctx, e.Pending, codes[0], here)
				}
				return err
			}, []string{"recovery-code to " + email}},
			{"turned off", func() error { return o.TurnOffTwoStep(ctx, s.ID, "another long one", token, ada) }, []string{"two-step-off to " + email}},
			{"turned off again", func() error { return o.TurnOffTwoStep(ctx, s.ID, "another long one", token, ada) }, nil},
			{"another name", func() error {
				return o.ChangeMember(ctx, bob, Change{Name: "Bob", Role: access.Organiser}, ada)
			}, nil},
			{"another role", func() error {
				return o.ChangeMember(ctx, bob, Change{Name: "Bob", Role: access.Editor}, ada)
			}, []string{"role to bob@example.org by Ada Lovelace"}},
			{"a closed account", func() error { return o.Remove(ctx, bob, ada) }, []string{"closed to bob@example.org by Ada Lovelace"}},
		} {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if got := o.heard(t); !slices.Equal(got, step.want) {
				t.Errorf("%s: %q is told, not %q", step.name, got, step.want)
			}
		}
	})
}

func TestAPasswordChosenByLinkIsToldToWhoHadOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, o := context.Background(), newTestOrganisers(t, db, newClock())
		for _, want := range [][]string{nil, {"password-reset to " + email}} { // the first is no news to who has just joined
			if _, err := o.ChoosePassword(ctx, strings.TrimPrefix(addWithLink(t, o), linkPath), password, here); err != nil {
				t.Fatal(err)
			}
			if got := o.heard(t); !slices.Equal(got, want) {
				t.Errorf("%q is told, not %q", got, want)
			}
		}
	})
}
