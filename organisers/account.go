package organisers

import (
	"context"
	"time"

	"masterclass/internal/access"
)

// Place is one of an account's sign-ins, as its owner sees it. ID is the hash of its token, which opens nothing.
type Place struct {
	ID, Address, Browser string
	Began, Seen          time.Time
	Here                 bool // the sign-in that asks
}

// Places are the account's sign-ins, the last seen first; token is that of the one that asks.
func (o *Organisers) Places(ctx context.Context, id, token string) ([]Place, error) {
	list, err := o.records.places(ctx, id, o.now())
	for i := range list {
		list[i].Here = list[i].ID == hashOf(token)
	}
	return list, err
}

// EndSignIn ends one of the account's own sign-ins, if it is still there.
func (o *Organisers) EndSignIn(ctx context.Context, id, placeID string, by access.Entry) error {
	return o.records.endSignIn(ctx, id, placeID, by, o.now())
}

// EndOtherSignIns ends all of the account's sign-ins but the token's.
func (o *Organisers) EndOtherSignIns(ctx context.Context, id, token string, by access.Entry) error {
	return o.records.endOthers(ctx, id, hashOf(token), by, o.now())
}

// Rename gives one's own account another name; a fault with the field "name" if it is no good.
func (o *Organisers) Rename(ctx context.Context, own access.Principal, name string, by access.Entry) error {
	name = oneLine(name)
	if err := checkPerson(name, own.Role); err != nil {
		return err
	}
	return o.records.renameOwn(ctx, own.ID, name, by, o.now())
}

// ChangePassword sets a new password, if the present one is right, and ends the account's other sign-ins and its links. A fault with the
// field "present" or "password" if one of them is no good.
func (o *Organisers) ChangePassword(ctx context.Context, id, present, password, token string, by access.Entry) error {
	stored, err := o.presentPassword(ctx, id, present, "present")
	if err != nil {
		return err
	}
	account, err := o.records.member(ctx, id)
	if err != nil {
		return err
	}
	hash, err := o.newPassword(ctx, password, account.Organiser)
	if err != nil {
		return err
	}
	return o.records.changePassword(ctx, id, stored, hash, hashOf(token), by, o.now())
}

// ownPassword checks the password of somebody who is signed in already; a fault with the field "password" if it is wrong.
func (o *Organisers) ownPassword(ctx context.Context, id, password string) (stored string, err error) {
	return o.presentPassword(ctx, id, password, "password")
}

func (o *Organisers) presentPassword(ctx context.Context, id, password, field string) (stored string, err error) {
	if password == "" {
		return "", invalid(field, "Enter your present password")
	}
	if stored, err = o.records.passwordOfID(ctx, id); err != nil {
		return "", err
	}
	right, err := o.passwords.match(ctx, stored, password)
	if err == nil && !right {
		err = &wrongPassword{invalid(field, "The password is not right")}
	}
	return stored, err
}

// wrongPassword is a guess that failed, which a missing password is not.
type wrongPassword struct{ error }

func (w *wrongPassword) Unwrap() error { return w.error }
