package organisers

import (
	"context"
	"errors"
	"strings"
	"testing"

	"masterclass/internal/fault"
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
	for word, ok := range map[string]bool{"": false, "éééééé": false, "123456789": false, "1234567890": true, "ééééé ééééé": true} {
		if err := checkPassword(word); (err == nil) != ok {
			t.Errorf("%q: %v", word, err)
		}
	}
}
