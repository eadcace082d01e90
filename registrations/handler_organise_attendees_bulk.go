package registrations

import (
	"fmt"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// chosen reads the registrations that are ticked: those of other events, and more than a page has, are left out.
func (h *Handler) chosen(c *fiber.Ctx, e *events.Event, ids []string) ([]*Registration, error) {
	if len(ids) > pageOf {
		ids = ids[:pageOf]
	}
	list, err := h.store.inOrder(c.UserContext(), ids)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	ours := list[:0]
	for _, g := range list {
		if g.EventID == e.ID && !seen[g.ID] {
			ours = append(ours, g)
		}
		seen[g.ID] = true
	}
	return ours, nil
}

// backToList is the list that the ticks came from.
func backToList(e *events.Event, query string) string {
	q, err := url.ParseQuery(query)
	if err != nil {
		q = nil
	}
	return withQuery(eventPath(e)+"/attendees", q)
}

func texts(list [][]byte) []string {
	out := make([]string, 0, len(list))
	for _, b := range list {
		out = append(out, line(string(b)))
	}
	return out
}

// askBulk asks, with the number and the names. It is a GET, so that it can be loaded again.
func (h *Handler) askBulk(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	list, err := h.chosen(c, e, texts(c.Request().URI().QueryArgs().PeekMulti("id")))
	if err != nil {
		return err
	}
	return h.showAskBulk(c, e, c.Query("action"), c.Query("back"), list, "", nil)
}

func (h *Handler) showAskBulk(c *fiber.Ctx, e *events.Event, name, back string, list []*Registration, reason string, wrong []fault.Field) error {
	a, ok := bulkActions[name]
	if !ok {
		return errNotWithAction
	}
	p := AskPage{Caption: e.Title, Heading: a.heading, Action: eventPath(e) + "/attendees/bulk", Warning: a.warning,
		Keep: templates.Link{Href: backToList(e, back), Text: "Back to the list"}}
	if len(list) == 0 {
		p.Text = []string{"Nobody is ticked. Go back to the list and tick the box beside each name."}
		return ask(c, e, p, nil)
	}
	p.Text, p.Button = []string{counted(len(list), "registration") + ". " + a.text}, a.button
	p.Hidden = []Hidden{{"action", name}, {"back", back}}
	for _, g := range list {
		p.List = append(p.List, fmt.Sprintf("%s, %s (%s)", g.Name(), g.Reference, statusTags[g.Status].Text))
		p.Hidden = append(p.Hidden, Hidden{"id", g.ID})
	}
	if a.reason {
		p.Reason = reasonField(reason, wrong)
	}
	return ask(c, e, p, wrong)
}

// bulk does it for one after the other, and leads to the page that says how many it worked for.
func (h *Handler) bulk(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	list, err := h.chosen(c, e, texts(c.Request().PostArgs().PeekMulti("id")))
	if err != nil {
		return err
	}
	name, back, reason := body(c, "action"), body(c, "back"), lines(body(c, "reason"))
	a, ok := bulkActions[name]
	if !ok {
		return errNotWithAction
	}
	if wrong := checkReason(reason); len(wrong) > 0 {
		return h.showAskBulk(c, e, name, back, list, reason, wrong)
	}
	result := bulkResult{EventID: e.ID, Action: name}
	for _, g := range list {
		err := a.do(h, c.UserContext(), e, g, reason, web.By(c))
		f, told := fault.Of(err)
		switch {
		case err == nil:
			result.Worked++
		case told:
			result.Failed = append(result.Failed, bulkFailure{ID: g.ID, Why: f.Code})
		default:
			h.log.Error("a bulk action failed for one", "request", web.RequestID(c), "registration", g.ID, "error", err)
			result.Failed = append(result.Failed, bulkFailure{ID: g.ID})
		}
	}
	signed, err := h.signResult(result)
	if err != nil {
		return err
	}
	return c.Redirect(withQuery(eventPath(e)+"/attendees/bulk/done", url.Values{"result": {signed}, "back": {back}}), fiber.StatusSeeOther)
}

// BulkDonePage says what became of a bulk action.
type BulkDonePage struct {
	Caption, Heading string
	Failed           []BulkLine
	Back             string
}

// BulkLine is a registration that the action did not work for.
type BulkLine struct{ Name, Href, Why string }

// whyNot are the reasons in words, by the code of the refusal.
var whyNot = map[string]string{
	"cancelled": "it is cancelled", "approved": "it is confirmed already", "not_pending": "it does not await approval", "closed": "the event or the registration is over",
	"": "something went wrong, or there is no email to send",
}

func (h *Handler) bulkDone(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	result, ok := h.readResult(c.Query("result"), e)
	if !ok {
		return fault.New(fault.NotFound, "We could not find what was done.")
	}
	ids := make([]string, 0, len(result.Failed))
	why := map[string]string{}
	for _, f := range result.Failed {
		ids, why[f.ID] = append(ids, f.ID), whyNot[f.Why]
	}
	list, err := h.store.inOrder(c.UserContext(), ids)
	if err != nil {
		return err
	}
	page := BulkDonePage{Caption: e.Title, Heading: thousands(result.Worked) + " " + bulkActions[result.Action].past, Back: backToList(e, c.Query("back"))}
	for _, g := range list {
		page.Failed = append(page.Failed, BulkLine{Name: g.Name() + ", " + g.Reference, Href: attendeePath(e, g), Why: why[g.ID]})
	}
	return web.Render(c, "registrations/organise-bulk-done", web.View{Title: page.Heading + ": " + e.Title, NoIndex: true, Page: page})
}
