package organisers

import (
	"errors"
	"net/url"
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

// signIn takes the fields email, password and next, and code from whoever sends it with them. An account with a second step is asked for its
// code on the next page.
func (h *Handler) signIn(c *fiber.Ctx) error {
	email, password, code, next := strings.TrimSpace(field(c, "email")), field(c, "password"), field(c, "code"), localNext(field(c, "next"))
	if errs := checkSignIn(email, password); len(errs) > 0 {
		return renderSignIn(c, newSignInPage(email, next, errs...))
	}
	e, err := h.tryPassword(c, email, password)
	if errors.Is(err, ErrWrong) {
		return renderSignIn(c, newSignInPage(email, next, templates.FieldError{Field: "password", Message: ErrWrong.Message}))
	}
	if err != nil {
		return err
	}
	if e.Pending != "" && code != "" {
		return h.finish(c, e.Pending, code, next)
	}
	return h.enter(c, e, next)
}

// tryPassword signs in within the limits on guessing.
func (h *Handler) tryPassword(c *fiber.Ctx, email, password string) (e Entrance, err error) {
	mailbox, _ := mailboxOf(email)
	err = h.guess(c, h.limits.begin, mailbox, func() (wrong bool, err error) {
		e, err = h.organisers.SignIn(c.UserContext(), email, password, h.client(c))
		return errors.Is(err, ErrWrong), err
	})
	return e, err
}

// guess runs a try at the mailbox's account within the limits, of this instance and of all, and counts it if it was wrong.
func (h *Handler) guess(c *fiber.Ctx, begin func(source) (*attempt, error), mailbox string, try func() (wrong bool, err error)) error {
	a, err := begin(source{mailbox, h.Proxies.Address(c), h.organisers.device(mailbox, c.Cookies(h.deviceCookie()))})
	if err != nil {
		return err
	}
	wrong := false
	if err = h.organisers.weigh(c.UserContext(), a); err == nil {
		if a.delay > 0 {
			h.pause(a.delay)
		}
		wrong, err = try()
	}
	if !wrong {
		a.undo()
		return err
	}
	if failed := h.organisers.failed(c.UserContext(), a); failed != nil {
		return failed // as any outage: it must not be a way round the limits
	}
	return err
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
	e, err := h.organisers.ChoosePassword(c.UserContext(), c.Params("token"), field(c, "password"), h.client(c))
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
	return h.enter(c, e, home)
}

// enter ends what the browser was signed in with, hands it the new token and shows the next page; or asks for the code first.
func (h *Handler) enter(c *fiber.Ctx, e Entrance, next string) error {
	if e.Pending != "" {
		h.keepPending(c, e.Pending)
		return c.Redirect(codePath+nextQuery(next), fiber.StatusSeeOther)
	}
	if err := h.organisers.SignOut(c.UserContext(), c.Cookies(h.cookie), h.client(c)); err != nil {
		return err
	}
	s, err := h.organisers.Principal(c.UserContext(), e.Token)
	if err != nil {
		return err
	}
	h.setCookie(c, fiber.Cookie{Name: h.cookie, Value: e.Token, SessionOnly: true})
	h.setCookie(c, fiber.Cookie{Name: h.deviceCookie(), Value: h.organisers.newDevice(s.Principal), MaxAge: int(deviceLife / time.Second)})
	return c.Redirect(next, fiber.StatusSeeOther)
}

// deviceCookie tells a browser that has signed in to an account from strangers who guess at its password. It opens nothing.
func (h *Handler) deviceCookie() string { return h.cookie + "-device" }

func nextQuery(next string) string {
	if next == home {
		return ""
	}
	return "?next=" + url.QueryEscape(next)
}

func (h *Handler) signOut(c *fiber.Ctx) error {
	if err := h.organisers.SignOut(c.UserContext(), c.Cookies(h.cookie), h.client(c)); err != nil {
		return err
	}
	h.setCookie(c, fiber.Cookie{Name: h.cookie, Expires: time.Unix(1, 0)})
	return c.Redirect(signInPath, fiber.StatusSeeOther)
}

// setCookie is Lax rather than Strict so that a link in a mail opens signed in; without Domain it is this host's alone.
func (h *Handler) setCookie(c *fiber.Ctx, cookie fiber.Cookie) {
	cookie.Path, cookie.Secure, cookie.HTTPOnly, cookie.SameSite = "/", h.secure, true, fiber.CookieSameSiteLaxMode
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
func field(c *fiber.Ctx, name string) string { return clean(string(c.Request().PostArgs().Peek(name))) }

// clean takes out what PostgreSQL does not take in a text.
func clean(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "") }
