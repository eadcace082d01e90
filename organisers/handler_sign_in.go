package organisers

import (
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

func (h *Handler) signInForm(c *fiber.Ctx) error {
	next := localNext(c.Query("next"))
	_, err := h.organisers.Principal(c.UserContext(), c.Cookies(h.cookie))
	if err == nil {
		return c.Redirect(next, fiber.StatusSeeOther)
	}
	if !errors.Is(err, ErrSignedOut) {
		return err
	}
	return renderSignIn(c, newSignInPage("", next))
}

// signIn takes the fields email, password and next. A field code is let through unread: no second factor is asked yet.
func (h *Handler) signIn(c *fiber.Ctx) error {
	email, password, next := strings.TrimSpace(field(c, "email")), field(c, "password"), localNext(field(c, "next"))
	if errs := checkSignIn(email, password); len(errs) > 0 {
		return renderSignIn(c, newSignInPage(email, next, errs...))
	}
	token, err := h.tryPassword(c, email, password)
	if errors.Is(err, ErrWrong) {
		return renderSignIn(c, newSignInPage(email, next, templates.FieldError{Field: "password", Message: ErrWrong.Message}))
	}
	if err != nil {
		return err
	}
	return h.enter(c, token, next)
}

// tryPassword signs in within the limits on guessing.
func (h *Handler) tryPassword(c *fiber.Ctx, email, password string) (string, error) {
	mailbox, _ := mailboxOf(email)
	attempt, err := h.limits.begin(mailbox, h.proxies.Address(c))
	if err != nil {
		return "", err
	}
	if attempt.delay > 0 {
		h.pause(attempt.delay)
	}
	token, err := h.organisers.SignIn(c.UserContext(), email, password)
	if !errors.Is(err, ErrWrong) {
		attempt.undo()
	}
	return token, err
}

func checkSignIn(email, password string) (errs []templates.FieldError) {
	if email == "" {
		errs = append(errs, templates.FieldError{Field: "email", Message: "Enter your email address"})
	} else if _, ok := mailboxOf(email); !ok {
		errs = append(errs, templates.FieldError{Field: "email", Message: badAddress})
	}
	if password == "" {
		errs = append(errs, templates.FieldError{Field: "password", Message: "Enter your password"})
	}
	return errs
}

func (h *Handler) choosePasswordForm(c *fiber.Ctx) error {
	o, err := h.organisers.LinkFor(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	return renderChoosePassword(c, newChoosePasswordPage(o))
}

func (h *Handler) choosePassword(c *fiber.Ctx) error {
	token, err := h.organisers.ChoosePassword(c.UserContext(), c.Params("token"), field(c, "password"))
	if f, ok := fault.Of(err); ok && len(f.Fields) > 0 {
		o, err := h.organisers.LinkFor(c.UserContext(), c.Params("token"))
		if err != nil {
			return err
		}
		return renderChoosePassword(c, newChoosePasswordPage(o, templates.FieldError{Field: f.Fields[0].Name, Message: f.Fields[0].Message}))
	}
	if err != nil {
		return err
	}
	return h.enter(c, token, home)
}

// enter ends what the browser was signed in with, hands it the new token and shows the next page.
func (h *Handler) enter(c *fiber.Ctx, token, next string) error {
	if err := h.organisers.SignOut(c.UserContext(), c.Cookies(h.cookie)); err != nil {
		return err
	}
	h.setCookie(c, fiber.Cookie{Value: token, SessionOnly: true})
	return c.Redirect(next, fiber.StatusSeeOther)
}

func (h *Handler) signOut(c *fiber.Ctx) error {
	if err := h.organisers.SignOut(c.UserContext(), c.Cookies(h.cookie)); err != nil {
		return err
	}
	h.setCookie(c, fiber.Cookie{Expires: time.Unix(1, 0)})
	return c.Redirect(signInPath, fiber.StatusSeeOther)
}

// setCookie is Lax rather than Strict so that a link in a mail opens signed in; without Domain it is this host's alone.
func (h *Handler) setCookie(c *fiber.Ctx, cookie fiber.Cookie) {
	cookie.Name, cookie.Path, cookie.Secure, cookie.HTTPOnly, cookie.SameSite = h.cookie, "/", h.secure, true, fiber.CookieSameSiteLaxMode
	c.Cookie(&cookie)
}

func renderSignIn(c *fiber.Ctx, page signInPage) error {
	return renderForm(c, "organisers/sign-in", "Sign in", page, len(page.Errors) > 0)
}

func renderChoosePassword(c *fiber.Ctx, page choosePasswordPage) error {
	return renderForm(c, "organisers/choose-password", "Choose a password", page, len(page.Errors) > 0)
}

func renderForm(c *fiber.Ctx, name, title string, page any, bad bool) error {
	if bad {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, name, web.View{Title: title, NoIndex: true, Error: bad, Page: page})
}

// field reads from the body alone: a password in a query would be kept in logs and histories.
func field(c *fiber.Ctx, name string) string { return string(c.Request().PostArgs().Peek(name)) }
