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
	_, err := tx.ExecContext(ctx, o.db.Rebind(`update outbox set recipient = '', mailbox = '', sought = '', snapshot = '{}', raw = null, problem = '', state = 'superseded'
		where registration_id = ? or (mailbox = ? and registration_id = '')`), registrationID, mailbox)
	if err != nil {
		return fmt.Errorf("erase the messages of registration %s: %w", registrationID, err)
	}
	return nil
}
