package notify

import (
	"fmt"
	"time"

	"masterclass/internal/store"
)

// What a group of registrations asks of the outbox goes to the database together with what it asks of other tables.

const historySQL = `select mailbox, count(case when public and created_at >= ? then 1 end), coalesce(max(case when uid = ? then sequence end), -1)
from outbox where `

// History is what a mailbox was sent, or is to be.
type History struct {
	Public int64 // messages that public forms have caused since a moment
	Next   int64 // the SEQUENCE that the next message about a calendar event must have at least
}

// Histories is the step that fills in what the mailboxes were sent, about the calendar event and by public forms since then; those with
// nothing are left out.
func (o *Outbox) Histories(into map[string]History, mailboxes []string, uid string, since time.Time) store.Step {
	return o.history.Query("look up what mailboxes were sent", func(scan func(into ...any) error) error {
		var mailbox string
		var public, highest int64
		if err := scan(&mailbox, &public, &highest); err != nil {
			return err
		}
		into[mailbox] = History{Public: public, Next: highest + 1}
		return nil
	}, since.UnixMilli(), uid, o.db.List(mailboxes))
}

// EnqueueStep is EnqueueAll as a step, for messages without a topic: their sequences are what Histories asks for.
func (o *Outbox) EnqueueStep(ms []Message) (store.Step, error) {
	rows, _, err := o.rowsOf(ms)
	if err != nil {
		return store.Step{}, err
	}
	return o.insert.Step(func(_ int64, err error) error {
		if err != nil {
			return fmt.Errorf("queue messages: %w", err)
		}
		return nil
	}, rows)
}
