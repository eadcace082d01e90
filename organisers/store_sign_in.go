package organisers

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
)

// signIn opens the entrance, unless the password is no longer the one that was compared: then it is ErrWrong.
func (r records) signIn(ctx context.Context, id, password string, e Entrance, from Client, now time.Time) (asksCode bool, err error) {
	err = r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var same string
		err := tx.NewRaw("select o.id from organisers o where o.id = ? and o.password = ? and o.closed_at = 0"+r.db.ForUpdate("o"), id, password).Scan(ctx, &same)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrWrong
		}
		if err != nil {
			return err
		}
		asksCode, err = r.admit(ctx, tx, id, e, from, now)
		return err
	})
	return asksCode, wrap("sign in", err)
}

// failed notes that somebody could not sign in: at which account, if at any, and never what was typed.
func (r records) failed(ctx context.Context, id, what string, from Client, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return r.note(ctx, tx, from.by("system"), "organiser.sign-in-failed", id, what, now)
	})
	return wrap("note that a sign-in failed", err)
}

// admit begins a sign-in, or for an account with a second step one that waits for its code.
func (r records) admit(ctx context.Context, tx bun.Tx, id string, e Entrance, from Client, now time.Time) (asksCode bool, err error) {
	var steps int
	if err := tx.NewRaw("select count(*) from second_steps where organiser_id = ?", id).Scan(ctx, &steps); err != nil {
		return false, err
	}
	if steps == 0 {
		return false, r.begin(ctx, tx, id, hashOf(e.Token), from, now)
	}
	if _, err := tx.NewRaw("delete from pending_sign_ins where expires_at <= ?", now.UnixMilli()).Exec(ctx); err != nil {
		return true, err
	}
	_, err = tx.NewRaw("insert into pending_sign_ins (token_hash, organiser_id, expires_at) values (?, ?, ?)", hashOf(e.Pending), id, now.Add(pendingLife).UnixMilli()).Exec(ctx)
	return true, err
}

// begin adds a sign-in, and clears away those that have run out.
func (r records) begin(ctx context.Context, tx bun.Tx, id, tokenHash string, from Client, now time.Time) error {
	ms := now.UnixMilli()
	if _, err := tx.NewRaw("delete from sign_ins where expires_at <= ? or seen_at <= ?", ms, now.Add(-idleLife).UnixMilli()).Exec(ctx); err != nil {
		return err
	}
	if _, err := tx.NewRaw("insert into sign_ins (token_hash, organiser_id, created_at, seen_at, expires_at, address, browser) values (?, ?, ?, ?, ?, ?, ?)",
		tokenHash, id, ms, ms, now.Add(signInLife).UnixMilli(), from.Address, from.Browser).Exec(ctx); err != nil {
		return err
	}
	if _, err := tx.NewRaw("update organisers set seen_at = ? where id = ?", ms, id).Exec(ctx); err != nil {
		return err
	}
	return r.note(ctx, tx, from.by("organiser:"+id), "organiser.signed-in", id, "", now)
}

// pendingFor is the account whose sign-in waits for its code, or ErrPendingOver.
func (r records) pendingFor(ctx context.Context, pendingHash string, now time.Time) (o Organiser, err error) {
	err = r.db.Read.NewRaw(`select o.id, o.email, o.mailbox, o.name, o.role from pending_sign_ins p join organisers o on o.id = p.organiser_id
		where p.token_hash = ? and p.expires_at > ? and p.attempts < ? and o.closed_at = 0`, pendingHash, now.UnixMilli(), codeAttempts).
		Scan(ctx, &o.ID, &o.Email, &o.Mailbox, &o.Name, &o.Role)
	if errors.Is(err, sql.ErrNoRows) {
		return Organiser{}, ErrPendingOver
	}
	return o, wrap("look up a sign-in that waits for its code", err)
}

// finish begins the sign-in that waits for its code, if the code is right. A wrong one is counted and noted.
func (r records) finish(ctx context.Context, id, pendingHash, tokenHash string, check codeCheck, from Client, now time.Time) (right bool, err error) {
	err = r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, id); err != nil {
			return err
		}
		n, err := affected(tx.NewRaw("update pending_sign_ins set attempts = attempts + 1 where token_hash = ? and organiser_id = ? and expires_at > ? and attempts < ?",
			pendingHash, id, now.UnixMilli(), codeAttempts).Exec(ctx))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrPendingOver
		}
		if right, err = r.useCode(ctx, tx, id, check, from, now); err != nil {
			return err
		}
		if !right {
			return r.note(ctx, tx, from.by("system"), "organiser.sign-in-failed", id, "wrong code", now)
		}
		if _, err := tx.NewRaw("delete from pending_sign_ins where token_hash = ?", pendingHash).Exec(ctx); err != nil {
			return err
		}
		return r.begin(ctx, tx, id, tokenHash, from, now)
	})
	return right, wrap("finish a sign-in", err)
}

// lock holds the account's row until the transaction ends; ErrSignedOut if the account is closed.
func (r records) lock(ctx context.Context, tx bun.Tx, id string) error {
	err := tx.NewRaw("select o.id from organisers o where o.id = ? and o.closed_at = 0"+r.db.ForUpdate("o"), id).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrSignedOut
	}
	return err
}

const principalSQL = `select s.token_hash, o.id, o.name, o.email, o.role, s.seen_at, coalesce(t.organiser_id, '') from sign_ins s
	join organisers o on o.id = s.organiser_id left join second_steps t on t.organiser_id = o.id
	where s.expires_at > ? and s.seen_at > ? and o.closed_at = 0 and `

// principals finds whose sign-ins they are and when each was last seen; one that is over gets ErrSignedOut.
func (r records) principals(ctx context.Context, asked []*principalOf, now time.Time) error {
	which, value := "s.token_hash = ?", any(asked[0].tokenHash)
	if len(asked) > 1 {
		hashes := make([]string, len(asked))
		for i, a := range asked {
			hashes[i] = a.tokenHash
		}
		which, value = r.db.Among("s.token_hash"), r.db.List(hashes)
	}
	rows, err := r.db.Ask(ctx, principalSQL+which, now.UnixMilli(), now.Add(-idleLife).UnixMilli(), value)
	if err != nil {
		return wrap("look up a sign-in", err)
	}
	defer rows.Close()
	for _, a := range asked {
		a.err = ErrSignedOut
	}
	for rows.Next() {
		var s Session
		var hash, step string
		var seen int64
		if err := rows.Scan(&hash, &s.ID, &s.Name, &s.Email, &s.Role, &seen, &step); err != nil {
			return wrap("look up a sign-in", err)
		}
		s.SecondStep = step != ""
		for _, a := range asked {
			if a.tokenHash == hash {
				a.session, a.seen, a.err = s, time.UnixMilli(seen), nil
			}
		}
	}
	return wrap("look up a sign-in", rows.Err())
}

func (r records) seen(ctx context.Context, id, tokenHash string, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		ms := now.UnixMilli()
		if _, err := tx.NewRaw("update organisers set seen_at = ? where id = ? and seen_at < ?", ms, id, ms).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw("update sign_ins set seen_at = ? where token_hash = ? and seen_at < ?", ms, tokenHash, ms).Exec(ctx)
		return err
	})
	return wrap("keep up a sign-in", err)
}

// signOut ends the sign-in, if there is one, as its owner's own deed.
func (r records) signOut(ctx context.Context, tokenHash string, from Client, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var id string
		err := tx.NewRaw("delete from sign_ins where token_hash = ? returning organiser_id", tokenHash).Scan(ctx, &id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return r.note(ctx, tx, from.by("organiser:"+id), "organiser.signed-out", id, "", now)
	})
	return wrap("sign out", err)
}

// places are the account's sign-ins that have not run out.
func (r records) places(ctx context.Context, id string, now time.Time) (list []Place, err error) {
	rows, err := r.db.Read.QueryContext(ctx, `select token_hash, address, browser, created_at, seen_at from sign_ins
		where organiser_id = ? and expires_at > ? and seen_at > ? order by seen_at desc, token_hash`, id, now.UnixMilli(), now.Add(-idleLife).UnixMilli())
	if err != nil {
		return nil, wrap("list sign-ins", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p Place
		var began, seen int64
		if err := rows.Scan(&p.ID, &p.Address, &p.Browser, &began, &seen); err != nil {
			return nil, wrap("list sign-ins", err)
		}
		p.Began, p.Seen = time.UnixMilli(began), time.UnixMilli(seen)
		list = append(list, p)
	}
	return list, wrap("list sign-ins", rows.Err())
}

func (r records) endSignIn(ctx context.Context, id, tokenHash string, by access.Entry, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		n, err := affected(tx.NewRaw("delete from sign_ins where organiser_id = ? and token_hash = ?", id, tokenHash).Exec(ctx))
		if err != nil || n == 0 {
			return err
		}
		return r.note(ctx, tx, by, "organiser.sign-in-ended", id, "one", now)
	})
	return wrap("end a sign-in", err)
}

func (r records) endOthers(ctx context.Context, id, tokenHash string, by access.Entry, now time.Time) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, id); err != nil {
			return err
		}
		if err := endSignIns(ctx, tx, id, tokenHash); err != nil {
			return err
		}
		return r.note(ctx, tx, by, "organiser.sign-in-ended", id, "all others", now)
	})
	return wrap("end the other sign-ins", err)
}
