package registrations

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/secret"
	"masterclass/internal/web"
	"masterclass/notify/calendar"
)

// keptFor is how long a private calendar is answered without a look at most: other instances tell of changes through Redis, which may be away.
const keptFor = 5 * time.Minute

// calendar answers a private feed. A link that is wrong, revoked or of nobody gives the same answer.
func (h *Handler) calendar(c *fiber.Ctx) error {
	token := c.Params("token")
	want, query := events.ReadSelection(c)
	address := "/calendars/" + token + ".ics" + query
	c.Set("X-Robots-Tag", "noindex, nofollow")
	ctx, site := c.UserContext(), web.SiteOf(c)
	return h.answers.Serve(c, address, func() (*web.Answer, func() bool, error) {
		unchanged, mine, now := h.events.Unchanged(), h.unchanged(), h.now()
		made, err := h.calendarNow(ctx, token, address, site, want, now)
		right := func() bool {
			at := h.now()
			return unchanged() && mine() && at.Before(made.next) && at.Before(now.Add(keptFor))
		}
		return made.Answer, right, err
	})
}

// calendarNow gives a private calendar: as it was made before, if a look shows that nothing has changed that it is made of. Most polls come too
// late for what the answers keep, and need no more than that look.
func (h *Handler) calendarNow(ctx context.Context, token, address string, site web.Site, want events.Selection, now time.Time) (made keptCalendar, err error) {
	id, ok := secret.TokenID(token)
	if !ok {
		return made, ErrNotFound
	}
	stamp, err := h.store.calendarStamp(ctx, id) // before the rest: a change in between must look newer
	if err != nil {
		return made, err
	}
	if made, ok := h.calendars.find(address, stamp, now); ok {
		return made, nil
	}
	all, mailbox, err := h.standings(ctx, id, token)
	if err != nil {
		return made, err
	}
	body, revised, next, err := h.personal(ctx, all, mailbox, site, want, now)
	if err != nil {
		return made, err
	}
	made = keptCalendar{stamp: stamp, next: next, Answer: &web.Answer{ContentType: calendarType, Body: body, Revised: revised, CacheControl: "private, max-age=300"}}
	h.calendars.keep(address, made)
	return made, nil
}

const calendarType = "text/calendar; charset=utf-8"

// standings finds what a calendar's token, of the registration with that id, is for: one registration, or all that its mailbox has or had.
func (h *Handler) standings(ctx context.Context, id, token string) (all []standingAt, mailbox string, err error) {
	g, err := h.store.ByID(ctx, id)
	if err != nil {
		return nil, "", err
	}
	list := []*Registration{g}
	switch {
	case h.keys.Valid(token, calendarPurpose, g.ID, g.CalendarGeneration):
	case h.keys.Valid(token, calendarsPurpose, g.ID, g.CalendarGeneration):
		if list, err = h.store.OfMailbox(ctx, g.Mailbox); err != nil {
			return nil, "", err
		}
	default:
		return nil, "", g.unlinked(h.keys, token)
	}
	byID := map[string]*events.Event{}
	for _, g := range list {
		if byID[g.EventID] == nil {
			if byID[g.EventID], err = h.events.ByID(ctx, g.EventID); err != nil {
				return nil, "", err
			}
		}
		all = append(all, standingAt{g, byID[g.EventID]})
	}
	return all, g.Mailbox, nil
}

// personal writes the feed. revised never goes back: what leaves the calendar changes it too. next is when that will happen.
func (h *Handler) personal(ctx context.Context, all []standingAt, mailbox string, site web.Site, want events.Selection, now time.Time) (body []byte, revised, next time.Time, err error) {
	sequences, err := h.outbox.Sequences(ctx, mailbox)
	if err != nil {
		return nil, revised, next, err
	}
	if revised, err = h.outbox.LastTold(ctx, mailbox, kindMoved, kindSubstituted); err != nil { // what went to another mailbox has left
		return nil, revised, next, err
	}
	next = now.Add(calendarBack)
	var entries []calendar.Event
	for _, s := range all {
		revised = later(later(revised, s.UpdatedAt), time.UnixMilli(s.event.UpdatedAt))
		if stays, until := s.stays(now); !stays {
			revised = later(revised, until)
		} else if until.Before(next) {
			next = until
		}
	}
	for _, s := range foremost(all) {
		if stays, _ := s.stays(now); !stays {
			continue
		}
		if want.Sessions {
			if err := h.events.Programmes(ctx, []*events.Event{s.event}); err != nil {
				return nil, revised, next, err
			}
		}
		entries = append(entries, s.entries(site.BaseURL, want, sequences[s.event.UID])...)
	}
	body, err = calendar.Feed{Name: "My events: " + site.Name, Zone: h.zone}.Encode(entries)
	return body, revised, next, err
}

// renewCalendars makes new links, so that those given away before show nothing any more.
func (h *Handler) renewCalendars(c *fiber.Ctx) error {
	g, _, err := h.mine(c)
	if err != nil {
		return err
	}
	if err := h.RenewCalendars(c.UserContext(), g, web.RequestID(c)); err != nil {
		return err
	}
	return c.Redirect("/registrations/"+c.Params("token")+"?done=renewed#calendar", fiber.StatusSeeOther)
}
