package news

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
)

// VideoHandler answers the pages of videos.
type VideoHandler struct {
	store   *Store
	answers *web.Answers
	now     func() time.Time
	zone    *time.Location
}

// NewVideoHandler shows what store has, and keeps pages ready in answers; dates are those of zone.
func NewVideoHandler(store *Store, answers *web.Answers, now func() time.Time, zone *time.Location) *VideoHandler {
	return &VideoHandler{store: store, answers: answers, now: now, zone: zone}
}

// Routes adds the page of a video. It goes before those of articles, which would show it as any other article.
func (h *VideoHandler) Routes(r fiber.Router) { r.Get(Video.Path()+"/:slug", h.show) }

func (h *VideoHandler) show(c *fiber.Ctx) error {
	slug := c.Params("slug")
	err := h.answers.Show(c, Video.Path()+"/"+slug, func() (string, web.View, func() bool, error) {
		right := h.store.Fresh(h.now)
		v, err := h.view(c, slug)
		return "news/video", v, right, err
	})
	if fault.Is(err, fault.NotFound) {
		return c.Next() // the page of articles in general knows old addresses
	}
	return err
}

func (h *VideoHandler) view(c *fiber.Ctx, slug string) (v web.View, err error) {
	a, err := h.store.BySlug(c.UserContext(), Video, slug, h.now())
	if err != nil {
		return v, err
	}
	known, err := h.store.FilesIn(c.UserContext(), a.Body+"\n"+a.Link)
	if err != nil {
		return v, err
	}
	more, err := h.store.More(c.UserContext(), a, moreLinks, h.now())
	if err != nil {
		return v, err
	}
	page, err := newVideoPage(a, more, known, web.SiteOf(c), h.zone)
	return web.View{Title: a.Title + " – " + Video.Title(), Description: a.Summary, Section: Video.Path()[1:], Media: page.Film.Src != "", Page: page}, err
}
