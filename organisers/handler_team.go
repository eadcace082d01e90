package organisers

import (
	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/seen"
	"masterclass/internal/web"
)

var teamNotices = map[string]string{
	"invited":  "The invitation is on its way by email.",
	"changed":  "The changes are saved.",
	"removed":  "The account is closed, and its sign-ins have ended.",
	"two-step": "Their second step is turned off.",
	"address":  "The email address is changed, and both addresses are told by email.",
	"sign-ins": "They are signed out everywhere.",
}

func (h *Handler) team(c *fiber.Ctx) error { return h.showTeam(c, inviteForm{}, nil) }

func (h *Handler) showTeam(c *fiber.Ctx, form inviteForm, problem error) error {
	members, err := h.organisers.Team(c.UserContext())
	if err != nil {
		return err
	}
	page := h.newTeamPage(members, session(c).ID, form, fieldErrors(problem)...)
	page.Notice = notice(teamNotices, c.Query("done"))
	if problem != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "organisers/team", web.View{Title: "Team", NoIndex: true, Error: problem != nil, Page: page})
}

// invite takes the fields email, name and role.
func (h *Handler) invite(c *fiber.Ctx) error {
	form := inviteForm{Email: field(c, "email"), Name: field(c, "name"), Role: field(c, "role")}
	err := h.organisers.Invite(c.UserContext(), form.Email, form.Name, access.Role(form.Role), session(c).Name, web.By(c))
	if hasFields(err) {
		return h.showTeam(c, form, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(teamPath+"?done=invited", fiber.StatusSeeOther)
}

func (h *Handler) showOne(c *fiber.Ctx) error {
	m, err := h.organisers.Member(c.UserContext(), member(c))
	if err != nil {
		return err
	}
	return h.showMember(c, m, m.Email, nil)
}

func (h *Handler) showMember(c *fiber.Ctx, m Member, email string, problem error) error {
	events, err := h.Overview.Overview(c.UserContext(), m.Events)
	if err != nil {
		return err
	}
	typed := m
	typed.Email = email
	return h.showMemberAt(c, m, typed, events, problem)
}

// showMemberAt is the page of a member, with what was typed into its forms in the fields alone.
func (h *Handler) showMemberAt(c *fiber.Ctx, m, typed Member, events []EventLine, problem error) error {
	page := h.newMemberPage(m, typed, session(c).ID, events, fieldErrors(problem)...)
	if problem != nil {
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return web.Render(c, "organisers/member", web.View{Title: m.Name, NoIndex: true, Error: problem != nil, Page: page,
		Back: &web.Back{Href: teamPath, Text: "Back to the team"}})
}

// changeMember takes the fields name, role and events. One's own page has no role.
func (h *Handler) changeMember(c *fiber.Ctx) error {
	m, err := h.organisers.Member(c.UserContext(), member(c))
	if err != nil {
		return err
	}
	offered, err := h.Overview.Overview(c.UserContext(), m.Events)
	if err != nil {
		return err
	}
	change := Change{Name: field(c, "name"), Role: access.Role(field(c, "role"))}
	if m.ID == session(c).ID && change.Role == "" {
		change.Role = m.Role
	}
	for _, e := range offered {
		change.Offered = append(change.Offered, e.ID)
	}
	for _, id := range c.Request().PostArgs().PeekMulti("events") {
		change.Events = append(change.Events, clean(string(id)))
	}
	change, err = change.meanwhile(field(c, seen.Field), m.asIs())
	if err == nil {
		err = h.organisers.ChangeMember(c.UserContext(), m.ID, change, web.By(c))
	}
	if hasFields(err) {
		typed := m
		typed.Name, typed.Role, typed.Events = change.Name, change.Role, change.Events
		return h.showMemberAt(c, m, typed, offered, err) // also those that were unticked
	}
	if err != nil {
		return err
	}
	return c.Redirect(teamPath+"?done=changed", fiber.StatusSeeOther)
}

func (h *Handler) inviteAgain(c *fiber.Ctx) error {
	if err := h.organisers.InviteAgain(c.UserContext(), member(c), session(c).Name, web.By(c)); err != nil {
		return err
	}
	return c.Redirect(teamPath+"?done=invited", fiber.StatusSeeOther)
}

// changeAddress takes the field email.
func (h *Handler) changeAddress(c *fiber.Ctx) error {
	email := field(c, "email")
	err := h.organisers.ChangeAddress(c.UserContext(), member(c), email, session(c).Name, web.By(c))
	if hasFields(err) {
		m, missing := h.organisers.Member(c.UserContext(), member(c))
		if missing != nil {
			return missing
		}
		return h.showMember(c, m, email, err)
	}
	if err != nil {
		return err
	}
	return c.Redirect(teamPath+"?done=address", fiber.StatusSeeOther)
}

func (h *Handler) endSignInsOf(c *fiber.Ctx) error {
	if err := h.organisers.EndSignInsOf(c.UserContext(), member(c), web.By(c)); err != nil {
		return err
	}
	return c.Redirect(teamPath+"?done=sign-ins", fiber.StatusSeeOther)
}

func (h *Handler) takeSecondStep(c *fiber.Ctx) error {
	if err := h.organisers.TakeSecondStep(c.UserContext(), member(c), web.By(c)); err != nil {
		return memberOr(err)
	}
	return c.Redirect(teamPath+"?done=two-step", fiber.StatusSeeOther)
}

// removeForm asks before an account is closed.
func (h *Handler) removeForm(c *fiber.Ctx) error {
	m, err := h.organisers.Member(c.UserContext(), member(c))
	if err != nil {
		return err
	}
	return web.Render(c, "organisers/remove", web.View{Title: "Remove " + m.Name, NoIndex: true, Page: m.Organiser,
		Back: &web.Back{Href: teamPath + "/" + m.ID, Text: "Back"}})
}

func (h *Handler) remove(c *fiber.Ctx) error {
	if err := h.organisers.Remove(c.UserContext(), member(c), web.By(c)); err != nil {
		return err
	}
	return c.Redirect(teamPath+"?done=removed", fiber.StatusSeeOther)
}

// member is the id in the page's address.
func member(c *fiber.Ctx) string { return clean(c.Params("id")) }
