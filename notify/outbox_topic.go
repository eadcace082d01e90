package notify

import (
	"context"
	"database/sql"
	"fmt"
)

// A row that a worker has in hand at this moment is marked alone: what becomes of it is the worker's to say. If it goes
// out, it is sent, and the newer message follows it; else nobody tries it again (stale). A lease that begins or
// ends meanwhile waits for the row's lock or passes it by, and the conditions are read again under that lock, so that a
// row is either superseded or a worker's, never both.
const supersedeSQL = `update outbox set stale = true, problem = 'A newer message went in its place.', state = case when leased_until < ? then 'superseded' else state end
where state = 'queued' and topic = ? and kind in ('reminder', ?) and `

// supersedeAll supersedes what the messages, which are about to be queued, take the place of.
func (o *Outbox) supersedeAll(ctx context.Context, tx *sql.Tx, ms []Message) error {
	type words struct{ topic, kind string }
	mailboxes := map[words][]string{}
	for _, m := range ms {
		if m.Topic == "" {
			continue
		}
		over := KindUpdated
		if m.Kind == KindReminder {
			over = KindReminder
		}
		w := words{m.Topic, over}
		mailboxes[w] = append(mailboxes[w], m.Mailbox)
	}
	for w, list := range mailboxes {
		_, err := tx.StmtContext(ctx, o.supersede).ExecContext(ctx, o.now().UnixMilli(), w.topic, w.kind, o.db.List(list))
		if err != nil {
			return fmt.Errorf("supersede unsent messages: %w", err)
		}
	}
	return nil
}
