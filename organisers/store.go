package organisers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/store"
)

// records are the tables of accounts, their sign-ins and links, and of second steps. Every transaction that ends sign-ins or begins one
// locks the account's row first, so that no sign-in slips past a change of password, of role, or of the second step.
type records struct {
	db    *store.DB
	trail *access.Trail
	mails Mails // nil on the command line
}

// addWithLink creates or re-roles the account; the link replaces its earlier ones.
func (r records) addWithLink(ctx context.Context, o Organiser, linkHash string, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, err := r.upsert(ctx, tx, o, now)
		if err != nil {
			return err
		}
		return replaceLink(ctx, tx, id, linkHash, now, now.Add(linkLife))
	})
	return wrap("add an organiser with a link", err)
}

// addWithPassword creates or re-roles the account and sets its password.
func (r records) addWithPassword(ctx context.Context, o Organiser, password string, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, err := r.upsert(ctx, tx, o, now)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("update organisers set password = ? where id = ?", password, id).Exec(ctx); err != nil {
			return err
		}
		if err := revoke(ctx, tx, id); err != nil {
			return err
		}
		return r.note(ctx, tx, access.Entry{Actor: "system"}, "organiser.password-set", id, "", now)
	})
	return wrap("add an organiser with a password", err)
}

// upsert creates the account, or gives one that there is, closed or not, this name and role. Another role ends its sign-ins.
func (r records) upsert(ctx context.Context, tx bun.Tx, o Organiser, now time.Time) (string, error) {
	was, err := r.byMailbox(ctx, tx, o.Mailbox)
	if err != nil {
		return "", err
	}
	id, err := r.insert(ctx, tx, o, now)
	if err != nil {
		return "", err
	}
	action := "organiser.added"
	if was.ID != "" {
		action = "organiser.re-roled"
	}
	if was.ID != "" && was.Role != o.Role {
		if err := endSignIns(ctx, tx, id, ""); err != nil {
			return "", err
		}
	}
	return id, r.note(ctx, tx, access.Entry{Actor: "system"}, action, id, "as "+string(o.Role), now)
}

// insert creates the account, or gives the one of that address this name and role; a closed one is open again.
func (r records) insert(ctx context.Context, tx bun.Tx, o Organiser, now time.Time) (id string, err error) {
	fresh, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	err = tx.NewRaw(`insert into organisers (id, email, mailbox, name, role, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?)
		on conflict (mailbox) do update set email = excluded.email, name = excluded.name, role = excluded.role, updated_at = excluded.updated_at, closed_at = 0
		returning id`, fresh.String(), o.Email, o.Mailbox, o.Name, string(o.Role), now.UnixMilli(), now.UnixMilli()).Scan(ctx, &id)
	return id, err
}

// byMailbox finds an account, closed or not, and locks it; it is empty when there is none.
func (r records) byMailbox(ctx context.Context, tx bun.Tx, mailbox string) (m Member, err error) {
	var closed int64
	err = tx.NewRaw("select o.id, o.role, o.closed_at from organisers o where o.mailbox = ?"+r.db.ForUpdate("o"), mailbox).Scan(ctx, &m.ID, &m.Role, &closed)
	if errors.Is(err, sql.ErrNoRows) {
		return Member{}, nil
	}
	m.closed = closed != 0
	return m, err
}

// passwordOf gives the account's id and stored password; both are empty when there is no such account, and the password when it is closed
// or has none yet.
func (r records) passwordOf(ctx context.Context, mailbox string) (id, password string, err error) {
	err = r.db.Read.NewRaw("select id, case when closed_at = 0 then password else '' end from organisers where mailbox = ?", mailbox).Scan(ctx, &id, &password)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return id, password, wrap("look up a password", err)
}

// linkFor is the account that a link is for, or ErrLinkSpent.
func (r records) linkFor(ctx context.Context, linkHash string, now time.Time) (o Organiser, err error) {
	err = r.db.Read.NewRaw(`select o.id, o.email, o.mailbox, o.name, o.role from sign_in_links l join organisers o on o.id = l.organiser_id
		where l.token_hash = ? and l.expires_at > ? and o.closed_at = 0`, linkHash, now.UnixMilli()).Scan(ctx, &o.ID, &o.Email, &o.Mailbox, &o.Name, &o.Role)
	if errors.Is(err, sql.ErrNoRows) {
		return Organiser{}, ErrLinkSpent
	}
	return o, wrap("look up a sign-in link", err)
}

// useLink sets the password, ends the account's sign-ins and links, and begins a sign-in, or is ErrLinkSpent.
func (r records) useLink(ctx context.Context, linkHash, password string, e Entrance, from Client, now time.Time) (asksCode bool, err error) {
	err = r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, had, err := r.setByLink(ctx, tx, linkHash, password, now)
		if err != nil {
			return err
		}
		if err := take(ctx, tx, linkHash); err != nil {
			return err
		}
		if err := revoke(ctx, tx, id); err != nil {
			return err
		}
		by := from.by("organiser:" + id)
		if err := r.note(ctx, tx, by, "organiser.password-set", id, "by link", now); err != nil {
			return err
		}
		if had {
			if err := r.tell(ctx, tx, id, passwordReset, by, now); err != nil {
				return err
			}
		}
		asksCode, err = r.admit(ctx, tx, id, e, from, now)
		return err
	})
	return asksCode, wrap("use a sign-in link", err)
}

// setByLink sets the password of the account that the link is for, and says whether it had one; or it is ErrLinkSpent.
func (r records) setByLink(ctx context.Context, tx bun.Tx, linkHash, password string, now time.Time) (id string, had bool, err error) {
	err = tx.NewRaw(`select o.id, o.password <> '' from organisers o
		where o.id = (select organiser_id from sign_in_links where token_hash = ? and expires_at > ?) and o.closed_at = 0`+r.db.ForUpdate("o"),
		linkHash, now.UnixMilli()).Scan(ctx, &id, &had)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, ErrLinkSpent
	}
	if err != nil {
		return "", false, err
	}
	_, err = tx.NewRaw("update organisers set password = ?, updated_at = ? where id = ?", password, now.UnixMilli(), id).Exec(ctx)
	return id, had, err
}

// addLink keeps the hash of a link's token.
func addLink(ctx context.Context, tx bun.Tx, id, linkHash string, now, until time.Time) error {
	_, err := tx.NewRaw("insert into sign_in_links (token_hash, organiser_id, created_at, expires_at) values (?, ?, ?, ?)",
		linkHash, id, now.UnixMilli(), until.UnixMilli()).Exec(ctx)
	return err
}

// replaceLink is addLink in place of the account's earlier links.
func replaceLink(ctx context.Context, tx bun.Tx, id, linkHash string, now, until time.Time) error {
	if _, err := tx.NewRaw("delete from sign_in_links where organiser_id = ? or expires_at <= ?", id, now.UnixMilli()).Exec(ctx); err != nil {
		return err
	}
	return addLink(ctx, tx, id, linkHash, now, until)
}

// take deletes the link; of two requests that use it at once, the second finds it gone and is ErrLinkSpent.
func take(ctx context.Context, tx bun.Tx, linkHash string) error {
	n, err := affected(tx.NewRaw("delete from sign_in_links where token_hash = ?", linkHash).Exec(ctx))
	if err == nil && n == 0 {
		return ErrLinkSpent
	}
	return err
}

// revoke ends every sign-in and link of the account.
func revoke(ctx context.Context, tx bun.Tx, id string) error {
	if err := endSignIns(ctx, tx, id, ""); err != nil {
		return err
	}
	_, err := tx.NewRaw("delete from sign_in_links where organiser_id = ?", id).Exec(ctx)
	return err
}

// endSignIns ends every sign-in of the account, also those that wait for a code, but the one with the hash.
func endSignIns(ctx context.Context, tx bun.Tx, id, but string) error {
	if _, err := tx.NewRaw("delete from sign_ins where organiser_id = ? and token_hash <> ?", id, but).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewRaw("delete from pending_sign_ins where organiser_id = ?", id).Exec(ctx)
	return err
}

// assigned finds out which organisers are stewards of the events with those slugs, or that had them: a door that is open goes on when its event gets
// another address.
func (r records) assigned(ctx context.Context, asked []*stewardOf) error {
	of := map[stewardAt]bool{}
	for _, a := range asked {
		of[a.stewardAt] = false
	}
	for at := range of { // those of one moment are mostly at one event
		rows, err := r.db.Ask(ctx, `select 1 from event_stewards s join events e on e.id = s.event_id where s.organiser_id = ?
			and (e.slug = ? or e.id = (select o.event_id from event_slugs o where o.slug = ?))`, at.organiserID, at.slug, at.slug)
		if err != nil {
			return wrap("look up a steward's events", err)
		}
		of[at] = rows.Next()
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return wrap("look up a steward's events", err)
		}
	}
	for _, a := range asked {
		a.yes = of[a.stewardAt]
	}
	return nil
}

// note writes the entry that was begun by whoever did it.
func (r records) note(ctx context.Context, tx bun.Tx, by access.Entry, action, id, detail string, now time.Time) error {
	by.At, by.Action, by.Subject, by.Detail = now, action, id, detail
	return r.trail.Write(ctx, tx.Tx, by)
}

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// wrap says what was being done; the chain keeps the domain's own errors.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
