package organisers

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
)

// renameOwn is rename by the account itself.
func (r records) renameOwn(ctx context.Context, id, name string, by access.Entry, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, id); err != nil {
			return err
		}
		return r.rename(ctx, tx, id, name, by, now)
	})
	return wrap("change one's own name", err)
}

// changeAddress gives the account another address, unless it has it already.
func (r records) changeAddress(ctx context.Context, id, email, mailbox string, link mailLink, inviter string, by access.Entry, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, id); err != nil {
			return memberOr(err)
		}
		was, err := r.account(ctx, tx, id)
		if err != nil || was.Email == email {
			return err
		}
		if err := r.free(ctx, tx, mailbox, id); err != nil {
			return err
		}
		if _, err := tx.NewRaw("update organisers set email = ?, mailbox = ?, updated_at = ? where id = ?", email, mailbox, now.UnixMilli(), id).Exec(ctx); err != nil {
			return err
		}
		if err := revoke(ctx, tx, id); err != nil {
			return err
		}
		if err := r.note(ctx, tx, by, "organiser.address-changed", id, "", now); err != nil {
			return err
		}
		return r.tellAddress(ctx, tx, was, link, inviter, by, now)
	})
	return wrap("change a member's address", err)
}

// free refuses a mailbox that another account has, or had when it was closed.
func (r records) free(ctx context.Context, tx bun.Tx, mailbox, but string) error {
	other, err := r.byMailbox(ctx, tx, mailbox)
	switch {
	case err != nil:
		return err
	case other.ID == "" || other.ID == but:
		return nil
	case other.closed:
		return invalid("email", "An account with this email address was closed. Invite its owner again in place of changing this one")
	}
	return invalid("email", "Somebody with this email address is in the team already")
}

// tellAddress writes to the address that the account had, and to the one that it has now: an invitation, if no password was chosen yet.
func (r records) tellAddress(ctx context.Context, tx bun.Tx, was Organiser, link mailLink, inviter string, by access.Entry, now time.Time) error {
	if err := r.tellAt(ctx, tx, was, addressLeft, by, now); err != nil {
		return err
	}
	var password string
	if err := tx.NewRaw("select password from organisers where id = ?", was.ID).Scan(ctx, &password); err != nil {
		return err
	}
	if password != "" {
		return r.tell(ctx, tx, was.ID, addressTaken, by, now)
	}
	o, err := r.account(ctx, tx, was.ID)
	if err != nil {
		return err
	}
	return r.mailTo(ctx, tx, o, link, inviter, now)
}

// endAll ends every sign-in of a member.
func (r records) endAll(ctx context.Context, id string, by access.Entry, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, id); err != nil {
			return memberOr(err)
		}
		if err := endSignIns(ctx, tx, id, ""); err != nil {
			return err
		}
		return r.note(ctx, tx, by, "organiser.sign-in-ended", id, "all", now)
	})
	return wrap("end a member's sign-ins", err)
}
