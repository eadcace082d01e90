package organisers

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

// pendingCookie holds the right to send a code. It is no sign-in: the password is in no page and no cookie.
func (h *Handler) pendingCookie() string { return h.cookie + "-code" }

func (h *Handler) keepPending(c *fiber.Ctx, pending string) {
	h.setCookie(c, fiber.Cookie{Name: h.pendingCookie(), Value: pending, MaxAge: int(pendingLife / time.Second)})
}

func (h *Handler) codeForm(c *fiber.Ctx) error {
	next := localNext(c.Query("next"))
	_, err := h.organisers.PendingFor(c.UserContext(), c.Cookies(h.pendingCookie()))
	if errors.Is(err, ErrPendingOver) {
		return c.Redirect(signInPath+nextQuery(next), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	return renderCode(c, newCodePage(next))
}

// sendCode takes the fields code and next.
func (h *Handler) sendCode(c *fiber.Ctx) error {
	return h.finish(c, c.Cookies(h.pendingCookie()), field(c, "code"), localNext(field(c, "next")))
}

// finish ends a sign-in that waits for its code, or asks again.
func (h *Handler) finish(c *fiber.Ctx, pending, code, next string) error {
	token, err := h.tryCode(c, pending, code)
	switch {
	case errors.Is(err, ErrPendingOver):
		return renderSignIn(c, newSignInPage("", next, templates.FieldError{Field: "email", Message: ErrPendingOver.Message}))
	case errors.Is(err, ErrWrongCode), errors.Is(err, errNoCode):
		h.keepPending(c, pending)
		f, _ := fault.Of(err)
		return renderCode(c, newCodePage(next, templates.FieldError{Field: "code", Message: f.Message}))
	case err != nil:
		return err
	}
	h.setCookie(c, fiber.Cookie{Name: h.pendingCookie(), Expires: time.Unix(1, 0)})
	return h.enter(c, Entrance{Token: token}, next)
}

var errNoCode = invalid("code", "Enter the code")

// tryCode finishes the sign-in within the limits on guessing.
func (h *Handler) tryCode(c *fiber.Ctx, pending, code string) (token string, err error) {
	account, err := h.organisers.PendingFor(c.UserContext(), pending)
	if err != nil {
		return "", err
	}
	if tidyCode(code) == "" {
		return "", errNoCode
	}
	err = h.guess(c, h.limits.beginCode, account.Mailbox, func() (wrong bool, err error) {
		token, err = h.organisers.FinishSignIn(c.UserContext(), pending, code, h.client(c))
		return errors.Is(err, ErrWrongCode), err
	})
	return token, err
}

func renderCode(c *fiber.Ctx, page codePage) error {
	return renderForm(c, "organisers/code", "Enter your code", page, len(page.Errors) > 0)
}

// evenTime is how long the answer takes to who has forgotten a password, whether the address has an account or not.
const evenTime = 500 * time.Millisecond

func (h *Handler) forgottenForm(c *fiber.Ctx) error {
	return h.showForgotten(c, forgottenPage{Sent: c.Query("sent") != "", Email: forgottenInput("", "")})
}

// forgotten takes the field email.
func (h *Handler) forgotten(c *fiber.Ctx) error {
	if err := h.limits.ask(h.Proxies.Address(c)); err != nil {
		return err
	}
	began := h.Now()
	err := h.organisers.Forgotten(c.UserContext(), field(c, "email"), h.client(c))
	if f, ok := fault.Of(err); ok && len(f.Fields) > 0 {
		email := field(c, "email")
		return h.showForgotten(c, forgottenPage{Email: forgottenInput(email, f.Fields[0].Message), Errors: fieldErrors(err)})
	}
	h.pause(evenTime - h.Now().Sub(began))
	if err != nil {
		return err
	}
	return c.Redirect(forgottenPath+"?sent=yes", fiber.StatusSeeOther)
}

func (h *Handler) showForgotten(c *fiber.Ctx, page forgottenPage) error {
	title := "Choose a new password"
	if page.Sent {
		title = "Check your email"
	}
	if len(page.Errors) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "organisers/forgotten", web.View{Title: title, NoIndex: true, Error: len(page.Errors) > 0, Page: page,
		Back: &web.Back{Href: signInPath, Text: "Back to the sign-in"}})
}
