package registrations

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// maxBulk is how many registrations an action is done to at once: each is a transaction of its own, and a mail.
const maxBulk = 200

// bulkTime is how long one request goes on with an action: on a slow disk, who presses its button is told how far it came, and presses again, before a
// proxy, a phone or the request's own deadline gives up.
const bulkTime = 8 * time.Second

// Whom an action is for, as the form has it.
const (
	thePage = "page"
	theList = "list"
)

// meant are the ids of whom the action is for: those that are ticked, or whom the list shows on its page or on all of them; and how many of
// the list are past what is done at once.
func (h *Handler) meant(c *fiber.Ctx, e *events.Event) (ids []string, beyond int, err error) {
	whom := c.Query("whom")
	if whom != thePage && whom != theList {
		return texts(c.Request().URI().QueryArgs().PeekMulti("id")), 0, nil
	}
	q, err := url.ParseQuery(c.Query("back"))
	if err != nil {
		return nil, 0, errNotWithAction.Because(err)
	}
	l := lookOf(q.Get, e)
	if whom == theList {
		l.Page, l.size = 1, maxBulk
	}
	found, err := h.look(c.UserContext(), e, l)
	if err == nil && whom == theList {
		beyond = found.Total - len(found.IDs)
	}
	return found.IDs, beyond, err
}

// chosen reads registrations by their ids: those of other events, and more than are done at once, are left out.
func (h *Handler) chosen(c *fiber.Ctx, e *events.Event, ids []string) ([]*Registration, error) {
	if len(ids) > maxBulk {
		ids = ids[:maxBulk]
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
	ids, beyond, err := h.meant(c, e)
	if err != nil {
		return err
	}
	list, err := h.chosen(c, e, ids)
	if err != nil {
		return err
	}
	return h.showAskBulk(c, e, asked{name: c.Query("action"), back: c.Query("back"), list: list, beyond: beyond}, nil)
}

// asked is a bulk action on its way.
type asked struct {
	name, back, reason string
	list               []*Registration
	beyond             int         // of the list that it was chosen from, and too many for once
	so                 *bulkResult // of those before these, where there was no time for all
}

func (h *Handler) showAskBulk(c *fiber.Ctx, e *events.Event, q asked, wrong []fault.Field) error {
	name, back, list := q.name, q.back, q.list
	a, ok := bulkActions[name]
	if !ok {
		return errNotWithAction
	}
	p := AskPage{Caption: e.Title, Heading: a.heading, Action: eventPath(e) + "/attendees/bulk", Warning: a.warning,
		Keep: templates.Link{Href: backToList(e, back), Text: "Back to the list"}}
	if len(list) == 0 {
		p.Text = []string{"Nobody is ticked. Go back to the list and tick the box beside each name, or choose everybody."}
		return ask(c, e, p, nil)
	}
	list, others := a.meant(list)
	if len(list) == 0 {
		p.Text = []string{others}
		return ask(c, e, p, nil)
	}
	p.Text, p.Button = []string{counted(len(list), "registration") + ". " + a.text}, a.button
	if q.so != nil {
		signed, err := h.signResult(*q.so)
		if err != nil {
			return err
		}
		p.Heading = thousands(q.so.Worked) + " " + a.past + " so far"
		p.Text = []string{counted(len(list), "registration") + " " + remain(len(list)) + ": there was no time for all at once. Press the button to go on."}
		p.Hidden = []Hidden{{"so_far", signed}}
	}
	if others != "" {
		p.Text = append(p.Text, others)
	}
	if q.beyond > 0 {
		p.Text = append(p.Text, fmt.Sprintf("It is done to %d at once. %s of the list %s: do the same again for them afterwards.", maxBulk, thousands(q.beyond), remain(q.beyond)))
	}
	p.Hidden = append(p.Hidden, Hidden{"action", name}, Hidden{"back", back})
	for _, g := range list {
		p.List = append(p.List, fmt.Sprintf("%s, %s (%s)", g.Name(), g.Reference, statusTags[g.Status].Text))
		p.Hidden = append(p.Hidden, Hidden{"id", g.ID + heldBy + holder(g).Value})
	}
	if a.reason {
		p.Reason = reasonField(q.reason, wrong)
	}
	return ask(c, e, p, wrong)
}

func remain(n int) string {
	if n == 1 {
		return "remains"
	}
	return "remain"
}

// heldBy is between a registration's id and its generation, in a form that asks about several.
const heldBy = "."

// asShown reads whom a form that was sent is about: the ids, and the generation of each that the form was shown for, where it says so.
func asShown(c *fiber.Ctx) (ids []string, held map[string]string) {
	held = map[string]string{}
	for _, text := range texts(c.Request().PostArgs().PeekMulti("id")) {
		id, generation, said := strings.Cut(text, heldBy)
		if ids = append(ids, id); said {
			held[id] = generation
		}
	}
	return ids, held
}

// bulk does it for one after the other, and leads to the page that says how many it worked for.
func (h *Handler) bulk(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	ids, held := asShown(c)
	list, err := h.chosen(c, e, ids)
	if err != nil {
		return err
	}
	name, back, reason := body(c, "action"), body(c, "back"), lines(body(c, "reason"))
	a, ok := bulkActions[name]
	if !ok {
		return errNotWithAction
	}
	if wrong := checkReason(reason); len(wrong) > 0 {
		return h.showAskBulk(c, e, asked{name: name, back: back, list: list, reason: reason}, wrong)
	}
	result, ok := h.readResult(body(c, "so_far"), e)
	if !ok || result.Action != name {
		result = bulkResult{EventID: e.ID, Action: name}
	}
	act := func(ctx context.Context, g *Registration, by access.Entry) error {
		if generation, said := held[g.ID]; said && generation != holder(g).Value {
			return errAnothers
		}
		return a.do(h, ctx, e, g, reason, by)
	}
	if rest := h.each(c, list, &result, act); len(rest) > 0 {
		return h.showAskBulk(c, e, asked{name: name, back: back, list: rest, reason: reason, so: &result}, nil)
	}
	signed, err := h.signResult(result)
	if err != nil {
		return err
	}
	return c.Redirect(withQuery(eventPath(e)+"/attendees/bulk/done", url.Values{"result": {signed}, "back": {back}}), fiber.StatusSeeOther)
}

// each does something to one registration after the other, counts for whom it worked, and gives those back that there was no time for.
func (h *Handler) each(c *fiber.Ctx, list []*Registration, result *bulkResult, act func(context.Context, *Registration, access.Entry) error) (rest []*Registration) {
	began := h.now()
	for i, g := range list {
		if i > 0 && h.now().Sub(began) > bulkTime {
			return list[i:]
		}
		err := act(c.UserContext(), g, web.By(c))
		f, told := fault.Of(err)
		switch {
		case err == nil:
			result.Worked++
		case told:
			result.fail(g.ID, f.Code)
		default:
			h.log.Error("a bulk action failed for one", "request", web.RequestID(c), "registration", g.ID, "error", err)
			result.fail(g.ID, "")
		}
	}
	return nil
}

// BulkDonePage says what became of a bulk action.
type BulkDonePage struct {
	Caption, Heading string
	Failed           []BulkLine
	More             string // how many others it did not work for
	Back             string
}

// BulkLine is a registration that the action did not work for.
type BulkLine struct{ Name, Href, Why string }

// whyNot are the reasons in words, by the code of the refusal.
var whyNot = map[string]string{
	"cancelled": "it is cancelled", "approved": "it is confirmed already", "not_pending": "it does not await approval", "closed": "the event or the registration is over",
	"anothers": "it has gone to somebody else, or to another address, meanwhile", "full": "no place was left", "not_waiting": "it does not wait, or the event is not published", "list_moves": "places are still offered to who has waited longest",
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
	if result.More > 0 {
		page.More = thousands(result.More)
	}
	for _, g := range list {
		page.Failed = append(page.Failed, BulkLine{Name: g.Name() + ", " + g.Reference, Href: attendeePath(e, g), Why: why[g.ID]})
	}
	return web.Render(c, "registrations/organise-bulk-done", web.View{Title: page.Heading + ": " + e.Title, NoIndex: true, Page: page})
}
