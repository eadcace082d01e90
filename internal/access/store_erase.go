package access

import (
	"context"
	"database/sql"
	"fmt"

	"masterclass/internal/store"
)

// Erase empties the details of the entries about something, for a person who asks to be erased. Who did what and when stays.
func (t *Trail) Erase(ctx context.Context, db *store.DB, tx *sql.Tx, subject string) error {
	if _, err := tx.ExecContext(ctx, db.Rebind("update audit set detail = '' where subject = ? and detail <> ''"), subject); err != nil {
		return fmt.Errorf("erase the details of what was done to %s: %w", subject, err)
	}
	return nil
}
