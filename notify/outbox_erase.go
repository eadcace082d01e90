package notify

import (
	"context"
	"database/sql"
	"fmt"
)

// Erase deletes what the messages of a registration, and the lists of links of its mailbox, hold of a person, in the caller's transaction: the
// recipient, what the message shows and its bytes. What was not sent yet never is. The rows stay, so that counts do; nothing of them can be sent
// again.
func (o *Outbox) Erase(ctx context.Context, tx *sql.Tx, registrationID, mailbox string) error {
	const theirs = "registration_id = ? or (mailbox = ? and registration_id = '')"
	for _, query := range []string{
		"delete from message_bytes where id in (select id from outbox where " + theirs + ")",
		"update outbox set recipient = '', mailbox = '', sought = '', snapshot = '{}', problem = '', state = 'superseded' where " + theirs,
	} {
		if _, err := tx.ExecContext(ctx, o.db.Rebind(query), registrationID, mailbox); err != nil {
			return fmt.Errorf("erase the messages of registration %s: %w", registrationID, err)
		}
	}
	return nil
}
