package notify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
