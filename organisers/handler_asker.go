package organisers

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
)

// Asker says who is signed in, for pages outside of /organise that show some people more than others.
func (h *Handler) Asker(c *fiber.Ctx) (access.Principal, bool, error) {
	p, err := h.organisers.Principal(c.UserContext(), c.Cookies(h.cookie))
	if errors.Is(err, ErrSignedOut) {
		return access.Principal{}, false, nil
	}
	return p, err == nil, err
}
