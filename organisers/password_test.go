package organisers

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store/storetest"
)

func TestAPasswordIsKeptAsArgon2id(t *testing.T) {
	ctx, p := context.Background(), newPasswords(recommended)
	stored, err := p.hash(ctx, password)
	if err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q is stored: %v", stored, err)
	}
	for word, want := range map[string]bool{password: true, password + " ": false, "": false} {
		if got, err := p.match(ctx, stored, word); err != nil || got != want {
			t.Errorf("%q: %v, %v", word, got, err)
		}
	}
	if again, err := p.hash(ctx, password); err != nil || again == stored {
		t.Errorf("the salt is the same twice: %v", err)
	}
}

// The hash was made by the command line of the reference implementation, phc-winner-argon2.
func TestHashesOfOtherProgramsAndCostsAreRead(t *testing.T) {
	p := newPasswords(recommended)
	got, err := p.match(context.Background(), "$argon2id$v=19$m=256,t=3,p=2$c29tZXNhbHQ$RmjTCsQYfmh47t6s8P2DxaCjDbLMFu8L", "password")
	if err != nil || !got {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestADamagedHashIsAnErrorAndNoPanic(t *testing.T) {
	p := newPasswords(recommended)
	for _, stored := range []string{
		"", "plain", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=0$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=19$x$c29tZXNhbHQ$!",
	} {
		if got, err := p.match(context.Background(), stored, ""); got || !errors.Is(err, errNotPHC) {
			t.Errorf("%q: %v, %v", stored, got, err)
		}
	}
}

func TestOnlyAFewHashAtOnce(t *testing.T) {
	p := newPasswords(cost{memory: 64, passes: 1, threads: 1})
	for range hashingAtOnce {
		p.atWork <- struct{}{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.hash(ctx, password); !errors.Is(err, context.Canceled) {
		t.Errorf("one too many did not wait: %v", err)
	}
	for range cap(p.queue) {
		p.queue <- struct{}{}
	}
	if _, err := p.hash(context.Background(), password); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a full queue took one more: %v", err)
	}
}

func TestPasswordsAreCountedInCharacters(t *testing.T) {
	for word, ok := range map[string]bool{"": false, "éééééé": false, "kf83hx92v": false, "kf83hx92vq": true, "éàéèé ùéàçé": true} {
		if err := checkPassword(word); (err == nil) != ok {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func TestAPasswordThatOthersWouldTryFirstIsRefused(t *testing.T) {
	about := []string{"Ada.Lovelace@leeds-trust.example", "Dr Ada King-Noel", "UK Chemotherapy Partnership"}
	for want, passwords := range map[string][]string{
		weakCommon: {"aaaaaaaaaa", "éééééééééé", "1234567890", "0987654321", "12345678901", "qwertyuiop", "QWERTYUIOP1", "qwerty12345", "asdfghjkl;", "1qaz2wsx3edc", "1q2w3e4r5t",
			"abcdefghij", "abc123abc123", "hallohallo", "password123", "Password2027!", "P@ssw0rd2027", "passw0rd!!", "Welcome2027", "letmein1234", "iloveyou123", "Summer2027!!",
			"admin-admin", "test1234567", "changeme!!!", "organiser2027", "aaaabbbbcccc", "1111122222"},
		weakOwn: {"Lovelace1815", "ada.lovelace", "AdaLovelace1", "lov3lace!!!", "King-Noel-1", "chemotherapy1", "Ch3moth3rapy2027", "ukchemotherapy", "partnership", "leeds-trust!",
			"Partnership-password", "ada.lovelace@leeds-trust.example"},
		"": {"correct horse battery", "another long one", "kf83hx92vq", "8391740265", "three words apart", "my chemotherapy tea garden", "Lovelace likes violins", "пароль-моего-сада",
			"9f!Kq2#xLm", "master the small fig"},
	} {
		for _, p := range passwords {
			if got := weakness(p, about...); got != want {
				t.Errorf("%q: %q, want %q", p, got, want)
			}
			if err := checkPassword(p, about...); (err == nil) != (want == "") {
				t.Errorf("%q: %v", p, err)
			}
		}
	}
}

func TestAWeakPasswordIsRefusedWhereverOneIsChosen(t *testing.T) {
	b := newBrowser(t, storetest.SQLite(t), base, nil)
	link := addWithLink(t, b.o)
	weak := url.Values{"password": {"Lovelace2027"}, "present": {password}}
	b.post(link, weak).wants(t, 422, "").shows(t, `<a href="#password">`+weakOwn)
	b.post(link, url.Values{"password": {password}}).wants(t, 303, "/organise")
	b.post("/organise/account/password", weak).wants(t, 422, "").shows(t, `<a href="#password">`+weakOwn)
	if _, err := b.o.Add(t.Context(), email, "Ada Lovelace", access.Owner, "chemotherapy1"); !fault.Is(err, fault.Invalid) {
		t.Errorf("on the command line: %v", err)
	}
}
