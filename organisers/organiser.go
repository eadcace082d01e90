package organisers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
	"masterclass/internal/store"
)

const (
	linkLife   = 24 * time.Hour
	signInLife = 12 * time.Hour // from signing in
	idleLife   = 2 * time.Hour  // since the last request
	seenEvery  = time.Minute    // a request's time is written at most this often
	tokenBytes = 32             // of each token, before base64url
	linkPath   = "/organise/sign-in/"
	maxAddress = 254 // octets (RFC 5321 4.5.3.1.3)
	maxName    = 200 // characters
)

// What a person can do something about.
var (
	ErrWrong     = fault.New(fault.Invalid, "The email address or password is not right.")
	ErrLinkSpent = fault.New(fault.Gone, "This sign-in link has been used or replaced, or is more than 24 hours old. Ask whoever looks after the site for a new one.")
	ErrSignedOut = fault.New(fault.Forbidden, "You need to sign in first.")
)

// Organiser is an account. Mailbox is the address as it is compared: without regard to case.
type Organiser struct {
	ID, Email, Mailbox, Name string
	Role                     access.Role
}

// Organisers are the accounts and their sign-ins. Safe for concurrent use.
type Organisers struct {
	records   records
	passwords *passwords
	now       func() time.Time
}

// New gives the accounts kept in db; trail records what is done to them.
func New(db *store.DB, trail *access.Trail, now func() time.Time) *Organisers {
	return &Organisers{records: records{db: db, trail: trail}, passwords: newPasswords(recommended), now: now}
}

// Add creates the account, or gives an existing one this name and role. With a password it is set, which ends the
// account's sign-ins; without one the answer is the path of a link for choosing it, good once and for 24 hours, in
// place of any earlier link. A fault of kind Invalid says what is wrong with the values.
func (o *Organisers) Add(ctx context.Context, email, name string, role access.Role, password string) (link string, err error) {
	account, err := newOrganiser(email, name, role)
	if err != nil {
		return "", err
	}
	if password == "" {
		token := secret.Random(tokenBytes)
		return linkPath + token, o.records.addWithLink(ctx, account, hashOf(token), o.now())
	}
	if err := checkPassword(password); err != nil {
		return "", err
	}
	hash, err := o.passwords.hash(ctx, password)
	if err != nil {
		return "", err
	}
	return "", o.records.addWithPassword(ctx, account, hash, o.now())
}

// SignIn gives a new token for the account, or ErrWrong: the same, after the same work, whether the address is
// unknown, has no password yet or has another one.
func (o *Organisers) SignIn(ctx context.Context, email, password string) (token string, err error) {
	mailbox, _ := mailboxOf(email) // one that cannot be an address belongs to no account
	id, stored, err := o.records.passwordOf(ctx, mailbox)
	if err != nil {
		return "", err
	}
	if stored == "" {
		id, stored = "", o.passwords.dummy
	}
	right, err := o.passwords.match(ctx, stored, password)
	if err != nil {
		return "", err
	}
	if !right || id == "" {
		return "", ErrWrong
	}
	token = secret.Random(tokenBytes)
	return token, o.records.signIn(ctx, id, stored, hashOf(token), o.now())
}

// Principal is who signed in and got the token, or ErrSignedOut.
func (o *Organisers) Principal(ctx context.Context, token string) (access.Principal, error) {
	if token == "" {
		return access.Principal{}, ErrSignedOut
	}
	now, hash := o.now(), hashOf(token)
	p, seen, err := o.records.principal(ctx, hash, now)
	if err != nil || now.Sub(seen) < seenEvery {
		return p, err
	}
	return p, o.records.seen(ctx, hash, now)
}

// SignOut ends the token's sign-in, if there is one.
func (o *Organisers) SignOut(ctx context.Context, token string) error {
	if token == "" {
		return nil
	}
	return o.records.signOut(ctx, hashOf(token))
}

// Assigned says whether the organiser is to help at the event of that slug.
func (o *Organisers) Assigned(ctx context.Context, id, slug string) (bool, error) {
	return o.records.assigned(ctx, id, slug)
}

// LinkFor is the account that a link is for, or ErrLinkSpent. It changes nothing.
func (o *Organisers) LinkFor(ctx context.Context, linkToken string) (Organiser, error) {
	return o.records.linkFor(ctx, hashOf(linkToken), o.now())
}

// ChoosePassword uses up the link: the password is set, every sign-in of the account ends, and a new one begins with
// the token given back. ErrLinkSpent if the link is no good; a fault with the field "password" if the password is
// not, and then the link stays.
func (o *Organisers) ChoosePassword(ctx context.Context, linkToken, password string) (token string, err error) {
	if _, err := o.LinkFor(ctx, linkToken); err != nil { // before the costly hashing
		return "", err
	}
	if err := checkPassword(password); err != nil {
		return "", err
	}
	hash, err := o.passwords.hash(ctx, password)
	if err != nil {
		return "", err
	}
	token = secret.Random(tokenBytes)
	return token, o.records.useLink(ctx, hashOf(linkToken), hash, hashOf(token), o.now())
}

func newOrganiser(email, name string, role access.Role) (Organiser, error) {
	mailbox, ok := mailboxOf(email)
	if !ok {
		return Organiser{}, fault.New(fault.Invalid, badAddress)
	}
	name = oneLine(name)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return Organiser{}, fault.New(fault.Invalid, "Give the organiser's name, in at most 200 characters.")
	}
	if !slices.Contains(access.Roles, role) {
		return Organiser{}, fault.New(fault.Invalid, "The role is one of owner, organiser, editor and steward.")
	}
	return Organiser{Email: strings.TrimSpace(email), Mailbox: mailbox, Name: name, Role: role}, nil
}

const badAddress = "Enter an email address in the correct format, like name@example.com"

// mailboxOf is the address as accounts are found by it; false if it cannot be one.
func mailboxOf(email string) (string, bool) {
	email = strings.TrimSpace(email)
	if len(email) > maxAddress || !utf8.ValidString(email) || strings.ContainsFunc(email, unicode.IsControl) {
		return "", false
	}
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || a.Name != "" {
		return "", false
	}
	return strings.ToLower(email), true
}

// oneLine takes out what has no place in a name: control characters, line breaks and doubled spaces.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// hashOf is what is stored of a token. Tokens are random, so a plain hash is enough.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
