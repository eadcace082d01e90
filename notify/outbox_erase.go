package notify

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Erase deletes what the messages of a registration, and the lists of links of its mailbox, hold of a person, in the caller's transaction: the
// recipient, what the message shows and its bytes. What was not sent yet never is. The rows stay, so that counts do; nothing of them can be sent
// again.
func (o *Outbox) Erase(ctx context.Context, tx *sql.Tx, registrationID, mailbox string) error {
	ids, err := o.eraseRows(ctx, tx, registrationID, mailbox)
	if err == nil { // the bytes come after the rows, which a worker holds while it keeps bytes: else its would stay
		_, err = tx.ExecContext(ctx, o.db.Rebind("delete from message_bytes where "+o.db.Among("id")), o.db.List(ids))
	}
	if err != nil {
		return fmt.Errorf("erase the messages of registration %s: %w", registrationID, err)
	}
	return nil
}

func (o *Outbox) eraseRows(ctx context.Context, tx *sql.Tx, registrationID, mailbox string) (ids []string, err error) {
	rows, err := tx.QueryContext(ctx, o.db.Rebind(`update outbox set recipient = '', mailbox = '', sought = '', snapshot = '{}', problem = '', state = 'superseded', erased_at = ?
		where registration_id = ? or (mailbox = ? and registration_id = '') returning id`), o.now().UnixMilli(), registrationID, mailbox)
	if err != nil {
		return nil, err
	}
	return scanIDs(rows)
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
