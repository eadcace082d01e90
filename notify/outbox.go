package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
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
	wake   chan struct{} // there may be something to send
	wipe   chan struct{} // there may be files of what was erased

	insert                                                           *store.Rows
	stmts                                                            []*sql.Stmt
	sequences, lease, keep, sent, retry, failed, giveBack, supersede *sql.Stmt
	history                                                          *store.Stmt
}

var outboxColumns = []store.Column{
	{Name: "id", Type: "text"}, {Name: "kind", Type: "text"}, {Name: "recipient", Type: "text"}, {Name: "mailbox", Type: "text"},
	{Name: "message_id", Type: "text"}, {Name: "event_id", Type: "text"}, {Name: "registration_id", Type: "text"}, {Name: "uid", Type: "text"},
	{Name: "sequence", Type: "bigint"}, {Name: "snapshot", Type: "text"}, {Name: "state", Type: "text"}, {Name: "public", Type: "boolean"},
	{Name: "due_at", Type: "bigint"}, {Name: "created_at", Type: "bigint"}, {Name: "topic", Type: "text"}, {Name: "sought", Type: "text"},
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// NewOutbox prepares the outbox's statements; idHost is the domain of its Message-IDs, that of the sender's address.
func NewOutbox(ctx context.Context, db *store.DB, idHost string, now func() time.Time) (*Outbox, error) {
	if !hostName.MatchString(idHost) {
		return nil, fmt.Errorf("%q is no domain for Message-IDs; the sender's address has to look like events@example.org", idHost)
	}
	o := &Outbox{db: db, idHost: idHost, now: now, wake: make(chan struct{}, 1), wipe: make(chan struct{}, 1)}
	keep, skip, domain := keepSQL, "", "substr(o.mailbox, instr(o.mailbox, '@') + 1)"
	if db.Kind() == "PostgreSQL" {
		keep, skip, domain = keepAllSQL, " for update skip locked", "split_part(o.mailbox, '@', 2)" // instances share the work instead of waiting for one another
	}
	var err error
	if o.insert, err = db.PrepareRows(ctx, "outbox", outboxColumns, ""); err != nil {
		return nil, err
	}
	if o.history, err = db.PrepareStep(ctx, historySQL+db.Among("mailbox")+" group by mailbox"); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	for query, at := range map[string]**sql.Stmt{
		"select mailbox, max(sequence) from outbox where uid = ? and " + db.Among("mailbox") + " group by mailbox": &o.sequences,
		supersedeSQL + db.Among("mailbox"):            &o.supersede,
		fmt.Sprintf(leaseSQL, db.Among(domain), skip): &o.lease, keep: &o.keep,
		sentSQL + db.Among("id"): &o.sent, retrySQL: &o.retry, failedSQL: &o.failed, giveBackSQL: &o.giveBack,
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
	errs := []error{o.insert.Close(), o.history.Close()}
	for _, s := range o.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Enqueue writes the message in the caller's transaction: it is sent if, and only if, that commits. Call Wake after
// the commit. An address that nothing can be sent to is not refused here: its row fails, for organisers to see.
func (o *Outbox) Enqueue(ctx context.Context, tx *sql.Tx, m Message) (id string, err error) {
	ids, err := o.EnqueueAll(ctx, tx, []Message{m})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// EnqueueAll is Enqueue for messages that no two of which are about one calendar event, or on one topic, to one mailbox.
func (o *Outbox) EnqueueAll(ctx context.Context, tx *sql.Tx, ms []Message) (ids []string, err error) {
	sequences, err := o.nextSequences(ctx, tx, ms)
	if err != nil {
		return nil, err
	}
	if err := o.supersedeAll(ctx, tx, ms); err != nil {
		return nil, err
	}
	ms = slices.Clone(ms)
	for i, m := range ms {
		ms[i].Sequence = max(m.Sequence, sequences[about{m.Mailbox, m.UID}])
	}
	rows, ids, err := o.rowsOf(ms)
	if err != nil {
		return nil, err
	}
	if _, err := o.insert.Insert(ctx, tx, rows); err != nil {
		return nil, fmt.Errorf("queue messages: %w", err)
	}
	return ids, nil
}

// rowsOf gives the rows of messages and their ids.
func (o *Outbox) rowsOf(ms []Message) (rows [][]any, ids []string, err error) {
	now := o.now().UnixMilli()
	for _, m := range ms {
		snapshot, err := json.Marshal(m.Snapshot)
		if err != nil {
			return nil, nil, fmt.Errorf("keep what a %s message shows: %w", m.Kind, err)
		}
		id, err := newID()
		if err != nil {
			return nil, nil, err
		}
		to, err := addressHeader(m.To)
		if err != nil {
			to = "" // its row will fail
		}
		ids = append(ids, id)
		rows = append(rows, []any{id, m.Kind, to, m.Mailbox, "<" + id + "@" + o.idHost + ">", m.EventID, m.RegistrationID, m.UID,
			m.Sequence, string(snapshot), "queued", m.Public, now, now, m.Topic, strings.ToLower(oneLine(m.To.Name + " " + m.To.Address))})
	}
	return rows, ids, nil
}

// about is a mailbox and the calendar event that it was told of.
type about struct{ mailbox, uid string }

// nextSequences gives one more than the highest sequence that a mailbox was ever sent for a calendar event, where there is one.
func (o *Outbox) nextSequences(ctx context.Context, tx *sql.Tx, ms []Message) (map[about]int64, error) {
	mailboxes := map[string][]string{}
	for _, m := range ms {
		if m.UID != "" {
			mailboxes[m.UID] = append(mailboxes[m.UID], m.Mailbox)
		}
	}
	next := map[about]int64{}
	for uid, list := range mailboxes {
		if err := o.sequencesOf(ctx, tx, uid, list, next); err != nil {
			return nil, fmt.Errorf("look up what mailboxes were told of an event: %w", err)
		}
	}
	return next, nil
}

func (o *Outbox) sequencesOf(ctx context.Context, tx *sql.Tx, uid string, mailboxes []string, next map[about]int64) error {
	rows, err := tx.StmtContext(ctx, o.sequences).QueryContext(ctx, uid, o.db.List(mailboxes))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var mailbox string
		var n int64
		if err := rows.Scan(&mailbox, &n); err != nil {
			return err
		}
		next[about{mailbox, uid}] = n + 1
	}
	return rows.Err()
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

// CountOf is how many messages of a kind were written to a mailbox since then.
func (o *Outbox) CountOf(ctx context.Context, kind, mailbox string, since time.Time) (n int, err error) {
	err = o.db.Read.NewRaw("select count(*) from outbox where mailbox = ? and kind = ? and created_at >= ?", mailbox, kind, since.UnixMilli()).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("count a mailbox's messages of a kind: %w", err)
	}
	return n, nil
}

// PublicCount is how many messages public forms have caused to a mailbox since then; outside of any transaction, so call it before one begins. What only
// a known mailbox is sent is none of them: a limit that counted it would tell who is known.
func (o *Outbox) PublicCount(ctx context.Context, mailbox string, since time.Time) (int, error) {
	var n int
	err := o.db.Read.NewRaw("select count(*) from outbox where mailbox = ? and created_at >= ? and public", mailbox, since.UnixMilli()).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("count a mailbox's messages: %w", err)
	}
	return n, nil
}

// Sequences gives the highest iCalendar SEQUENCE that a mailbox was sent, or is to be sent, for each calendar event.
func (o *Outbox) Sequences(ctx context.Context, mailbox string) (map[string]int64, error) {
	rows, err := o.db.Read.QueryContext(ctx, "select uid, max(sequence) from outbox where mailbox = ? and uid <> '' group by uid", mailbox)
	if err != nil {
		return nil, fmt.Errorf("look up what a mailbox was sent: %w", err)
	}
	defer rows.Close()
	highest := map[string]int64{}
	for rows.Next() {
		var uid string
		var n int64
		if err := rows.Scan(&uid, &n); err != nil {
			return nil, fmt.Errorf("look up what a mailbox was sent: %w", err)
		}
		highest[uid] = n
	}
	return highest, rows.Err()
}

// Queued is how many messages wait to be sent, and how long the one that is due longest has been due.
func (o *Outbox) Queued(ctx context.Context) (n int64, late time.Duration, err error) {
	now := o.now().UnixMilli()
	var due int64
	err = o.db.Read.NewRaw("select count(*), coalesce(min(due_at), ?) from outbox where state = 'queued'", now).Scan(ctx, &n, &due)
	if err != nil {
		return 0, 0, fmt.Errorf("count the messages that wait: %w", err)
	}
	return n, time.Duration(max(0, now-due)) * time.Millisecond, nil
}

// purgeBatch keeps the purge's transactions short.
const purgeBatch = 500

// Purge drops the bytes, which hold secret links, of messages that were sent before then, and of those that were
// given up and were queued before then; it says of how many.
func (o *Outbox) Purge(ctx context.Context, before time.Time) (int64, error) {
	var total int64
	for {
		res, err := o.db.NewRaw(`delete from message_bytes where id in (select b.id from message_bytes b join outbox o on o.id = b.id
			where (o.state = 'sent' and o.sent_at < ?) or (o.state in ('failed', 'superseded') and o.created_at < ?) limit ?)`,
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
