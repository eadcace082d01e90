package events

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
)

// All are all events in any state, with their places: those that are not over first, the soonest of them first and what waits for a new
// date last, then the latest that is over.
func (s *Store) All(ctx context.Context, now time.Time) ([]*Event, error) {
	es, err := s.list(ctx, s.db.Read.NewSelect().Order("starts_at", "id"))
	if err != nil {
		return nil, err
	}
	soonestFirst(es, now)
	return es, nil
}

// soonestFirst puts events that stand by their start in the order in which organisers look for them.
func soonestFirst(es []*Event, now time.Time) {
	slices.SortStableFunc(es, func(a, b *Event) int {
		switch pastA, pastB := a.Past(now), b.Past(now); {
		case pastA && pastB:
			return cmp.Compare(b.StartsAt, a.StartsAt)
		case pastA:
			return 1
		case pastB:
			return -1
		}
		return cmp.Compare(a.waits(), b.waits())
	})
}

// helpedFor is how long after its end an event still needs people: for lists that are completed afterwards.
const helpedFor = 7 * 24 * time.Hour

// Helped are the events in any state that people can be asked to help at, a postponed one whatever its last date was, and those of the ids whenever they were, in the order of All.
func (s *Store) Helped(ctx context.Context, now time.Time, ids []string) ([]*Event, error) {
	es, err := s.list(ctx, s.db.Read.NewSelect().Where("ends_at > ? or status = 'postponed' or id in (?)", now.Add(-helpedFor).UnixMilli(), bun.List(ids)).Order("starts_at", "id"))
	if err != nil {
		return nil, err
	}
	soonestFirst(es, now)
	return es, nil
}

// AnyBySlug reads an event in any state with all its parts, for the organisers, or gives ErrNotFound.
func (s *Store) AnyBySlug(ctx context.Context, slug string) (*Event, error) {
	if !IsSlug(slug) {
		return nil, ErrNotFound
	}
	e, err := s.one(ctx, "slug = ?", slug)
	if err != nil {
		return nil, err
	}
	return e, s.programme(ctx, e)
}

// AnyMovedTo is MovedTo for the organisers, who see drafts too.
func (s *Store) AnyMovedTo(ctx context.Context, old string) (string, error) {
	if !IsSlug(old) {
		return "", ErrNotFound
	}
	var slug string
	err := s.db.Read.NewRaw("select e.slug from event_slugs o join events e on e.id = o.event_id where o.slug = ?", old).Scan(ctx, &slug)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("look up an old address: %w", err)
	}
	return slug, nil
}

// Editor changes what nobody has to be told of by mail: it makes events, and changes their programmes and places. Each change is one
// transaction with its entry in the audit trail, and raises the event's version.
type Editor struct {
	store *Store
	trail *access.Trail
	files Files
	now   func() time.Time
}

// KeepFilesIn is where files go that are uploaded for events; without it there can be none.
func (d *Editor) KeepFilesIn(room Files) *Editor {
	d.files = room
	return d
}

// NewEditor writes into the store.
func NewEditor(s *Store, trail *access.Trail, now func() time.Time) *Editor {
	return &Editor{store: s, trail: trail, now: now}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// Create stores a new event as a draft. It gives it and its parts their ids. Errors for people: ErrSlug, ErrDetails.
func (d *Editor) Create(ctx context.Context, e *Event, by access.Entry) error {
	return d.createWith(ctx, e, by, func(context.Context, bun.Tx) error { return nil })
}

// createWith is Create with what more is done in the transaction.
func (d *Editor) createWith(ctx context.Context, e *Event, by access.Entry, more func(ctx context.Context, tx bun.Tx) error) error {
	e.ID = newID()
	e.UID, e.Status, e.Version, e.Sequence = e.ID+"@masterclass", Draft, 1, 0
	e.CreatedAt = d.now().UnixMilli()
	e.UpdatedAt = e.CreatedAt
	if err := e.Settle(); err != nil {
		return ErrDetails.Because(err)
	}
	e.own()
	err := d.store.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		var owner string
		err := tx.NewRaw("select event_id from event_slugs where slug = ?", e.Slug).Scan(ctx, &owner)
		if err == nil {
			return ErrSlug
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look up an address: %w", err)
		}
		if err := d.store.Insert(ctx, tx, e); store.Duplicate(err) {
			return ErrSlug
		} else if err != nil {
			return err
		}
		if err := more(ctx, tx); err != nil {
			return err
		}
		return d.note(ctx, tx, e.ID, e.ID, "event.created", by)
	})
	if err == nil {
		d.store.Changed()
	}
	return err
}

// ErrNotDiscarded is for an event that stays on record.
var ErrNotDiscarded = fault.Coded(fault.Conflict, "not_discarded", "Only a draft that nobody has ever registered for can be deleted. An event that will not take place is cancelled, so that people are told.")

// Discard deletes a draft with all its parts, for good: its address is free again. Errors for people: ErrNotFound, ErrNotDiscarded.
func (d *Editor) Discard(ctx context.Context, e *Event, by access.Entry) error {
	return d.edit(ctx, e.ID, true, func(ctx context.Context, tx bun.Tx) error {
		var used int
		err := tx.NewRaw(`select (select count(*) from events where id = ? and status <> 'draft') + (select count(*) from registrations where event_id = ?)
			+ (select count(*) from attendee_messages where event_id = ?)`, e.ID, e.ID, e.ID).Scan(ctx, &used)
		if err != nil {
			return fmt.Errorf("look whether event %s is used: %w", e.ID, err)
		}
		if used > 0 {
			return ErrNotDiscarded
		}
		if err := d.releaseFiles(ctx, tx, e.ID); err != nil {
			return err
		}
		for _, query := range []string{
			"delete from event_resources where event_id = ?", "delete from session_speakers where session_id in (select id from sessions where event_id = ?)",
			"delete from sessions where event_id = ?", "delete from speakers where event_id = ?", "delete from questions where event_id = ?",
			"delete from reminder_rules where event_id = ?", "delete from event_stewards where event_id = ?", "delete from event_slugs where event_id = ?",
			"delete from places where event_id = ?", "delete from events where id = ?",
		} {
			if _, err := tx.NewRaw(query, e.ID).Exec(ctx); err != nil {
				return fmt.Errorf("delete draft %s: %s: %w", e.ID, query, err)
			}
		}
		by.Title = e.Title
		return d.note(ctx, tx, e.ID, e.ID, "event.discarded", by)
	})
}

// releaseFiles gives up the files of an event's resources.
func (d *Editor) releaseFiles(ctx context.Context, tx bun.Tx, eventID string) error {
	if d.files == nil {
		return nil
	}
	var ids []string
	if err := tx.NewRaw("select id from event_resources where event_id = ?", eventID).Scan(ctx, &ids); err != nil {
		return fmt.Errorf("list the resources of event %s: %w", eventID, err)
	}
	for _, id := range ids {
		if err := d.files.Release(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

// own makes the parts of an event its own.
func (e *Event) own() {
	for i := range e.Places {
		e.Places[i].EventID = e.ID
	}
	for i := range e.Speakers {
		e.Speakers[i].EventID = e.ID
	}
	for i := range e.Sessions {
		e.Sessions[i].EventID = e.ID
	}
	for i := range e.Questions {
		e.Questions[i].EventID = e.ID
	}
}

func (d *Editor) note(ctx context.Context, tx bun.Tx, eventID, subject, action string, by access.Entry) error {
	by.At, by.Action, by.EventID, by.Subject = d.now(), action, eventID, subject
	return d.trail.Write(ctx, tx.Tx, by)
}

// Duplicate makes a draft of the event's details, places, questions, programme and rules of reminders, days later, under another title and address. Registrations, the link
// to join, resources (they are of the event that was: another one's slides would be wrong) and whatever was sent stay where they are.
func (d *Editor) Duplicate(ctx context.Context, e *Event, title, slug string, days int, by access.Entry) (*Event, error) {
	c := *e
	c.Title, c.Slug, c.JoinURL, c.MovedFrom = title, slug, "", ""
	c.StartsLocal, c.EndsLocal = daysLater(e.StartsLocal, days), daysLater(e.EndsLocal, days)
	zone := e.zone()
	c.RegistrationOpensAt = instant(daysLater(localOf(e.RegistrationOpensAt, zone), days), zone)
	c.RegistrationClosesAt = instant(daysLater(localOf(e.RegistrationClosesAt, zone), days), zone)
	c.Places, c.Speakers, c.Sessions, c.Resources = nil, nil, nil, nil
	for _, p := range e.Places {
		c.Places = append(c.Places, Place{ID: newID(), Name: p.Name, Online: p.Online, Position: p.Position, Capacity: p.Capacity})
	}
	c.copyProgramme(e, days)
	c.copyQuestions(e)
	return &c, d.createWith(ctx, &c, by, func(ctx context.Context, tx bun.Tx) error { return d.copyReminders(ctx, tx, e, &c) })
}

// copyReminders gives the copy the rules of the event that it is made of in the place of those that each new event gets. A rule for a place is one
// for the copy of that place; those of places that are no more stay behind.
func (d *Editor) copyReminders(ctx context.Context, tx bun.Tx, from, to *Event) error {
	if to.Past(d.now()) {
		return nil // it got none, so that nobody is thanked for what was long ago
	}
	const forPlace = "place:"
	var rules []struct {
		Kind, Audience string
		OffsetMs       int64
	}
	err := tx.NewRaw("select kind, audience, offset_ms from reminder_rules where event_id = ? and removed_at = 0 order by id", from.ID).Scan(ctx, &rules)
	if err == nil {
		_, err = tx.NewRaw("delete from reminder_rules where event_id = ?", to.ID).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("copy the reminders of event %s: %w", from.ID, err)
	}
	for _, r := range rules {
		if id, one := strings.CutPrefix(r.Audience, forPlace); one {
			i := slices.IndexFunc(from.Places, func(p Place) bool { return p.ID == id })
			if i < 0 {
				continue
			}
			r.Audience = forPlace + to.Places[i].ID
		}
		if _, err := tx.NewRaw("insert into reminder_rules (id, event_id, kind, offset_ms, audience, created_at) values (?, ?, ?, ?, ?, ?)",
			newID(), to.ID, r.Kind, r.OffsetMs, r.Audience, to.CreatedAt).Exec(ctx); err != nil {
			return fmt.Errorf("copy a reminder of event %s: %w", from.ID, err)
		}
	}
	return nil
}

// copyProgramme gives the event the programme of another, with new ids.
func (e *Event) copyProgramme(from *Event, days int) {
	byOld := map[string]Speaker{}
	for _, sp := range from.Speakers {
		old := sp.ID
		sp.ID = newID()
		e.Speakers, byOld[old] = append(e.Speakers, sp), sp
	}
	for _, s := range from.Sessions {
		var speakers []Speaker
		for _, sp := range s.Speakers {
			speakers = append(speakers, byOld[sp.ID])
		}
		s.ID, s.Speakers = newID(), speakers
		s.StartsLocal, s.EndsLocal = daysLater(s.StartsLocal, days), daysLater(s.EndsLocal, days)
		e.Sessions = append(e.Sessions, s)
	}
}

// daysLater moves a local time by whole days; what is no time stays as it is.
func daysLater(local string, days int) string {
	t, err := time.Parse(LocalTime, local)
	if err != nil {
		return local
	}
	return t.AddDate(0, 0, days).Format(LocalTime)
}

// edit runs fn in a transaction in which nobody else changes the event's parts, and raises its version. With places, those are locked
// before the event, as whoever registers does.
func (d *Editor) edit(ctx context.Context, eventID string, places bool, fn func(ctx context.Context, tx bun.Tx) error) error {
	err := d.store.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		if places {
			var ids []string
			if err := tx.NewRaw("select id from places p where event_id = ? order by id"+d.store.db.ForUpdate("p"), eventID).Scan(ctx, &ids); err != nil {
				return fmt.Errorf("lock the places of event %s: %w", eventID, err)
			}
		}
		if err := d.store.raise(ctx, tx, eventID, d.now()); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
	if err == nil {
		d.store.Changed()
	}
	return err
}

// raise raises the version of an event, a part of which is changed in the transaction, and keeps others from changing it meanwhile.
func (s *Store) raise(ctx context.Context, tx bun.Tx, id string, at time.Time) error {
	now := at.UnixMilli()
	res, err := tx.NewRaw("update events set version = version + 1, updated_at = case when updated_at > ? then updated_at else ? end where id = ?", now, now, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("raise the version of event %s: %w", id, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return nil
}
