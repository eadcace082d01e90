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

// records are the tables organisers, sign_ins and sign_in_links. Every transaction that ends sign-ins or begins one
// locks the account's row first, so that no sign-in slips past a change of password.
type records struct {
	db    *store.DB
	trail *access.Trail
}

// addWithLink creates or re-roles the account; the link replaces its earlier ones.
func (r records) addWithLink(ctx context.Context, o Organiser, linkHash string, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		id, err := r.upsert(ctx, tx, o, now)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("delete from sign_in_links where organiser_id = ? or expires_at <= ?", id, now.UnixMilli()).Exec(ctx); err != nil {
			return err
		}
		_, err = tx.NewRaw("insert into sign_in_links (token_hash, organiser_id, created_at, expires_at) values (?, ?, ?, ?)",
			linkHash, id, now.UnixMilli(), now.Add(linkLife).UnixMilli()).Exec(ctx)
		return err
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
		return r.note(ctx, tx, "system", "organiser.password-set", id, "", now)
	})
	return wrap("add an organiser with a password", err)
}

func (r records) upsert(ctx context.Context, tx bun.Tx, o Organiser, now time.Time) (string, error) {
	fresh, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	var id string
	err = tx.NewRaw(`insert into organisers (id, email, mailbox, name, role, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?)
		on conflict (mailbox) do update set email = excluded.email, name = excluded.name, role = excluded.role, updated_at = excluded.updated_at
		returning id`, fresh.String(), o.Email, o.Mailbox, o.Name, string(o.Role), now.UnixMilli(), now.UnixMilli()).Scan(ctx, &id)
	if err != nil {
		return "", err
	}
	action := "organiser.added"
	if id != fresh.String() {
		action = "organiser.re-roled"
	}
	return id, r.note(ctx, tx, "system", action, id, "as "+string(o.Role), now)
}

// passwordOf gives the account's id and stored password; both are empty when there is no such account.
func (r records) passwordOf(ctx context.Context, mailbox string) (id, password string, err error) {
	err = r.db.Read.NewRaw("select id, password from organisers where mailbox = ?", mailbox).Scan(ctx, &id, &password)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", nil
	}
	return id, password, wrap("look up a password", err)
}

// signIn begins a sign-in, unless the password is no longer the one that was compared: then it is ErrWrong.
func (r records) signIn(ctx context.Context, id, password, tokenHash string, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var same string
		err := tx.NewRaw("select o.id from organisers o where o.id = ? and o.password = ?"+r.db.ForUpdate("o"), id, password).Scan(ctx, &same)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrWrong
		}
		if err != nil {
			return err
		}
		return r.begin(ctx, tx, id, tokenHash, now)
	})
	return wrap("sign in", err)
}

// begin adds a sign-in, and clears away those that have run out.
func (r records) begin(ctx context.Context, tx bun.Tx, id, tokenHash string, now time.Time) error {
	ms := now.UnixMilli()
	if _, err := tx.NewRaw("delete from sign_ins where expires_at <= ? or seen_at <= ?", ms, now.Add(-idleLife).UnixMilli()).Exec(ctx); err != nil {
		return err
	}
	if _, err := tx.NewRaw("insert into sign_ins (token_hash, organiser_id, created_at, seen_at, expires_at) values (?, ?, ?, ?, ?)",
		tokenHash, id, ms, ms, now.Add(signInLife).UnixMilli()).Exec(ctx); err != nil {
		return err
	}
	return r.note(ctx, tx, "organiser:"+id, "organiser.signed-in", id, "", now)
}

// principal is whose sign-in it is and when it was last seen, or ErrSignedOut.
func (r records) principal(ctx context.Context, tokenHash string, now time.Time) (p access.Principal, seen time.Time, err error) {
	var seenAt int64
	err = r.db.Read.NewRaw(`select o.id, o.name, o.email, o.role, s.seen_at from sign_ins s join organisers o on o.id = s.organiser_id
		where s.token_hash = ? and s.expires_at > ? and s.seen_at > ?`, tokenHash, now.UnixMilli(), now.Add(-idleLife).UnixMilli()).
		Scan(ctx, &p.ID, &p.Name, &p.Email, &p.Role, &seenAt)
	if errors.Is(err, sql.ErrNoRows) {
		return access.Principal{}, time.Time{}, ErrSignedOut
	}
	return p, time.UnixMilli(seenAt), wrap("look up a sign-in", err)
}

func (r records) seen(ctx context.Context, tokenHash string, now time.Time) error {
	_, err := r.db.NewRaw("update sign_ins set seen_at = ? where token_hash = ? and seen_at < ?", now.UnixMilli(), tokenHash, now.UnixMilli()).Exec(ctx)
	return wrap("keep up a sign-in", err)
}

func (r records) signOut(ctx context.Context, tokenHash string) error {
	_, err := r.db.NewRaw("delete from sign_ins where token_hash = ?", tokenHash).Exec(ctx)
	return wrap("sign out", err)
}

// linkFor is the account that a link is for, or ErrLinkSpent.
func (r records) linkFor(ctx context.Context, linkHash string, now time.Time) (o Organiser, err error) {
	err = r.db.Read.NewRaw(`select o.id, o.email, o.mailbox, o.name, o.role from sign_in_links l join organisers o on o.id = l.organiser_id
		where l.token_hash = ? and l.expires_at > ?`, linkHash, now.UnixMilli()).Scan(ctx, &o.ID, &o.Email, &o.Mailbox, &o.Name, &o.Role)
	if errors.Is(err, sql.ErrNoRows) {
		return Organiser{}, ErrLinkSpent
	}
	return o, wrap("look up a sign-in link", err)
}

// useLink sets the password, ends the account's sign-ins and links, and begins a sign-in, or is ErrLinkSpent.
func (r records) useLink(ctx context.Context, linkHash, password, tokenHash string, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var id string
		err := tx.NewRaw(`update organisers set password = ?, updated_at = ?
			where id = (select organiser_id from sign_in_links where token_hash = ? and expires_at > ?) returning id`,
			password, now.UnixMilli(), linkHash, now.UnixMilli()).Scan(ctx, &id)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrLinkSpent
		}
		if err != nil {
			return err
		}
		if err := take(ctx, tx, linkHash); err != nil {
			return err
		}
		if err := revoke(ctx, tx, id); err != nil {
			return err
		}
		if err := r.note(ctx, tx, "organiser:"+id, "organiser.password-set", id, "by link", now); err != nil {
			return err
		}
		return r.begin(ctx, tx, id, tokenHash, now)
	})
	return wrap("use a sign-in link", err)
}

// take deletes the link; of two requests that use it at once, the second finds it gone and is ErrLinkSpent.
func take(ctx context.Context, tx bun.Tx, linkHash string) error {
	res, err := tx.NewRaw("delete from sign_in_links where token_hash = ?", linkHash).Exec(ctx)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return ErrLinkSpent
	}
	return err
}

// revoke ends every sign-in and link of the account.
func revoke(ctx context.Context, tx bun.Tx, id string) error {
	if _, err := tx.NewRaw("delete from sign_ins where organiser_id = ?", id).Exec(ctx); err != nil {
		return err
	}
	_, err := tx.NewRaw("delete from sign_in_links where organiser_id = ?", id).Exec(ctx)
	return err
}

// assigned says whether the organiser is a steward of the event with that slug.
func (r records) assigned(ctx context.Context, id, slug string) (bool, error) {
	var n int
	err := r.db.Read.NewRaw("select count(*) from event_stewards s join events e on e.id = s.event_id where s.organiser_id = ? and e.slug = ?", id, slug).Scan(ctx, &n)
	return n > 0, wrap("look up a steward's events", err)
}

func (r records) note(ctx context.Context, tx bun.Tx, actor, action, id, detail string, now time.Time) error {
	return r.trail.Write(ctx, tx.Tx, access.Entry{At: now, Actor: actor, Action: action, Subject: id, Detail: detail})
}

// wrap says what was being done; the chain keeps the domain's own errors.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
