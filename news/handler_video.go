package news

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
)

// VideoHandler answers the pages of videos.
type VideoHandler struct {
	store *Store
	now   func() time.Time
	zone  *time.Location
}

// NewVideoHandler shows what store has; dates are those of zone.
func NewVideoHandler(store *Store, now func() time.Time, zone *time.Location) *VideoHandler {
	return &VideoHandler{store: store, now: now, zone: zone}
}

// Routes adds the page of a video. It goes before those of articles, which would show it as any other article.
func (h *VideoHandler) Routes(r fiber.Router) { r.Get(Video.Path()+"/:slug", h.show) }

func (h *VideoHandler) show(c *fiber.Ctx) error {
	a, err := h.store.BySlug(c.UserContext(), Video, c.Params("slug"), h.now())
	if fault.Is(err, fault.NotFound) {
		return c.Next() // the page of articles in general knows old addresses
	}
	if err != nil {
		return err
	}
	known, err := h.store.FilesIn(c.UserContext(), a.Body+"\n"+a.Link)
	if err != nil {
		return err
	}
	more, err := h.store.More(c.UserContext(), a, moreLinks, h.now())
	if err != nil {
		return err
	}
	page, err := newVideoPage(a, more, known, web.SiteOf(c), h.zone)
	if err != nil {
		return err
	}
	if page.Film.Src != "" {
		web.AllowMedia(c)
	}
	return web.Render(c, "news/video", web.View{Title: a.Title + " – " + Video.Title(), Description: a.Summary, Section: Video.Path()[1:], Page: page})
}
