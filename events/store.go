package events

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"masterclass/internal/store"
)

// Store keeps events; every query of the package is here.
type Store struct {
	db      *store.DB
	recent  recent
	changes changes
	insert  []func(context.Context, bun.Tx, *Event) error
}

// NewStore keeps events in the database.
func NewStore(db *store.DB) *Store { return &Store{db: db} }

// OnInsert has f give each new event what other rooms keep for one, in the transaction that inserts it. Call it before any is inserted.
func (s *Store) OnInsert(f func(ctx context.Context, tx bun.Tx, e *Event) error) {
	s.insert = append(s.insert, f)
}

// Insert stores a new event with its places, questions, programme and speakers in the transaction, and what OnInsert adds.
func (s *Store) Insert(ctx context.Context, tx bun.Tx, e *Event) error {
	if err := e.Settle(); err != nil {
		return err
	}
	e.QuestionCount = int64(len(e.Questions))
	if _, err := tx.NewInsert().Model(e).Exec(ctx); err != nil {
		return fmt.Errorf("insert event %s: %w", e.Slug, err)
	}
	if err := insertParts(ctx, tx, e); err != nil {
		return err
	}
	if err := insertResources(ctx, tx, e); err != nil {
		return err
	}
	for _, f := range s.insert {
		if err := f(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

type sessionSpeaker struct {
	bun.BaseModel `bun:"table:session_speakers,alias:ss"`

	SessionID, SpeakerID string
	Position             int64
}

func insertParts(ctx context.Context, tx bun.Tx, e *Event) error {
	var links []sessionSpeaker
	for _, session := range e.Sessions {
		for i, speaker := range session.Speakers {
			links = append(links, sessionSpeaker{SessionID: session.ID, SpeakerID: speaker.ID, Position: int64(i)})
		}
	}
	for _, rows := range []struct {
		name  string
		model any
		n     int
	}{{"places", &e.Places, len(e.Places)}, {"speakers", &e.Speakers, len(e.Speakers)}, {"questions", &e.Questions, len(e.Questions)}, {"sessions", &e.Sessions, len(e.Sessions)}, {"speakers of sessions", &links, len(links)}} {
		if rows.n == 0 {
			continue
		}
		if _, err := tx.NewInsert().Model(rows.model).Exec(ctx); err != nil {
			return fmt.Errorf("insert the %s of event %s: %w", rows.name, e.Slug, err)
		}
	}
	return nil
}

// BySlug reads a published event with all its parts, or gives ErrNotFound. Unlisted ones are found too: by link only.
func (s *Store) BySlug(ctx context.Context, slug string) (*Event, error) {
	e, err := s.Outline(ctx, slug)
	if err != nil {
		return nil, err
	}
	return e, s.programme(ctx, e)
}

// Outline reads a published event with its places and questions but without its programme: enough to register.
func (s *Store) Outline(ctx context.Context, slug string) (*Event, error) {
	if !IsSlug(slug) { // anything can stand in an address, also bytes that PostgreSQL refuses
		return nil, ErrNotFound
	}
	return s.one(ctx, "slug = ? and status <> 'draft'", slug)
}

// ByID reads an event in any state, with its places and questions but without its programme.
func (s *Store) ByID(ctx context.Context, id string) (*Event, error) {
	return s.one(ctx, "id = ?", id)
}

// ByIDIn is ByID inside a transaction.
func (s *Store) ByIDIn(ctx context.Context, tx bun.Tx, id string) (*Event, error) {
	return s.oneIn(ctx, tx, "id = ?", id)
}

func (s *Store) one(ctx context.Context, where string, arg any) (*Event, error) {
	return s.oneIn(ctx, s.db.Read, where, arg)
}

func (s *Store) oneIn(ctx context.Context, db bun.IDB, where string, arg any) (*Event, error) {
	e := &Event{}
	err := db.NewSelect().Model(e).Where(where, arg).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read an event: %w", err)
	}
	if err := s.places(ctx, db, []*Event{e}); err != nil {
		return nil, err
	}
	return e, s.questions(ctx, db, e)
}

// MovedTo gives the present slug of an event that was once found under another.
func (s *Store) MovedTo(ctx context.Context, old string) (string, error) {
	if !IsSlug(old) {
		return "", ErrNotFound
	}
	var slug string
	err := s.db.Read.NewRaw("select e.slug from event_slugs o join events e on e.id = o.event_id where o.slug = ? and e.status <> 'draft'", old).Scan(ctx, &slug)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("look up an old address: %w", err)
	}
	return slug, nil
}

// Upcoming are the listed events that are not over, the soonest first and those that wait for a new date last, with their places.
func (s *Store) Upcoming(ctx context.Context, now time.Time) ([]*Event, error) {
	return s.list(ctx, s.db.Read.NewSelect().Where("listed and status <> 'draft' and (ends_at > ? or status = 'postponed')", now.UnixMilli()).
		OrderExpr("status = 'postponed', starts_at, id"))
}

// Past are the listed events that are over, the latest first, with their places.
func (s *Store) Past(ctx context.Context, now time.Time) ([]*Event, error) {
	return s.list(ctx, s.db.Read.NewSelect().Where("listed and status not in ('draft', 'postponed') and ends_at <= ?", now.UnixMilli()).Order("starts_at desc", "id"))
}

// InSeries are the listed events of a series, the latest first.
func (s *Store) InSeries(ctx context.Context, series string) ([]*Event, error) {
	if !IsSlug(series) {
		return nil, nil
	}
	return s.list(ctx, s.db.Read.NewSelect().Where("listed and status <> 'draft' and series = ?", series).Order("starts_at desc", "id"))
}

// feedBack and feedAhead bound the feed; a cancelled event stays as long as feedBack after its last change.
const (
	feedBack  = 30 * 24 * time.Hour
	feedAhead = 366 * 24 * time.Hour
)

// ForFeed are the listed events that belong in the calendar to subscribe to.
func (s *Store) ForFeed(ctx context.Context, now time.Time) ([]*Event, error) {
	return s.list(ctx, s.db.Read.NewSelect().
		Where("listed and status <> 'draft' and ends_at > ? and starts_at < ?", now.Add(-feedBack).UnixMilli(), now.Add(feedAhead).UnixMilli()).
		Where("(status <> 'cancelled' or updated_at > ?)", now.Add(-feedBack).UnixMilli()).Order("starts_at", "id"))
}

// FeedRevised is when the feed last changed: an event was revised, or came into its time or went out of it. It never goes back, so
// that a client which asks by date alone misses nothing; zero without events. next is when the feed will change by itself.
func (s *Store) FeedRevised(ctx context.Context, now time.Time) (revised, next time.Time, err error) {
	ms, back, ahead := now.UnixMilli(), feedBack.Milliseconds(), feedAhead.Milliseconds()
	var was, will int64
	err = s.db.Read.NewRaw(`select coalesce(max(case when at <= ? then at end), 0), coalesce(min(case when at > ? then at end), 0) from (
		select updated_at as at from events
		union all select ends_at + ? from events
		union all select starts_at - ? from events
		union all select updated_at + ? from events where status = 'cancelled') as changes`, ms, ms, back, ahead, back).Scan(ctx, &was, &will)
	if err != nil {
		return revised, next, fmt.Errorf("find when the feed changed: %w", err)
	}
	if was != 0 {
		revised = time.UnixMilli(was)
	}
	if next = now.Add(longAhead); will != 0 {
		next = time.UnixMilli(will)
	}
	return revised, next, nil
}

// longAhead is when a feed changes that nothing is known to change.
const longAhead = 24 * time.Hour

// fingerprint differs whenever events differ: each change of one raises its version.
type fingerprint struct{ Events, Versions, Revised int64 }

func (s *Store) fingerprint(ctx context.Context) (f fingerprint, err error) {
	err = s.db.Read.NewRaw("select count(*), coalesce(sum(version), 0), coalesce(max(updated_at), 0) from events").Scan(ctx, &f.Events, &f.Versions, &f.Revised)
	if err != nil {
		return f, fmt.Errorf("look whether events have changed: %w", err)
	}
	return f, nil
}

// list reads events and, in one further query, their places.
func (s *Store) list(ctx context.Context, q *bun.SelectQuery) ([]*Event, error) {
	var es []*Event
	if err := q.Model(&es).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return es, s.places(ctx, s.db.Read, es)
}

func (s *Store) places(ctx context.Context, db bun.IDB, es []*Event) error {
	if len(es) == 0 {
		return nil
	}
	byID, ids := map[string]*Event{}, make([]string, 0, len(es))
	for _, e := range es {
		byID[e.ID], ids = e, append(ids, e.ID)
	}
	var ps []Place
	if err := db.NewSelect().Model(&ps).Where("event_id in ?", bun.Tuple(ids)).Order("position", "id").Scan(ctx); err != nil {
		return fmt.Errorf("read places: %w", err)
	}
	for _, p := range ps {
		byID[p.EventID].Places = append(byID[p.EventID].Places, p)
	}
	return nil
}

// Programmes reads the programmes of events.
func (s *Store) Programmes(ctx context.Context, es []*Event) error {
	for _, e := range es {
		if err := s.programme(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) programme(ctx context.Context, e *Event) error {
	var links []sessionSpeaker
	read := s.db.Read
	if err := read.NewSelect().Model(&e.Sessions).Where("event_id = ?", e.ID).Order("starts_local", "position", "id").Scan(ctx); err != nil {
		return fmt.Errorf("read the sessions of event %s: %w", e.Slug, err)
	}
	if err := read.NewSelect().Model(&e.Speakers).Where("event_id = ?", e.ID).Order("position", "id").Scan(ctx); err != nil {
		return fmt.Errorf("read the speakers of event %s: %w", e.Slug, err)
	}
	err := read.NewSelect().Model(&links).Join("join sessions s on s.id = ss.session_id").Where("s.event_id = ?", e.ID).Order("ss.position").Scan(ctx)
	if err != nil {
		return fmt.Errorf("read who speaks at event %s: %w", e.Slug, err)
	}
	speakers := map[string]Speaker{}
	for _, sp := range e.Speakers {
		speakers[sp.ID] = sp
	}
	at := map[string]int{}
	for i, session := range e.Sessions {
		at[session.ID] = i
	}
	for _, l := range links {
		session := &e.Sessions[at[l.SessionID]]
		session.Speakers = append(session.Speakers, speakers[l.SpeakerID])
	}
	return nil
}

// Count is how many events there are at all, drafts included.
func (s *Store) Count(ctx context.Context) (int, error) {
	n, err := s.db.Read.NewSelect().Model((*Event)(nil)).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count events: %w", err)
	}
	return int(n), nil
}
