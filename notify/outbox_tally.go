package notify

import (
	"context"
	"fmt"
	"strings"
)

// MostCounted is how far Count counts: what nobody would count further.
const MostCounted = 10_000

// Count says how many messages of the filter are in each state, whatever its own state and page: MostCounted stands for that many or more.
func (o *Outbox) Count(ctx context.Context, f Filter) (t Tally, err error) {
	f.After, f.Before = "", ""
	into := []any{&t.Queued, &t.Sent, &t.Failed, &t.Superseded}
	var columns []string
	var all []any
	for _, state := range []string{StateQueued, StateSent, StateFailed, StateSuperseded} {
		f.State = ""
		where, args := f.where()
		// The state is no argument, so that the indexes of single states are known to hold what is asked for.
		columns = append(columns, fmt.Sprintf("(select count(*) from (select 1 from outbox where state = '%s' and %s limit %d) as found)", state, where, MostCounted))
		all = append(all, args...)
	}
	err = o.db.Read.QueryRowContext(ctx, "select "+strings.Join(columns, ", "), all...).Scan(into...)
	if err != nil {
		return Tally{}, fmt.Errorf("count messages: %w", err)
	}
	return t, nil
}

// Progress says how far a message to many has come that was queued with the topic under the kind "message": how many mailboxes it was sent to,
// waits for, failed for, and was taken back from. A mailbox that it was sent to twice, or after it had failed, counts as sent; one that was erased is
// known by its registration.
func (o *Outbox) Progress(ctx context.Context, topic string) (t Tally, err error) {
	err = o.db.Read.QueryRowContext(ctx, `select coalesce(sum(case best when 1 then 1 else 0 end), 0), coalesce(sum(case best when 2 then 1 else 0 end), 0),
		coalesce(sum(case best when 3 then 1 else 0 end), 0), coalesce(sum(case best when 4 then 1 else 0 end), 0)
		from (select min(case state when 'sent' then 1 when 'queued' then 2 when 'failed' then 3 else 4 end) as best from outbox
		where kind = 'message' and topic = ? group by mailbox, case mailbox when '' then registration_id end) as mailboxes`, topic).Scan(&t.Sent, &t.Queued, &t.Failed, &t.Superseded)
	if err != nil {
		return Tally{}, fmt.Errorf("count how far a message has come: %w", err)
	}
	return t, nil
}

// againSQL says that what failed went to the same person once more, such as by Send again or to a corrected address: the newest of its kind tells
// what became of it.
const againSQL = `exists (select 1 from outbox n where n.registration_id = outbox.registration_id and n.registration_id <> '' and n.kind = outbox.kind
	and n.topic = outbox.topic and n.id > outbox.id and n.state <> 'superseded') or exists (select 1 from outbox n where outbox.registration_id = ''
	and n.mailbox = outbox.mailbox and n.registration_id = '' and n.kind = outbox.kind and n.topic = outbox.topic and n.id > outbox.id and n.state <> 'superseded')`

// CountFailed is Count of those alone that were given up and not sent again since, nor dealt with, nor erased.
func (o *Outbox) CountFailed(ctx context.Context, f Filter) (n int64, err error) {
	f.State, f.After, f.Before = "", "", ""
	where, args := f.where()
	err = o.db.Read.QueryRowContext(ctx, fmt.Sprintf("select count(*) from (select 1 from outbox where state = 'failed' and erased_at = 0 and settled_at = 0 and %s and not ("+againSQL+") limit %d) as found", where, MostCounted), args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count failed messages: %w", err)
	}
	return n, nil
}
