package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterclass/internal/store"
)

// Line is an entry of the audit trail with the names of what its ids stand for, as far as these are still kept.
type Line struct {
	ID string
	Entry
	Who         string // the organiser's name, or empty
	EventTitle  string
	EventSlug   string
	SubjectName string // its title, a registration's reference, an organiser's or a speaker's name; empty for the event itself and what is not known
	SubjectKind Kind
}

// Kind is what has a page of its own that an entry can lead to.
type Kind string

// The kinds; anything else is "".
const (
	OfRegistration Kind = "registration"
	OfOrganiser    Kind = "organiser"
	OfArticle      Kind = "article"
	OfMessage      Kind = "message" // of organisers to attendees
)

// Query says which entries to read, the newest first. Before and After are ids of lines; with neither it begins with the newest.
type Query struct {
	Actor, EventID string
	Groups         []string // of actions: how their names begin
	From, To       time.Time
	Before, After  string
	Most           int
}

// Page is a part of the trail, the newest entry first.
type Page struct {
	Lines        []Line
	Newer, Older bool // whether there are lines before and after these
}

// Reader reads the audit trail.
type Reader struct{ db *store.DB }

// NewReader reads from the database.
func NewReader(db *store.DB) *Reader { return &Reader{db: db} }

const linesSQL = `select a.id, a.at, a.actor, a.action, a.event_id, a.subject, a.detail, a.request_id, a.address,
	coalesce(who.name, ''), coalesce(e.title, ''), coalesce(e.slug, ''), coalesce(nullif(a.title, ''), r.reference, whom.name, sp.name, art.title, m.subject, ''),
	case when r.id is not null then 'registration' when whom.closed_at = 0 then 'organiser' when art.id is not null then 'article' when m.id is not null then 'message' else '' end
	from audit a
	left join organisers who on a.actor = 'organiser:' || who.id
	left join organisers whom on a.subject = whom.id
	left join events e on a.event_id = e.id
	left join registrations r on a.subject = r.id
	left join speakers sp on a.subject = sp.id
	left join articles art on a.subject = art.id
	left join attendee_messages m on a.subject = m.id
	where `

// Read gives one page of the trail.
func (r *Reader) Read(ctx context.Context, q Query) (Page, error) {
	where, args := q.conditions()
	order := " order by a.id desc limit ?" // ids are UUIDv7, made as entries are written
	if q.After != "" {
		order = " order by a.id limit ?"
	}
	rows, err := r.db.Read.QueryContext(ctx, linesSQL+strings.Join(where, " and ")+order, append(args, q.Most+1)...)
	if err != nil {
		return Page{}, fmt.Errorf("read the audit trail: %w", err)
	}
	defer rows.Close()
	var lines []Line
	for rows.Next() {
		l, err := scanLine(rows)
		if err != nil {
			return Page{}, fmt.Errorf("read the audit trail: %w", err)
		}
		lines = append(lines, l)
	}
	return q.page(lines), rows.Err()
}

func scanLine(row interface{ Scan(...any) error }) (l Line, err error) {
	var at int64
	err = row.Scan(&l.ID, &at, &l.Actor, &l.Action, &l.EventID, &l.Subject, &l.Detail, &l.RequestID, &l.Address, &l.Who, &l.EventTitle, &l.EventSlug, &l.SubjectName, &l.SubjectKind)
	l.At = time.UnixMilli(at)
	return l, err
}

// page leaves out the line that was read to see whether there are more.
func (q Query) page(lines []Line) Page {
	more := len(lines) > q.Most
	if more {
		lines = lines[:q.Most]
	}
	if q.After == "" {
		return Page{Lines: lines, Newer: q.Before != "", Older: more}
	}
	slices.Reverse(lines)
	return Page{Lines: lines, Newer: more, Older: true}
}

func (q Query) conditions() (where []string, args []any) {
	where = []string{"1 = 1"}
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if q.Actor != "" {
		add("a.actor = ?", q.Actor)
	}
	if q.EventID != "" {
		add("a.event_id = ?", q.EventID)
	}
	if len(q.Groups) > 0 {
		var either []string
		for _, g := range q.Groups {
			either, args = append(either, "a.action like ?"), append(args, g+"%")
		}
		where = append(where, "("+strings.Join(either, " or ")+")")
	}
	if !q.From.IsZero() {
		add("a.at >= ?", q.From.UnixMilli())
	}
	if !q.To.IsZero() {
		add("a.at < ?", q.To.UnixMilli())
	}
	if q.Before != "" {
		add("a.id < ?", q.Before)
	}
	if q.After != "" {
		add("a.id > ?", q.After)
	}
	return where, args
}

// Event is an event that the trail can be asked about.
type Event struct{ ID, Title, Start string }

// Events are those that there are, the latest first. Start is the local date.
func (r *Reader) Events(ctx context.Context) (list []Event, err error) {
	rows, err := r.db.Read.QueryContext(ctx, "select id, title, substr(starts_local, 1, 10) from events order by starts_at desc, id")
	if err != nil {
		return nil, fmt.Errorf("list the events of the audit trail: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Event
		if err := rows.Scan(&e.ID, &e.Title, &e.Start); err != nil {
			return nil, fmt.Errorf("list the events of the audit trail: %w", err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}
