package secret_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"masterclass/internal/secret"
)

func keys(t *testing.T, s string) *secret.Keys {
	t.Helper()
	k, err := secret.New([]byte(strings.Repeat(s, secret.MinLength)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTokenOpensOnlyItsOwnPurposeIDAndGeneration(t *testing.T) {
	k, id := keys(t, "a"), uuid.Must(uuid.NewV7()).String()
	token, err := k.Token("manage", id, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := secret.TokenID(token); !ok || got != id {
		t.Fatalf("the id in the token is %q, want %q", got, id)
	}
	other := uuid.Must(uuid.NewV7()).String()
	for name, valid := range map[string]bool{
		"another purpose":    k.Valid(token, "calendar", id, 0),
		"another generation": k.Valid(token, "manage", id, 1),
		"another id":         k.Valid(token, "manage", other, 0),
		"another secret":     keys(t, "b").Valid(token, "manage", id, 0),
		"a changed letter":   k.Valid(token[:42]+"!", "manage", id, 0),
	} {
		if valid {
			t.Errorf("the token is valid for %s", name)
		}
	}
	if !k.Valid(token, "manage", id, 0) {
		t.Error("the token is not valid for what it was made for")
	}
}

func TestTokenIDRefusesRubbish(t *testing.T) {
	for _, s := range []string{"", "x", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("=", 43)} {
		if id, ok := secret.TokenID(s); ok {
			t.Errorf("%q gave the id %s", s, id)
		}
	}
}

func TestSignedTextCannotBeChanged(t *testing.T) {
	k := keys(t, "a")
	signed := k.Sign("claim", "payload|1")
	if got, err := k.Verify("claim", signed); err != nil || got != "payload|1" {
		t.Fatalf("verify gave %q, %v", got, err)
	}
	for _, bad := range []string{"", ".", signed + "x", "x" + signed, strings.Replace(signed, ".", "", 1)} {
		if _, err := k.Verify("claim", bad); !errors.Is(err, secret.ErrForged) {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := k.Verify("other", signed); err == nil {
		t.Error("a signature for one purpose was accepted for another")
	}
}

func TestSealedDataOpensForItsOwnerOnly(t *testing.T) {
	k := keys(t, "a")
	sealed, err := k.Seal("one", []byte("no nuts"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("nuts")) {
		t.Fatal("the plain text can be read")
	}
	if plain, err := k.Open("one", sealed); err != nil || string(plain) != "no nuts" {
		t.Fatalf("open gave %q, %v", plain, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another owner":  func() ([]byte, error) { return k.Open("two", sealed) },
		"another secret": func() ([]byte, error) { return keys(t, "b").Open("one", sealed) },
		"a short text":   func() ([]byte, error) { return k.Open("one", sealed[:5]) },
	} {
		if _, err := open(); !errors.Is(err, secret.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShortSecretIsRefused(t *testing.T) {
	if _, err := secret.New(make([]byte, secret.MinLength-1)); err == nil {
		t.Error("a secret of 31 bytes was taken")
	}
}

func TestACodeIsReadByWhoeverMadeItAlone(t *testing.T) {
	k, other := keys(t, "0123456789abcdef0123456789abcdef"), keys(t, "fedcba9876543210fedcba9876543210")
	id := uuid.NewString()
	code, err := k.Code("ticket", id)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := k.CodeID("ticket", " "+strings.ToLower(code)+"\r\n"); !ok || got != id {
		t.Errorf("the code of %s is read as %s, %v", id, got, ok)
	}
	changed := []byte(code)
	changed[3] = map[bool]byte{true: 'B', false: 'A'}[changed[3] == 'A']
	for name, ok := range map[string]bool{
		"another purpose":      second(k.CodeID("badge", code)),
		"another installation": second(other.CodeID("ticket", code)),
		"a changed letter":     second(k.CodeID("ticket", string(changed))),
		"a part":               second(k.CodeID("ticket", code[:30])),
		"nothing":              second(k.CodeID("ticket", "")),
	} {
		if ok {
			t.Errorf("%s is taken for the code", name)
		}
	}
}

func second(_ string, ok bool) bool { return ok }
