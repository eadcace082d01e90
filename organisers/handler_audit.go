package organisers

import (
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/typed"
	"masterclass/internal/web"
	"masterclass/templates"
)

const auditLines = 50 // a page

// auditFilter is what the page's address asks for.
type auditFilter struct{ Who, Group, Event, From, To string }

// query is the filter in an address, with the mark of a line.
func (f auditFilter) query(name, mark string) string {
	q := url.Values{}
	for key, value := range map[string]string{"who": f.Who, "group": f.Group, "event": f.Event, "from": f.From, "to": f.To, name: mark} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return auditPath + "?" + q.Encode()
}

// audit shows the audit trail: the fields who, group, event, from and to choose entries, before and after a page of them.
func (h *Handler) audit(c *fiber.Ctx) error {
	f := auditFilter{clean(c.Query("who")), clean(c.Query("group")), clean(c.Query("event")), clean(c.Query("from")), clean(c.Query("to"))}
	q, errs := h.auditQuery(f)
	q.Before, q.After = clean(c.Query("before")), clean(c.Query("after"))
	var trail access.Page
	var err error
	if len(errs) == 0 {
		if trail, err = h.Trail.Read(c.UserContext(), q); err != nil {
			return err
		}
	} else {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	people, err := h.organisers.Named(c.UserContext())
	if err != nil {
		return err
	}
	events, err := h.Trail.Events(c.UserContext())
	if err != nil {
		return err
	}
	// Browsers complain of a date field that holds no date.
	f.From, f.To = dateOrNone(f.From), dateOrNone(f.To)
	page := h.newAuditPage(f, trail, people, events, errs)
	return web.Render(c, "organisers/audit", web.View{Title: "Audit trail", NoIndex: true, Error: len(errs) > 0, Page: page})
}

func dateOrNone(text string) string {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return ""
	}
	return text
}

func (h *Handler) auditQuery(f auditFilter) (q access.Query, errs []templates.FieldError) {
	q = access.Query{Actor: f.Who, EventID: f.Event, Groups: groupsOf(f.Group), Most: auditLines}
	from, to, wrong := typed.Days(f.From, f.To, h.Zone)
	for _, w := range wrong {
		errs = append(errs, templates.FieldError{Field: w.Name, Message: w.Message})
	}
	q.From, q.To = from, to
	return q, errs
}
