package organisers

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/internal/access"
)

// Mails queues mail.
type Mails interface {
	// Enqueue writes the letter in the transaction: it is sent if, and only if, that commits.
	Enqueue(ctx context.Context, tx *sql.Tx, l Letter) error
	// Wake tells, after a commit, that there is mail.
	Wake()
}

// telling is a transaction that may queue mail.
func (r records) telling(ctx context.Context, deeds func(ctx context.Context, tx bun.Tx) error) error {
	err := r.db.InTx(ctx, deeds)
	if err == nil && r.mails != nil {
		r.mails.Wake()
	}
	return err
}

// tell queues a notice to the account's address. The command line sends none: whoever uses it holds the whole site.
func (r records) tell(ctx context.Context, tx bun.Tx, id string, what news, by access.Entry, now time.Time) error {
	if r.mails == nil {
		return nil
	}
	account, err := r.account(ctx, tx, id)
	if err != nil {
		return err
	}
	return r.tellAt(ctx, tx, account, what, by, now)
}

// tellAt is tell at the address that is in the account given, which may be the one that it had before.
func (r records) tellAt(ctx context.Context, tx bun.Tx, account Organiser, what news, by access.Entry, now time.Time) error {
	if r.mails == nil {
		return nil
	}
	who := ""
	if actor, is := strings.CutPrefix(by.Actor, "organiser:"); is && actor != account.ID {
		err := tx.NewRaw("select name from organisers where id = ?", actor).Scan(ctx, &who)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return r.mails.Enqueue(ctx, tx.Tx, bulletin{what, now}.letter(account, who))
}

// askReset counts the request and, if the mailbox has an account, mails it the link.
func (r records) askReset(ctx context.Context, mailbox, mailboxHash string, link mailLink, from Client, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := countReset(ctx, tx, mailboxHash, now); err != nil {
			return err
		}
		o, err := r.byMailbox(ctx, tx, mailbox)
		if err != nil || o.ID == "" || o.closed {
			return err
		}
		if err := addLink(ctx, tx, o.ID, link.hash, now, link.until); err != nil {
			return err
		}
		account, err := r.account(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if err := r.mails.Enqueue(ctx, tx.Tx, link.letter(account, "")); err != nil {
			return err
		}
		return r.note(ctx, tx, from.by("system"), "organiser.reset-asked", o.ID, "", now)
	})
	return wrap("ask for a new password", err)
}

// countReset adds to the requests of the last hour, or is errManyMails. It does the same whether there is an account or not. What other forms
// have sent to the mailbox does not count: anybody can have them send, and its owner would get no link.
func countReset(ctx context.Context, tx bun.Tx, mailboxHash string, now time.Time) error {
	since := now.Add(-resetWindow)
	if _, err := tx.NewRaw("delete from reset_requests where at <= ?", since.UnixMilli()).Exec(ctx); err != nil {
		return err
	}
	var asked int
	if err := tx.NewRaw("select count(*) from reset_requests where mailbox_hash = ?", mailboxHash).Scan(ctx, &asked); err != nil {
		return err
	}
	if asked >= mailsAnHour {
		return errManyMails
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("insert into reset_requests (id, mailbox_hash, at) values (?, ?, ?)", id.String(), mailboxHash, now.UnixMilli()).Exec(ctx)
	return err
}

// account reads an account that is there.
func (r records) account(ctx context.Context, tx bun.Tx, id string) (o Organiser, err error) {
	err = tx.NewRaw("select id, email, mailbox, name, role from organisers where id = ?", id).Scan(ctx, &o.ID, &o.Email, &o.Mailbox, &o.Name, &o.Role)
	return o, err
}
