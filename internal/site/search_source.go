package site

import (
	"context"
	"strconv"
	"strings"
	"time"

	"masterclass/events"
	"masterclass/internal/markdown"
	"masterclass/internal/search"
	"masterclass/news"
)

// eventSource has the search find the events that are listed.
type eventSource struct {
	events *events.Store
	now    func() time.Time
}

// NewEventSource follows the store's changes.
func NewEventSource(s *events.Store, now func() time.Time) search.Source { return eventSource{s, now} }

// Stamp counts the changes that this instance has heard of. Before it hears of any, it cannot say.
func (s eventSource) Stamp(context.Context) (string, error) {
	if n := s.events.Changes(); n != 0 {
		return strconv.FormatInt(n, 10), nil
	}
	return "", nil
}

func (s eventSource) listed(ctx context.Context) ([]*events.Event, error) {
	now := s.now()
	upcoming, err := s.events.Upcoming(ctx, now)
	if err != nil {
		return nil, err
	}
	past, err := s.events.Past(ctx, now)
	return append(upcoming, past...), err
}

// Versions are those of the events that are listed.
func (s eventSource) Versions(ctx context.Context) (map[string]string, error) {
	es, err := s.listed(ctx)
	versions := map[string]string{}
	for _, e := range es {
		versions[e.ID] = eventVersion(e)
	}
	return versions, err
}

func eventVersion(e *events.Event) string {
	return strconv.FormatInt(e.Version, 10) + " " + strconv.FormatInt(e.UpdatedAt, 10)
}

// Documents are events with their programmes.
func (s eventSource) Documents(ctx context.Context, ids []string) ([]search.Document, error) {
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	es, err := s.listed(ctx)
	if err != nil {
		return nil, err
	}
	var docs []search.Document
	for _, e := range es {
		if !wanted[e.ID] {
			continue
		}
		if err := s.events.Programmes(ctx, []*events.Event{e}); err != nil {
			return nil, err
		}
		docs = append(docs, eventDocument(e))
	}
	return docs, nil
}

func eventDocument(e *events.Event) search.Document {
	d := search.Document{ID: e.ID, Version: eventVersion(e), Group: eventGroup, Path: "/events/" + e.Slug, Title: e.Title, Summary: e.Summary, Note: e.Date()}
	switch e.Status {
	case events.Cancelled:
		d.Note += " (cancelled)"
	case events.Postponed:
		d.Note += " (postponed)"
	}
	parts := []string{markdown.Text(e.Description), e.Audience, e.Topics, e.Where()}
	for _, session := range e.Sessions {
		parts = append(parts, session.Title, session.Description)
	}
	for _, speaker := range e.Speakers {
		parts = append(parts, speaker.Name+", "+speaker.Role)
	}
	d.Body = strings.Join(parts, "\n")
	return d
}

// articleSource has the search find the articles that are published.
type articleSource struct {
	news *news.Store
	now  func() time.Time
	zone *time.Location
}

// NewArticleSource follows the store; dates are those of zone.
func NewArticleSource(s *news.Store, now func() time.Time, zone *time.Location) search.Source {
	return articleSource{s, now, zone}
}

// Stamp is the store's.
func (s articleSource) Stamp(ctx context.Context) (string, error) { return s.news.Stamp(ctx, s.now()) }

// Versions are those of the articles that can be seen.
func (s articleSource) Versions(ctx context.Context) (map[string]string, error) {
	return s.news.Visible(ctx, s.now())
}

// Documents are articles that can be seen.
func (s articleSource) Documents(ctx context.Context, ids []string) ([]search.Document, error) {
	articles, err := s.news.VisibleByID(ctx, ids, s.now())
	docs := make([]search.Document, 0, len(articles))
	for _, a := range articles {
		d := search.Document{ID: a.ID, Version: a.Version, Group: groupOf(a.Kind), Path: a.Path(), Title: a.Title, Summary: a.Summary,
			Body: strings.Join([]string{markdown.Text(placeholders.Replace(a.Body)), strings.Join(a.Topics, ", "), a.Source}, "\n")}
		if a.Kind.Dated() {
			d.Note = a.PublishedAt.In(s.zone).Format("2 January 2006")
		}
		docs = append(docs, d)
	}
	return docs, err
}

// placeholders stand in bodies for what an installation fills in.
var placeholders = strings.NewReplacer("{{contact}}", "", "{{site}}", "")
