package events

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/notify/calendar"
)

const calendarType = "text/calendar; charset=utf-8"

// publicFor is how long calendar programs and caches may keep a public calendar, in their words.
const publicFor = "public, max-age=300"

// Selection is what of the events a calendar is to hold.
type Selection struct {
	Topic    string   // of the events; empty for all
	Sessions bool     // the sessions of programmes instead of whole events
	Only     []string // ids of the sessions wanted; nil for all
}

// ReadSelection reads ?topic=, ?programme=1 and ?session=, and writes them in one certain order: two addresses that mean the same are one.
func ReadSelection(c *fiber.Ctx) (s Selection, query string) {
	args := c.Request().URI().QueryArgs()
	q := url.Values{}
	if s.Topic = strings.ToLower(strings.TrimSpace(string(args.Peek("topic")))); s.Topic != "" {
		q.Set("topic", s.Topic)
	}
	if s.Sessions = string(args.Peek("programme")) == "1"; s.Sessions {
		q.Set("programme", "1")
	}
	for _, id := range args.PeekMulti("session") {
		s.Only = append(s.Only, string(id))
	}
	slices.Sort(s.Only)
	s.Only = slices.Compact(s.Only)
	if q["session"] = s.Only; len(q.Encode()) == 0 {
		return s, ""
	}
	return s, "?" + q.Encode()
}

// feed answers calendar programs, which poll it every hour for years.
func (h *Handler) feed(c *fiber.Ctx) error {
	want, query := ReadSelection(c)
	ctx, site := c.UserContext(), web.SiteOf(c)
	return h.answers.Serve(c, "/events.ics"+query, func() (*web.Answer, func() bool, error) {
		unchanged, now := h.events.Unchanged(), h.now()
		revised, next, err := h.events.FeedRevised(ctx, now) // before the events: a change in between must look newer
		if err != nil {
			return nil, nil, err
		}
		es, err := h.events.ForFeed(ctx, now)
		if err != nil {
			return nil, nil, err
		}
		name := site.Name
		if want.Topic != "" {
			es = slices.DeleteFunc(es, func(e *Event) bool { return !e.hasTopic(want.Topic) })
			name += ": " + want.Topic
		}
		entries, err := h.entries(ctx, es, want, site.BaseURL)
		if err != nil {
			return nil, nil, err
		}
		body, err := calendar.Feed{Name: name, Description: site.Strapline, Zone: h.zone}.Encode(entries)
		right := func() bool { return unchanged() && h.now().Before(next) }
		return &web.Answer{ContentType: calendarType, Body: body, Revised: revised, CacheControl: publicFor, Packs: true}, right, err
	})
}

// entries are the events, or the sessions of their programmes, as a calendar has them.
func (h *Handler) entries(ctx context.Context, es []*Event, want Selection, baseURL string) ([]calendar.Event, error) {
	if want.Sessions {
		if err := h.events.Programmes(ctx, es); err != nil {
			return nil, err
		}
	}
	var entries []calendar.Event
	for _, e := range es {
		if want.Sessions && len(e.Sessions) > 0 {
			entries = append(entries, e.SessionCalendar(baseURL, want.Only)...)
		} else {
			entries = append(entries, e.Calendar(baseURL))
		}
	}
	return entries, nil
}

var errNoSession = fault.New(fault.NotFound, "The programme of this event has no such session.")

// file answers one event, or sessions of its programme, to download.
func (h *Handler) file(c *fiber.Ctx) error {
	want, query := ReadSelection(c)
	want.Topic = ""
	ctx, site, slug := c.UserContext(), web.SiteOf(c), c.Params("slug")
	err := h.answers.Serve(c, "/events/"+slug+".ics"+query, func() (*web.Answer, func() bool, error) {
		unchanged := h.events.Unchanged()
		e, err := h.events.Outline(ctx, slug)
		if err != nil {
			return nil, nil, err
		}
		entries, err := h.entries(ctx, []*Event{e}, want, site.BaseURL)
		if err != nil {
			return nil, nil, err
		}
		if len(entries) == 0 {
			return nil, nil, errNoSession
		}
		body, err := calendar.File(entries[0], entries[1:]...)
		if err != nil {
			return nil, nil, fmt.Errorf("write the calendar file of event %s: %w", e.Slug, err)
		}
		return &web.Answer{ContentType: calendarType, Body: body, Revised: time.UnixMilli(e.UpdatedAt), CacheControl: publicFor, Packs: true,
			Disposition: web.Attachment(e.Slug + ".ics")}, unchanged, nil
	})
	if errors.Is(err, ErrNotFound) {
		return h.moved(c, "/events/", ".ics")
	}
	return err
}

func (e *Event) hasTopic(topic string) bool {
	return slices.ContainsFunc(e.TopicList(), func(t string) bool { return strings.EqualFold(t, topic) })
}

// SessionCalendar is the programme as entries of a calendar, one a session; only names the sessions wanted by their ids, nil all of them. Breaks
// are left out unless they are named.
func (e *Event) SessionCalendar(baseURL string, only []string) []calendar.Event {
	var entries []calendar.Event
	for _, s := range e.Sessions {
		if (only == nil && !s.Learning()) || (only != nil && !slices.Contains(only, s.ID)) {
			continue
		}
		entry := e.Calendar(baseURL)
		entry.UID = "session-" + s.ID // stored, and of no other kind of entry
		entry.Title, entry.AllDay = s.Title+" – "+entry.Title, false
		var err1, err2 error
		entry.Starts, err1 = readLocal(s.StartsLocal, e.zone())
		entry.Ends, err2 = readLocal(s.EndsLocal, e.zone())
		if err1 != nil || err2 != nil {
			continue // no time was settled for it
		}
		if s.Room != "" {
			entry.Location = strings.TrimPrefix(s.Room+", "+entry.Location, ", ")
		}
		entry.Description = strings.TrimSpace(s.Description + "\n\nDetails: " + entry.URL)
		entries = append(entries, entry)
	}
	return entries
}

// Calendar is the event as an entry of a calendar, with nothing personal in it.
func (e *Event) Calendar(baseURL string) calendar.Event {
	link := baseURL + "/events/" + e.Slug
	return calendar.Event{
		UID: e.UID, Title: e.calendarTitle(), Location: e.Where(), URL: link,
		Description: strings.TrimSpace(e.Summary + "\n\nDetails: " + link),
		Starts:      e.Starts(), Ends: e.LastDay(), AllDay: e.AllDay,
		Sequence: int(e.Sequence), Status: e.calendarStatus(),
		Created: time.UnixMilli(e.CreatedAt), Revised: time.UnixMilli(e.UpdatedAt),
		Categories: e.TopicList(),
	}
}

func (e *Event) calendarTitle() string {
	switch e.Status {
	case Cancelled:
		return "Cancelled: " + e.Title
	case Postponed:
		return "Postponed: " + e.Title
	}
	return e.Title
}

func (e *Event) calendarStatus() calendar.Status {
	switch e.Status {
	case Cancelled:
		return calendar.Cancelled
	case Postponed:
		return calendar.Tentative
	}
	return calendar.Confirmed
}
