package registrations

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/notify"
)

// Dashboard answers with the first page of owners and organisers: what needs a look, how full the events are, and who comes.
type Dashboard struct {
	*Registrar
	zone    *time.Location
	figures figures
}

// NewDashboard answers for the registrar; zone is the one that weeks begin in.
func NewDashboard(r *Registrar, zone *time.Location) *Dashboard {
	return &Dashboard{Registrar: r, zone: zone}
}

// Show is the page. The field event chooses the event whose people are counted.
func (h *Dashboard) Show(c *fiber.Ctx) error {
	ctx := c.UserContext()
	s, err := h.outlook(ctx)
	if err != nil {
		return err
	}
	held, err := h.events.Held(ctx, s.now, heldShown)
	if err != nil {
		return err
	}
	page := dashboardPage{Concerns: s.concerns()}
	page.events(s.events)
	if err := h.fill(ctx, &page, s, held, c.Query("event")); err != nil {
		return err
	}
	return web.Render(c, "registrations/organise-dashboard", web.View{Title: "Dashboard", NoIndex: true, Page: page})
}

// outlook reads what the concerns are about: counts of little, by indexes, as they are now.
func (h *Dashboard) outlook(ctx context.Context) (s outlook, err error) {
	s = outlook{now: h.now(), zone: h.zone, drift: h.seats.Counts().Drift}
	s.failedDay = s.now.Add(-failedSince)
	if s.events, err = h.events.Ahead(ctx, s.now); err != nil {
		return s, err
	}
	if s.pending, err = h.store.pendingCounts(ctx); err != nil {
		return s, err
	}
	if s.lapsing, err = h.store.lapsingCounts(ctx, s.now.Add(offersSoon)); err != nil {
		return s, err
	}
	if s.failed, err = h.outbox.CountFailed(ctx, notify.Filter{Kinds: concernKinds(), Since: s.failedDay}); err != nil {
		return s, err
	}
	s.queued, s.late, err = h.outbox.Queued(ctx)
	return s, err
}

// fill adds the figures that many rows are counted for.
func (h *Dashboard) fill(ctx context.Context, page *dashboardPage, s outlook, held []*events.Event, slug string) error {
	first := firstWeek(s.now, h.zone)
	quarters, err := remember(ctx, &h.figures, "registered since "+first.Format(time.DateOnly), s.now, func(ctx context.Context) (map[int64]int, error) {
		return h.store.registeredSince(ctx, first)
	})
	if err != nil {
		return err
	}
	starts, counts := weekly(quarters, s.now, h.zone)
	page.Chart = newChart("all", starts, counts, 1)
	for _, e := range held {
		t, err := remember(ctx, &h.figures, "turnout of "+e.ID, s.now, func(ctx context.Context) (turnout, error) { return h.store.turnoutOf(ctx, e.ID) })
		if err != nil {
			return err
		}
		page.Held = append(page.Held, newHeldRow(e, t))
	}
	all := append(append([]*events.Event(nil), s.events...), held...)
	e := chosen(all, slug)
	page.choice(all, e)
	if e == nil {
		return nil
	}
	m, err := h.mixOf(ctx, e)
	if err == nil {
		page.Mix = newMixPart(e, m, s.now, h.zone)
	}
	return err
}
