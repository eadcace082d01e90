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
	code, err := k.Code("ticket", id, 1)
	if err != nil {
		t.Fatal(err)
	}
	typed := " " + strings.ToLower(code) + "\r\n"
	if got, ok := secret.CodeID(typed); !ok || got != id || !k.ValidCode(typed, "ticket", id, 1) {
		t.Errorf("the code of %s is read as %s, %v", id, got, ok)
	}
	changed := []byte(code)
	changed[38] = map[bool]byte{true: 'I', false: 'A'}[changed[38] == 'A']
	for name, ok := range map[string]bool{
		"another purpose":      k.ValidCode(code, "badge", id, 1),
		"another generation":   k.ValidCode(code, "ticket", id, 0),
		"another id":           k.ValidCode(code, "ticket", uuid.NewString(), 1),
		"another installation": other.ValidCode(code, "ticket", id, 1),
		"a changed letter":     k.ValidCode(string(changed), "ticket", id, 1),
		"a part":               k.ValidCode(code[:30], "ticket", id, 1),
		"nothing":              k.ValidCode("", "ticket", id, 1),
		"the id of a part":     second(secret.CodeID(code[:30])),
		"the id of nothing":    second(secret.CodeID("")),
	} {
		if ok {
			t.Errorf("%s is taken for the code", name)
		}
	}
}

// The tickets of whoever has had a place from the start are printed and mailed: they stay what they are.
func TestACodeOfTheFirstGenerationStaysAsItWas(t *testing.T) {
	k, err := secret.New([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	code, err := k.Code("ticket", "01890a5d-ac96-774b-bcce-b302099a8057", 0)
	if want := "AGEQUXNMSZ3UXPGOWMBATGUAK5D5GHZXEJZPXGA"; err != nil || code != want {
		t.Errorf("it is %s, %v", code, err)
	}
}

func second(_ string, ok bool) bool { return ok }
