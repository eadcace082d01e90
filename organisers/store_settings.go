package organisers

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
)

func (r records) noteMailTest(ctx context.Context, by access.Entry, action, id, said string, now time.Time) error {
	return r.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return r.note(ctx, tx, by, action, id, said, now) })
}

func (r records) lastMailTest(ctx context.Context, id string) (t MailTest, err error) {
	var action string
	var at int64
	err = r.db.Read.QueryRowContext(ctx, "select at, action, detail from audit where event_id = '' and subject = ? and action in (?, ?) order by id desc limit 1",
		id, mailTested, mailRefused).Scan(&at, &action, &t.Said)
	if errors.Is(err, sql.ErrNoRows) {
		return MailTest{}, nil
	}
	t.At, t.Taken = time.UnixMilli(at), action == mailTested
	return t, wrap("look up the last test of mail", err)
}
