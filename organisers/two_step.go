package organisers

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

const (
	stepSeconds   = 30 // of a code (RFC 6238 5.2)
	skew          = 1  // steps that a phone's clock may be off
	seedBytes     = 20 // of what codes are made from: as many as the HMAC has (RFC 4226 4)
	recoveryCodes = 10
	recoveryBytes = 10 // of each: 80 bits
	setUpLife     = time.Hour
)

// What a person can do something about.
var (
	ErrTwoStepOn  = fault.New(fault.Conflict, "Your second step is set up already. To use another phone, turn it off first.")
	ErrTwoStepOff = fault.New(fault.Conflict, "Your second step is not set up, so there are no recovery codes.")
	errStaleSeed  = invalid("code", "This page has been open for too long. Scan the new picture below, then enter the code that your phone shows")
	errCode       = invalid("code", "The code is not right. Enter the 6 digits that your phone shows now")
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// SetUp is a second step that is offered and not yet stored: Sealed travels in the form and comes back with the first code.
type SetUp struct {
	Secret string // base32, for typing
	URL    string // for the picture that phones scan
	Sealed string
}

// OfferTwoStep makes what a new second step's codes will come from. Nothing is stored until a code has shown that a phone has it.
func (o *Organisers) OfferTwoStep(account access.Principal, site string) (SetUp, error) {
	return o.setUp(account, site, random(seedBytes), o.now())
}

func (o *Organisers) setUp(account access.Principal, site string, seed []byte, made time.Time) (SetUp, error) {
	sealed, err := o.keys.Seal("second step offered "+account.ID+" "+made.UTC().Format(time.RFC3339), seed)
	if err != nil {
		return SetUp{}, err
	}
	s := SetUp{Secret: base32Text.EncodeToString(seed), Sealed: made.UTC().Format(time.RFC3339) + " " + base64.RawURLEncoding.EncodeToString(sealed)}
	label := url.PathEscape(strings.ReplaceAll(site, ":", "") + ":" + account.Email)
	q := url.Values{"secret": {s.Secret}, "issuer": {strings.ReplaceAll(site, ":", "")}}
	s.URL = "otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20") // Google Authenticator shows a + as it is
	return s, nil
}

// Offered is the second step that a form brings back, as it was offered at most an hour ago; false for anything else.
func (o *Organisers) Offered(account access.Principal, site, sealed string) (SetUp, bool) {
	seed, made, ok := o.openOffer(account.ID, sealed)
	if !ok {
		return SetUp{}, false
	}
	s, err := o.setUp(account, site, seed, made)
	return s, err == nil
}

func (o *Organisers) openOffer(id, sealed string) (seed []byte, made time.Time, ok bool) {
	at, text, _ := strings.Cut(sealed, " ")
	made, err := time.Parse(time.RFC3339, at)
	box, err2 := base64.RawURLEncoding.DecodeString(text)
	if err != nil || err2 != nil || o.now().Sub(made) > setUpLife {
		return nil, time.Time{}, false
	}
	seed, err = o.keys.Open("second step offered "+id+" "+at, box)
	return seed, made, err == nil
}

// Confirmation is what confirms a second step: the offer as it was sealed, the code that the phone shows, and the account's password, since a
// browser that was left open must not give a stranger's phone the last word. JustSignedIn says that it was given a moment ago, at the sign-in.
type Confirmation struct {
	Offer, Code, Password string
	JustSignedIn          bool
}

// ConfirmTwoStep turns the second step on once a code shows that the phone has it, ends the account's other sign-ins, and gives the recovery codes,
// which are not shown again. A fault with the field "password" or "code" if one of them is not right.
func (o *Organisers) ConfirmTwoStep(ctx context.Context, id string, c Confirmation, token string, by access.Entry) ([]string, error) {
	if !c.JustSignedIn {
		if _, err := o.ownPassword(ctx, id, c.Password); err != nil {
			return nil, err
		}
	}
	seed, _, ok := o.openOffer(id, c.Offer)
	if !ok {
		return nil, errStaleSeed
	}
	step, ok := o.matchingStep(seed, tidyCode(c.Code), 0)
	if !ok {
		return nil, errCode
	}
	box, err := o.keys.Seal(seedOwner(id), seed)
	if err != nil {
		return nil, err
	}
	codes, hashes := o.newRecoveryCodes(id)
	return codes, o.records.turnOnSecondStep(ctx, secondStep{id, box, step, hashes}, hashOf(token), by, o.now())
}

// TurnOffTwoStep takes the second step away from one's own account, if the password is right; else it is a fault with the field "password".
func (o *Organisers) TurnOffTwoStep(ctx context.Context, id, password, token string, by access.Entry) error {
	if _, err := o.ownPassword(ctx, id, password); err != nil {
		return err
	}
	return o.records.dropSecondStep(ctx, id, by, hashOf(token), o.now())
}

// RenewRecoveryCodes gives new codes in place of the old, if the password is right; else it is a fault with the field "password".
func (o *Organisers) RenewRecoveryCodes(ctx context.Context, id, password string, by access.Entry) ([]string, error) {
	if _, err := o.ownPassword(ctx, id, password); err != nil {
		return nil, err
	}
	codes, hashes := o.newRecoveryCodes(id)
	return codes, o.records.renewRecoveryCodes(ctx, id, hashes, by, o.now())
}

// RecoveryCodesLeft is how many have not been used.
func (o *Organisers) RecoveryCodesLeft(ctx context.Context, id string) (int, error) {
	return o.records.recoveryCodesLeft(ctx, id)
}

func (o *Organisers) newRecoveryCodes(id string) (codes, hashes []string) {
	for range recoveryCodes {
		text := strings.ToLower(base32Text.EncodeToString(random(recoveryBytes)))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		hashes = append(hashes, o.recoveryHash(id, text))
	}
	return codes, hashes
}

// recoveryHash is what is stored of a recovery code: of no use to who has the database and not the installation's secret.
func (o *Organisers) recoveryHash(id, code string) string {
	return hashOf(o.keys.Sign("recovery code "+id, strings.ToLower(code)))
}

// codeCheck is how a code is compared inside the transaction that uses it up.
type codeCheck struct {
	recovery string // the hash that it would have as a recovery code
	match    func(sealed []byte, last int64) (step int64, ok bool, err error)
}

func (o *Organisers) codeCheck(id, code string) codeCheck {
	code = tidyCode(code)
	return codeCheck{recovery: o.recoveryHash(id, code), match: func(sealed []byte, last int64) (int64, bool, error) {
		seed, err := o.keys.Open(seedOwner(id), sealed)
		if err != nil {
			return 0, false, errors.Join(errors.New("open the second step of an account"), err)
		}
		step, ok := o.matchingStep(seed, code, last)
		return step, ok, nil
	}}
}

// matchingStep is the time step, later than the last that was used, whose code it is (RFC 6238 5.2): now, or one to either side.
func (o *Organisers) matchingStep(seed []byte, code string, last int64) (int64, bool) {
	now := o.now().Unix() / stepSeconds
	found, ok := int64(0), false
	for step := now - skew; step <= now+skew; step++ {
		want, err := hotp.GenerateCodeCustom(base32Text.EncodeToString(seed), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > last {
			found, ok = step, true
		}
	}
	return found, ok
}

func seedOwner(id string) string { return "second step " + id }

// tidyCode takes out what people type between the parts of a code.
func tidyCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\t' {
			return -1
		}
		return r
	}, code)
}
