package learning

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
)

// Mails queues mail.
type Mails interface {
	// Enqueue writes the letter in the transaction: it is sent if, and only if, that commits.
	Enqueue(ctx context.Context, tx *sql.Tx, l Letter) error
	// PublicCount is how many mails public forms have caused to the mailbox since then.
	PublicCount(ctx context.Context, mailbox string, since time.Time) (int, error)
	// Wake tells, after a commit, that there is mail.
	Wake()
}

// mailsAnHour is how many mails public forms cause to one mailbox at most.
const mailsAnHour = 5

// How long is kept what nobody comes back for.
const (
	keepProgress    = 400 * 24 * time.Hour
	keepUnconfirmed = 7 * 24 * time.Hour
)

// Progress is how far somebody has come in a module.
type Progress struct {
	ID, ModuleID string
	Page         int64
	PassedAt     int64 // Unix milliseconds: when every question was answered rightly; 0 if never
}

// Keep begins to keep a place, and gives its id.
func (l *Learning) Keep(ctx context.Context, m *Module, page int) (string, error) {
	id, now := newID(), l.Now().UnixMilli()
	_, err := l.DB.NewRaw("insert into learning_progress (id, module_id, page, created_at, seen_at) values (?, ?, ?, ?, ?)", id, m.ID, page, now, now).Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("keep a place: %w", err)
	}
	return id, nil
}

// Progress finds a place, and the module it is in.
func (l *Learning) Progress(ctx context.Context, id string) (p Progress, m *Module, err error) {
	var slug string
	err = l.DB.Read.NewRaw("select p.id, p.module_id, p.page, p.passed_at, a.slug from learning_progress p join articles a on a.id = p.module_id where p.id = ?", id).
		Scan(ctx, &p.ID, &p.ModuleID, &p.Page, &p.PassedAt, &slug)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil, errNoProgress
	}
	if err != nil {
		return p, nil, fmt.Errorf("read a place: %w", err)
	}
	m, err = l.Module(ctx, slug)
	return p, m, err
}

// Advance notes the page that somebody goes to, and passed that every question was answered rightly.
func (l *Learning) Advance(ctx context.Context, p Progress, page int, passed bool) error {
	now := l.Now().UnixMilli()
	_, err := l.DB.NewRaw("update learning_progress set page = ?, seen_at = ?, passed_at = case when ? and passed_at = 0 then ? else passed_at end where id = ?",
		page, now, passed, now, p.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note a place: %w", err)
	}
	return nil
}

// MailPlace mails the link of a place to an address, which is kept nowhere else.
func (l *Learning) MailPlace(ctx context.Context, m *Module, p Progress, email string) error {
	mailbox, err := l.mailable(ctx, email)
	if err != nil {
		return err
	}
	err = l.DB.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return l.Mails.Enqueue(ctx, tx.Tx, letter(KindPlace, mailbox, p.ID, m, true))
	})
	if err != nil {
		return fmt.Errorf("mail a place: %w", err)
	}
	l.Mails.Wake()
	return nil
}

// mailable folds the address, and refuses one that cannot be written to, or that too much was sent to.
func (l *Learning) mailable(ctx context.Context, email string) (string, error) {
	mailbox, problem := l.Mailbox(email)
	if problem != "" {
		return "", fault.InvalidFields([]fault.Field{{Name: "email", Message: problem}})
	}
	n, err := l.Mails.PublicCount(ctx, mailbox, l.Now().Add(-time.Hour))
	if err == nil && n >= mailsAnHour {
		err = errManyMails
	}
	return mailbox, err
}

// AskOpening mails somebody who wants to be told when the module opens a link to confirm that. It does so again for one who asks again.
func (l *Learning) AskOpening(ctx context.Context, m *Module, email string) error {
	mailbox, err := l.mailable(ctx, email)
	if err != nil {
		return err
	}
	err = l.DB.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var id string
		err := tx.NewRaw(`insert into learning_waiting (id, module_id, email, mailbox, created_at) values (?, ?, ?, ?, ?)
			on conflict (module_id, mailbox) do update set email = learning_waiting.email returning id`, newID(), m.ID, mailbox, mailbox, l.Now().UnixMilli()).Scan(ctx, &id)
		if err != nil {
			return err
		}
		return l.Mails.Enqueue(ctx, tx.Tx, letter(KindConfirm, mailbox, id, m, true))
	})
	if err != nil {
		return fmt.Errorf("ask to be told of a module: %w", err)
	}
	l.Mails.Wake()
	return nil
}

// Waiting is a wish to be told when a module opens.
type Waiting struct {
	ID, Slug, Title string
	ConfirmedAt     int64
}

// Waiting finds a wish; the zero value if it is fulfilled or withdrawn, or was never confirmed.
func (l *Learning) Waiting(ctx context.Context, id string) (w Waiting, err error) {
	err = l.DB.Read.NewRaw("select w.id, w.confirmed_at, a.slug, a.title from learning_waiting w join articles a on a.id = w.module_id where w.id = ?", id).
		Scan(ctx, &w.ID, &w.ConfirmedAt, &w.Slug, &w.Title)
	if errors.Is(err, sql.ErrNoRows) {
		return Waiting{}, nil
	}
	if err != nil {
		return w, fmt.Errorf("read who waits for a module: %w", err)
	}
	return w, nil
}

// ConfirmWaiting notes that the address is its owner's.
func (l *Learning) ConfirmWaiting(ctx context.Context, id, requestID string) error {
	return l.wish(ctx, "update learning_waiting set confirmed_at = ? where id = ? and confirmed_at = 0", "learning.wait-confirmed", id, requestID, l.Now().UnixMilli(), id)
}

// StopWaiting deletes the address. Doing it again does nothing.
func (l *Learning) StopWaiting(ctx context.Context, id, requestID string) error {
	return l.wish(ctx, "delete from learning_waiting where id = ?", "learning.wait-stopped", id, requestID, id)
}

func (l *Learning) wish(ctx context.Context, query, action, id, requestID string, args ...any) error {
	err := l.DB.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		res, err := tx.NewRaw(query, args...).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return l.Trail.Write(ctx, tx.Tx, access.Entry{At: l.Now(), Actor: "attendee", Action: action, Subject: id, RequestID: requestID})
	})
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	return nil
}

// WaitedFor lists the titles of the modules that a mailbox wants to be told of, confirmed or not.
func (l *Learning) WaitedFor(ctx context.Context, mailbox string) (titles []string, err error) {
	err = l.DB.Read.NewRaw("select a.title from learning_waiting w join articles a on a.id = w.module_id where w.mailbox = ? order by w.id", mailbox).Scan(ctx, &titles)
	if err != nil {
		return nil, fmt.Errorf("list what a mailbox waits for: %w", err)
	}
	return titles, nil
}

// EraseWaiting deletes a mailbox that waits for modules, in the caller's transaction, with an entry in the audit trail for each: by says whose.
func (l *Learning) EraseWaiting(ctx context.Context, tx *sql.Tx, mailbox string, by access.Entry) error {
	rows, err := tx.QueryContext(ctx, l.DB.Rebind("delete from learning_waiting where mailbox = ? returning id"), mailbox)
	if err != nil {
		return fmt.Errorf("erase who waits for a module: %w", err)
	}
	ids, err := scanIDs(rows)
	if err != nil {
		return fmt.Errorf("erase who waits for a module: %w", err)
	}
	by.At, by.Action, by.EventID = l.Now(), "learning.wait-erased", ""
	for _, by.Subject = range ids {
		if err := l.Trail.Write(ctx, tx, by); err != nil {
			return err
		}
	}
	return nil
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

// tellWaiting queues a message to everybody who has confirmed that they want to be told, and deletes every address.
func (l *Learning) tellWaiting(ctx context.Context, tx bun.Tx, m *Module) error {
	var rows []struct{ ID, Mailbox string }
	if err := tx.NewRaw("select id, mailbox from learning_waiting where module_id = ? and confirmed_at <> 0 order by id", m.ID).Scan(ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if err := l.Mails.Enqueue(ctx, tx.Tx, letter(KindOpening, r.Mailbox, r.ID, m, false)); err != nil {
			return err
		}
	}
	_, err := tx.NewRaw("delete from learning_waiting where module_id = ?", m.ID).Exec(ctx)
	return err
}

func letter(kind, mailbox, id string, m *Module, public bool) Letter {
	return Letter{Kind: kind, To: mail.Address{Address: mailbox}, Mailbox: mailbox, Public: public, Snapshot: snapshot{ID: id, Slug: m.Slug, Title: m.Title}}
}

// Purge deletes addresses that nobody has confirmed, and places that nobody came back to.
func (l *Learning) Purge(ctx context.Context) error {
	now := l.Now()
	_, err := l.DB.NewRaw("delete from learning_waiting where confirmed_at = 0 and created_at < ?", now.Add(-keepUnconfirmed).UnixMilli()).Exec(ctx)
	if err == nil {
		_, err = l.DB.NewRaw("delete from learning_progress where seen_at < ?", now.Add(-keepProgress).UnixMilli()).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("purge e-learning: %w", err)
	}
	return nil
}
