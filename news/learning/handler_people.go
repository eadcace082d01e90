package learning

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
)

// keep begins to keep a place at the page of the form.
func (h *Handler) keep(c *fiber.Ctx) error {
	r, err := h.bySlug(c)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(c.FormValue("page"))
	if err != nil || n < 1 || n > len(r.Pages) {
		return errNoPage
	}
	id, err := h.Keep(c.UserContext(), r.Module, n)
	if err != nil {
		return err
	}
	token, err := h.Keys.Token(placePurpose, id, 0)
	if err != nil {
		return err
	}
	web.Private(c)
	return c.Redirect(placePath+token+"?done=kept", fiber.StatusSeeOther)
}

// place shows where somebody is. It changes nothing.
func (h *Handler) place(c *fiber.Ctx) error {
	r, err := h.byToken(c)
	if err != nil {
		return err
	}
	return h.showPlace(c, r, "", nil)
}

var placeNotices = map[string]string{"kept": "Your place is kept.", "mailed": "The link is on its way to your mailbox."}

func (h *Handler) showPlace(c *fiber.Ctx, r reading, email string, problem error) error {
	page := newPlacePage(r, web.SiteOf(c).BaseURL, email, problem)
	if words := placeNotices[c.Query("done")]; words != "" {
		page.Notice.Text, page.Notice.Success = words, true
	}
	if problem != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "learning/place", web.View{Title: "Your place in " + r.Title, Section: section, NoIndex: true, Error: problem != nil, Page: page})
}

// goOn notes the page that somebody goes to.
func (h *Handler) goOn(c *fiber.Ctx) error {
	r, err := h.byToken(c)
	if err != nil {
		return err
	}
	to := c.FormValue("page")
	n, err := strconv.Atoi(to)
	if to == "test" && len(r.Questions) > 0 {
		n, err = len(r.Pages), nil
	}
	if err != nil || n < 1 || n > len(r.Pages) {
		return errNoPage
	}
	if err := h.Advance(c.UserContext(), r.Progress, n, false); err != nil {
		return err
	}
	if to != "test" {
		to = strconv.Itoa(n)
	}
	return c.Redirect(r.Base+"/"+to, fiber.StatusSeeOther)
}

// mailPlace mails somebody the link to their place.
func (h *Handler) mailPlace(c *fiber.Ctx) error {
	r, err := h.byToken(c)
	if err != nil {
		return err
	}
	err = h.MailPlace(c.UserContext(), r.Module, r.Progress, field(c, "email"))
	if fault.Is(err, fault.Invalid) {
		return h.showPlace(c, r, field(c, "email"), err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(r.Base+"?done=mailed", fiber.StatusSeeOther)
}

// askOpening takes the address of somebody who wants to be told when the module opens.
func (h *Handler) askOpening(c *fiber.Ctx) error {
	m, err := h.Module(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	if m.Open() {
		return c.Redirect(m.Path(), fiber.StatusSeeOther)
	}
	err = h.AskOpening(c.UserContext(), m, field(c, "email"))
	if fault.Is(err, fault.Invalid) {
		return h.showStart(c, m, field(c, "email"), err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(m.Path()+"?told=asked", fiber.StatusSeeOther)
}

// wish finds who is meant by a link of a mail. One that has been fulfilled or withdrawn has no id.
func (h *Handler) wish(c *fiber.Ctx) (Waiting, error) {
	web.Private(c)
	id, ok := h.tokenID(c, openingPurpose)
	if !ok {
		return Waiting{}, errNoOpening
	}
	return h.Waiting(c.UserContext(), id)
}

// opening asks for the confirmation, or says that it has been given. Mail scanners follow links, so it changes nothing.
func (h *Handler) opening(c *fiber.Ctx) error {
	w, err := h.wish(c)
	if err == nil && w.ID == "" {
		err = errNoOpening
	}
	if err != nil {
		return err
	}
	title := "Shall we tell you when it opens?"
	if w.ConfirmedAt != 0 {
		title = "We will tell you when it opens"
	}
	return web.Render(c, "learning/opening", web.View{Title: title, Section: section, NoIndex: true,
		Page: OpeningPage{Heading: title, Module: w.Title, Confirmed: w.ConfirmedAt != 0, Action: c.Path(), Stop: openingPath + c.Params("token") + "/stop"}})
}

func (h *Handler) confirmOpening(c *fiber.Ctx) error {
	w, err := h.wish(c)
	if err == nil && w.ID == "" {
		err = errNoOpening
	}
	if err == nil {
		err = h.ConfirmWaiting(c.UserContext(), w.ID, web.RequestID(c))
	}
	if err != nil {
		return err
	}
	return c.Redirect(openingPath+c.Params("token"), fiber.StatusSeeOther)
}

// askStop asks before an address is deleted, or says that it is.
func (h *Handler) askStop(c *fiber.Ctx) error {
	w, err := h.wish(c)
	if err != nil {
		return err
	}
	return h.showStop(c, w)
}

// stop deletes the address: for the page's button, and for what mail programs send for their users (RFC 8058).
func (h *Handler) stop(c *fiber.Ctx) error {
	w, err := h.wish(c)
	if err == nil && w.ID != "" {
		err = h.StopWaiting(c.UserContext(), w.ID, web.RequestID(c))
	}
	if err != nil {
		return err
	}
	return h.showStop(c, Waiting{})
}

func (h *Handler) showStop(c *fiber.Ctx, w Waiting) error {
	page := OpeningPage{Heading: "Your address is deleted", Gone: true}
	if w.ID != "" {
		page = OpeningPage{Heading: "Shall we delete your address?", Module: w.Title, Stop: c.Path()}
	}
	return web.Render(c, "learning/opening", web.View{Title: page.Heading, Section: section, NoIndex: true, Page: page})
}
