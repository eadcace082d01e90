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
	"masterclass/internal/gather"
	"masterclass/internal/secret"
	"masterclass/internal/store"
)

const (
	linkLife   = 24 * time.Hour // of a link that the command line prints
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
	ErrLinkSpent = fault.New(fault.Gone, "This link has been used or replaced, or is too old. To get a new one, choose ‘I have forgotten my password’ on the organisers’ sign-in page, or ask whoever looks after the site.")
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
	keys      *secret.Keys
	site      string
	now       func() time.Time

	principals *gather.Batches[struct{}, *principalOf]
	stewards   *gather.Batches[struct{}, *stewardOf]
}

// Parts are what the accounts are made of. Adding an account without mail, as the command line does, needs neither Keys nor Mails.
type Parts struct {
	DB    *store.DB
	Trail *access.Trail
	Keys  *secret.Keys
	Mails Mails
	Site  string // its name
	Now   func() time.Time
}

// New gives the accounts kept in the database; the trail records what is done to them.
func New(p Parts) *Organisers {
	o := &Organisers{records: records{db: p.DB, trail: p.Trail, mails: p.Mails}, passwords: newPasswords(recommended), keys: p.Keys, site: p.Site, now: p.Now}
	o.principals, o.stewards = gather.New(askedTogether, o.lookUp), gather.New(askedTogether, o.lookUpStewards)
	return o
}

// Close ends the queries on their way.
func (o *Organisers) Close() error {
	o.principals.Close(time.Second)
	o.stewards.Close(time.Second)
	return nil
}

// Add creates the account, or gives an existing or closed one this name and role; another role ends its sign-ins. With a password it is
// set, which ends them too; without one the answer is the path of a link for choosing it, good once and for 24 hours, in place of any
// earlier link. A fault of kind Invalid says what is wrong with the values.
func (o *Organisers) Add(ctx context.Context, email, name string, role access.Role, password string) (link string, err error) {
	account, err := newOrganiser(email, name, role)
	if err != nil {
		return "", err
	}
	if password == "" {
		token := secret.Random(tokenBytes)
		return linkPath + token, o.records.addWithLink(ctx, account, hashOf(token), o.now())
	}
	hash, err := o.newPassword(ctx, password, account)
	if err != nil {
		return "", err
	}
	return "", o.records.addWithPassword(ctx, account, hash, o.now())
}

// newPassword is what is stored of a password that somebody chose; a fault with the field "password" if it is no good.
func (o *Organisers) newPassword(ctx context.Context, password string, account Organiser) (string, error) {
	if err := checkPassword(password, account.Email, account.Name, o.site); err != nil {
		return "", err
	}
	return o.passwords.hash(ctx, password)
}

// ForgetSecondStep takes the second step away from the account of that address, for somebody who has lost their phone and their codes.
func (o *Organisers) ForgetSecondStep(ctx context.Context, email string) error {
	mailbox, _ := mailboxOf(email)
	id, _, err := o.records.passwordOf(ctx, mailbox)
	if err != nil {
		return err
	}
	return o.records.dropSecondStep(ctx, id, access.Entry{Actor: "system"}, "", o.now())
}

// Assigned says whether the organiser is to help at the event of that slug.
func (o *Organisers) Assigned(_ context.Context, id, slug string) (bool, error) {
	a := &stewardOf{stewardAt: stewardAt{id, slug}}
	if err := o.stewards.Do(always, a); err != nil {
		return false, errClosing.Because(err)
	}
	return a.yes, a.err
}

// LinkFor is the account that a link is for, or ErrLinkSpent. It changes nothing.
func (o *Organisers) LinkFor(ctx context.Context, linkToken string) (Organiser, error) {
	return o.records.linkFor(ctx, hashOf(linkToken), o.now())
}

// ChoosePassword uses up the link: the password is set, every sign-in of the account ends, and a new one begins, for which an account
// with a second step still needs its code: a mailbox alone opens nothing. ErrLinkSpent if the link is no good; a fault with the field
// "password" if the password is not, and then the link stays.
func (o *Organisers) ChoosePassword(ctx context.Context, linkToken, password string, from Client) (Entrance, error) {
	account, err := o.LinkFor(ctx, linkToken)
	if err != nil { // before the costly hashing
		return Entrance{}, err
	}
	hash, err := o.newPassword(ctx, password, account)
	if err != nil {
		return Entrance{}, err
	}
	e := newEntrance()
	asks, err := o.records.useLink(ctx, hashOf(linkToken), hash, e, from, o.now())
	return e.only(asks), err
}

func newOrganiser(email, name string, role access.Role) (Organiser, error) {
	mailbox, ok := mailboxOf(email)
	if !ok {
		return Organiser{}, invalid("email", badAddress)
	}
	o := Organiser{Email: strings.TrimSpace(email), Mailbox: mailbox, Name: oneLine(name), Role: role}
	return o, checkPerson(o.Name, role)
}

// checkPerson says what is wrong with a name or a role.
func checkPerson(name string, role access.Role) error {
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return invalid("name", "Enter the organiser’s name, in at most 200 characters")
	}
	if !slices.Contains(access.Roles, role) {
		return invalid("role", "Choose one of the roles owner, organiser, editor and steward")
	}
	return nil
}

// invalid is a fault that names the field to mend.
func invalid(field, message string) error {
	f := fault.InvalidFields([]fault.Field{{Name: field, Message: message}})
	f.Message = message + "."
	return f
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
