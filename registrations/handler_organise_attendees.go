package registrations

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
	"masterclass/templates"
)

// Desk adds the organisers' pages of attendees.
func (h *Handler) Desk(d *web.Desk) {
	const event = "/organise/events/:slug"
	d.Get(event+"/attendees", h.attendees)
	d.Get(event+"/waiting-list", h.waitingList)
	d.Get(event+"/attendees.csv", h.exportCSV)
	d.Get(event+"/attendees.xlsx", h.exportXLSX)
	d.Get(event+"/catering", h.catering)
	d.Get(event+"/access-needs", h.accessNeeds)
	d.Get(event+"/attendees/new", h.addForm) // before those of an id
	d.Post(event+"/attendees/new", h.add)
	d.Get(event+"/attendees/import", h.importForm)
	d.Post(event+"/attendees/import", h.importPeople)
	d.Get(event+"/attendees/import/done", h.importDone)
	d.Get(event+"/attendees/import/example.csv", h.importExample)
	d.Get(event+"/attendees/bulk", h.askBulk)
	d.Post(event+"/attendees/bulk", h.bulk)
	d.Get(event+"/attendees/bulk/done", h.bulkDone)
	h.deskOfOne(d, event+"/attendees/:id")
}

// deskOfOne adds the pages of one attendee.
func (h *Handler) deskOfOne(d *web.Desk, one string) {
	d.Get(one, h.attendee)
	d.Get(one+"/edit", h.editForm)
	d.Post(one+"/edit", h.edit)
	d.Get(one+"/address", h.addressForm)
	d.Post(one+"/address", h.correctAddress)
	d.Get(one+"/substitute", h.replaceForm)
	d.Post(one+"/substitute", h.replace)
	d.Get(one+"/give", h.askGive)
	d.Post(one+"/give", h.give)
	d.Get(one+"/move", h.moveForm)
	d.Post(one+"/move", h.move)
	d.Get(one+"/cancel", h.askCancelFor)
	d.Post(one+"/cancel", h.cancelFor)
	d.Get(one+"/refuse", h.askRefuse)
	d.Post(one+"/refuse", h.refuse)
	d.Post(one+"/approve", h.approve)
	d.Post(one+"/resend", h.resendFor)
	d.Post(one+"/notes", h.addNote)
	d.Get(one+"/needs", h.seeNeeds)
	d.Post(one+"/needs", h.changeNeeds)
	d.Get(one+"/erase", h.askErase)
	d.Post(one+"/erase", h.erase)
	d.Post(one+"/messages/:message/resend", h.resendMessage)
}

// look reads what the address of a list asks for.
func look(c *fiber.Ctx, e *events.Event) Look {
	return lookOf(func(name string) string { return c.Query(name) }, e)
}

func lookOf(get func(name string) string, e *events.Event) Look {
	l := Look{Status: Status(get("status")), Search: searched(get("q")), PlaceID: get("place"), Profession: line(get("profession")),
		Attendance: attendanceOf(get("attendance")), Answer: answerIn(e, get("answer")), Sort: get("sort")}
	if !slices.Contains(statuses, l.Status) {
		l.Status = ""
	}
	if _, ok := e.Place(l.PlaceID); !ok {
		l.PlaceID = ""
	}
	if orders[l.Sort] == nil {
		l.Sort = byName
	}
	l.Page, _ = strconv.Atoi(get("page")) // what is no number is the first page
	return l
}

// searched are the words of a search as they are typed, at most so many.
func searched(words string) string {
	words = line(words)
	if runes := []rune(words); len(runes) > maxLine {
		return string(runes[:maxLine])
	}
	return words
}

// query is the address' end that asks for the same again.
func (l Look) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"status": string(l.Status), "q": l.Search, "place": l.PlaceID, "profession": l.Profession, "attendance": string(l.Attendance),
		"answer": l.Answer.String()} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if l.Sort != byName && l.Sort != "" {
		q.Set("sort", l.Sort)
	}
	if l.Page > 1 {
		q.Set("page", strconv.Itoa(l.Page))
	}
	return q
}

// listPath is the address of an event's list with what it asks for.
func listPath(e *events.Event, l Look) string { return withQuery(eventPath(e)+"/attendees", l.query()) }

func eventPath(e *events.Event) string { return "/organise/events/" + e.Slug }

func withQuery(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// attendees shows a page of the list.
func (h *Handler) attendees(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	l := look(c, e)
	found, list, err := h.Attendees(c.UserContext(), e, l)
	if err != nil {
		return err
	}
	l.Page = found.Page
	page := newListPage(e, l, found, list)
	page.Tabs = web.EventTabs(c, e.Slug, "/attendees")
	page.Notice = noticeOf(c, listNotices)
	return web.Render(c, "registrations/organise-attendees", web.View{Title: "Attendees: " + e.Title, NoIndex: true, Back: toEvents, Page: page})
}

var toEvents = &web.Back{Href: "/organise/events", Text: "All events"}

// listNotices are what the list says after something was done.
var listNotices = map[string]string{"added": "They are registered, and we have written to them.", "waits": "They are on the waiting list, and we have written to them."}

func noticeOf(c *fiber.Ctx, words map[string]string) templates.Notice {
	return templates.Notice{Text: words[c.Query("done")], Success: true}
}

// maxWaiters is how many of a place's waiting list are shown.
const maxWaiters = 200

// waitingList shows who waits for each place, and who is offered a seat until when.
func (h *Handler) waitingList(c *fiber.Ctx) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	lists, err := h.WaitingList(c.UserContext(), e, maxWaiters)
	if err != nil {
		return err
	}
	page := newWaitingPage(e, lists)
	if page.Rests = e.Status == events.Published && e.ListRests(h.now()); page.Rests {
		left, err := h.LeftFor(c.UserContext(), e)
		if err != nil {
			return err
		}
		page.give(e, left)
	}
	page.Tabs = web.EventTabs(c, e.Slug, "/waiting-list")
	return web.Render(c, "registrations/organise-waiting-list", web.View{Title: "Waiting list: " + e.Title, NoIndex: true, Back: toEvents, Page: page})
}
