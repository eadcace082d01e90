package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"masterclass/internal/store"
)

// Outbox is the table of what is to be sent and what was. Safe for concurrent use.
type Outbox struct {
	db     *store.DB
	idHost string
	now    func() time.Time
	wake   chan struct{}

	stmts                                               []*sql.Stmt
	enqueue, lease, keep, sent, retry, failed, giveBack *sql.Stmt
}

// The sequence is 0 for a mailbox that was never told of the event, since max() of no rows is null.
const enqueueSQL = `insert into outbox (id, kind, recipient, mailbox, message_id, event_id, registration_id, uid, sequence,
  snapshot, state, public, due_at, created_at)
select cast(? as text), cast(? as text), cast(? as text), cast(? as text), cast(? as text), cast(? as text), cast(? as text), cast(? as text),
  case when coalesce(max(sequence) + 1, 0) > cast(? as bigint) then coalesce(max(sequence) + 1, 0) else cast(? as bigint) end,
  cast(? as text), 'queued', cast(? as boolean), cast(? as bigint), cast(? as bigint)
from outbox where mailbox = ? and uid = ? and uid <> ''`

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// NewOutbox prepares the outbox's statements; idHost is the domain of its Message-IDs, that of the sender's address.
func NewOutbox(ctx context.Context, db *store.DB, idHost string, now func() time.Time) (*Outbox, error) {
	if !hostName.MatchString(idHost) {
		return nil, fmt.Errorf("%q is no domain for Message-IDs; the sender's address has to look like events@example.org", idHost)
	}
	o := &Outbox{db: db, idHost: idHost, now: now, wake: make(chan struct{}, 1)}
	skip := ""
	if db.Kind() == "PostgreSQL" {
		skip = " for update skip locked" // instances share the work instead of waiting for one another
	}
	for query, at := range map[string]**sql.Stmt{
		enqueueSQL: &o.enqueue, fmt.Sprintf(leaseSQL, skip): &o.lease, keepSQL: &o.keep,
		sentSQL: &o.sent, retrySQL: &o.retry, failedSQL: &o.failed, giveBackSQL: &o.giveBack,
	} {
		s, err := db.Prepare(ctx, query)
		if err != nil {
			return nil, errors.Join(err, o.Close())
		}
		*at = s
		o.stmts = append(o.stmts, s)
	}
	return o, nil
}

// Close ends the prepared statements.
func (o *Outbox) Close() error {
	var errs []error
	for _, s := range o.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Enqueue writes the message in the caller's transaction: it is sent if, and only if, that commits. Call Wake after
// the commit. An address that nothing can be sent to is not refused here: its row fails, for organisers to see.
func (o *Outbox) Enqueue(ctx context.Context, tx *sql.Tx, m Message) (id string, err error) {
	snapshot, err := json.Marshal(m.Snapshot)
	if err != nil {
		return "", fmt.Errorf("keep what a %s message shows: %w", m.Kind, err)
	}
	id, err = newID()
	if err != nil {
		return "", err
	}
	to, err := addressHeader(m.To)
	if err != nil {
		to = "" // its row will fail
	}
	now := o.now().UnixMilli()
	_, err = tx.StmtContext(ctx, o.enqueue).ExecContext(ctx, id, m.Kind, to, m.Mailbox, "<"+id+"@"+o.idHost+">",
		m.EventID, m.RegistrationID, m.UID, m.Sequence, m.Sequence, string(snapshot), m.Public, now, now, m.Mailbox, m.UID)
	if err != nil {
		return "", fmt.Errorf("queue a %s message: %w", m.Kind, err)
	}
	return id, nil
}

// newID is a UUIDv7: rows sort by it in the order in which they were queued.
func newID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make a message's id: %w", err)
	}
	return id.String(), nil
}

// Wake tells the worker that there may be work: call it after a commit. It never waits.
func (o *Outbox) Wake() {
	select {
	case o.wake <- struct{}{}:
	default: // told already
	}
}

// PublicCount is how many messages public forms have caused to a mailbox since then. It reads outside of any
// transaction, so call it before one begins.
func (o *Outbox) PublicCount(ctx context.Context, mailbox string, since time.Time) (int, error) {
	var n int
	err := o.db.Read.NewRaw("select count(*) from outbox where mailbox = ? and created_at >= ? and public", mailbox, since.UnixMilli()).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("count a mailbox's messages: %w", err)
	}
	return n, nil
}

// purgeBatch keeps the purge's transactions short.
const purgeBatch = 500

// Purge drops the bytes, which hold secret links, of messages that were sent before then, and of those that were
// given up and were queued before then; it says of how many.
func (o *Outbox) Purge(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for {
		res, err := o.db.NewRaw(`update outbox set raw = null where id in (select id from outbox where raw is not null
			and ((state = 'sent' and sent_at < ?) or (state in ('failed', 'superseded') and created_at < ?)) limit ?)`,
			before.UnixMilli(), before.UnixMilli(), purgeBatch).Exec(ctx)
		if err != nil {
			return total, fmt.Errorf("purge sent messages: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return total, err
		}
		total += n
	}
}

// recipient reads what Enqueue wrote.
func recipient(s string) (mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return mail.Address{}, &Permanent{Err: errAddress}
	}
	return *a, nil
}

// originalID is the Message-ID of a row: a resend's own is that of the message it repeats, a space and its own id,
// since the column is unique.
func originalID(messageID string) string {
	id, _, _ := strings.Cut(messageID, " ")
	return id
}
