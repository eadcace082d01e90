package notify

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Erase deletes what the messages of a registration, and those of the kinds to its mailbox that are about no registration, hold of a person, in the
// caller's transaction: the recipient, what the message shows and its bytes. What was not sent yet never is. The rows stay, and say whether they
// were sent, so that counts do; nothing of them can be sent again.
func (o *Outbox) Erase(ctx context.Context, tx *sql.Tx, registrationID, mailbox string, kinds ...string) error {
	return o.eraseWhere(ctx, tx, "registration_id = ? or (mailbox = ? and registration_id = '' and "+o.db.Among("kind")+")", registrationID, mailbox, o.db.List(append([]string{}, kinds...)))
}

// EraseMailbox is Erase for all that a mailbox was sent about any registration, also one that somebody else has by now, and for the kinds.
func (o *Outbox) EraseMailbox(ctx context.Context, tx *sql.Tx, mailbox string, kinds ...string) error {
	return o.eraseWhere(ctx, tx, o.sentTo(), mailbox, o.db.List(append([]string{}, kinds...)))
}

// sentTo is what was sent to a mailbox about registrations, and of the kinds besides: never what goes to an organiser about their account.
func (o *Outbox) sentTo() string {
	return "mailbox = ? and erased_at = 0 and (registration_id <> '' or " + o.db.Among("kind") + ")"
}

// Held says how many messages EraseMailbox would erase, besides those about the registration except.
func (o *Outbox) Held(ctx context.Context, mailbox, except string, kinds ...string) (n int, err error) {
	err = o.db.Read.DB.QueryRowContext(ctx, o.db.Rebind("select count(*) from outbox where "+o.sentTo()+" and (registration_id <> ? or registration_id = '')"),
		mailbox, o.db.List(append([]string{}, kinds...)), except).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what a mailbox was sent: %w", err)
	}
	return n, nil
}

// Mailboxes are those that messages of a registration went to, the first one first: whoever had it before is among them.
func (o *Outbox) Mailboxes(ctx context.Context, registrationID string) ([]string, error) {
	rows, err := o.db.Read.DB.QueryContext(ctx, o.db.Rebind("select mailbox from outbox where registration_id = ? and mailbox <> '' group by mailbox order by min(id)"), registrationID)
	if err != nil {
		return nil, fmt.Errorf("list the mailboxes of registration %s: %w", registrationID, err)
	}
	list, err := scanIDs(rows)
	if err != nil {
		return nil, fmt.Errorf("list the mailboxes of registration %s: %w", registrationID, err)
	}
	return list, nil
}

func (o *Outbox) eraseWhere(ctx context.Context, tx *sql.Tx, where string, args ...any) error {
	rows, err := tx.QueryContext(ctx, o.db.Rebind(`update outbox set recipient = '', mailbox = '', sought = '', snapshot = '{}', problem = '',
		state = case state when 'queued' then 'superseded' else state end, erased_at = ? where `+where+" returning id"), append([]any{o.now().UnixMilli()}, args...)...)
	if err != nil {
		return fmt.Errorf("erase messages: %w", err)
	}
	ids, err := scanIDs(rows)
	if err == nil { // the bytes come after the rows, which a worker holds while it keeps bytes: else its would stay
		_, err = tx.ExecContext(ctx, o.db.Rebind("delete from message_bytes where "+o.db.Among("id")), o.db.List(ids))
	}
	if err != nil {
		return fmt.Errorf("erase messages: %w", err)
	}
	return nil
}

// erased are the ids of the messages that were erased since then.
func (o *Outbox) erased(ctx context.Context, since time.Time) ([]string, error) {
	rows, err := o.db.Read.QueryContext(ctx, "select id from outbox where erased_at > 0 and erased_at >= ?", since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("look for erased messages: %w", err)
	}
	ids, err := scanIDs(rows)
	if err != nil {
		return nil, fmt.Errorf("look for erased messages: %w", err)
	}
	return ids, nil
}

func scanIDs(rows *sql.Rows) (ids []string, err error) {
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Wipe has the sweeper look now for the files of what was erased: call it after the commit. It never waits.
func (o *Outbox) Wipe() {
	select {
	case o.wipe <- struct{}{}:
	default: // told already
	}
}
