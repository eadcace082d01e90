package organisers

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
)

// Asker says who is signed in, for pages outside of /organise that show some people more than others. An owner who has still to set up the
// second step is nobody yet.
func (h *Handler) Asker(c *fiber.Ctx) (access.Principal, bool, error) {
	s, err := h.organisers.Principal(c.UserContext(), c.Cookies(h.cookie))
	if errors.Is(err, ErrSignedOut) || (err == nil && h.mustSetUp(c, s)) {
		return access.Principal{}, false, nil
	}
	return s.Principal, err == nil, err
}

// SignedIn says whether the cookies of a request are those of somebody who is signed in, before the request itself is read.
func (h *Handler) SignedIn(ctx context.Context, cookie func(name string) string) (bool, error) {
	_, err := h.organisers.Principal(ctx, cookie(h.cookie))
	if errors.Is(err, ErrSignedOut) {
		return false, nil
	}
	return err == nil, err
}
