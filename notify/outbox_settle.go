package notify

import (
	"context"
	"database/sql"
	"fmt"

	"masterclass/internal/fault"
)

// ErrNotFailed is for a message that needs nothing to be done about it.
var ErrNotFailed = fault.Coded(fault.Conflict, "not_failed", "This message has not failed, or was dealt with already.")

// Settle marks a message that failed as dealt with, in the transaction: it is counted among those that need attention no more. Error for people:
// ErrNotFailed.
func (o *Outbox) Settle(ctx context.Context, tx *sql.Tx, id string) error {
	n, err := o.dealtWith(ctx, tx, "id = ?", id)
	if err == nil && n == 0 {
		err = ErrNotFailed
	}
	return err
}

// SettleFor is Settle of all that failed to reach a mailbox about a registration: it has another one now, or is over.
func (o *Outbox) SettleFor(ctx context.Context, tx *sql.Tx, registrationID, mailbox string) error {
	_, err := o.dealtWith(ctx, tx, "registration_id = ? and mailbox = ?", registrationID, mailbox)
	return err
}

func (o *Outbox) dealtWith(ctx context.Context, tx *sql.Tx, which string, args ...any) (int64, error) {
	res, err := tx.ExecContext(ctx, o.db.Rebind("update outbox set settled_at = ? where state = 'failed' and settled_at = 0 and "+which), append([]any{o.now().UnixMilli()}, args...)...)
	if err != nil {
		return 0, fmt.Errorf("mark failed messages as dealt with: %w", err)
	}
	return res.RowsAffected()
}
