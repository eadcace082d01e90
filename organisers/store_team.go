package organisers

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
)

const memberSQL = `select o.id, o.email, o.mailbox, o.name, o.role, o.seen_at, o.password = '', t.organiser_id is not null
	from organisers o left join second_steps t on t.organiser_id = o.id where o.closed_at = 0`

func (r records) team(ctx context.Context) (list []Member, err error) {
	rows, err := r.db.Read.QueryContext(ctx, memberSQL+" order by lower(o.name), o.id")
	if err != nil {
		return nil, wrap("list the team", err)
	}
	defer rows.Close()
	for rows.Next() {
		m, err := scanMember(rows)
		if err != nil {
			return nil, wrap("list the team", err)
		}
		list = append(list, m)
	}
	return list, wrap("list the team", rows.Err())
}

func scanMember(row interface{ Scan(...any) error }) (m Member, err error) {
	var seen int64
	err = row.Scan(&m.ID, &m.Email, &m.Mailbox, &m.Name, &m.Role, &seen, &m.Invited, &m.SecondStep)
	if seen != 0 {
		m.Seen = time.UnixMilli(seen)
	}
	return m, err
}

func (r records) member(ctx context.Context, id string) (Member, error) {
	m, err := scanMember(r.db.Read.QueryRowContext(ctx, memberSQL+" and o.id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return Member{}, ErrNoMember
	}
	if err != nil {
		return Member{}, wrap("look up a member of the team", err)
	}
	m.Events, err = r.eventsOf(ctx, r.db.Read, id)
	return m, err
}

// eventsOf are the ids of the events that the organiser is assigned to.
func (r records) eventsOf(ctx context.Context, db bun.IDB, id string) (list []string, err error) {
	err = db.NewRaw("select event_id from event_stewards where organiser_id = ? order by event_id", id).Scan(ctx, &list)
	return list, wrap("list a steward's events", err)
}

// everybody are all accounts, closed ones too: their id, name and role.
func (r records) everybody(ctx context.Context) (list []Organiser, err error) {
	rows, err := r.db.Read.QueryContext(ctx, "select id, name, role from organisers order by lower(name), id")
	if err != nil {
		return nil, wrap("list the organisers", err)
	}
	defer rows.Close()
	for rows.Next() {
		var o Organiser
		if err := rows.Scan(&o.ID, &o.Name, &o.Role); err != nil {
			return nil, wrap("list the organisers", err)
		}
		list = append(list, o)
	}
	return list, wrap("list the organisers", rows.Err())
}

func (r records) invite(ctx context.Context, o Organiser, link mailLink, inviter string, by access.Entry, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		was, err := r.byMailbox(ctx, tx, o.Mailbox)
		if err != nil {
			return err
		}
		if was.ID != "" && !was.closed {
			return invalid("email", "Somebody with this email address is in the team already")
		}
		if o.ID, err = r.insert(ctx, tx, o, now); err != nil {
			return err
		}
		if err := r.note(ctx, tx, by, "organiser.invited", o.ID, "as "+string(o.Role), now); err != nil {
			return err
		}
		return r.mailTo(ctx, tx, o, link, inviter, now)
	})
	return wrap("invite an organiser", err)
}

// mailTo sends the link in place of the account's earlier ones.
func (r records) mailTo(ctx context.Context, tx bun.Tx, o Organiser, link mailLink, inviter string, now time.Time) error {
	if err := replaceLink(ctx, tx, o.ID, link.hash, now, link.until); err != nil {
		return err
	}
	return r.mails.Enqueue(ctx, tx.Tx, link.letter(o, inviter))
}

func (r records) inviteAgain(ctx context.Context, id string, link mailLink, inviter string, by access.Entry, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := r.lock(ctx, tx, id); err != nil {
			return memberOr(err)
		}
		var password string
		if err := tx.NewRaw("select password from organisers where id = ?", id).Scan(ctx, &password); err != nil {
			return err
		}
		if password != "" {
			return errHasJoined
		}
		o, err := r.account(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := r.note(ctx, tx, by, "organiser.invited", id, "again", now); err != nil {
			return err
		}
		return r.mailTo(ctx, tx, o, link, inviter, now)
	})
	return wrap("invite an organiser again", err)
}

// memberOr says that a closed account is no member.
func memberOr(err error) error {
	if errors.Is(err, ErrSignedOut) {
		return ErrNoMember
	}
	return err
}

// teammate locks the owners and the member, in one order whoever asks, so that of two owners who remove each other one stays. It
// gives the member's role.
func (r records) teammate(ctx context.Context, tx bun.Tx, id string) (role access.Role, otherOwners int, err error) {
	rows, err := tx.QueryContext(ctx, "select o.id, o.role, o.password <> '' from organisers o where (o.role = 'owner' or o.id = ?) and o.closed_at = 0 order by o.id"+r.db.ForUpdate("o"), id)
	if err != nil {
		return "", 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		var its access.Role
		var joined bool
		if err := rows.Scan(&one, &its, &joined); err != nil {
			return "", 0, err
		}
		if one == id {
			role = its
		} else if joined {
			otherOwners++
		}
	}
	if err := rows.Err(); err != nil {
		return "", 0, err
	}
	if role == "" {
		return "", 0, ErrNoMember
	}
	return role, otherOwners, nil
}

func (r records) changeMember(ctx context.Context, id string, c Change, by access.Entry, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		role, owners, err := r.teammate(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.was != "" && role != c.was {
			return ErrMemberChanged
		}
		if role != c.Role {
			if err := r.changeRole(ctx, tx, id, role, owners, c.Role, by, now); err != nil {
				return err
			}
		}
		if err := r.rename(ctx, tx, id, c.Name, by, now); err != nil {
			return err
		}
		return r.assign(ctx, tx, id, c, by, now)
	})
	return wrap("change a member of the team", err)
}

func (r records) changeRole(ctx context.Context, tx bun.Tx, id string, was access.Role, otherOwners int, role access.Role, by access.Entry, now time.Time) error {
	switch {
	case isOwn(id, by):
		return ErrOwnAccount
	case was == access.Owner && otherOwners == 0:
		return ErrLastOwner
	}
	if _, err := tx.NewRaw("update organisers set role = ?, updated_at = ? where id = ?", string(role), now.UnixMilli(), id).Exec(ctx); err != nil {
		return err
	}
	if err := endSignIns(ctx, tx, id, ""); err != nil {
		return err
	}
	if err := r.note(ctx, tx, by, "organiser.re-roled", id, "from "+string(was)+" to "+string(role), now); err != nil {
		return err
	}
	return r.tell(ctx, tx, id, newRole, by, now)
}

func (r records) rename(ctx context.Context, tx bun.Tx, id, name string, by access.Entry, now time.Time) error {
	n, err := affected(tx.NewRaw("update organisers set name = ?, updated_at = ? where id = ? and name <> ?", name, now.UnixMilli(), id, name).Exec(ctx))
	if err != nil || n == 0 {
		return err
	}
	return r.note(ctx, tx, by, "organiser.renamed", id, "", now)
}

// assign makes the events of a steward those that were chosen; whoever is no steward has none.
func (r records) assign(ctx context.Context, tx bun.Tx, id string, c Change, by access.Entry, now time.Time) error {
	had, err := r.eventsOf(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, event := range had {
		if c.Role == access.Steward && (slices.Contains(c.Events, event) || !slices.Contains(c.Offered, event)) {
			continue
		}
		if _, err := tx.NewRaw("delete from event_stewards where event_id = ? and organiser_id = ?", event, id).Exec(ctx); err != nil {
			return err
		}
		by.EventID = event
		if err := r.note(ctx, tx, by, "organiser.unassigned", id, "", now); err != nil {
			return err
		}
	}
	for _, event := range c.Events {
		if c.Role != access.Steward || slices.Contains(had, event) {
			continue
		}
		if _, err := tx.NewRaw("insert into event_stewards (event_id, organiser_id, created_at) values (?, ?, ?) on conflict do nothing", event, id, now.UnixMilli()).Exec(ctx); err != nil {
			return err
		}
		by.EventID = event
		if err := r.note(ctx, tx, by, "organiser.assigned", id, "", now); err != nil {
			return err
		}
	}
	return nil
}

func (r records) closeAccount(ctx context.Context, id string, by access.Entry, now time.Time) error {
	err := r.telling(ctx, func(ctx context.Context, tx bun.Tx) error {
		role, owners, err := r.teammate(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case isOwn(id, by):
			return ErrOwnAccount
		case role == access.Owner && owners == 0:
			return ErrLastOwner
		}
		if _, err := tx.NewRaw("update organisers set closed_at = ?, updated_at = ?, password = '' where id = ?", now.UnixMilli(), now.UnixMilli(), id).Exec(ctx); err != nil {
			return err
		}
		if err := revoke(ctx, tx, id); err != nil {
			return err
		}
		if _, err := forgetSecondStep(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.NewRaw("delete from event_stewards where organiser_id = ?", id).Exec(ctx); err != nil {
			return err
		}
		if err := r.note(ctx, tx, by, "organiser.removed", id, "", now); err != nil {
			return err
		}
		return r.tell(ctx, tx, id, accountClosed, by, now)
	})
	return wrap("remove a member of the team", err)
}
