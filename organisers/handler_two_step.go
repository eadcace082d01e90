package organisers

import (
	"github.com/gofiber/fiber/v2"

	"masterclass/internal/web"
	"masterclass/templates"
)

var accountBack = &web.Back{Href: accountPath, Text: "Back to your account"}

// twoStep shows how the second step is set up, or how it stands.
func (h *Handler) twoStep(c *fiber.Ctx) error {
	s := session(c)
	if s.SecondStep {
		return h.showTwoStepOn(c, "", nil)
	}
	offer, err := h.organisers.OfferTwoStep(s.Principal, h.Site.Name)
	if err != nil {
		return err
	}
	return h.showSetUp(c, offer, nil)
}

func (h *Handler) showSetUp(c *fiber.Ctx, offer SetUp, problem error) error {
	page, err := newSetUpPage(offer, session(c).Email, h.mustSetUp(c, session(c)), fieldErrors(problem)...)
	if err != nil {
		return err
	}
	if problem != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	view := web.View{Title: "Set up your second step", NoIndex: true, Error: problem != nil, Page: page}
	if !page.Must {
		view.Back = accountBack
	}
	return web.Render(c, "organisers/two-step", view)
}

// confirmTwoStep takes the fields offer and code, and password from who need not set it up right after signing in. Its answer shows the recovery
// codes, which are stored as hashes: so it is a page and no redirect.
func (h *Handler) confirmTwoStep(c *fiber.Ctx) error {
	s := session(c)
	confirmation := Confirmation{Offer: field(c, "offer"), Code: field(c, "code"), Password: field(c, "password"), JustSignedIn: h.mustSetUp(c, s)}
	var codes []string
	err := h.guessing(c, func() (err error) {
		codes, err = h.organisers.ConfirmTwoStep(c.UserContext(), s.ID, confirmation, c.Cookies(h.cookie), web.By(c))
		return err
	})
	if hasFields(err) {
		return h.offerAgain(c, err)
	}
	if err != nil {
		return err
	}
	return h.showCodes(c, codes)
}

// offerAgain shows the same picture again, which the phone has scanned already, or a new one in place of one that is too old.
func (h *Handler) offerAgain(c *fiber.Ctx, problem error) error {
	s := session(c)
	offer, ok := h.organisers.Offered(s.Principal, h.Site.Name, field(c, "offer"))
	if !ok {
		var err error
		if offer, err = h.organisers.OfferTwoStep(s.Principal, h.Site.Name); err != nil {
			return err
		}
	}
	return h.showSetUp(c, offer, problem)
}

func (h *Handler) showCodes(c *fiber.Ctx, codes []string) error {
	return web.Render(c, "organisers/recovery-codes", web.View{Title: "Your recovery codes", NoIndex: true, Page: codesPage{Codes: codes}})
}

// renewCodes takes the field password.
func (h *Handler) renewCodes(c *fiber.Ctx) error {
	var codes []string
	err := h.guessing(c, func() (err error) {
		codes, err = h.organisers.RenewRecoveryCodes(c.UserContext(), session(c).ID, field(c, "password"), web.By(c))
		return err
	})
	if hasFields(err) {
		return h.showTwoStepOn(c, "codes-password", err)
	}
	if err != nil {
		return err
	}
	return h.showCodes(c, codes)
}

// turnOffTwoStep takes the field password.
func (h *Handler) turnOffTwoStep(c *fiber.Ctx) error {
	err := h.guessing(c, func() error {
		return h.organisers.TurnOffTwoStep(c.UserContext(), session(c).ID, field(c, "password"), c.Cookies(h.cookie), web.By(c))
	})
	if hasFields(err) {
		return h.showTwoStepOn(c, "off-password", err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(accountPath+"?done=two-step", fiber.StatusSeeOther)
}

// showTwoStepOn shows the page of a second step that is set up; the error, if any, is about the form whose field has that id.
func (h *Handler) showTwoStepOn(c *fiber.Ctx, id string, problem error) error {
	s := session(c)
	left, err := h.organisers.RecoveryCodesLeft(c.UserContext(), s.ID)
	if err != nil {
		return err
	}
	var errs []templates.FieldError
	for _, e := range fieldErrors(problem) {
		errs = append(errs, templates.FieldError{Field: id, Message: e.Message})
	}
	if problem != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "organisers/two-step-on", web.View{Title: "Your second step", NoIndex: true, Error: problem != nil, Back: accountBack,
		Page: newTwoStepOnPage(left, s, errs...)})
}
