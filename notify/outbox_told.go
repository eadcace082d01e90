package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Told says whether a message of the kind was ever queued for a registration.
func (o *Outbox) Told(ctx context.Context, registrationID, kind string) (bool, error) {
	var n int
	err := o.db.Read.NewRaw("select count(*) from outbox where registration_id = ? and kind = ?", registrationID, kind).Scan(ctx, &n)
	if err != nil {
		return false, fmt.Errorf("look for a %s message: %w", kind, err)
	}
	return n > 0, nil
}

// LastAbout is the kind of the last message to a mailbox about a calendar event, in the caller's transaction: "" when there was none, so
// that the mailbox was never invited. It counts what is still queued, since that goes out first.
func (o *Outbox) LastAbout(ctx context.Context, tx *sql.Tx, mailbox, uid string) (kind string, err error) {
	err = tx.QueryRowContext(ctx, o.db.Rebind(`select kind from outbox where mailbox = ? and uid = ? and uid <> '' and state <> 'superseded'
		order by sequence desc, id desc limit 1`), mailbox, uid).Scan(&kind)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the last message about %s: %w", uid, err)
	}
	return kind, nil
}

// LastAboutEach is LastAbout of several mailboxes; those that were told nothing are left out.
func (o *Outbox) LastAboutEach(ctx context.Context, tx *sql.Tx, mailboxes []string, uid string) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, o.db.Rebind(`select mailbox, kind from outbox where uid = ? and uid <> '' and state <> 'superseded' and `+o.db.Among("mailbox")+`
		order by sequence, id`), uid, o.db.List(mailboxes))
	if err != nil {
		return nil, fmt.Errorf("look for the last messages about %s: %w", uid, err)
	}
	defer rows.Close()
	last := map[string]string{}
	for rows.Next() {
		var mailbox, kind string
		if err := rows.Scan(&mailbox, &kind); err != nil {
			return nil, fmt.Errorf("look for the last messages about %s: %w", uid, err)
		}
		last[mailbox] = kind
	}
	return last, rows.Err()
}

// LastTold is when the last message of these kinds to a mailbox was queued; zero without one.
func (o *Outbox) LastTold(ctx context.Context, mailbox string, kinds ...string) (time.Time, error) {
	var ms int64
	err := o.db.Read.DB.QueryRowContext(ctx, o.db.Rebind("select coalesce(max(created_at), 0) from outbox where mailbox = ? and "+o.db.Among("kind")), mailbox, o.db.List(kinds)).Scan(&ms)
	if err != nil {
		return time.Time{}, fmt.Errorf("look when a mailbox was told: %w", err)
	}
	if ms == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(ms), nil
}
