package events

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/fault"
	"masterclass/internal/store"
)

// What an organiser can be told who changes an event.
var (
	ErrChanged = fault.Coded(fault.Conflict, "changed", "Somebody else has changed this event meanwhile. Look at it as it is now, then make your change again.")
	ErrSlug    = fault.InvalidFields([]fault.Field{{Name: "slug", Message: "Another event has, or had, this address. Choose a different one"}})
	ErrDetails = fault.New(fault.Invalid, "These details cannot be kept: the address, the title, the times or the time zone are not right.")
)

// Update stores an event's new details in the transaction, unless somebody changed it after old was read. What it is known by (id, UID) and
// its places, programme and speakers stay as they are. It sets e's Version, UpdatedAt, MovedFrom and Sequence: SEQUENCE rises by one when the change is
// Material. An address that is given up leads to the new one for ever. Call Changed after the commit. Errors for people: ErrChanged,
// ErrSlug, ErrDetails.
func (s *Store) Update(ctx context.Context, tx bun.Tx, old, e *Event, now time.Time) error {
	e.ID, e.UID, e.CreatedAt, e.Places, e.Questions = old.ID, old.UID, old.CreatedAt, old.Places, old.Questions
	if err := e.Settle(); err != nil {
		return ErrDetails.Because(err)
	}
	e.Version, e.Sequence, e.UpdatedAt = old.Version+1, old.Sequence, max(old.UpdatedAt, now.UnixMilli())
	if Material(old, e) {
		e.Sequence++
	}
	e.MovedFrom = movedFrom(old, e, now)
	if err := keepSlug(ctx, tx, old, e); err != nil {
		return err
	}
	res, err := tx.NewUpdate().Model(e).ExcludeColumn("id", "uid", "created_at", "questions").Where("id = ? and version = ?", old.ID, old.Version).Exec(ctx)
	if store.Duplicate(err) {
		return ErrSlug // the one column that must be unique and can change
	}
	if err != nil {
		return fmt.Errorf("update event %s: %w", e.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrChanged)
	}
	return nil
}

// keepSlug lets an address that is given up lead to the event still: it stands in mail, in bookmarks and on paper. Nobody else can have it.
func keepSlug(ctx context.Context, tx bun.Tx, old, e *Event) error {
	if old.Slug == e.Slug {
		return nil
	}
	var owner string
	err := tx.NewRaw("select event_id from event_slugs where slug = ?", e.Slug).Scan(ctx, &owner)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("look up an address: %w", err)
	case err == nil && owner != e.ID:
		return ErrSlug
	}
	if _, err := tx.NewRaw("delete from event_slugs where slug = ?", e.Slug).Exec(ctx); err != nil { // its own, taken up again
		return fmt.Errorf("take up an old address of event %s: %w", e.ID, err)
	}
	_, err = tx.NewRaw("insert into event_slugs (slug, event_id) values (?, ?) on conflict (slug) do update set event_id = excluded.event_id", old.Slug, e.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep an old address of event %s: %w", e.ID, err)
	}
	return nil
}

// Changed forgets what was made from events: call it after a transaction that changed one. Other instances see it by themselves.
func (s *Store) Changed() {
	if s.Changes() == 0 {
		s.recent.forget() // nobody follows changes, so nothing is kept that could be wrong
		return
	}
	s.changed()
}
