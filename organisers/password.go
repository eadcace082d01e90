package organisers

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"masterclass/internal/fault"
)

// minPassword is how many characters a password has at least.
const minPassword = 10

// recommended is OWASP's choice for argon2id (Password Storage Cheat Sheet): about 30 ms and 19 MiB a hash.
var recommended = cost{memory: 19 << 10, passes: 2, threads: 1}

const (
	hashingAtOnce  = 2  // so that hashing takes at most 38 MiB
	hashingWaiting = 64 // about a second's work; whoever comes on top is asked to come again
	saltBytes      = 16
	keyBytes       = 32
)

// cost is the work of one hash; memory is in KiB.
type cost struct {
	memory, passes uint32
	threads        uint8
}

// passwords hashes and compares, a few at a time.
type passwords struct {
	cost          cost
	dummy         string // compared with where there is no account: no password gives it
	queue, atWork chan struct{}
}

func newPasswords(c cost) *passwords {
	return &passwords{
		cost:   c,
		dummy:  encode(c, random(saltBytes), random(keyBytes)),
		queue:  make(chan struct{}, hashingWaiting+hashingAtOnce),
		atWork: make(chan struct{}, hashingAtOnce),
	}
}

// checkPassword says what is wrong with a new password, as a fault with the field "password". It is about somebody's account at a site, whose
// names and address are the first that others would try.
func checkPassword(password string, about ...string) error {
	message := weakness(password, about...)
	switch {
	case password == "":
		message = "Enter a password"
	case utf8.RuneCountInString(password) < minPassword:
		message = fmt.Sprintf("The password must have %d characters or more", minPassword)
	case message == "":
		return nil
	}
	return invalid("password", message)
}

// hash makes the PHC string that is stored.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	salt := random(saltBytes)
	key, err := p.derive(ctx, p.cost, password, salt, keyBytes)
	if err != nil {
		return "", err
	}
	return encode(p.cost, salt, key), nil
}

// match says, in constant time, whether the PHC string was made from the password.
func (p *passwords) match(ctx context.Context, stored, password string) (bool, error) {
	c, salt, want, err := decode(stored)
	if err != nil {
		return false, err
	}
	got, err := p.derive(ctx, c, password, salt, uint32(len(want)))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// derive waits for its turn; when too many wait already, it is a fault of kind Unavailable.
func (p *passwords) derive(ctx context.Context, c cost, password string, salt []byte, n uint32) ([]byte, error) {
	select {
	case p.queue <- struct{}{}:
		defer func() { <-p.queue }()
	default:
		return nil, fault.New(fault.Unavailable, "Too many people are signing in at this moment. Please try again in a few seconds.").After(5 * time.Second)
	}
	select {
	case p.atWork <- struct{}{}:
		defer func() { <-p.atWork }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, n), nil
}

// encode writes the PHC string format, which carries the cost, so that a later version may raise it.
func encode(c cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads, b64(salt), b64(key))
}

var errNotPHC = errors.New("a stored password is not an argon2id hash in the PHC format")

func decode(stored string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errNotPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return c, nil, nil, errNotPHC
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) < 16 || c.passes == 0 || c.threads == 0 {
		return c, nil, nil, errNotPHC
	}
	return c, salt, key, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return b
}
