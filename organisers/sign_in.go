package organisers

import (
	"context"
	"errors"
	"time"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/secret"
)

const (
	pendingLife  = 5 * time.Minute // from the right password to the code
	codeAttempts = 5               // at one pending sign-in
)

// What a person can do something about.
var (
	ErrWrongCode   = fault.New(fault.Invalid, "The code is not right, or has been used already.")
	ErrPendingOver = fault.New(fault.Gone, "It has been too long since you typed your password, or there were too many wrong codes. Please sign in again.")
)

// Client is where a request comes from. Address and Browser are shown to the account's owner; Browser is in words.
type Client struct{ Address, Browser, RequestID string }

// by begins the entry of the audit trail for what somebody does who is signing in.
func (c Client) by(actor string) access.Entry {
	return access.Entry{Actor: actor, Address: c.Address, RequestID: c.RequestID}
}

// Entrance is what a right password opens: a sign-in, by its Token; or, for an account with a second step, the question for the code,
// by the token Pending.
type Entrance struct{ Token, Pending string }

func newEntrance() Entrance {
	return Entrance{Token: secret.Random(tokenBytes), Pending: secret.Random(tokenBytes)}
}

// only keeps the token that was begun with.
func (e Entrance) only(asksCode bool) Entrance {
	if asksCode {
		return Entrance{Pending: e.Pending}
	}
	return Entrance{Token: e.Token}
}

// SignIn opens an entrance to the account, or is ErrWrong: the same, after the same work, whether the address is unknown, has no password
// yet or has another one.
func (o *Organisers) SignIn(ctx context.Context, email, password string, from Client) (Entrance, error) {
	mailbox, _ := mailboxOf(email) // one that cannot be an address belongs to no account
	id, stored, err := o.records.passwordOf(ctx, mailbox)
	if err != nil {
		return Entrance{}, err
	}
	none := stored == ""
	if none {
		stored = o.passwords.dummy
	}
	right, err := o.passwords.match(ctx, stored, password)
	if err != nil {
		return Entrance{}, err
	}
	if !right || none {
		return Entrance{}, errors.Join(ErrWrong, o.records.failed(ctx, id, "wrong password", from, o.now()))
	}
	e := newEntrance()
	asks, err := o.records.signIn(ctx, id, stored, e, from, o.now())
	return e.only(asks), err
}

// weigh refuses or slows an attempt for what has failed at any instance.
func (o *Organisers) weigh(ctx context.Context, a *attempt) error {
	kept, err := o.records.failures(ctx, a.hashes(), o.now())
	if err != nil {
		return err
	}
	return a.weighKept(kept)
}

// failed counts an attempt at every instance.
func (o *Organisers) failed(ctx context.Context, a *attempt) error {
	return o.records.addFailure(ctx, a.guesses, o.now())
}

// Purge forgets the failures to sign in that count no more; call it every hour or so.
func (o *Organisers) Purge(ctx context.Context) error { return o.records.purgeFailures(ctx, o.now()) }

// PendingFor is the account whose sign-in waits for its code, or ErrPendingOver. It changes nothing.
func (o *Organisers) PendingFor(ctx context.Context, pending string) (Organiser, error) {
	return o.records.pendingFor(ctx, hashOf(pending), o.now())
}

// FinishSignIn ends what waited for its code with a sign-in, whose token it gives. ErrWrongCode leaves another attempt, of five in all;
// then, or after five minutes, it is ErrPendingOver.
func (o *Organisers) FinishSignIn(ctx context.Context, pending, code string, from Client) (token string, err error) {
	account, err := o.PendingFor(ctx, pending)
	if err != nil {
		return "", err
	}
	token = secret.Random(tokenBytes)
	right, err := o.records.finish(ctx, account.ID, hashOf(pending), hashOf(token), o.codeCheck(account.ID, code), from, o.now())
	if err != nil {
		return "", err
	}
	if !right {
		return "", ErrWrongCode
	}
	return token, nil
}

// Session is who signed in, and whether with a second step.
type Session struct {
	access.Principal
	SecondStep bool
}

// Principal is who signed in and got the token, or ErrSignedOut.
func (o *Organisers) Principal(ctx context.Context, token string) (Session, error) {
	if token == "" {
		return Session{}, ErrSignedOut
	}
	p := &principalOf{tokenHash: hashOf(token)}
	if err := o.principals.Do(always, p); err != nil {
		return Session{}, errClosing.Because(err)
	}
	now := o.now()
	if p.err != nil || now.Sub(p.seen) < seenEvery {
		return p.session, p.err
	}
	return p.session, o.records.seen(ctx, p.session.ID, p.tokenHash, now)
}

// SignOut ends the token's sign-in, if there is one.
func (o *Organisers) SignOut(ctx context.Context, token string, from Client) error {
	if token == "" {
		return nil
	}
	return o.records.signOut(ctx, hashOf(token), from, o.now())
}
