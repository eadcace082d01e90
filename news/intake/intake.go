package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/store"
	"masterclass/news"
)

// Source is a feed that is watched.
type Source struct {
	ID, Name, URL  string
	CheckedAt      time.Time // zero before the first time
	Problem        string    // why it could not be read the last time, in a sentence; or empty
	New            int       // items that wait for an editor
	etag, modified string
}

// Intake looks after the sources.
type Intake struct {
	db      *store.DB
	room    *news.Newsroom
	trail   *access.Trail
	fetcher *Fetcher
	now     func() time.Time
	log     *slog.Logger
}

// New watches sources for the newsroom.
func New(db *store.DB, room *news.Newsroom, trail *access.Trail, fetcher *Fetcher, now func() time.Time, log *slog.Logger) *Intake {
	return &Intake{db: db, room: room, trail: trail, fetcher: fetcher, now: now, log: log}
}

// Errors for people.
var (
	ErrNoSource = fault.New(fault.NotFound, "We could not find that news source. It may have been removed.")
	ErrNoItem   = fault.New(fault.NotFound, "We could not find that piece of news. Its source may have been removed.")
	ErrSettled  = fault.New(fault.Conflict, "Somebody has published or dismissed this piece of news already.")
)

func invalid(field string, err error) error {
	f, ok := fault.Of(err)
	if !ok {
		return err
	}
	return fault.InvalidFields([]fault.Field{{Name: field, Message: f.Message}}).Because(err)
}

// Add subscribes to a feed, which is read at once: one that cannot be is refused. Without a name it has that of the feed.
func (n *Intake) Add(ctx context.Context, name, address string, by news.Editor) (Source, error) {
	if utf8.RuneCountInString(name) > maxTitle {
		return Source{}, fault.InvalidFields([]fault.Field{{Name: "name", Message: "Shorten the name to 300 characters or fewer"}})
	}
	address, err := n.fetcher.Address(address)
	if err != nil {
		return Source{}, invalid("url", err)
	}
	a, err := n.fetcher.get(ctx, address, "", "")
	if err != nil {
		return Source{}, invalid("url", err)
	}
	title, items, err := parse(a)
	if err != nil {
		return Source{}, invalid("url", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Source{}, fmt.Errorf("make a source's id: %w", err)
	}
	s := Source{ID: id.String(), Name: name, URL: address, etag: a.etag, modified: a.modified}
	if s.Name == "" {
		s.Name = title
	}
	if s.Name == "" {
		s.Name = a.url.Hostname()
	}
	return s, n.insert(ctx, s, items, by)
}

// Check reads a source now. What goes wrong is noted with it, and no error.
func (n *Intake) Check(ctx context.Context, id string) error {
	s, err := n.source(ctx, id)
	if err != nil {
		return err
	}
	return n.check(ctx, s)
}

func (n *Intake) check(ctx context.Context, s Source) error {
	a, err := n.fetcher.get(ctx, s.URL, s.etag, s.modified)
	var items []Item
	if err == nil && a.body != nil {
		_, items, err = parse(a)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.Problem = ""
	if f, ok := fault.Of(err); ok {
		n.log.Info("a news source cannot be read", "source", s.ID, "error", err)
		s.Problem = f.Message
	} else if err != nil {
		return err
	} else {
		s.etag, s.modified = a.etag, a.modified
	}
	return n.note(ctx, s, items)
}

// How often sources are looked at.
const (
	lookEvery  = time.Minute
	checkEvery = time.Hour
	jitter     = 10 * time.Minute // so that the sources of many sites are not asked at the same moment
	roundMax   = 10               // sources a round, which a lease lasts for
	lease      = 3 * time.Minute
)

// due is when the source is to be read next.
func (n *Intake) due() time.Time {
	return n.now().Add(checkEvery - jitter + rand.N(2*jitter)) //nolint:gosec // no secret
}

// Watch reads each source every hour until the context ends. Of several instances one does the work at a time.
func (n *Intake) Watch(ctx context.Context) error {
	holder := uuid.NewString()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if err := n.watchIfMine(ctx, holder); err != nil && ctx.Err() == nil {
			n.log.Error("news sources could not be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (n *Intake) watchIfMine(ctx context.Context, holder string) error {
	mine, err := n.db.Lease(ctx, "news intake", holder, n.now(), lease)
	if err != nil || !mine {
		return err
	}
	return n.WatchOnce(ctx)
}

// WatchOnce reads the sources whose time has come. What fails at one keeps no other from its turn.
func (n *Intake) WatchOnce(ctx context.Context) error {
	list, err := n.dueSources(ctx)
	errs := []error{err}
	for _, s := range list {
		errs = append(errs, n.check(ctx, s))
	}
	return errors.Join(errs...)
}

// Piece is what an editor makes of an item.
type Piece struct {
	Kind           news.Kind
	Title, Summary string
}

// article is the piece with a link to where it comes from, or says what is missing.
func (p Piece) article(i Item) (news.Article, error) {
	a := news.Article{Kind: p.Kind, Title: p.Title, Slug: news.Slug(p.Title), Summary: p.Summary, Source: i.SourceName, Link: i.Link, Status: news.Published}
	var wrong []fault.Field
	if strings.TrimSpace(p.Summary) == "" {
		wrong = append(wrong, fault.Field{Name: "summary", Message: "Write a summary in your own words"})
	} else if i.Excerpt != "" && strings.Join(strings.Fields(p.Summary), " ") == i.Excerpt {
		wrong = append(wrong, fault.Field{Name: "summary", Message: "These are the source’s words. Write a summary in your own"})
	}
	if p.Kind == news.Page {
		a.Kind = ""
	}
	if f, ok := fault.Of(a.Check()); ok {
		wrong = append(wrong, f.Fields...)
	}
	if len(wrong) > 0 {
		return a, fault.InvalidFields(wrong)
	}
	return a, nil
}
